#include "compiler/tools/mlc-bench/Parity.h"

#include "compiler/model/Draws.h"
#include "compiler/model/JitProgram.h"
#include "compiler/tools/mlc/Requests.h"
#include "runtime/checkpoint/Import.h"
#include "runtime/checkpoint/Safetensors.h"
#include "runtime/checkpoint/StateTensors.h"
#include "runtime/data/Loader.h"
#include "runtime/data/Reader.h"
#include "runtime/files/AtomicFile.h"
#include "runtime/session/Session.h"
#include "runtime/train/Evaluate.h"
#include "runtime/train/Trainer.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>

namespace mlc::tool {
namespace {

using Bytes = std::vector<uint8_t>;

/// The gradients of the first step, by an own compiled function: training keeps none of them.
Status dumpGradients(const std::string &path, const run::Loaded &loaded, compiler::JitProgram &jit,
                     Session &session, const Batch &batch, const CallPosition &position,
                     const std::vector<double> &scalars) {
  const Manifest &manifest = session.manifest();
  Expected<const compiler::CompiledFunction *> function = jit.gradients(batch.rows);
  if (!function)
    return function.status();
  std::vector<Bytes> gradients;
  std::vector<void *> outputs;
  std::vector<TensorView> tensors;
  std::vector<int> trainable;
  for (const frontend::core::Objective &objective : loaded.program->objectives)
    trainable.insert(trainable.end(), objective.trainable.begin(), objective.trainable.end());
  for (int index : trainable) {
    const StateTensor &state = manifest.state[index];
    gradients.emplace_back(state.bytes);
    tensors.push_back({state.name, state.dtype, state.shape, gradients.back().data()});
    outputs.push_back(gradients.back().data());
  }
  Expected<Buffer> arena = Buffer::allocate((*function)->description.arenaBytes, "the arena");
  Expected<Buffer> scratch = Buffer::allocate((*function)->description.scratchBytes, "the scratch");
  if (!arena || !scratch)
    return Status::failed("there is no memory for the gradients");
  mlc_call call = {};
  call.state = session.state();
  call.arena = arena->data();
  call.scratch = scratch->data();
  call.inputs = batch.inputs.data();
  call.outputs = outputs.data();
  call.scalars = scalars.data();
  call.seed = position.seed;
  call.update = position.update;
  call.context = scratch->data();
  call.parallel_for = [](void *context, mlc_kernel kernel, void *const *args, int64_t chunks) {
    for (int64_t chunk = 0; chunk < chunks; ++chunk)
      kernel(args, chunk, context);
  };
  (*function)->entry(&call);
  return replaceSafetensors(path, tensors);
}

/// The loss of the evaluated form over other rows: running statistics instead of a batch's, no dropout.
Status dumpEvaluation(const std::string &path, Session &session, const Rows &rows, const TrainSpec &spec,
                      const std::vector<double> &scalars) {
  EvaluateOptions options;
  options.batch = spec.batch;
  options.seed = spec.seed;
  options.scalars = scalars.data();
  Expected<Evaluation> evaluation = evaluate(session, rows, options);
  if (!evaluation)
    return evaluation.status();
  nlohmann::json figures;
  for (size_t i = 0; i < evaluation->figures.size(); ++i)
    figures[session.manifest().figures.names[i]] = evaluation->figures[i];
  return writeFileAtomically(path, figures.dump() + "\n");
}

Status dumpBatch(const std::string &path, const Manifest &manifest, const FunctionSpec &function,
                 const Batch &batch) {
  std::vector<TensorView> tensors;
  for (size_t i = 0; i < function.inputs.size(); ++i) {
    const Port &port = function.inputs[i];
    std::vector<int64_t> shape = port.shape;
    shape.insert(shape.begin(), batch.rows);
    tensors.push_back({port.name, port.dtype, shape, static_cast<const uint8_t *>(batch.inputs[i])});
  }
  return replaceSafetensors(path, tensors);
}

/// Makes the folder, if it is not there.
Status makeFolder(const std::string &path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  return error ? Status::io("cannot make the folder " + path + ": " + error.message()) : Status::ok();
}

/// Writes what the first `steps` steps draw into `folder`.
Status dumpRandom(const std::string &folder, const run::Loaded &loaded, const TrainingData &data,
                  const TrainSpec &spec, int64_t steps) {
  MLC_TRY(makeFolder(folder));
  int64_t rows = std::min<int64_t>(spec.batch, data.train.size());
  auto draws = compiler::StepDraws::create(*loaded.program, loaded.sources, rows);
  if (!draws)
    return draws.status();
  for (int64_t step = 0; step < steps; ++step) {
    auto drawn = (*draws)->at(spec.seed, static_cast<uint64_t>(step));
    if (!drawn)
      return drawn.status();
    std::vector<TensorView> tensors;
    for (const compiler::Draw &draw : *drawn) {
      tensors.push_back({draw.site, draw.values.dtype(), draw.values.type().getShape().vec(),
                         static_cast<const uint8_t *>(draw.values.data())});
    }
    MLC_TRY(replaceSafetensors(folder + "/random_" + std::to_string(step) + ".safetensors", tensors));
  }
  return Status::ok();
}

/// Trains `steps` steps from the seed and writes them down in `folder`.
Status dumpSteps(const std::string &folder, const std::string &modelFolder, const run::Loaded &loaded,
                 compiler::JitProgram &jit, Session &session, const TrainingData &data, int64_t steps) {
  const Manifest &manifest = session.manifest();
  const TrainSpec &spec = manifest.train;
  const FunctionKind train = FunctionKind::TrainStep;
  const FunctionSpec &function = *manifest.findFunction(train);
  MLC_TRY(makeFolder(folder));
  auto file = [&](const std::string &name) { return folder + "/" + name; };

  MLC_TRY(session.initialise(spec.seed));
  MLC_TRY(importTensors(session, modelFolder));
  MLC_TRY(writeStatistics(session, data.train));
  MLC_TRY(replaceSafetensors(file("initial.safetensors"), tensorsOf(session, TensorSet::Model)));
  LoaderPlan plan;
  for (const Port &port : function.inputs)
    plan.fields.push_back(port.name);
  plan.batch = spec.batch;
  plan.leastRows = spec.leastRows;
  plan.shuffled = true;
  plan.seed = spec.seed;
  plan.epochs = steps; // more than are asked for
  Expected<std::unique_ptr<Loader>> loader = Loader::start(data.train, plan);
  if (!loader)
    return loader.status();

  nlohmann::json losses = nlohmann::json::array();
  for (int64_t step = 0; step < steps; ++step) {
    const Batch *batch = (*loader)->next();
    if (!batch)
      return Status::badData("the training split has no rows");
    MLC_TRY(dumpBatch(file("batch_" + std::to_string(step) + ".safetensors"), manifest, function, *batch));
    std::vector<double> scalars;
    ScalarInputs inputs;
    inputs.step = static_cast<double>(step);
    inputs.totalSteps = static_cast<double>(steps);
    inputs.epoch = static_cast<double>(batch->at.epoch);
    evaluateScalars(manifest.scalars, inputs, scalars);
    CallPosition position{spec.seed, static_cast<uint64_t>(step), 0};
    if (step == 0)
      MLC_TRY(dumpGradients(file("gradients.safetensors"), loaded, jit, session, *batch, position, scalars));
    SplitSums split(manifest.figures);
    StepResults given(manifest.figures);
    MLC_TRY(session.call(train, batch->rows, batch->inputs, given.outputs(batch->rows), position,
                         scalars.data()));
    given.addTo(split, batch->rows);
    Expected<std::vector<double>> figures = figuresOf(session, split);
    if (!figures)
      return figures.status();
    for (size_t i = 0; i < manifest.figures.names.size(); ++i)
      if (manifest.figures.names[i] == "loss")
        losses.push_back((*figures)[i]);
  }
  if (data.validation) {
    std::vector<double> scalars;
    evaluateScalars(manifest.scalars, {static_cast<double>(steps), static_cast<double>(steps)}, scalars);
    MLC_TRY(dumpEvaluation(file("evaluation.json"), session, *data.validation, spec, scalars));
  }
  return writeFileAtomically(file("losses.json"), losses.dump() + "\n");
}

} // namespace

Status dump(const Options &options, const DumpFolders &to) {
  Expected<std::unique_ptr<run::Loaded>> loaded = load(options);
  if (!loaded)
    return loaded.status();
  Expected<std::unique_ptr<compiler::JitProgram>> jit =
      compiler::JitProgram::create(*(*loaded)->program, (*loaded)->sources, options.threads);
  if (!jit)
    return jit.status();
  const Manifest &manifest = (*jit)->manifest();
  const TrainSpec &spec = manifest.train;
  const DataFolders folders = run::foldersOf(options.data, run::ModelText{options.model});
  MLC_TRY(run::checkUnknown(unknownOf(options), manifest.data.fields));
  Expected<TrainingData> data = readTrainingData(manifest, folders, unknownOf(options));
  if (!data)
    return data.status();
  MLC_TRY(checkBatch(spec, data->train.size()));
  Expected<run::Settings> settings = run::Settings::of(settingsOf(options));
  if (!settings)
    return settings.status();
  const int64_t steps = settings->find("steps") ? spec.steps.value_or(20) : 20;
  if (!to.draws.empty())
    MLC_TRY(dumpRandom(to.draws, **loaded, *data, spec, steps));
  if (to.steps.empty())
    return Status::ok();
  MLC_TRY((*jit)->prepare({FunctionKind::TrainStep}, std::min(spec.batch, data->train.size())));
  MLC_TRY((*jit)->prepare({FunctionKind::Init, FunctionKind::Figures}, 0));
  Expected<std::unique_ptr<Session>> session = Session::create(**jit, options.threads);
  if (!session)
    return session.status();
  return dumpSteps(to.steps, folders.modelFolder, **loaded, **jit, **session, *data, steps);
}

} // namespace mlc::tool
