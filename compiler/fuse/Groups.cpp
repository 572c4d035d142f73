// How groups are formed.
//
// The nodes are the ops that are not remade at every use, and those cheap ops whose result somebody needs in
// a buffer. An edge leads from a node to each node that uses its value, through remade ops and views; it is a
// *buffer* edge if the value has to be in memory for that use (anchor operands, ops that move elements,
// views, results of the function). A buffer edge keeps its ends in different groups.
//
//  1. From the last node to the first: a node all of whose uses are in one group joins it, if the forms go
//     together. Its value then never reaches memory, and nothing else has to be checked: a node that is used
//     in one group only cannot close a cycle.
//  2. From the first node to the last: two groups with an edge between them are merged if the forms go
//     together and no third group lies between them. This saves reading a value again; it is what gives a
//     product its bias and activation, and an activation its mask for the backward pass.
//  3. Attention: a product, the only reader of its result, which makes rows of it, and the product that takes
//     these rows are merged. The scores then never reach memory, and the weights only if somebody else reads
//     them.
//  4. The groups are sorted so that each comes after those it reads from, in program order otherwise.
//
// Step 1 goes backwards so that what only the backward pass needs is computed there: 1 - y^2 of a tanh then
// costs no buffer.
#include "compiler/fuse/Groups.h"

#include "compiler/fuse/GroupOrder.h"
#include "compiler/kernels/Kernel.h"
#include "dialects/mlc/Roles.h"

#include <functional>
#include <numeric>
#include <set>

using namespace mlir;
using namespace mlc;
using namespace mlc::compiler;

namespace {

/// Groups with more ops than this are not merged any further: compile time grows faster than what is saved.
constexpr size_t maxOps = 160;

int64_t countOf(ArrayRef<int64_t> shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>());
}

struct Edge {
  int to; // -1: the function's result
  bool buffer;
};

class Former {
public:
  explicit Former(func::FuncOp function) : function(function) {}

  std::vector<FusionGroup> run() {
    collectNodes();
    collectEdges();
    order.emplace(successors());
    for (int i = nodes.size() - 1; i >= 0; --i)
      joinOnlyUser(i);
    for (bool changed = true; changed;) {
      changed = false;
      for (int i = 0, count = nodes.size(); i < count; ++i)
        for (const Edge &edge : edges[i])
          if (edge.to >= 0 && !edge.buffer)
            changed |= mergeAlong(i, edge.to);
    }
    for (int i = 0, count = nodes.size(); i < count; ++i)
      if (isa<ir::ContractOp>(nodes[i]))
        for (Value operand : nodes[i]->getOperands())
          if (mergeAttention(operand, i))
            break;
    return sorted();
  }

private:
  //===--- nodes and edges ------------------------------------------------------------------------------===//

  void collectNodes() {
    Block &body = function.getBody().front();
    DenseSet<Operation *> demanded;
    auto demand = [&](Value value) {
      value = viewedBy(value);
      if (isStrided(value))
        value = viewedBy(value.getDefiningOp()->getOperand(0));
      if (isRemade(value))
        demanded.insert(value.getDefiningOp());
    };
    for (Operation &op : body)
      if (op.hasTrait<OpTrait::IsTerminator>() || classOf(&op) == OpClass::Anchor)
        for (Value operand : op.getOperands())
          demand(operand);
    // Groups that grow one by one are copied, each with its lists.
    groups.reserve(body.getOperations().size());
    for (Operation &op : body) {
      if (op.hasTrait<OpTrait::IsTerminator>())
        continue;
      OpClass opClass = classOf(&op);
      if (opClass == OpClass::View || opClass == OpClass::Strided ||
          (opClass == OpClass::Cheap && !demanded.contains(&op)))
        continue;
      numbers[&op] = nodes.size();
      nodes.push_back(&op);
      groups.push_back(single(&op, opClass));
    }
    Operation *terminator = body.getTerminator();
    for (auto [i, value] : llvm::enumerate(terminator->getOperands()))
      if (ir::stateOfResult(function, i))
        if (auto found = numbers.find(viewedBy(value).getDefiningOp()); found != numbers.end())
          groups[found->second].updates = true;
  }

  static FusionGroup single(Operation *op, OpClass opClass) {
    FusionGroup group;
    group.ops = {op};
    bool reduces = opClass == OpClass::RowReduction || opClass == OpClass::ColumnReduction;
    ArrayRef<int64_t> result = shapeOf(op->getResult(0));
    group.shape.assign(reduces ? llvm::to_vector(shapeOf(op->getOperand(0))) : llvm::to_vector(result));
    group.reduced.assign(result.begin(), result.end());
    switch (opClass) {
    case OpClass::RowReduction:
      group.form = GroupForm::Rows;
      break;
    case OpClass::ColumnReduction:
      group.form = GroupForm::Columns;
      if (auto reduce = dyn_cast<ir::ReduceOp>(op))
        group.axes.assign(reduce.getAxes().begin(), reduce.getAxes().end());
      else
        group.axes = {(int64_t)cast<ir::ArgmaxOp>(op).getAxis()};
      break;
    case OpClass::Anchor:
      group.form = GroupForm::Anchor;
      break;
    default:
      group.form = GroupForm::Pointwise;
    }
    return group;
  }

  void collectEdges() {
    edges.resize(nodes.size());
    for (auto [i, op] : llvm::enumerate(nodes)) {
      Seen seen;
      for (Value result : op->getResults())
        collectUses(i, result, /*buffer=*/false, seen);
    }
  }

  std::vector<SmallVector<int, 4>> successors() const {
    std::vector<SmallVector<int, 4>> result(edges.size());
    for (auto [i, list] : llvm::enumerate(edges)) {
      for (const Edge &edge : list)
        if (edge.to >= 0)
          result[i].push_back(edge.to);
      llvm::sort(result[i]);
      result[i].erase(llvm::unique(result[i]), result[i].end());
    }
    return result;
  }

  int groupOf(int node) const { return order->groupOf(node); }
  ArrayRef<int> membersOf(int group) const { return order->membersOf(group); }

  /// Values that were looked at, for uses that need them in a buffer and for others: there may be many ways
  /// to one.
  struct Seen {
    llvm::SmallDenseSet<Value> asIs, inBuffer;
  };

  void collectUses(int from, Value value, bool buffer, Seen &seen) {
    if (!(buffer ? seen.inBuffer : seen.asIs).insert(value).second)
      return;
    for (Operation *user : value.getUsers()) {
      if (user->hasTrait<OpTrait::IsTerminator>()) {
        edges[from].push_back({-1, true});
        continue;
      }
      OpClass opClass = classOf(user);
      auto node = numbers.find(user);
      if (node != numbers.end()) {
        bool moves = opClass == OpClass::Anchor || opClass == OpClass::IndexMap;
        edges[from].push_back({node->second, buffer || moves});
      }
      if (opClass == OpClass::View || opClass == OpClass::Strided)
        collectUses(from, user->getResult(0), buffer || !isRemade(value), seen);
      else if (opClass == OpClass::Cheap)
        collectUses(from, user->getResult(0), buffer, seen);
    }
  }

  //===--- what goes together ---------------------------------------------------------------------------===//

  /// The form of `producer` and `consumer` together, or nothing. `only`: nobody else uses the producer.
  static std::optional<GroupForm> together(const FusionGroup &producer, const FusionGroup &consumer,
                                           bool only) {
    using F = GroupForm;
    if (producer.ops.size() + consumer.ops.size() > maxOps)
      return std::nullopt;
    F a = producer.form, b = consumer.form;
    if ((producer.updates || consumer.updates) && (a != F::Pointwise || b != F::Pointwise))
      return std::nullopt;
    auto fewRows = [](const FusionGroup &rows) {
      return countOf(rows.reduced) < 8 && countOf(rows.shape) > 4096;
    };
    auto yes = [](bool condition, F form) { return condition ? std::optional<F>(form) : std::nullopt; };
    if (a == F::Pointwise && b == F::Pointwise)
      return yes(producer.shape == consumer.shape, F::Pointwise);
    if (a == F::Pointwise && b == F::Rows)
      // Few rows are few chunks: too few for work that others need as well.
      return yes((producer.shape == consumer.shape || producer.shape == consumer.reduced) &&
                     (only || !fewRows(consumer)),
                 F::Rows);
    if (a == F::Rows && b == F::Pointwise)
      return yes((consumer.shape == producer.shape && !fewRows(producer)) ||
                     consumer.shape == producer.reduced,
                 F::Rows);
    if (a == F::Rows && b == F::Rows)
      return yes(producer.shape == consumer.shape && producer.reduced == consumer.reduced, F::Rows);
    if (a == F::Pointwise && b == F::Columns)
      return yes(only && (producer.shape == consumer.shape || producer.shape == consumer.reduced),
                 F::Columns);
    if (a == F::Columns && b == F::Pointwise)
      return yes(consumer.shape == producer.reduced, F::Columns);
    if (a == F::Pointwise && b == F::Anchor)
      return yes(only && producer.shape == consumer.shape, F::Anchor);
    if (a == F::Anchor && b == F::Pointwise)
      return yes(consumer.shape == producer.shape && takesMore(producer), F::Anchor);
    return std::nullopt;
  }

  /// A scan is a loop of launches, what is made in one order is whole only at its end, and other ops may have
  /// results of several shapes: nothing can follow those.
  static bool takesMore(const FusionGroup &anchor) {
    for (Operation *op : anchor.ops) {
      if (isa<ir::ScanOp, ir::ScatterAddOp, ir::CumsumOp, ir::ArgsortOp>(op))
        return false;
      for (Value result : op->getResults())
        if (shapeOf(result) != ArrayRef<int64_t>(anchor.shape))
          return false;
    }
    return true;
  }

  //===--- merging --------------------------------------------------------------------------------------===//

  void joinOnlyUser(int node) {
    int target = -1;
    for (const Edge &edge : edges[node]) {
      if (edge.to < 0 || edge.buffer || (target >= 0 && groupOf(edge.to) != target))
        return;
      target = groupOf(edge.to);
    }
    if (target < 0)
      return;
    if (auto form = together(groups[groupOf(node)], groups[target], /*only=*/true))
      merge(groupOf(node), target, *form);
  }

  bool mergeAlong(int from, int to) {
    int producer = groupOf(from), consumer = groupOf(to);
    // What is refused even so is refused soonest.
    if (producer == consumer || !together(groups[producer], groups[consumer], /*only=*/true))
      return false;
    bool only = true;
    for (int node : membersOf(producer))
      for (const Edge &edge : edges[node]) {
        int group = edge.to < 0 ? -1 : groupOf(edge.to);
        if (group == consumer && edge.buffer)
          return false;
        only &= (group == producer || group == consumer) && !edge.buffer;
      }
    auto form = together(groups[producer], groups[consumer], only);
    if (!form || order->hasPathAround(producer, consumer))
      return false;
    bool anchored = groups[producer].form == GroupForm::Anchor || groups[producer].form == GroupForm::Columns;
    if (anchored && !resultsFollow(producer, consumer))
      return false;
    merge(producer, consumer, *form);
    return true;
  }

  /// Merges the product `mix` with the rows that make its operand `weights` and the product that makes their
  /// scores, if they are attention.
  bool mergeAttention(Value weights, int mix) {
    auto made = numbers.find(weights.getDefiningOp());
    if (made == numbers.end())
      return false;
    int rows = groupOf(made->second), into = groupOf(mix);
    const FusionGroup &group = groups[rows];
    if (group.form != GroupForm::Rows || shapeOf(weights) != ArrayRef<int64_t>(group.shape) ||
        ArrayRef<int64_t>(group.reduced) != ArrayRef<int64_t>(group.shape).drop_back())
      return false;
    // Scores come from a group that leads to the rows.
    SmallVector<int> candidates;
    for (int node : membersOf(rows))
      for (int producer : order->predecessorsOf(node))
        for (int member : groupOf(producer) == rows ? ArrayRef<int>() : membersOf(groupOf(producer)))
          if (isa<ir::ContractOp>(nodes[member]))
            candidates.push_back(member);
    llvm::sort(candidates);
    auto leadsToRowsAlone = [&](int from) {
      return llvm::all_of(membersOf(from), [&](int node) {
        return llvm::all_of(edges[node], [&](const Edge &edge) {
          int next = edge.to < 0 ? -1 : groupOf(edge.to);
          return next == from || (next == rows && !edge.buffer);
        });
      });
    };
    auto isOneProduct = [&](int index) {
      return llvm::count_if(groups[index].ops, llvm::IsaPred<ir::ContractOp>) == 1;
    };
    auto isScores = [&](int node) {
      int from = groupOf(node);
      if (from == into || !isOneProduct(from) || !isOneProduct(into) ||
          groups[from].ops.size() + group.ops.size() + groups[into].ops.size() > maxOps)
        return false;
      SmallVector<Value> buffers = buffersOf(nodes[node]);
      buffers.append(buffersOf(nodes[mix]));
      return leadsToRowsAlone(from) && isAttentionOf(nodes[node], weights, nodes[mix], buffers);
    };
    auto found = llvm::find_if(candidates, isScores);
    // The mix takes these rows once, and nothing else of what is made beside them.
    bool handsOn = llvm::all_of(membersOf(rows), [&](int node) {
      return llvm::all_of(edges[node], [&](const Edge &edge) {
        return edge.to < 0 || groupOf(edge.to) != into || (edge.to == mix && node == made->second);
      });
    });
    if (found == candidates.end() || !handsOn || order->hasPathAround(rows, into))
      return false;
    int first = groupOf(*found);
    merge(rows, into, GroupForm::Anchor);
    merge(first, into, GroupForm::Anchor);
    return true;
  }

  /// Whether every value of `consumer` that is needed elsewhere depends on `producer`: what follows a product
  /// is computed on its tiles, and nothing else can be.
  bool resultsFollow(int producer, int consumer) {
    DenseSet<int> follows;
    for (int node : membersOf(producer))
      for (const Edge &edge : edges[node])
        follows.insert(edge.to);
    SmallVector<int> members(membersOf(consumer));
    llvm::sort(members);
    for (int node : members)
      for (const Edge &edge : edges[node])
        if (follows.contains(node))
          follows.insert(edge.to);
        else if (edge.to < 0 || edge.buffer || groupOf(edge.to) != consumer)
          return false;
    return true;
  }

  void merge(int producer, int consumer, GroupForm form) {
    FusionGroup &from = groups[producer], &into = groups[consumer];
    // Shapes come from the side whose form it is.
    if (into.form != form) {
      into.shape = from.shape;
      into.reduced = from.reduced;
      into.axes = from.axes;
    }
    into.form = form;
    into.updates |= from.updates;
    into.ops.insert(into.ops.end(), from.ops.begin(), from.ops.end());
    order->merge(producer, consumer);
    from.ops.clear();
  }

  std::vector<FusionGroup> sorted() {
    std::vector<std::set<int>> successors(groups.size());
    std::vector<int> waitsFor(groups.size(), 0), first(groups.size(), -1);
    for (int i = 0, count = nodes.size(); i < count; ++i) {
      int group = groupOf(i);
      if (first[group] < 0)
        first[group] = i;
      for (const Edge &edge : edges[i])
        if (edge.to >= 0 && groupOf(edge.to) != group && successors[group].insert(groupOf(edge.to)).second)
          ++waitsFor[groupOf(edge.to)];
    }
    std::set<std::pair<int, int>> ready; // first op, group
    for (int i = 0, count = groups.size(); i < count; ++i)
      if (!groups[i].ops.empty() && waitsFor[i] == 0)
        ready.insert({first[i], i});
    std::vector<FusionGroup> result;
    result.reserve(groups.size());
    while (!ready.empty()) {
      int next = ready.begin()->second;
      ready.erase(ready.begin());
      for (int successor : successors[next])
        if (--waitsFor[successor] == 0)
          ready.insert({first[successor], successor});
      llvm::sort(groups[next].ops,
                 [&](Operation *a, Operation *b) { return numbers.lookup(a) < numbers.lookup(b); });
      result.push_back(std::move(groups[next]));
    }
    return result;
  }

  func::FuncOp function;
  std::vector<Operation *> nodes; // in program order
  DenseMap<Operation *, int> numbers;
  std::vector<std::vector<Edge>> edges;
  std::optional<GroupOrder> order;
  std::vector<FusionGroup> groups; // merged ones are empty
};

} // namespace

std::vector<FusionGroup> compiler::formGroups(func::FuncOp function) { return Former(function).run(); }
