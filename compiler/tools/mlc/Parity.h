// For comparisons with other frameworks (bench/parity): a few steps with everything they saw and made written
// down.
#pragma once

#include "compiler/model/JitProgram.h"
#include "compiler/tools/mlc/Load.h"
#include "runtime/data/Reader.h"
#include "runtime/session/Session.h"

namespace mlc::tool {

/// Trains `steps` steps from the seed and writes into options.dumpParity: initial.safetensors (params and
/// states before the first step), batch_K.safetensors (the fields of step K), losses.json (a number a step)
/// and gradients.safetensors (of the first step, by parameter); evaluation.json is the loss over the
/// validation split, if there is one, after the last step.
Status dumpParity(const Options &options, const Loaded &loaded, compiler::JitProgram &jit, Session &session,
                  const TrainingData &data, int64_t steps);

/// Writes what the first `steps` steps draw into options.dumpRandom: random_K.safetensors with a
/// tensor for every site of step K, named by its path: "lenet.dropout_1#0".
Status dumpRandom(const Options &options, const Loaded &loaded, const TrainingData &data,
                  const TrainSpec &spec, int64_t steps);

} // namespace mlc::tool
