#include "compiler/model/WeightPanels.h"

#include "compiler/plan/StateLayout.h"

#include <algorithm>
#include <map>

using namespace mlc::frontend;

namespace mlc::compiler {
namespace {

constexpr int64_t mostRows = 256;
/// Fewer weights stay in the first cache as they lie.
constexpr int64_t leastWeights = 16 << 10;

int64_t elements(const core::TensorType &type, int64_t batch) {
  int64_t count = 1;
  for (const Dim &dim : type.shape)
    count *= dim.at(batch);
  return count;
}

bool mayLieInPanels(const core::StateTensor &state) {
  const core::TensorType &type = state.type;
  return state.role == core::StateTensor::Param && type.dtype == core::DType::F32 && type.shape.size() == 2 &&
         type.shape[1].at(1) % weightPanel == 0 && type.shape[1].at(1) > weightPanel &&
         elements(type, 1) >= leastWeights;
}

const std::vector<Dim> &labelsOf(const core::Node &node, const char *name) {
  auto found = std::find_if(node.attrs.begin(), node.attrs.end(),
                            [&](const auto &attr) { return attr.first == name; });
  return std::get<std::vector<Dim>>(found->second);
}

/// Whether `node` takes its operand `index`, [k, n], as the weights of x w, and makes at most mostRows rows.
bool isProductWith(const core::Graph &graph, const core::Node &node, size_t index, int64_t batch) {
  if (node.op != "contract")
    return false;
  const std::vector<Dim> &labels = labelsOf(node, index == 0 ? "lhs" : "rhs");
  const std::vector<Dim> &others = labelsOf(node, index == 0 ? "rhs" : "lhs"), &out = labelsOf(node, "out");
  const core::TensorType &result = graph.types[node.results[0]], &weights = graph.types[node.operands[index]];
  auto has = [](const std::vector<Dim> &list, const Dim &label) {
    return std::find(list.begin(), list.end(), label) != list.end();
  };
  return !out.empty() && out.back() == labels[1] && !has(others, labels[1]) && !has(out, labels[0]) &&
         elements(result, batch) <= mostRows * weights.shape[1].at(batch);
}

class Uses {
public:
  explicit Uses(const core::Program &program)
      : program(program), batch(program.settings.batch * program.settings.accumulate),
        products(program.states.size(), 0), others(program.states.size(), 0) {}

  void add(const core::StepGraph &step) {
    std::map<core::ValueId, int> states;
    for (const core::Input &input : step.inputs)
      if (input.kind == core::Input::State || input.kind == core::Input::Before)
        states[input.value] = input.index;
    for (const core::Node &node : step.graph.nodes)
      for (size_t i = 0; i < node.operands.size(); ++i)
        if (auto found = states.find(node.operands[i]); found != states.end())
          count(found->second, isProductWith(step.graph, node, i, batch));
    for (core::ValueId output : step.graph.outputs)
      if (auto found = states.find(output); found != states.end())
        count(found->second, false);
  }

  bool onlyProducts(int state) const { return products[state] > 0 && others[state] == 0; }

private:
  void count(int state, bool isProduct) {
    if (mayLieInPanels(program.states[state]))
      ++(isProduct ? products : others)[state];
  }

  const core::Program &program;
  int64_t batch;
  std::vector<int> products, others;
};

} // namespace

std::vector<int64_t> panelsOf(const core::Program &program) {
  Uses uses(program);
  for (const core::Objective &objective : program.objectives)
    uses.add(objective.forward);
  uses.add(program.evaluate);
  uses.add(program.predict);
  std::vector<int64_t> panels;
  for (size_t i = 0; i < program.states.size(); ++i) {
    const core::StateTensor &state = program.states[i];
    int parameter = state.of >= 0 && state.type.dtype == core::DType::F32 &&
                            state.type.shape == program.states[state.of].type.shape
                        ? state.of
                        : static_cast<int>(i);
    panels.push_back(uses.onlyProducts(parameter) ? weightPanel : 0);
  }
  return panels;
}

} // namespace mlc::compiler
