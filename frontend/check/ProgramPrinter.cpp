#include "frontend/check/ProgramPrinter.h"

#include <cstdio>
#include <cstdlib>
#include <map>

namespace mlc::frontend::core {

template <typename List, typename Print> static std::string joined(const List &list, Print print) {
  std::string text;
  for (const auto &element : list)
    text += (text.empty() ? "" : ", ") + print(element);
  return text;
}

std::string print(const TensorType &type) {
  if (type.shape.empty())
    return std::string(nameOf(type.dtype));
  return std::string(nameOf(type.dtype)) +
         ("[" + joined(type.shape, [](const Dim &dim) { return dim.str(); }) + "]");
}

std::string shapeText(const TensorType &type) {
  std::string text;
  for (const Dim &dim : type.shape)
    text += (text.empty() ? "" : " × ") + dim.str();
  return text.empty() ? "scalar" : text;
}

std::string printNumber(double value) {
  char text[40];
  if (value > -1e15 && value < 1e15 && value == double(int64_t(value))) {
    std::snprintf(text, sizeof text, "%lld", static_cast<long long>(value));
    return text;
  }
  for (int digits = 1; digits <= 17; ++digits) {
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    if (std::strtod(text, nullptr) == value)
      break;
  }
  return text;
}

std::string print(const ScalarExpr &expr) {
  switch (expr.kind) {
  case ScalarExpr::Literal:
    return printNumber(expr.value);
  case ScalarExpr::Step:
    return "step";
  case ScalarExpr::TotalSteps:
    return "total_steps";
  case ScalarExpr::Epoch:
    return "epoch";
  case ScalarExpr::ValidationFigure:
    return "validation_figure";
  case ScalarExpr::Size:
    return expr.size.constant() || expr.size == Dim::batch() ? expr.size.str() : "(" + expr.size.str() + ")";
  case ScalarExpr::Op:
    break;
  }
  static const std::map<std::string, const char *> infix = {
      {"add", "+"}, {"sub", "-"}, {"mul", "*"}, {"div", "/"}, {"pow", "^"}};
  auto sign = infix.find(expr.op);
  if (sign != infix.end() && expr.operands.size() == 2)
    return "(" + print(expr.operands[0]) + " " + sign->second + " " + print(expr.operands[1]) + ")";
  return expr.op + "(" + joined(expr.operands, [](const ScalarExpr &operand) { return print(operand); }) +
         ")";
}

static std::string print(const AttrValue &value) {
  struct Printer {
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(int64_t number) const { return std::to_string(number); }
    std::string operator()(double number) const { return printNumber(number); }
    std::string operator()(const std::string &text) const { return '"' + text + '"'; }
    std::string operator()(const std::vector<Dim> &dims) const {
      return "[" + joined(dims, [](const Dim &dim) { return dim.str(); }) + "]";
    }
    std::string operator()(const std::vector<double> &numbers) const {
      return "[" + joined(numbers, printNumber) + "]";
    }
    std::string operator()(const ScalarExpr &expr) const { return print(expr); }
  };
  return std::visit(Printer(), value);
}

namespace {
/// Names for the values of a graph, in the order in which they are met.
struct Names {
  std::map<ValueId, int> numbers;
  std::string operator()(ValueId value) {
    return "%" + std::to_string(numbers.emplace(value, int(numbers.size())).first->second);
  }
};
} // namespace

static std::string print(const Graph &graph, const std::string &indent, Names &names) {
  std::string text;
  for (const Node &node : graph.nodes) {
    std::string operands = joined(node.operands, std::ref(names));
    text += indent + joined(node.results, std::ref(names)) + " = " + node.op;
    text += (operands.empty() ? "" : " ") + operands;
    if (!node.attrs.empty())
      text += " {" +
              joined(node.attrs, [](const auto &attr) { return attr.first + " = " + print(attr.second); }) +
              "}";
    text += " : " + joined(node.results, [&](ValueId value) { return print(graph.types[value]); }) + "\n";
    for (const std::unique_ptr<Graph> &region : node.regions)
      text += print(*region, indent + "  ");
  }
  return text + indent + "return " + joined(graph.outputs, std::ref(names)) + "\n";
}

std::string print(const Graph &graph, const std::string &indent) {
  Names names;
  std::string inputs =
      joined(graph.inputs, [&](ValueId value) { return names(value) + ": " + print(graph.types[value]); });
  return indent + "(" + inputs + ")\n" + print(graph, indent, names);
}

static std::string print(const std::string &title, const StepGraph &step, const Program &program,
                         const Objective *updated = nullptr) {
  if (step.graph.outputs.empty() && step.graph.nodes.empty())
    return "";
  Names names;
  std::string text = title + "\n";
  for (const Input &input : step.inputs) {
    text += "  " + names(input.value) + ": " + print(step.graph.types[input.value]) + " = ";
    switch (input.kind) {
    case Input::State:
      text += "state " + program.states[input.index].name;
      break;
    case Input::Before:
      text += "state " + program.states[input.index].name + " before";
      break;
    case Input::Field:
      if (updated)
        text += "gradient " + program.states[updated->trainable[input.index]].name;
      else if (&step == &program.figures)
        text += "sums";
      else if (size_t(input.index) < program.fields.size())
        text += "field " + program.fields[input.index].name;
      else
        text += "given " + program.given[input.index - program.fields.size()].name;
      break;
    case Input::Scalar:
      text += print(step.scalars[input.index]);
      break;
    case Input::Stream:
      text += "stream";
      break;
    }
    text += "\n";
  }
  return text + print(step.graph, "  ", names);
}

std::string print(const Program &program) {
  static const char *const roles[] = {"param", "state", "slot", "statistic"};
  std::string text = "train " + program.name + " on " + program.dataName + "\n";
  for (const Field &field : program.fields) {
    text += "field " + field.name + ": " + print(field.type);
    if (!field.coding.empty())
      text += " " + field.coding;
    if (field.categories)
      text += "(" + std::to_string(field.categories) + ")";
    if (!field.parts.empty())
      text += "(" + joined(field.parts, [](const std::string &part) { return part; }) + ")";
    if (field.classes)
      text += " classes " + std::to_string(field.classes);
    text += field.optional ? "?\n" : "\n";
  }
  for (const StateTensor &state : program.states)
    text += std::string(roles[state.role]) + " " + state.name + ": " + print(state.type) +
            (state.frozen ? " frozen\n" : "\n");
  for (const Import &import : program.imports) {
    text += "from " + import.file + "\n";
    for (const Import::Tensor &tensor : import.tensors) {
      text += "  " + program.states[tensor.state].name + " = " + tensor.theirs;
      if (!tensor.order.empty())
        text += " [" + joined(tensor.order, [](int64_t axis) { return std::to_string(axis); }) + "]";
      text += "\n";
    }
  }
  text += "figures" + std::string(program.figureNames.empty() ? "" : " ") +
          joined(program.figureNames, [](const Figure &figure) { return figure.name; }) + "\n";
  text += print("init", program.init, program);
  for (const Objective &objective : program.objectives) {
    std::string of = objective.name.empty() ? "" : " " + objective.name;
    text += print("forward" + of, objective.forward, program);
    text += print("update" + of, objective.update, program, &objective);
  }
  text += print("evaluate", program.evaluate, program);
  text += print("predict", program.predict, program);
  text += print("figures", program.figures, program);
  for (const Callee &callee : program.callees) {
    text += "function " + callee.name + "\n" + print(callee.primal, "  ");
    if (!callee.vjp.types.empty())
      text += "  derivative\n" + print(callee.vjp, "  ");
  }
  return text;
}

} // namespace mlc::frontend::core
