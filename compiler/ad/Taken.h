// What a selection does not take sends no gradient.
#pragma once

#include "compiler/ad/Ranges.h"

namespace mlc::compiler {

/// On the select ops of a maximum's or minimum's derivative (ops of the backward pass): what is not chosen
/// there is a number, or an infinity that the choice was made against, and no NaN of the data.
constexpr llvm::StringLiteral extremumAttr = "mlc.extremum";

/// Whether a select chooses as a maximum or minimum does: it is marked so, or compares one, as the clause of
/// `relu` does.
bool isExtremum(mlc::ir::SelectOp select);

/// Mends the backward ops of a block, from `first` on: where a cotangent is zero because a selection left its
/// place out, it stays zero, whatever it is multiplied by. Ops before `first` are not changed. `fields` is
/// the analysis with fields of any value, `made` with finite ones; both know the block's arguments.
void keepTaken(mlir::Operation *first, Ranges &fields, Ranges &made);

} // namespace mlc::compiler
