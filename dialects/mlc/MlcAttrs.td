// The attributes of the dialect.
#ifndef MLC_ATTRS_TD
#define MLC_ATTRS_TD

include "dialects/mlc/MlcDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

def Mlc_RoleKind : I32EnumAttr<"RoleKind", "what an argument or a result of a step function is", [
    I32EnumAttrCase<"Input", 0, "input">,
    I32EnumAttrCase<"State", 1, "state">,
    I32EnumAttrCase<"Field", 2, "field">,
    I32EnumAttrCase<"Scalars", 3, "scalars">,
    I32EnumAttrCase<"Stream", 4, "stream">,
    I32EnumAttrCase<"Output", 5, "output">,
    I32EnumAttrCase<"Sums", 6, "sums">,
    I32EnumAttrCase<"Ranked", 7, "ranked">,
    I32EnumAttrCase<"Figures", 8, "figures">,
    I32EnumAttrCase<"Prediction", 9, "prediction">,
    I32EnumAttrCase<"Gradient", 10, "gradient">,
    I32EnumAttrCase<"Outside", 11, "outside">]> {
  let cppNamespace = "::mlc::ir";
  let genSpecializedAttr = 0;
}

def Mlc_RoleAttr : AttrDef<Mlc_Dialect, "Role"> {
  let mnemonic = "role";
  let summary = "what an argument or a result of a step function is";
  let description = [{
    Written by frontend/emit as `mlc.role` on each argument and result, verified here (kind, name and type go together),
    and all that anybody reads: nothing is concluded from places, types or names of functions.

    | kind | of | type |
    |---|---|---|
    | `state, "net.w"` | argument, and result that updates it | any |
    | `field, "x"` | argument: a field of the data | any |
    | `scalars` | argument: the numbers of the run | f64, rank 1 |
    | `stream` | argument: seed, update and first row | i64, 3 elements |
    | `input` | argument: what else the caller gives; the same as none | any |
    | `output` | argument after planning: a destination that the caller owns | any |
    | `sums` | result, and the argument of `figures` | f64, rank 1 |
    | `ranked` | result: numbers of each row that a figure is ranked by | f64, rank 2 |
    | `figures` | result | f64, rank 1 |
    | `prediction, "p"` | result of `predict` | any |
    | `gradient, "net.w"` | result, by state | floats |
    | `outside` | result: how many indices lay out of range | f64, 1 element |
  }];
  let parameters = (ins EnumParameter<Mlc_RoleKind>:$kind, OptionalParameter<"::mlir::StringAttr">:$name);
  let assemblyFormat = "`<` $kind (`,` $name^)? `>`";
}

#endif
