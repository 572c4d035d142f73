// Which values of a step a split can be averaged from, batch by batch: for metric lines and the states of
// metrics, whose figures are sums over sums over all rows, whatever the batches were.
#pragma once

#include "frontend/check/GraphBuilder.h"

#include <map>
#include <optional>
#include <string>

namespace mlc::frontend {

/// How a value follows from the rows of the batch.
struct Spread {
  enum Kind {
    Same,    ///< of all batches alike, times batch^degree: parameters, numbers, sizes
    Rows,    ///< has an axis of the batch; each element is that of its row, times batch^degree
    Shifted, ///< has an axis of the batch; of each row, plus or minus means over the batch
    Sum,     ///< a sum over the rows of the batch, times batch^degree: -1 is a mean
    Other    ///< of the batch as a whole in another way
  } kind = Same;
  int degree = 0;
};

/// The spreads of a graph's values, found node by node as the graph grows. What a layer or model makes of the
/// rows is taken as a row's own, so that batch_norm is no matter.
class RowMeans {
public:
  /// `callees` are those that nodes call. Both outlive this.
  RowMeans(const core::Graph &graph, const std::vector<core::Callee> &callees)
      : graph(graph), callees(callees) {}
  /// The spreads of `inputs` are given: a function that is called.
  RowMeans(const core::Graph &graph, const std::vector<core::Callee> &callees,
           const std::vector<Spread> &inputs);

  Spread operator()(ValueId value);
  /// Whether the mean of the value's elements, taken over all rows of a split, is a mean of rows.
  bool isMean(ValueId value);
  /// Whether the sum of the value over batches is a sum over the rows of a split.
  bool isSum(ValueId value);
  /// The node that first made something else of what was a value of rows, on the way to `value`. Null if
  /// there is none.
  const core::Node *culprit(ValueId value);

private:
  void extend();
  void visit(const core::Node &node);
  Spread elementwise(const core::Node &node, const std::vector<Spread> &operands);
  Spread reduced(const core::Node &node, Spread operand);
  Spread contracted(const core::Node &node, const std::vector<Spread> &operands);
  Spread otherwise(const std::vector<Spread> &operands, const TensorType &result);
  /// How many axes of a value have sizes with `batch`.
  size_t batchAxes(ValueId value) const;
  const core::Callee *callee(const std::string &name);

  const core::Graph &graph;
  const std::vector<core::Callee> &callees;
  std::vector<std::optional<Spread>> spreads; // by value; nothing: an input that was not looked at
  std::vector<const core::Node *> blamed;     // by value
  size_t seen = 0;                            // nodes
  std::map<std::string, size_t> calleeIndex;  // of those looked at
  size_t calleesSeen = 0;
};

} // namespace mlc::frontend
