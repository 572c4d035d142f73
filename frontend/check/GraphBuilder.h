// Builds a core graph: gives equal nodes one value, leaves out what does nothing, and remembers where values
// come from.
#pragma once

#include "frontend/check/Program.h"

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace mlc::frontend {

using core::AttrValue;
using core::TensorType;
using core::ValueId;
using Attrs = std::vector<std::pair<std::string, AttrValue>>;

bool operator==(const TensorType &a, const TensorType &b);
inline bool operator!=(const TensorType &a, const TensorType &b) { return !(a == b); }
/// The product of sizes, 1 of none.
Dim product(const std::vector<Dim> &shape);

class GraphBuilder {
public:
  /// An input that is nobody else's: a field, a state, an operand.
  ValueId input(const TensorType &type);
  /// An input found by a key, made by the first who asks. `fresh` tells.
  ValueId namedInput(const std::string &key, const TensorType &type, bool &fresh);

  /// The result of a primitive; an equal node made before answers for it.
  ValueId op(const std::string &name, const std::vector<ValueId> &operands, Attrs attrs,
             const TensorType &result);
  std::vector<ValueId> ops(const std::string &name, const std::vector<ValueId> &operands, Attrs attrs,
                           const std::vector<TensorType> &results);

  /// A node that holds a graph.
  std::vector<ValueId> region(const std::string &name, const std::vector<ValueId> &operands, Attrs attrs,
                              const std::vector<TensorType> &results, core::Graph body);

  ValueId constant(const TensorType &type, double value);
  ValueId constant(const TensorType &type, const core::ScalarExpr &value);
  ValueId constant(const TensorType &type, std::vector<double> values);
  ValueId convert(ValueId value, DType dtype);
  ValueId reshape(ValueId value, std::vector<Dim> shape);
  ValueId transpose(ValueId value, const std::vector<int64_t> &permutation);
  /// `extent` elements of an axis from `start` on.
  ValueId part(ValueId value, size_t axis, const Dim &start, const Dim &extent);
  /// Stretches axes of 1 and adds leading axes; the shapes agree.
  ValueId broadcast(ValueId value, const std::vector<Dim> &shape);
  /// Sum, max or min over `axes` (sorted); they are removed.
  ValueId reduce(ValueId value, const std::string &kind, const std::vector<int64_t> &axes);

  const TensorType &type(ValueId value) const { return graph.types[value]; }
  const core::Origin &origin(ValueId value) const { return origins[value]; }
  void setOrigin(ValueId value, const core::Origin &origin) { origins[value] = origin; }
  /// The node that computes a value; null for inputs.
  const core::Node *producer(ValueId value) const;

  core::Graph graph;
  /// What the next nodes come from.
  core::Origin here;
  /// The `remat` region that the next nodes are in; 0: none.
  int remat = 0;

private:
  ValueId fresh(const TensorType &type);

  /// The node that is equal to this one, or null. `hash` is of what they are made of.
  const core::Node *find(size_t hash, const std::string &name, const std::vector<ValueId> &operands,
                         const Attrs &attrs, const std::vector<TensorType> &results) const;

  std::unordered_multimap<size_t, size_t> known; // nodes by hash
  std::map<std::string, ValueId> inputsByKey;
  std::vector<core::Origin> origins;
  std::vector<int64_t> producers; // by value, -1 for inputs
};

/// Drops nodes no output needs and renumbers: inputs first, then results in order. Returns the new id of
/// every old value, or -1; with `keepInputs` all inputs stay, otherwise those that are used.
std::vector<int64_t> prune(core::Graph &graph, bool keepInputs);

} // namespace mlc::frontend
