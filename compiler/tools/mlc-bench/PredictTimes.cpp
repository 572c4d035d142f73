#include "compiler/tools/mlc-bench/PredictTimes.h"

#include "compiler/tools/mlc/Requests.h"
#include "runtime/data/Loader.h"

#include <fmt/format.h>

#include <chrono>
#include <cstring>
#include <iostream>
#include <vector>

namespace mlc::tool {

static Status timeRows(run::LoadedRun &run, const Rows &rows, const PredictOptions &options) {
  const FunctionSpec &spec = *run.session->manifest().findFunction(FunctionKind::Predict);
  LoaderPlan plan;
  for (const Port &port : spec.inputs)
    plan.fields.push_back(port.name);
  Expected<std::unique_ptr<Loader>> loader = Loader::start(rows, std::move(plan));
  if (!loader)
    return loader.status();
  std::vector<Buffer> buffers;
  auto place = [&](const Port &port) -> Expected<void *> {
    Expected<Buffer> buffer = Buffer::allocate(*checkedProduct(port.shape, sizeOf(port.dtype)), "a row");
    if (!buffer)
      return buffer.status();
    buffers.push_back(std::move(*buffer));
    return static_cast<void *>(buffers.back().data());
  };
  std::vector<std::vector<const void *>> inputs;
  while (inputs.size() < 16) {
    const Batch *batch = (*loader)->next();
    if (!batch)
      break;
    inputs.emplace_back();
    for (size_t i = 0; i < spec.inputs.size(); ++i) {
      Expected<void *> to = place(spec.inputs[i]);
      if (!to)
        return to.status();
      std::memcpy(*to, batch->inputs[i], *checkedProduct(spec.inputs[i].shape, sizeOf(spec.inputs[i].dtype)));
      inputs.back().push_back(*to);
    }
  }
  if (inputs.empty())
    return Status::badData("there are no rows to predict on");
  std::vector<void *> outputs;
  for (const Port &port : spec.outputs) {
    Expected<void *> to = place(port);
    if (!to)
      return to.status();
    outputs.push_back(*to);
  }

  double wanted;
  while (std::cin >> wanted) {
    auto begin = std::chrono::steady_clock::now();
    int64_t steps = 0;
    double seconds = 0;
    do {
      const auto &row = inputs[static_cast<size_t>(steps++) % inputs.size()];
      MLC_TRY(
          run.session->call(FunctionKind::Predict, 1, row, outputs, {options.seed, 0, 0}, options.scalars));
      seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    } while (seconds < wanted);
    MLC_TRY(writeOutput(fmt::format("{{\"steps\": {}, \"seconds\": {:.9f}}}\n", steps, seconds)));
    MLC_TRY(flushOutput());
  }
  return Status::ok();
}

Status timeRows(const Options &options) {
  Teller teller;
  Expected<run::LoadedRun> run = run::openRun(openRequestOf(options), teller);
  if (!run)
    return run.status();
  return run::withRowsToPredict(*run, predictRequestOf(options),
                                [&](const Rows &rows, const PredictOptions &predictOptions) {
                                  return timeRows(*run, rows, predictOptions);
                                });
}

} // namespace mlc::tool
