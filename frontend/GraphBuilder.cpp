#include "frontend/GraphBuilder.h"

#include "frontend/ProgramPrinter.h"

#include <algorithm>
#include <numeric>

namespace mlc::frontend {

bool operator==(const TensorType &a, const TensorType &b) { return a.dtype == b.dtype && a.shape == b.shape; }

Dim product(const std::vector<Dim> &shape) {
  return std::accumulate(shape.begin(), shape.end(), Dim(1),
                         [](const Dim &a, const Dim &b) { return a * b; });
}

ValueId GraphBuilder::fresh(const TensorType &type) {
  graph.types.push_back(type);
  origins.push_back(here);
  producers.push_back(-1);
  return ValueId(graph.types.size() - 1);
}

ValueId GraphBuilder::input(const TensorType &type) {
  ValueId value = fresh(type);
  graph.inputs.push_back(value);
  return value;
}

ValueId GraphBuilder::namedInput(const std::string &key, const TensorType &type, bool &isFresh) {
  auto [entry, added] = inputsByKey.emplace(key, 0);
  isFresh = added;
  if (added)
    entry->second = input(type);
  return entry->second;
}

const core::Node *GraphBuilder::producer(ValueId value) const {
  return producers[value] < 0 ? nullptr : &graph.nodes[producers[value]];
}

static std::string key(const AttrValue &value) {
  struct Key {
    std::string operator()(bool flag) const { return flag ? "t" : "f"; }
    std::string operator()(int64_t number) const { return std::to_string(number); }
    std::string operator()(double number) const { return core::printNumber(number) + "d"; }
    std::string operator()(const std::string &text) const { return text; }
    std::string operator()(const std::vector<Dim> &dims) const {
      std::string text = "[";
      for (const Dim &dim : dims)
        text += dim.str() + ",";
      return text;
    }
    std::string operator()(const std::vector<double> &numbers) const {
      std::string text = "(";
      for (double number : numbers)
        text += core::printNumber(number) + ",";
      return text;
    }
    std::string operator()(const core::ScalarExpr &expr) const { return core::print(expr); }
  };
  return std::visit(Key(), value);
}

std::vector<ValueId> GraphBuilder::ops(const std::string &name, const std::vector<ValueId> &operands,
                                       Attrs attrs, const std::vector<TensorType> &results) {
  std::string text = name;
  for (ValueId operand : operands)
    text += " %" + std::to_string(operand);
  for (const auto &[attrName, value] : attrs)
    text += " " + attrName + "=" + key(value);
  for (const TensorType &type : results)
    text += ":" + core::print(type);
  auto [entry, added] = known.emplace(text, std::vector<ValueId>());
  if (!added)
    return entry->second;
  core::Node node;
  node.op = name;
  node.operands = operands;
  node.attrs = std::move(attrs);
  node.origin = here;
  node.remat = remat;
  for (const TensorType &type : results) {
    node.results.push_back(fresh(type));
    producers.back() = int64_t(graph.nodes.size());
  }
  entry->second = node.results;
  graph.nodes.push_back(std::move(node));
  return entry->second;
}

std::vector<ValueId> GraphBuilder::region(const std::string &name, const std::vector<ValueId> &operands,
                                          Attrs attrs, const std::vector<TensorType> &results,
                                          core::Graph body) {
  core::Node node;
  node.op = name;
  node.operands = operands;
  node.attrs = std::move(attrs);
  node.origin = here;
  node.remat = remat;
  node.regions.push_back(std::make_unique<core::Graph>(std::move(body)));
  for (const TensorType &type : results) {
    node.results.push_back(fresh(type));
    producers.back() = int64_t(graph.nodes.size());
  }
  graph.nodes.push_back(std::move(node));
  return graph.nodes.back().results;
}

ValueId GraphBuilder::op(const std::string &name, const std::vector<ValueId> &operands, Attrs attrs,
                         const TensorType &result) {
  return ops(name, operands, std::move(attrs), {result})[0];
}

ValueId GraphBuilder::constant(const TensorType &type, double value) {
  return op("constant", {}, {{"value", value}}, type);
}

ValueId GraphBuilder::constant(const TensorType &type, const core::ScalarExpr &value) {
  if (value.kind == core::ScalarExpr::Literal)
    return constant(type, value.value);
  return op("constant", {}, {{"value", value}}, type);
}

ValueId GraphBuilder::constant(const TensorType &type, std::vector<double> values) {
  return op("constant", {}, {{"values", std::move(values)}}, type);
}

ValueId GraphBuilder::convert(ValueId value, DType dtype) {
  TensorType result = type(value);
  if (result.dtype == dtype)
    return value;
  result.dtype = dtype;
  return op("convert", {value}, {}, result);
}

ValueId GraphBuilder::reshape(ValueId value, std::vector<Dim> shape) {
  // A reshape of a reshape, and back to where it came from.
  if (const core::Node *node = producer(value))
    if (node->op == "reshape")
      return reshape(node->operands[0], std::move(shape));
  if (type(value).shape == shape)
    return value;
  return op("reshape", {value}, {}, {type(value).dtype, std::move(shape)});
}

ValueId GraphBuilder::transpose(ValueId value, const std::vector<int64_t> &permutation) {
  if (std::is_sorted(permutation.begin(), permutation.end()))
    return value;
  const TensorType &from = type(value);
  TensorType result{from.dtype, {}};
  std::vector<Dim> attr;
  for (int64_t axis : permutation) {
    result.shape.push_back(from.shape[axis]);
    attr.push_back(axis);
  }
  return op("transpose", {value}, {{"permutation", attr}}, result);
}

ValueId GraphBuilder::part(ValueId value, size_t axis, const Dim &start, const Dim &extent) {
  TensorType result = type(value);
  if (result.shape[axis] == extent)
    return value;
  std::vector<Dim> starts(result.shape.size()), strides(result.shape.size(), Dim(1));
  starts[axis] = start;
  result.shape[axis] = extent;
  return op("slice", {value}, {{"starts", starts}, {"strides", strides}}, result);
}

ValueId GraphBuilder::broadcast(ValueId value, const std::vector<Dim> &shape) {
  const TensorType from = type(value);
  if (from.shape == shape)
    return value;
  // A splat is a larger splat.
  if (const core::Node *node = producer(value))
    if (node->op == "constant" && node->attrs[0].first == "value")
      return op("constant", {}, node->attrs, {from.dtype, shape});
  // Only the axes that keep their size are operands of the broadcast.
  size_t added = shape.size() - from.shape.size();
  std::vector<Dim> kept, axes;
  for (size_t axis = 0; axis < from.shape.size(); ++axis)
    if (from.shape[axis] == shape[added + axis]) {
      kept.push_back(from.shape[axis]);
      axes.push_back(int64_t(added + axis));
    }
  return op("broadcast", {reshape(value, kept)}, {{"axes", axes}}, {from.dtype, shape});
}

ValueId GraphBuilder::reduce(ValueId value, const std::string &kind, const std::vector<int64_t> &axes) {
  if (axes.empty())
    return value;
  const TensorType &from = type(value);
  TensorType result{from.dtype, {}};
  for (size_t axis = 0; axis < from.shape.size(); ++axis)
    if (!std::binary_search(axes.begin(), axes.end(), int64_t(axis)))
      result.shape.push_back(from.shape[axis]);
  return op("reduce", {value}, {{"kind", kind}, {"axes", std::vector<Dim>(axes.begin(), axes.end())}},
            result);
}

std::vector<int64_t> prune(core::Graph &graph, bool keepInputs) {
  std::vector<bool> used(graph.types.size(), false);
  for (ValueId output : graph.outputs)
    used[output] = true;
  std::vector<bool> keep(graph.nodes.size(), false);
  for (size_t i = graph.nodes.size(); i-- > 0;) {
    const core::Node &node = graph.nodes[i];
    for (ValueId result : node.results)
      keep[i] = keep[i] || used[result];
    if (keep[i])
      for (ValueId operand : node.operands)
        used[operand] = true;
  }
  std::vector<int64_t> renamed(graph.types.size(), -1);
  core::Graph result;
  auto rename = [&](ValueId old) {
    renamed[old] = int64_t(result.types.size());
    result.types.push_back(graph.types[old]);
    return ValueId(renamed[old]);
  };
  for (ValueId input : graph.inputs)
    if (keepInputs || used[input])
      result.inputs.push_back(rename(input));
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!keep[i])
      continue;
    core::Node node = std::move(graph.nodes[i]);
    for (ValueId &operand : node.operands)
      operand = ValueId(renamed[operand]);
    for (ValueId &old : node.results)
      old = rename(old);
    result.nodes.push_back(std::move(node));
  }
  for (ValueId output : graph.outputs)
    result.outputs.push_back(ValueId(renamed[output]));
  graph = std::move(result);
  return renamed;
}

} // namespace mlc::frontend
