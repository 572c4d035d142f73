// An abstract interpretation of the graph over five kinds of values (Spread).
//
//   1. A field has rows, a parameter is the same for all batches; a constant made of sizes is the same times
//      a power of `batch`, which is found by its values at a few sizes.
//   2. Linear ops keep sums and means; a product with something that is the same scales them. So
//      sum(e) / batch and mean(e) are one thing, and a - b of two means is a mean.
//   3. A reduction by sum, or a product, over the axis of the batch makes a sum over rows.
//   4. Whatever else meets a sum or a mean makes something that batches cannot be averaged to: sqrt, exp, a
//      quotient of two sums. A reduction by max, or one element of the axis, is such from rows, too.
#include "frontend/check/RowMeans.h"

#include <algorithm>
#include <cmath>

namespace mlc::frontend {

RowMeans::RowMeans(const core::Graph &graph, const std::vector<core::Callee> &callees,
                   const std::vector<Spread> &inputs)
    : graph(graph), callees(callees) {
  spreads.resize(graph.types.size());
  for (size_t i = 0; i < inputs.size() && i < graph.inputs.size(); ++i)
    spreads[graph.inputs[i]] = inputs[i];
}

static size_t countBatchAxes(const TensorType &type) {
  return std::count_if(type.shape.begin(), type.shape.end(), [](const Dim &dim) { return !dim.constant(); });
}

size_t RowMeans::batchAxes(ValueId value) const { return countBatchAxes(graph.types[value]); }

/// Whether the axes of the batch have all of its rows, or each as many times: `y[:batch - 1]` does not.
static bool hasAllRows(const TensorType &type) {
  return std::all_of(type.shape.begin(), type.shape.end(), [](const Dim &dim) {
    std::optional<Dim> times = dim.dividedBy(Dim::batch());
    return dim.constant() || (times && times->constant());
  });
}

static Spread rowsOrSame(const TensorType &type) {
  return {countBatchAxes(type) ? Spread::Rows : Spread::Same, 0};
}

Spread RowMeans::operator()(ValueId value) {
  extend();
  if (!spreads[value])
    spreads[value] = rowsOrSame(graph.types[value]); // an input
  return *spreads[value];
}

bool RowMeans::isMean(ValueId value) {
  Spread spread = (*this)(value);
  switch (spread.kind) {
  case Spread::Same:
    return spread.degree == 0;
  case Spread::Rows:
    return spread.degree == 0 && batchAxes(value) == 1 && hasAllRows(graph.types[value]);
  case Spread::Shifted:
    return batchAxes(value) == 1 && hasAllRows(graph.types[value]);
  case Spread::Sum:
    return spread.degree == -1;
  case Spread::Other:
    break;
  }
  return false;
}

bool RowMeans::isSum(ValueId value) {
  Spread spread = (*this)(value);
  // The number of rows is a sum over rows, of ones.
  return (spread.kind == Spread::Sum && spread.degree == 0) ||
         (spread.kind == Spread::Same && spread.degree == 1);
}

const core::Node *RowMeans::culprit(ValueId value) {
  return (*this)(value).kind == Spread::Other ? blamed[value] : nullptr;
}

const core::Callee *RowMeans::callee(const std::string &name) {
  for (; calleesSeen < callees.size(); ++calleesSeen)
    calleeIndex.emplace(callees[calleesSeen].name, calleesSeen);
  auto found = calleeIndex.find(name);
  return found == calleeIndex.end() ? nullptr : &callees[found->second];
}

void RowMeans::extend() {
  spreads.resize(graph.types.size());
  blamed.resize(graph.types.size(), nullptr);
  for (; seen < graph.nodes.size(); ++seen)
    visit(graph.nodes[seen]);
}

static const AttrValue *attribute(const core::Node &node, const char *name) {
  for (const auto &[key, value] : node.attrs)
    if (key == name)
      return &value;
  return nullptr;
}

static std::string textOf(const core::Node &node, const char *name) {
  const AttrValue *value = attribute(node, name);
  const auto *text = value ? std::get_if<std::string>(value) : nullptr;
  return text ? *text : std::string();
}

static std::vector<int64_t> numbersOf(const core::Node &node, const char *name) {
  std::vector<int64_t> numbers;
  const AttrValue *value = attribute(node, name);
  if (const auto *dims = value ? std::get_if<std::vector<Dim>>(value) : nullptr)
    for (const Dim &dim : *dims)
      numbers.push_back(dim.constant().value_or(-1));
  return numbers;
}

/// A number that is c batch^degree for a c; of integers, which are places and counts, any.
static Spread ofConstant(const core::Node &node, const TensorType &type) {
  const AttrValue *value = attribute(node, "value");
  const auto *expr = value ? std::get_if<core::ScalarExpr>(value) : nullptr;
  if (!expr || !isFloat(type.dtype))
    return {Spread::Same, 0};
  auto isPower = [&](int degree) {
    std::optional<double> one = core::evaluate(*expr, 1);
    for (int64_t rows : {2, 3, 5, 31}) {
      std::optional<double> at = core::evaluate(*expr, rows);
      if (!one || !at ||
          !(std::fabs(*at * std::pow(double(rows), -degree) - *one) <= 1e-12 * std::fabs(*one)))
        return false;
    }
    return true;
  };
  for (int degree : {0, -1, 1, -2, 2})
    if (isPower(degree))
      return {Spread::Same, degree};
  return {Spread::Other, 0};
}

static bool hasAxis(const Spread &spread) {
  return spread.kind == Spread::Rows || spread.kind == Spread::Shifted;
}

/// A sum or difference, or parts of one whole.
static Spread added(Spread a, Spread b) {
  const Spread other{Spread::Other, 0};
  if (a.kind == Spread::Other || b.kind == Spread::Other)
    return other;
  if (a.kind > b.kind)
    std::swap(a, b);
  if (a.kind == b.kind)
    return a.degree == b.degree ? a : other;
  if (b.kind == Spread::Sum) // what is the same is batch times that, summed over rows
    return a.kind == Spread::Same && a.degree == b.degree + 1 ? b : other;
  return a.degree == b.degree ? b : other;
}

static Spread multiplied(Spread a, Spread b) {
  if (a.kind > b.kind)
    std::swap(a, b);
  if (a.kind == Spread::Rows && b.kind == Spread::Rows)
    return {Spread::Rows, a.degree + b.degree};
  if (a.kind != Spread::Same || b.kind == Spread::Other)
    return {Spread::Other, 0};
  if (b.kind == Spread::Shifted && a.degree != 0)
    return {Spread::Other, 0};
  return {b.kind, a.degree + b.degree};
}

/// Ops that take each element, or each row, alone.
Spread RowMeans::otherwise(const std::vector<Spread> &operands, const TensorType &result) {
  bool rows = false;
  for (const Spread &operand : operands) {
    if ((operand.kind != Spread::Same && operand.kind != Spread::Rows) || operand.degree != 0)
      return {Spread::Other, 0};
    rows |= operand.kind == Spread::Rows;
  }
  if (!rows)
    return {Spread::Same, 0};
  return {countBatchAxes(result) ? Spread::Rows : Spread::Other, 0};
}

Spread RowMeans::reduced(const core::Node &node, Spread operand) {
  ValueId from = node.operands[0], to = node.results[0];
  if (textOf(node, "kind") != "sum")
    return otherwise({operand}, graph.types[to]);
  size_t before = batchAxes(from), after = batchAxes(to);
  if (before == after || operand.kind == Spread::Other)
    return operand;
  if (after) // over pairs of rows
    return operand.kind == Spread::Shifted ? Spread{Spread::Other, 0} : Spread{Spread::Rows, operand.degree};
  if (before > 1 || !hasAllRows(graph.types[from]))
    return {Spread::Other, 0};
  return {Spread::Sum, operand.degree};
}

Spread RowMeans::contracted(const core::Node &node, const std::vector<Spread> &operands) {
  const Spread other{Spread::Other, 0};
  const Spread product = multiplied(operands[0], operands[1]);
  size_t axes = batchAxes(node.results[0]);
  if (product.kind == Spread::Other ||
      !(hasAxis(product) || batchAxes(node.operands[0]) || batchAxes(node.operands[1])))
    return product;
  if (axes)
    return product;
  // The axis of the batch is summed over: one axis, the same in both.
  int64_t label[2] = {-1, -1};
  const char *const names[2] = {"lhs", "rhs"};
  for (int side = 0; side < 2; ++side) {
    const TensorType &type = graph.types[node.operands[side]];
    std::vector<int64_t> labels = numbersOf(node, names[side]);
    if (countBatchAxes(type) > 1 || !hasAllRows(type) || labels.size() != type.shape.size())
      return other;
    for (size_t axis = 0; axis < type.shape.size(); ++axis)
      if (!type.shape[axis].constant())
        label[side] = labels[axis];
  }
  if (label[0] >= 0 && label[1] >= 0 && label[0] != label[1])
    return other;
  return {Spread::Sum, product.degree};
}

Spread RowMeans::elementwise(const core::Node &node, const std::vector<Spread> &operands) {
  const TensorType &type = graph.types[node.results[0]];
  const std::string &op = node.op;
  if (op == "add" || op == "sub")
    return added(operands[0], operands[1]);
  if (op == "mul")
    return multiplied(operands[0], operands[1]);
  if (op == "div") {
    Spread by = operands[1];
    if (by.kind != Spread::Same && by.kind != Spread::Rows)
      return {Spread::Other, 0};
    by.degree = -by.degree;
    return multiplied(operands[0], by);
  }
  if (op == "select" && operands[0].kind == Spread::Same && operands[0].degree == 0)
    return added(operands[1], operands[2]);
  if (op == "broadcast") {
    Spread from = operands[0];
    if (from.kind != Spread::Sum || countBatchAxes(type) == 0)
      return from;
    return {from.degree == -1 ? Spread::Shifted : Spread::Other, 0};
  }
  bool keeps = op == "neg" || op == "stop_gradient" || op == "reshape" || op == "transpose" ||
               op == "barrier" || op == "slice" || op == "reverse" ||
               (op == "convert" && isFloat(type.dtype));
  if (keeps && hasAxis(operands[0]) == (countBatchAxes(type) > 0))
    return operands[0];
  if (op == "concat") {
    Spread all = operands[0];
    for (const Spread &operand : operands)
      all = added(all, operand);
    return all;
  }
  return otherwise(operands, type);
}

void RowMeans::visit(const core::Node &node) {
  std::vector<Spread> operands;
  const core::Node *before = nullptr; // who is blamed already
  for (ValueId operand : node.operands) {
    if (!spreads[operand])
      spreads[operand] = rowsOrSame(graph.types[operand]);
    operands.push_back(*spreads[operand]);
    if (operands.back().kind == Spread::Other && !before)
      before = blamed[operand];
  }
  std::vector<Spread> results;
  if (node.op == "constant") {
    results = {ofConstant(node, graph.types[node.results[0]])};
  } else if (node.op == "random" || node.op == "iota") {
    for (ValueId result : node.results)
      results.push_back(rowsOrSame(graph.types[result]));
  } else if (node.op == "reduce") {
    results = {reduced(node, operands[0])};
  } else if (node.op == "contract") {
    results = {contracted(node, operands)};
  } else if (node.op == "call") {
    if (const core::Callee *called = callee(textOf(node, "callee"))) {
      RowMeans inside(called->primal, callees, operands);
      for (ValueId output : called->primal.outputs)
        results.push_back(inside(output));
    }
  } else if (node.results.size() == 1 && node.regions.empty() && !operands.empty()) {
    results = {elementwise(node, operands)};
  }
  for (size_t i = 0; i < node.results.size(); ++i) {
    const TensorType &type = graph.types[node.results[i]];
    Spread spread = i < results.size() ? results[i] : otherwise(operands, type);
    // Rows that a layer or model made.
    if (!node.origin.path.empty() && countBatchAxes(type))
      spread = {Spread::Rows, 0};
    spreads[node.results[i]] = spread;
    if (spread.kind == Spread::Other)
      blamed[node.results[i]] = before ? before : &node;
  }
}

} // namespace mlc::frontend
