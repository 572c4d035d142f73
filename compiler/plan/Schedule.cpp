// Schedule: the order of launches.
//
// What must hold: a launch comes after those whose outputs it reads, and a launch that overwrites an argument
// after those who read the argument's old value. (step-destinations made sure that both can be had.)
//
// What is wanted: few bytes alive at any time, above all gradients, each of which should meet its optimizer
// update as soon as it is there. So, among the launches that are ready, the first in program order that frees
// at least as many bytes of the arena as it takes; if there is none, the first in program order. Program
// order is a good order to begin with: the model's, then its reverse.
//
// Everything that is not a launch (views, constants, buffers) moves to just before its first use.
#include "compiler/plan/Plan.h"

#include <set>

using namespace mlir;
using namespace mlc;
using namespace mlc::compiler;

namespace {

class FunctionSchedule {
public:
  explicit FunctionSchedule(func::FuncOp function)
      : function(function), terminator(function.getBody().front().getTerminator()),
        launches(launchesOf(function)), successors(launches.size()), waitsFor(launches.size(), 0),
        reads(launches.size()), growth(launches.size(), 0) {}

  /// Fails, with a diagnostic, if no order satisfies the constraints.
  LogicalResult run() {
    collectConstraints();
    collectGrowth();
    for (int i = 0, count = launches.size(); i < count; ++i)
      if (waitsFor[i] == 0)
        ready.insert(i);
    for (int i : ready)
      if (growth[i] <= 0)
        freeing.insert(i);
    std::vector<int> order;
    while (!ready.empty()) {
      int next = freeing.empty() ? *ready.begin() : *freeing.begin();
      ready.erase(next);
      freeing.erase(next);
      order.push_back(next);
      for (Value storage : reads[next])
        noteRead(next, storage);
      for (int successor : successors[next])
        if (--waitsFor[successor] == 0) {
          ready.insert(successor);
          if (growth[successor] <= 0)
            freeing.insert(successor);
        }
    }
    if (order.size() != launches.size()) {
      for (int i = 0, count = launches.size(); i < count; ++i)
        if (waitsFor[i] != 0)
          return launches[i].emitError("cannot be scheduled: it waits for a launch that waits for it");
    }
    apply(order);
    return success();
  }

private:
  /// Launches that read a value.
  struct Readers {
    std::vector<int> launches;
    /// Those that are still to come, and one for the return.
    int left = 0;
  };

  void collectConstraints() {
    DenseMap<Operation *, int> numbers;
    for (auto [i, launch] : llvm::enumerate(launches))
      numbers[launch] = i;
    auto order = [&](int before, int after) {
      if (before != after && successors[before].insert(after).second)
        ++waitsFor[after];
    };
    for (int i = 0, count = launches.size(); i < count; ++i) {
      for (Value input : launches[i].getInputs())
        reads[i].insert(storageOf(input));
      for (Value storage : reads[i]) {
        Readers &of = readers[storage];
        of.launches.push_back(i);
        ++of.left;
        if (auto producer = storage.getDefiningOp<step::LaunchOp>())
          order(numbers.lookup(producer), i);
      }
    }
    for (int i = 0, count = launches.size(); i < count; ++i)
      for (Value output : launches[i].getOutputs())
        if (auto argument = dyn_cast<BlockArgument>(storageOf(output)))
          if (auto found = readers.find(argument); found != readers.end())
            for (int reader : found->second.launches)
              order(reader, i);
    // What the function returns lives to the end.
    for (Value value : terminator->getOperands())
      ++readers[storageOf(value)].left;
  }

  /// Whether the result of a launch lies in the arena.
  static bool isInArena(Value storage) {
    auto launch = storage.getDefiningOp<step::LaunchOp>();
    if (!launch)
      return false;
    Value output = launch.getOutputs()[cast<OpResult>(storage).getResultNumber()];
    return storageOf(output).getDefiningOp<step::BufferOp>();
  }

  void collectGrowth() {
    for (int i = 0, count = launches.size(); i < count; ++i) {
      for (Value result : launches[i].getResults())
        if (isInArena(result))
          growth[i] += step::byteSize(cast<ShapedType>(result.getType()));
      for (Value storage : reads[i])
        if (readers[storage].left == 1)
          freedBy(i, storage);
    }
  }

  /// `launch` is the last to read `storage`.
  void freedBy(int launch, Value storage) {
    if (isInArena(storage))
      growth[launch] -= step::byteSize(cast<ShapedType>(storage.getType()));
  }

  /// After `launch` has read `storage`: if one other launch is left, that one frees it.
  void noteRead(int launch, Value storage) {
    Readers &of = readers[storage];
    isDone.insert(launch);
    if (--of.left != 1)
      return;
    auto last = llvm::find_if(of.launches, [&](int reader) { return !isDone.contains(reader); });
    if (last == of.launches.end())
      return; // the return
    freedBy(*last, storage);
    if (growth[*last] <= 0 && ready.count(*last))
      freeing.insert(*last);
  }

  void apply(const std::vector<int> &order) {
    DenseSet<Operation *> placed;
    auto place = [&](auto &self, Operation *op) -> void {
      if (!op || !placed.insert(op).second)
        return;
      for (Value operand : op->getOperands())
        self(self, operand.getDefiningOp());
      if (op != terminator)
        op->moveBefore(terminator);
    };
    for (int i : order)
      place(place, launches[i]);
    place(place, terminator);
  }

  func::FuncOp function;
  Operation *terminator;
  std::vector<step::LaunchOp> launches;
  std::vector<std::set<int>> successors;
  std::vector<int> waitsFor;
  /// Values that a launch reads, without views.
  std::vector<llvm::SmallSetVector<Value, 8>> reads;
  DenseMap<Value, Readers> readers;
  /// Bytes of the arena that are taken by running the launch now, less those that are then free.
  std::vector<int64_t> growth;
  /// Launches that wait for nothing, and those among them that free at least as many bytes as they take.
  std::set<int> ready, freeing;
  DenseSet<int> isDone;
};

struct SchedulePass : PassWrapper<SchedulePass, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(SchedulePass)
  StringRef getArgument() const override { return "step-schedule"; }
  StringRef getDescription() const override {
    return "Order the launches of a step function: few live bytes, state updates after the last reader";
  }
  void runOnOperation() override {
    if (isStepFunction(getOperation()) && failed(FunctionSchedule(getOperation()).run()))
      signalPassFailure();
  }
};

} // namespace

std::unique_ptr<Pass> compiler::createSchedulePass() { return std::make_unique<SchedulePass>(); }
