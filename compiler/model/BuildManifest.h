// A checked program to the manifest the runtime trains by.
#pragma once

#include "compiler/model/ProgramHashes.h"
#include "compiler/plan/StateLayout.h"
#include "frontend/check/Program.h"
#include "runtime/program/Manifest.h"

namespace mlc::compiler {

/// The manifest of `program`. State tensors lie one after the other in the
/// program's order, each at the next multiple of 64 bytes: the layout that all compiled functions share.
/// `hashes` are the program's, or empty if nobody asks for them.
Expected<Manifest> buildManifest(const frontend::core::Program &program, ProgramHashes hashes);

/// The state of `manifest` as the step compiler sees it.
StateLayout layoutOf(const Manifest &manifest);

} // namespace mlc::compiler
