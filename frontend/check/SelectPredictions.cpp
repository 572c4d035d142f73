// The outputs of the other lines go, and with them what only they need: nodes, then inputs.
#include "frontend/check/SelectPredictions.h"

#include "frontend/check/GraphBuilder.h"

#include <algorithm>

namespace mlc::frontend {

void selectPredictions(core::Program &program, const std::vector<std::string> &names) {
  const std::vector<std::string> known = program.predictNames;
  core::StepGraph &step = program.predict;
  std::vector<core::ValueId> outputs;
  program.predictNames.clear();
  for (size_t i = 0; i < known.size(); ++i)
    if (std::find(names.begin(), names.end(), known[i]) != names.end()) {
      program.predictNames.push_back(known[i]);
      outputs.push_back(step.graph.outputs[i]);
    }
  step.graph.outputs = std::move(outputs);
  std::vector<int64_t> renamed = prune(step.graph, /*keepInputs=*/false);
  std::vector<core::Input> inputs = std::move(step.inputs);
  std::vector<core::ScalarExpr> scalars = std::move(step.scalars);
  step.inputs.clear();
  step.scalars.clear();
  for (core::Input input : inputs) {
    if (renamed[input.value] < 0)
      continue;
    input.value = core::ValueId(renamed[input.value]);
    if (input.kind == core::Input::Scalar) {
      step.scalars.push_back(scalars[size_t(input.index)]);
      input.index = int(step.scalars.size()) - 1;
    }
    step.inputs.push_back(input);
  }
}

} // namespace mlc::frontend
