// Compiled code held against the interpreter, on a program's own data.
#pragma once

#include "compiler/model/Interpret.h"
#include "compiler/model/JitProgram.h"
#include "compiler/run/Load.h"
#include "runtime/data/Reader.h"

#include <cstdint>

namespace mlc::run {

struct Verified {
  int64_t rows = 0; ///< of the step
  compiler::Verification found;
};

/// Reads the data and makes one training step of the first rows in file order, both ways, from first values.
Expected<Verified> verify(const Loaded &loaded, compiler::JitProgram &jit, const DataFolders &folders,
                          int threads);

} // namespace mlc::run
