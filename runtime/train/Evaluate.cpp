#include "runtime/train/Evaluate.h"

#include "runtime/session/Ranking.h"

namespace mlc {

ReplayedStep whatCallSaw(const Session &session, FunctionKind id, const Batch &batch,
                         const CallPosition &position, const double *scalars) {
  ReplayedStep seen;
  seen.seed = position.seed;
  seen.update = position.update;
  seen.row = position.row;
  seen.rows = batch.rows;
  seen.rowNumbers = batch.rowNumbers;
  if (scalars)
    seen.scalars.assign(scalars, scalars + session.manifest().scalars.size());
  const std::vector<Port> &ports = session.manifest().findFunction(id)->inputs;
  for (size_t i = 0; i < ports.size(); ++i) {
    const auto *from = static_cast<const uint8_t *>(batch.inputs[i]);
    int64_t bytes = *checkedProduct(ports[i].shape, sizeOf(ports[i].dtype)) * batch.rows;
    seen.fields.push_back(ports[i].name);
    seen.inputs.emplace_back(from, from + bytes);
  }
  return seen;
}

Expected<Evaluation> evaluate(Session &session, const Rows &rows, const EvaluateOptions &options) {
  const Manifest &manifest = session.manifest();
  const FunctionKind step = FunctionKind::EvalStep;
  const FunctionSpec *spec = manifest.findFunction(step);
  if (!spec)
    return Status::failed("the program has no eval_step");
  LoaderPlan plan;
  for (const Port &port : spec->inputs)
    plan.fields.push_back(port.name);
  plan.batch = options.batch;
  plan.room = options.room;
  Expected<std::unique_ptr<Loader>> loader = Loader::start(rows, std::move(plan));
  if (!loader)
    return loader.status();
  SplitSums split(manifest.figures);
  StepResults given(manifest.figures);
  Evaluation result;
  while (const Batch *batch = (*loader)->next()) {
    CallPosition position{options.seed, 0, static_cast<uint64_t>(batch->at.row)};
    Status called =
        session.call(step, batch->rows, batch->inputs, given.outputs(batch->rows), position, options.scalars);
    if (session.isOutside() && options.explainOutside)
      return options.explainOutside(step, whatCallSaw(session, step, *batch, position, options.scalars));
    MLC_TRY(called);
    given.addTo(split, batch->rows);
    result.samples += batch->rows;
    if (options.onBatch)
      options.onBatch(result.samples);
    if (options.stop && options.stop->load() != 0) {
      result.interrupted = true;
      return result;
    }
  }
  MLC_TRY((*loader)->status());
  Expected<std::vector<double>> figures = figuresOf(session, split);
  if (!figures)
    return figures.status();
  result.figures = std::move(*figures);
  return result;
}

} // namespace mlc
