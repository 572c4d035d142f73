// A program is written out as text that says what is computed and nothing else, and the text is hashed.
// Values are numbered in the order in which they are met. A number that is an argument of the step is written
// as such wherever it is used, without its identity: the frontend makes one argument of equal numbers, so
// that another learning rate may change how many there are.
#include "compiler/model/ProgramHashes.h"

#include "frontend/check/ProgramPrinter.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"

using namespace mlc::frontend;

namespace mlc::compiler {
namespace {

class Writer {
public:
  void word(std::string_view word) {
    text += word;
    text += ' ';
  }
  void number(int64_t number) { word(std::to_string(number)); }
  void line() { text += '\n'; }

  void type(const core::TensorType &type) {
    number(static_cast<int64_t>(type.dtype));
    for (const Dim &dim : type.shape)
      word(dim.str());
    text += ';';
  }

  void attribute(const core::AttrValue &value) {
    struct Visitor {
      Writer &writer;
      void operator()(bool flag) const { writer.word(flag ? "true" : "false"); }
      void operator()(int64_t number) const { writer.number(number); }
      void operator()(double number) const { writer.word(core::printNumber(number)); }
      void operator()(const std::string &text) const {
        writer.number(static_cast<int64_t>(text.size()));
        writer.word(text);
      }
      void operator()(const std::vector<Dim> &dims) const {
        for (const Dim &dim : dims)
          writer.word(dim.str());
      }
      void operator()(const std::vector<double> &numbers) const {
        for (double number : numbers)
          writer.word(core::printNumber(number));
      }
      void operator()(const core::ScalarExpr &expr) const { writer.word(core::print(expr)); }
    };
    number(static_cast<int64_t>(value.index()));
    std::visit(Visitor{*this}, value);
  }

  /// `scalars`: values that are numbers of the run.
  void graph(const core::Graph &graph, const std::vector<bool> &scalars = {}) {
    std::vector<int64_t> numbers(graph.types.size(), -1);
    int64_t count = 0;
    auto value = [&](core::ValueId id) {
      if (id < scalars.size() && scalars[id])
        return word("scalar");
      if (numbers[id] < 0)
        numbers[id] = count++;
      number(numbers[id]);
    };
    for (core::ValueId input : graph.inputs)
      if (input >= scalars.size() || !scalars[input]) {
        value(input);
        type(graph.types[input]);
      }
    line();
    for (const core::Node &node : graph.nodes) {
      word(node.op);
      for (core::ValueId operand : node.operands)
        value(operand);
      for (const auto &[name, attr] : node.attrs) {
        word(name);
        attribute(attr);
      }
      word("->");
      for (core::ValueId result : node.results) {
        value(result);
        type(graph.types[result]);
      }
      line();
      for (const std::unique_ptr<core::Graph> &region : node.regions)
        this->graph(*region);
    }
    word("return");
    for (core::ValueId output : graph.outputs)
      value(output);
    line();
  }

  void step(std::string_view name, const core::StepGraph &step) {
    word(name);
    std::vector<bool> scalars(step.graph.types.size(), false);
    for (const core::Input &input : step.inputs) {
      if (input.kind == core::Input::Scalar) {
        scalars[input.value] = true;
        continue;
      }
      number(input.kind);
      number(input.index);
    }
    graph(step.graph, scalars);
  }

  void list(const std::vector<int> &indices) {
    for (int index : indices)
      number(index);
    line();
  }

  std::string digest() const {
    auto digest = llvm::SHA256::hash(llvm::arrayRefFromStringRef(text));
    return llvm::toHex(llvm::ArrayRef<uint8_t>(digest).take_front(16), /*LowerCase=*/true);
  }

  std::string text;
};

} // namespace

ProgramHashes hashesOf(const core::Program &program) {
  ProgramHashes hashes;
  // As it has been since the first runs were made: they are still read.
  Writer model;
  for (const core::StateTensor &state : program.states) {
    model.text += state.name + ":" + std::to_string(static_cast<int>(state.type.dtype));
    for (const Dim &dim : state.type.shape)
      model.text += "," + dim.str();
    model.text += "\n";
  }
  model.text += core::print(program.evaluate.graph);
  hashes.model = model.digest();

  Writer training;
  training.word(hashes.model);
  for (const core::StateTensor &state : program.states) {
    training.number(state.role);
    training.word(state.frozen ? "frozen" : "");
    training.word(state.field);
    training.word(state.kind);
    training.line();
  }
  training.step("init", program.init);
  training.step("evaluate", program.evaluate);
  training.step("figures", program.figures);
  for (const core::Objective &objective : program.objectives) {
    training.word(objective.name);
    training.list(objective.trainable);
    training.list(objective.updatedStates);
    training.list(objective.moved);
    training.step("forward", objective.forward);
    training.step("update", objective.update);
  }
  for (const core::Callee &callee : program.callees) {
    training.word(callee.name);
    training.graph(callee.primal);
    training.graph(callee.vjp);
  }
  hashes.training = training.digest();
  return hashes;
}

} // namespace mlc::compiler
