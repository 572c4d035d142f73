// The dialect itself, its types, and the classes its op families share.
#ifndef MLC_DIALECT_TD
#define MLC_DIALECT_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/DialectBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Mlc_Dialect : Dialect {
  let name = "mlc";
  let cppNamespace = "::mlc::ir";
  let summary = "Models and their derivatives: pure ops on tensors of static shape";
  let description = [{
    What a train block says, after every layer is inlined: a graph of pure operations on ranked tensors whose every
    dimension is a number. A scalar is a tensor of rank 0. Elements are f32, f64, i32, i64, i1 (the language's bool)
    and i8, which is the language's u8 and always *unsigned*.

    Nothing is implicit: elementwise ops take operands of equal shape, a broadcast is an op, randomness is a function
    of an explicit stream. A derivative is made of the same ops, so it can be differentiated again.
  }];
  let hasConstantMaterializer = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
  let useDefaultAttributePrinterParser = 1;
  let extraClassDeclaration = "void registerAttributes();";
  let hasCanonicalizer = 1;
}

// What ops compute with: of runtime/ElementTypes.def, the rows that are more than storage.
defvar Mlc_floats = [F32, F64];
defvar Mlc_numbers = Mlc_floats # [I32, I64, I8];
defvar Mlc_elements = Mlc_numbers # [I1];

def Mlc_FloatTensor : StaticShapeTensorOf<Mlc_floats>;
def Mlc_NumberTensor : StaticShapeTensorOf<Mlc_numbers>;
def Mlc_Tensor : StaticShapeTensorOf<Mlc_elements>;
def Mlc_BoolTensor : StaticShapeTensorOf<[I1]>;
def Mlc_IndexTensor : StaticShapeTensorOf<[I32]>;
def Mlc_StreamTensor : StaticShapeTensorOf<[I64]>;

/// A string attribute that is one of a few words; printed bare.
class Mlc_Word<list<string> words> : ConfinedAttr<StrAttr, [
  AttrConstraint<CPred<"::llvm::is_contained({" # !interleave(!foreach(w, words, "\"" # w # "\""), ", ") #
                       "}, ::llvm::cast<::mlir::StringAttr>($_self).getValue())">,
                 "one of " # !interleave(words, ", ")>]>;

class Mlc_Op<string mnemonic, list<Trait> traits = []> : Op<Mlc_Dialect, mnemonic, [Pure] # traits>;

#endif
