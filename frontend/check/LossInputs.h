// Losses and metrics that are given logits where they take probabilities, or the other way round.
#pragma once

#include "frontend/check/Elaborator.h"

namespace mlc::frontend {

/// Notes that `value` is what `function` gives, if that is a function of the prelude by which a loss may be
/// fed wrongly.
void noteActivation(Elaborator &elaborator, const Callable &function, const Value &value);

/// Warns where a loss or metric of the prelude is called with what comes straight out of the wrong op.
/// `callee` has its operands. What is computed on the way may be anything, and nothing is said of it.
void warnOfInput(Elaborator &elaborator, const Callable &function, Env &callee, const CallSite &site,
                 const Arguments &arguments);

} // namespace mlc::frontend
