#include "frontend/check/GraphBuilder.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <type_traits>

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

//===-- Equal nodes --------------------------------------------------------------------------------===//

static size_t join(size_t a, size_t b) { return a * 0x9E3779B97F4A7C15u + b + 1; }

static size_t hashOf(const core::ScalarExpr &expr) {
  size_t hash = join(join(size_t(expr.kind), std::hash<double>()(expr.value)),
                     join(expr.size.hash(), std::hash<std::string>()(expr.op)));
  for (const core::ScalarExpr &operand : expr.operands)
    hash = join(hash, hashOf(operand));
  return hash;
}

static size_t hashOf(const AttrValue &value) {
  struct Hash {
    size_t operator()(bool flag) const { return flag; }
    size_t operator()(int64_t number) const { return std::hash<int64_t>()(number); }
    size_t operator()(double number) const { return std::hash<double>()(number); }
    size_t operator()(const std::string &text) const { return std::hash<std::string>()(text); }
    size_t operator()(const std::vector<Dim> &dims) const {
      size_t hash = dims.size();
      for (const Dim &dim : dims)
        hash = join(hash, dim.hash());
      return hash;
    }
    size_t operator()(const std::vector<double> &numbers) const {
      size_t hash = numbers.size();
      for (double number : numbers)
        hash = join(hash, std::hash<double>()(number));
      return hash;
    }
    size_t operator()(const core::ScalarExpr &expr) const { return hashOf(expr); }
  };
  return join(value.index(), std::visit(Hash(), value));
}

static bool areEqual(const core::ScalarExpr &a, const core::ScalarExpr &b) {
  return a.kind == b.kind && a.value == b.value && a.size == b.size && a.op == b.op &&
         std::equal(a.operands.begin(), a.operands.end(), b.operands.begin(), b.operands.end(),
                    [](const core::ScalarExpr &x, const core::ScalarExpr &y) { return areEqual(x, y); });
}

static bool areEqual(const AttrValue &a, const AttrValue &b) {
  if (a.index() != b.index())
    return false;
  if (const auto *expr = std::get_if<core::ScalarExpr>(&a))
    return areEqual(*expr, std::get<core::ScalarExpr>(b));
  return std::visit(
      [&](const auto &own) {
        using Own = std::decay_t<decltype(own)>;
        if constexpr (std::is_same_v<Own, core::ScalarExpr>)
          return false;
        else
          return own == std::get<Own>(b);
      },
      a);
}

const core::Node *GraphBuilder::find(size_t hash, const std::string &name,
                                     const std::vector<ValueId> &operands, const Attrs &attrs,
                                     const std::vector<TensorType> &results) const {
  auto [first, last] = known.equal_range(hash);
  for (auto entry = first; entry != last; ++entry) {
    const core::Node &node = graph.nodes[entry->second];
    bool isEqual = node.op == name && node.operands == operands && node.results.size() == results.size() &&
                   std::equal(node.attrs.begin(), node.attrs.end(), attrs.begin(), attrs.end(),
                              [](const auto &a, const auto &b) {
                                return a.first == b.first && areEqual(a.second, b.second);
                              });
    for (size_t i = 0; isEqual && i < results.size(); ++i)
      isEqual = graph.types[node.results[i]] == results[i];
    if (isEqual)
      return &node;
  }
  return nullptr;
}

std::vector<ValueId> GraphBuilder::ops(const std::string &name, const std::vector<ValueId> &operands,
                                       Attrs attrs, const std::vector<TensorType> &results) {
  size_t hash = std::hash<std::string>()(name);
  for (ValueId operand : operands)
    hash = join(hash, operand);
  for (const auto &[attrName, value] : attrs)
    hash = join(join(hash, std::hash<std::string>()(attrName)), hashOf(value));
  for (const TensorType &type : results) {
    hash = join(hash, size_t(type.dtype));
    for (const Dim &dim : type.shape)
      hash = join(hash, dim.hash());
  }
  if (const core::Node *node = find(hash, name, operands, attrs, results))
    return node->results;
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
  known.emplace(hash, graph.nodes.size());
  graph.nodes.push_back(std::move(node));
  return graph.nodes.back().results;
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
