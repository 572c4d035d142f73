// Why a training step gave NaN or infinity, for the person whose program it is.
#pragma once

#include "frontend/check/Program.h"
#include "frontend/syntax/Source.h"
#include "runtime/session/Session.h"
#include "runtime/train/Trainer.h"

#include <functional>
#include <string>

namespace mlc::compiler {

/// Where a row of the training data stands, "visits.csv line 17": what a message calls it.
using PlaceOfRow = std::function<std::string(int64_t row)>;

/// Replays the step at which training diverged op by op, follows its NaN back to where it arose, and says so:
/// the status to leave with. That is the fields whose missing values reached the result, with a row and what
/// to write in their place; or `diverged`'s message, with the op that made the first NaN and its source line.
/// Where the state before the step had it already, the step before is replayed, as long as there is a
/// checkpoint from before that.
Status explainDivergence(Trainer &trainer, const Session &session, const Divergence &divergence,
                         const Status &diverged, const frontend::core::Program &program,
                         const frontend::SourceManager &sources, const PlaceOfRow &placeOfRow);

} // namespace mlc::compiler
