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
        launches(launchesOf(function)), successors(launches.size()), waitsFor(launches.size(), 0) {}

  /// Fails, with a diagnostic, if no order satisfies the constraints.
  LogicalResult run() {
    collectConstraints();
    std::set<int> ready;
    for (int i = 0, count = launches.size(); i < count; ++i)
      if (waitsFor[i] == 0)
        ready.insert(i);
    std::vector<int> order;
    while (!ready.empty()) {
      auto freeing = llvm::find_if(ready, [&](int i) { return growth(i) <= 0; });
      int next = freeing == ready.end() ? *ready.begin() : *freeing;
      ready.erase(next);
      order.push_back(next);
      for (Value storage : storagesReadBy(next))
        --readsLeft[storage];
      for (int successor : successors[next])
        if (--waitsFor[successor] == 0)
          ready.insert(successor);
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
  llvm::SmallSetVector<Value, 8> storagesReadBy(int launch) {
    llvm::SmallSetVector<Value, 8> storages;
    for (Value input : launches[launch].getInputs())
      storages.insert(storageOf(input));
    return storages;
  }

  void collectConstraints() {
    DenseMap<Operation *, int> numbers;
    for (auto [i, launch] : llvm::enumerate(launches))
      numbers[launch] = i;
    auto order = [&](int before, int after) {
      if (before != after && successors[before].insert(after).second)
        ++waitsFor[after];
    };
    DenseMap<Value, SmallVector<int>> readers;
    for (int i = 0, count = launches.size(); i < count; ++i)
      for (Value storage : storagesReadBy(i)) {
        ++readsLeft[storage];
        if (auto producer = storage.getDefiningOp<step::LaunchOp>())
          order(numbers.lookup(producer), i);
        else if (isa<BlockArgument>(storage))
          readers[storage].push_back(i);
      }
    for (int i = 0, count = launches.size(); i < count; ++i)
      for (Value output : launches[i].getOutputs())
        for (int reader : readers.lookup(storageOf(output)))
          order(reader, i);
    // What the function returns lives to the end.
    for (Value value : terminator->getOperands())
      ++readsLeft[storageOf(value)];
  }

  /// Whether the result of a launch lies in the arena.
  static bool isInArena(Value storage) {
    auto launch = storage.getDefiningOp<step::LaunchOp>();
    if (!launch)
      return false;
    Value output = launch.getOutputs()[cast<OpResult>(storage).getResultNumber()];
    return storageOf(output).getDefiningOp<step::BufferOp>();
  }

  /// Bytes of the arena that are taken by running the launch now, less those that are then free.
  int64_t growth(int i) {
    int64_t bytes = 0;
    for (Value result : launches[i].getResults())
      if (isInArena(result))
        bytes += step::byteSize(cast<ShapedType>(result.getType()));
    for (Value storage : storagesReadBy(i))
      if (isInArena(storage) && readsLeft.lookup(storage) == 1)
        bytes -= step::byteSize(cast<ShapedType>(storage.getType()));
    return bytes;
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
  /// Launches that are still to read a value, and one for the return.
  DenseMap<Value, int> readsLeft;
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
