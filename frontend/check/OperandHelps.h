// What to write where an operand does not fit its parameter.
#pragma once

#include "frontend/check/Elaborator.h"

namespace mlc::frontend {

/// `value`, given at `span`, is not of the type of `param`, of which `callee` knows the generics that the
/// operands before it have bound.
void helpOperand(Elaborator &elaborator, DiagnosticBuilder &builder, const Callable &declaration,
                 const Param &param, const Value &value, Span span, Env &callee);
/// A function stands where its value was meant.
void helpUncalled(DiagnosticBuilder &builder, const Function &function);

} // namespace mlc::frontend
