// The step program: a straight list of kernel launches over tensors, later over buffers. See README.md.
#ifndef MLC_STEP_OPS
#define MLC_STEP_OPS

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Step_Dialect : Dialect {
  let name = "step";
  let cppNamespace = "::mlc::step";
  let summary = "A training step as a straight list of kernel launches";
  let description = [{
    A step function holds launches of kernels and the places they read and write: buffers, constants and
    views. It exists in two forms. Over tensors a launch returns its outputs and names the destinations they
    are to be written to; over memrefs the destinations are all there is. Between the two lies
    compiler/plan/Bufferize.cpp.
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
  let useDefaultAttributePrinterParser = 1;
}

class Step_Op<string mnemonic, list<Trait> traits = []> : Op<Step_Dialect, mnemonic, traits>;

def Step_TensorOrBuffer : AnyTypeOf<[StaticShapeTensorOf<[AnyType]>, StaticShapeMemRefOf<[AnyType]>],
    "tensor or memref of static shape">;

def Step_LoopAttr : AttrDef<Step_Dialect, "Loop"> {
  let mnemonic = "loop";
  let summary = "how the operands of a looping launch move from step to step";
  let description = [{
    Of the inputs the first `carries` are what the carries begin as, the next `slices` are read one element of axis 0 a
    step, and the rest are the same in every step. Of the outputs the first `carries` are stacks of `steps` + 1 places,
    or of 2, then step t writes place t mod 2; the others get one element of axis 0 a step. Step t reads carries at
    place t and writes them at t + 1. In reverse, t runs down and a step reads at t + 1 and writes at t.
  }];
  let parameters = (ins "int64_t":$steps, "int64_t":$carries, "int64_t":$slices, DefaultValuedParameter<"bool", "false">:$reverse);
  let assemblyFormat = "`<` struct(params) `>`";
  let extraClassDeclaration = [{
    /// Axis 0 of a carry's stack that holds only the places in use.
    static constexpr int64_t ringPlaces = 2;
    /// The place of the stacks where the carries begin, and where they end.
    int64_t firstPlace() const { return getReverse() ? getSteps() : 0; }
    int64_t lastPlace() const { return getReverse() ? 0 : getSteps(); }
    /// Whether input or output `i` has an axis 0 that steps move along.
    bool movesInput(int64_t i) const { return i >= getCarries() && i < getCarries() + getSlices(); }
    bool isCarry(int64_t i) const { return i < getCarries(); }
  }];
}

def LaunchOp : Step_Op<"launch", [
    AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "run a kernel on buffers";
  let description = [{
    Runs the kernel, a function of tensors to tensors, with the inputs as its arguments, and writes its results
    to the outputs: every element of every output, none of them read. Over tensors the op returns the outputs;
    over memrefs it has no results.

    `chunks` is the number of parts that may run at once and `scratch` the bytes of scratch each part needs;
    both are properties of the kernel, as are the pairs `in_place` = [input, output, ...]: the kernel still
    computes the same when that input and that output are one buffer. `lines` are the places in the model's text
    that the kernel computes.

    With `loop` the launch runs the body of a scan, a private step function, once for each step instead of a kernel; the
    attribute says which part of each operand a step gets. The body's buffers lie in this function's arena from byte
    `workspace` on, which is there after memory planning.

    ```mlir
    %p1, %m1 = step.launch @k_3 ins(%p, %m, %g : ...) outs(%p, %m : ...)
                 {chunks = 4 : i64, in_place = array<i64: 0, 0, 1, 1>} -> (tensor<8xf32>, tensor<8xf32>)
    ```
  }];
  let arguments = (ins
    FlatSymbolRefAttr:$kernel,
    Variadic<Step_TensorOrBuffer>:$inputs,
    Variadic<Step_TensorOrBuffer>:$outputs,
    DefaultValuedAttr<ConfinedAttr<I64Attr, [IntPositive]>, "1">:$chunks,
    DefaultValuedAttr<ConfinedAttr<I64Attr, [IntNonNegative]>, "0">:$scratch,
    DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$in_place,
    OptionalAttr<StrArrayAttr>:$lines,
    OptionalAttr<Step_LoopAttr>:$loop,
    OptionalAttr<ConfinedAttr<I64Attr, [IntNonNegative]>>:$workspace);
  let results = (outs Variadic<AnyStaticShapeTensor>:$results);
  let assemblyFormat = [{
    $kernel (`ins` `(` $inputs^ `:` type($inputs) `)`)? (`outs` `(` $outputs^ `:` type($outputs) `)`)?
    attr-dict (`->` type($results)^)?
  }];
  let extraClassDeclaration = [{
    /// Whether the kernel allows input `input` and output `output` to be one buffer.
    bool allowsInPlace(unsigned input, unsigned output);
    /// What one step of a loop gets of an input of type `type`, number `i`, and of an output: the type without axis 0 if
    /// steps move along it, else the type.
    ::mlir::Type inputOfStep(unsigned i, ::mlir::Type type);
    ::mlir::Type outputOfStep(::mlir::Type type);
    /// Whether this is a launch over tensors.
    bool hasTensors() { return getNumResults() != 0; }
  }];
  let hasVerifier = 1;
}

def BufferOp : Step_Op<"buffer"> {
  let summary = "a place in the arena";
  let description = [{
    A destination with undefined contents. `offset`, in bytes from the start of the arena, is there after memory
    planning. Buffers that do not live at the same time may overlap.
  }];
  let arguments = (ins OptionalAttr<ConfinedAttr<I64Attr, [IntNonNegative]>>:$offset);
  let results = (outs Res<Step_TensorOrBuffer, "", [MemAlloc]>:$result);
  let assemblyFormat = "(`at` $offset^)? attr-dict `:` type($result)";
}

def ConstantOp : Step_Op<"constant", [Pure]> {
  let summary = "read-only data of the program";
  let description = [{
    Data that launches read and nobody writes. It becomes read-only data of the object file. `value` is a tensor
    of elements also when the result is a memref.
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs Step_TensorOrBuffer:$result);
  let assemblyFormat = "$value attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def StreamOp : Step_Op<"stream", [Pure, AllTypesMatch<["source", "result"]>]> {
  let summary = "a random stream for one site";
  let description = [{
    The stream (seed ^ site, update, row): what a random op with site 0 draws from it, one with `site` draws from
    `source`. So a kernel does not depend on the site it is launched for.
  }];
  let arguments = (ins Step_TensorOrBuffer:$source, I64Attr:$site);
  let results = (outs Step_TensorOrBuffer:$result);
  let assemblyFormat = "$source `site` `=` $site attr-dict `:` type($source)";
  let hasVerifier = 1;
}

def ViewOp : Step_Op<"view", [Pure]> {
  let summary = "consecutive elements of a buffer under another shape";
  let description = [{
    The elements of `source` from number `offset` on, in row-major order, as a tensor of the result's shape. No
    element moves: a reshape, and a slice of leading rows, cost nothing.
  }];
  let arguments = (ins
    Step_TensorOrBuffer:$source,
    DefaultValuedAttr<ConfinedAttr<I64Attr, [IntNonNegative]>, "0">:$offset);
  let results = (outs Step_TensorOrBuffer:$result);
  let assemblyFormat = "$source (`at` $offset^)? attr-dict `:` type($source) `to` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

#endif
