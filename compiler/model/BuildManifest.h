// A checked program to the manifest the runtime trains by.
#pragma once

#include "compiler/plan/StateLayout.h"
#include "frontend/Program.h"
#include "runtime/Manifest.h"

namespace mlc::compiler {

/// The manifest of `program`, complete but for instances. State tensors lie one after the other in the
/// program's order, each at the next multiple of 64 bytes: the layout that all compiled functions share.
/// `modelHash` is text of hex digits that the caller computes from what the program means.
Expected<Manifest> buildManifest(const frontend::core::Program &program, std::string modelHash);

/// The state of `manifest` as the step compiler sees it.
StateLayout layoutOf(const Manifest &manifest);

} // namespace mlc::compiler
