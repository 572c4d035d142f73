#include "compiler/run/Verify.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace mlc::run {

/// The first training batch in file order, as the oracle and compiled code both take it.
static Expected<ReplayedStep> firstBatch(const Manifest &manifest, const TrainingData &data) {
  ReplayedStep step;
  step.seed = manifest.train.seed;
  step.rows = std::min<int64_t>(manifest.train.batch, data.train.size());
  if (step.rows == 0)
    return Status::badData("the training split has no rows");
  const FunctionSpec *function = manifest.findFunction(FunctionKind::TrainStep);
  for (const Port &port : function->inputs) {
    const Column *column = data.train.data->find(port.name);
    std::vector<uint8_t> bytes(step.rows * column->rowBytes);
    MLC_TRY(column->copyRows(data.train.numbers.data(), step.rows, bytes.data()));
    step.fields.push_back(port.name);
    step.inputs.push_back(std::move(bytes));
  }
  evaluateScalars(manifest.scalars, {0, 1}, step.scalars);
  return step;
}

Expected<Verified> verify(const Loaded &loaded, compiler::JitProgram &jit, const DataFolders &folders,
                          int threads) {
  const Manifest &manifest = jit.manifest();
  Expected<TrainingData> data = readTrainingData(manifest, folders);
  if (!data)
    return data.status();
  Expected<std::unique_ptr<Session>> session = Session::create(jit, threads);
  if (!session)
    return session.status();
  MLC_TRY((*session)->initialise(manifest.train.seed));
  Expected<ReplayedStep> step = firstBatch(manifest, *data);
  if (!step)
    return step.status();
  Expected<compiler::Verification> result =
      compiler::verifyStep(**session, *step, *loaded.program, loaded.sources);
  if (!result)
    return result.status();
  return Verified{step->rows, std::move(*result)};
}

} // namespace mlc::run
