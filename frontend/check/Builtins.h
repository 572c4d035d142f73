// The rules behind Builtin, by the file that holds them.
#pragma once

#include "frontend/check/Elaborator.h"

namespace mlc::frontend {

#define MLC_RULE(name) Value name(Elaborator &elaborator, BuiltinCall &call);
// Builtins.cpp
MLC_RULE(minRule)
MLC_RULE(maxRule)
MLC_RULE(whereRule)
MLC_RULE(productRule)
MLC_RULE(lengthRule)
MLC_RULE(atLeastRule)
MLC_RULE(rangeRule)
MLC_RULE(repeatRule)
MLC_RULE(trainMeanRule)
MLC_RULE(trainStdRule)
MLC_RULE(trainMinRule)
MLC_RULE(trainMaxRule)
MLC_RULE(primitiveRule)
MLC_RULE(inClassesRule)
MLC_RULE(windowsRule)
MLC_RULE(plateausRule)
MLC_RULE(rankingRule)
// Gradient.cpp
MLC_RULE(gradRule)
// Reductions.cpp
MLC_RULE(sumRule)
MLC_RULE(meanRule)
MLC_RULE(amaxRule)
MLC_RULE(aminRule)
MLC_RULE(argmaxRule)
// Patterns.cpp
MLC_RULE(rearrangeRule)
MLC_RULE(einsumRule)
// Axes.cpp
MLC_RULE(concatRule)
MLC_RULE(stackRule)
MLC_RULE(splitRule)
MLC_RULE(reverseRule)
MLC_RULE(rollRule)
MLC_RULE(padRule)
MLC_RULE(transposeRule)
#undef MLC_RULE

} // namespace mlc::frontend
