// Which values their readers make again.
//
// The backward pass reads what the forward pass computed on its way: of a GELU, x / 2, x / sqrt(2) and 1 +
// erf, each as large as x. To write and read them costs more than to compute them again from x, and takes
// three times the memory.
//
// For each group, its *wanted* values are those of elementwise ops that other groups read at the same place;
// a value that somebody needs in memory (an operand of a product, say) is stored in any case. As long as it
// saves bytes: take the value, of this group or an input of it that is in memory, from which together with
// what is stored the most bytes of wanted values can be computed by elementwise ops; store it, and let these
// be made again. What is stored so is itself cheapest where the fewest ops follow it.
#include "compiler/fuse/Remake.h"

#include "dialects/step/StepDialect.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::compiler;

namespace {

/// Smaller values are not worth a thought.
constexpr int64_t leastElements = 2048;
/// Ops that one value may cost to make again.
constexpr int mostOps = 16;

int64_t bytesOf(Value value) { return step::byteSize(cast<ShapedType>(value.getType())); }

/// Rows are read more than once in their kernels, so only what costs little is made again there.
bool costsLittle(Operation *op) {
  return isa<ir::AddOp, ir::SubOp, ir::MulOp, ir::NegOp, ir::MaxOp, ir::MinOp, ir::SelectOp, ir::CompareOp,
             ir::ConvertOp, ir::DivOp>(op);
}

class Chooser {
public:
  explicit Chooser(ArrayRef<FusionGroup> groups) : groups(groups) {
    for (auto [i, group] : llvm::enumerate(groups))
      for (Operation *op : group.ops)
        groupOf[op] = int(i);
  }

  DenseSet<Value> run() {
    for (int i = 0, count = groups.size(); i < count; ++i)
      choose(i);
    return std::move(again);
  }

private:
  /// Who reads a value outside its group.
  struct Uses {
    bool isWanted = false, needsMemory = false, hasRows = false;
  };

  Uses usesOf(Value value, int group) {
    Uses uses;
    for (Operation *user : value.getUsers()) {
      auto found = groupOf.find(user);
      if (found != groupOf.end() && found->second == group && classOf(user) != OpClass::Cheap)
        continue;
      uses.isWanted = true;
      OpClass opClass = user->hasTrait<OpTrait::IsTerminator>() ? OpClass::Anchor : classOf(user);
      bool isSamePlace = opClass == OpClass::Pointwise || opClass == OpClass::RowReduction ||
                         opClass == OpClass::ColumnReduction;
      uses.needsMemory |= !isSamePlace || found == groupOf.end();
      uses.hasRows |= found != groupOf.end() && groups[found->second].form == GroupForm::Rows;
    }
    return uses;
  }

  /// Whether `value` of `group` can be computed from `known`; adds to what is computed then, and counts the
  /// ops.
  bool canMake(Value value, int group, const DenseSet<Value> &known, bool hasRows, DenseSet<Value> &made,
               int &ops) {
    if (known.contains(value) || isRemade(value) || !made.insert(value).second)
      return true;
    Operation *op = value.getDefiningOp();
    // What another group's readers make again, this one's can, too: it comes from what is in memory there.
    bool isMade = again.contains(value);
    auto found = op ? groupOf.find(op) : groupOf.end();
    if (!isMade && (found == groupOf.end() || found->second != group || classOf(op) != OpClass::Pointwise ||
                    isa<ir::RandomOp>(op)))
      return false;
    if ((hasRows && !costsLittle(op)) || ++ops > mostOps)
      return false;
    return llvm::all_of(op->getOperands(), [&](Value operand) {
      return (isMade && !again.contains(operand)) || canMake(operand, group, known, hasRows, made, ops);
    });
  }

  void choose(int index) {
    const FusionGroup &group = groups[index];
    DenseSet<Value> stored;
    llvm::MapVector<Value, Uses> wanted;
    llvm::SetVector<Value> candidates;
    auto addCandidate = [&](Value value) {
      if (shapeOf(value) == ArrayRef<int64_t>(group.shape) && !isRemade(value) && !again.contains(value))
        candidates.insert(value);
    };
    for (Operation *op : group.ops) {
      for (Value operand : op->getOperands())
        if (auto found = groupOf.find(operand.getDefiningOp());
            found == groupOf.end() || found->second != index)
          addCandidate(operand);
      for (Value result : op->getResults()) {
        Uses uses = usesOf(result, index);
        bool isEasy = classOf(op) == OpClass::Pointwise && !isa<ir::RandomOp>(op);
        bool isLarge = cast<ShapedType>(result.getType()).getNumElements() >= leastElements;
        if (uses.isWanted && isEasy && isLarge && !uses.needsMemory)
          wanted[result] = uses;
        else if (uses.isWanted)
          stored.insert(result);
        addCandidate(result);
      }
    }
    take(index, Value(), stored, wanted);
    while (!wanted.empty()) {
      Value best;
      int64_t bestGain = 0;
      int bestOps = 0;
      for (Value candidate : candidates) {
        DenseSet<Value> known = stored;
        known.insert(candidate);
        int64_t gain = 0;
        int ops = 0;
        for (auto &[value, uses] : wanted) {
          DenseSet<Value> made;
          int own = 0;
          if (value == candidate || !canMake(value, index, known, uses.hasRows, made, own))
            continue;
          gain += bytesOf(value);
          ops += own;
        }
        auto found = groupOf.find(candidate.getDefiningOp());
        bool isOwn = found != groupOf.end() && found->second == index;
        if (isOwn && !wanted.contains(candidate))
          gain -= bytesOf(candidate);
        if (gain > bestGain || (gain == bestGain && best && ops < bestOps)) {
          best = candidate;
          bestGain = gain;
          bestOps = ops;
        }
      }
      if (!best)
        return;
      take(index, best, stored, wanted);
    }
  }

  /// Stores `value`, if there is one, and takes what can then be made again out of `wanted`.
  void take(int group, Value value, DenseSet<Value> &stored, llvm::MapVector<Value, Uses> &wanted) {
    if (value) {
      stored.insert(value);
      wanted.erase(value);
    }
    wanted.remove_if([&](const auto &entry) {
      DenseSet<Value> made;
      int ops = 0;
      if (!canMake(entry.first, group, stored, entry.second.hasRows, made, ops))
        return false;
      again.insert(made.begin(), made.end());
      return true;
    });
  }

  ArrayRef<FusionGroup> groups;
  DenseMap<Operation *, int> groupOf;
  DenseSet<Value> again;
};

} // namespace

DenseSet<Value> compiler::valuesMadeAgain(ArrayRef<FusionGroup> groups) { return Chooser(groups).run(); }
