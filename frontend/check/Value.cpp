// Values of the elaborator, and what they are called in messages.
#include "frontend/check/Elaborator.h"

namespace mlc::frontend {

Value Value::absent() {
  Value value;
  value.kind = Absent;
  return value;
}

Value Value::of(frontend::Number number) {
  Value value;
  value.kind = Number;
  value.number = std::move(number);
  return value;
}

Value Value::truth(frontend::Number number) {
  Value value = of(std::move(number));
  value.kind = Truth;
  return value;
}

Value Value::tensor(GraphBuilder &graph, core::ValueId id) {
  Value value;
  value.kind = Tensor;
  value.graph = &graph;
  value.id = id;
  return value;
}

Value Value::tuple(std::vector<Value> elements) {
  Value value;
  value.kind = Tuple;
  value.elements = std::move(elements);
  return value;
}

Value Value::string(std::string text) {
  Value value;
  value.kind = String;
  value.text = std::move(text);
  return value;
}

Value Value::ofFunction(frontend::Function function) {
  Value value;
  value.kind = Function;
  value.function = std::make_shared<const frontend::Function>(std::move(function));
  return value;
}

const char *describe(Value::Kind kind) {
  switch (kind) {
  case Value::Error:
  case Value::Absent:
    return "an error";
  case Value::Number:
    return "a number";
  case Value::Truth:
    return "a truth value";
  case Value::String:
    return "a string";
  case Value::Tensor:
    return "a tensor";
  case Value::Tuple:
    return "a tuple";
  case Value::List:
    return "a list";
  case Value::Function:
    return "a function";
  }
  return "nothing";
}

std::string Function::name() const {
  switch (kind) {
  case Declared:
    return declaration->name.text;
  case BuiltIn:
    return builtin->name;
  case Pipe:
    return "the pipe";
  case Instance:
    return instanceOf->name();
  }
  return "";
}

std::string join(const std::string &path, const std::string &component) {
  return path.empty() ? component : component.empty() ? path : path + "." + component;
}

std::string componentName(const Call &call) { return call.callee.text + "_" + std::to_string(call.ordinal); }

} // namespace mlc::frontend
