// Who is told how it goes.
#pragma once

#include "frontend/syntax/Diagnostic.h"
#include "runtime/train/Trainer.h"

#include <cstdint>
#include <string>

namespace mlc::run {

/// Called on the thread that called the room, before the call returns; what it is handed is valid until it
/// returns. Nothing else of this room tells anybody anything: what is not told here is in a result.
class Observer : public TrainObserver {
public:
  /// What checking a text found, also when that is nothing. Warnings do not stop what was asked for.
  virtual void onDiagnostics(const frontend::DiagnosticEngine &) {}
  /// Lines, each with its end, that a person may like to read.
  virtual void onNote(const std::string &) {}
  /// Lines that a person should know of, each with its end.
  virtual void onWarning(const std::string &) {}
  /// So many rows of `split`, which has `of` rows, are evaluated. Not for validation within training.
  virtual void onEvaluated(const std::string &, int64_t /*rows*/, int64_t /*of*/) {}
};

} // namespace mlc::run
