// For comparisons with other frameworks: a few steps with everything they saw and made written down.
#pragma once

#include "compiler/tools/mlc/Command.h"

#include <string>

namespace mlc::tool {

/// Where what goes; what has no folder is not written.
struct DumpFolders {
  std::string steps, draws;
};

/// Does not train as `mlc train` does, but from the seed makes as many steps as --steps asks for (20) and
/// leaves no run folder.
///
/// `steps` gets initial.safetensors (params and states before the first step), batch_K.safetensors (the
/// fields of step K), losses.json (a number a step) and gradients.safetensors (of the first step, by
/// parameter); evaluation.json is the loss over the validation split, if there is one, after the last step.
///
/// `draws` gets random_K.safetensors with a tensor for every site of step K that draws, named by its path:
/// "lenet.dropout_1#0".
Status dump(const Options &options, const DumpFolders &to);

} // namespace mlc::tool
