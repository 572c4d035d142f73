// Fuse: a graph of mlc ops becomes launches of kernels.
//
// Groups.h says which ops become one kernel, Remake.h which values kernels make again instead of reading
// them. This pass outlines each group: a private function of its own inputs, with the ops of the group and
// copies of the cheap ops they need, and a launch of it that writes to new buffers. Around the launches
// remain only views and constants.
//
// What a kernel computes is a function of its text: nothing in it says where it came from. So random sites
// leave the kernel, too: the op draws from a stream that carries its site (step.stream), and all dropouts of
// one shape are one kernel. The places in the model's text that a group came from are left on the launch.
//
// A scan becomes a launch that loops over its body, and the body a private step function that is fused like
// any other. Of a carry whose last value alone is read, the stack keeps two places instead of all.
#include "compiler/fuse/Fuse.h"

#include "compiler/fuse/Groups.h"
#include "compiler/fuse/Remake.h"
#include "compiler/kernels/Kernel.h"
#include "compiler/kernels/code/Diagonal.h"
#include "compiler/plan/Plan.h"
#include "compiler/source/SourceLines.h"
#include "dialects/step/StepDialect.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::compiler;

namespace {

/// Arithmetic on single numbers is made anew wherever it is needed, but not without end: the norm of all
/// gradients is a sum of as many numbers as there are parameters, and each parameter's update needs it. Of
/// such a long sum, every number that takes more than `mostNumbers` ops since the last one, and what leaves
/// it for tensors, is marked to be stored.
void storeLongNumbers(Block &body) {
  constexpr int mostNumbers = 64;
  struct Made {
    int ops = 0;
    bool isLong = false;
  };
  DenseMap<Value, Made> made;
  auto isNumber = [](Operation *op) {
    return isa<ir::ElementwiseOpInterface>(op) && classOf(op) == OpClass::Cheap &&
           cast<RankedTensorType>(op->getResult(0).getType()).getNumElements() == 1;
  };
  for (Operation &op : body.without_terminator()) {
    // A number may also be taken out of the tensor that it was broadcast to.
    if (auto broadcast = dyn_cast<ir::BroadcastOp>(&op))
      made[broadcast.getResult()] = made.lookup(viewedBy(broadcast.getX()));
    if (!isNumber(&op))
      continue;
    Made own{1, false};
    for (Value operand : op.getOperands()) {
      Made before = made.lookup(viewedBy(operand));
      own.ops += before.ops;
      own.isLong |= before.isLong;
    }
    bool leaves = llvm::any_of(op.getUsers(), [&](Operation *user) { return !isNumber(user); });
    if (own.ops > mostNumbers || (own.isLong && leaves)) {
      op.setAttr(storedAttr, UnitAttr::get(op.getContext()));
      own = {0, true};
    }
    made[op.getResult(0)] = own;
  }
}

/// Builds the kernel of one group.
class Outliner {
public:
  /// `again` are the values that kernels make anew instead of reading them; `streamFor` gives the stream of a
  /// site in the step function.
  Outliner(const FusionGroup &group, const DenseSet<Value> &again, DiagonalFacts &facts, SymbolTable &symbols,
           int &counter, llvm::function_ref<Value(ir::RandomOp)> streamFor)
      : group(group), again(again), facts(facts), symbols(symbols), counter(counter), streamFor(streamFor),
        builder(group.ops.front()->getContext()) {
    members.insert(group.ops.begin(), group.ops.end());
  }

  /// The kernel, and in `inputs` and `outputs` the values of the step function that it reads and makes.
  func::FuncOp run(SmallVectorImpl<Value> &inputValues, SmallVectorImpl<Value> &outputValues) {
    Location loc = FusedLoc::get(builder.getContext(),
                                 llvm::map_to_vector(group.ops, [](Operation *op) { return op->getLoc(); }));
    auto kernel =
        func::FuncOp::create(builder, loc, "k_" + std::to_string(counter++), builder.getFunctionType({}, {}));
    kernel.setPrivate();
    kernel->setAttr(step::kernelAttr, builder.getUnitAttr());
    if (group.updates && group.form == GroupForm::Pointwise)
      kernel->setAttr(updateAttr, builder.getUnitAttr());
    body = kernel.addEntryBlock();
    builder.setInsertionPointToEnd(body);
    SmallVector<Value> outputs;
    for (Operation *op : group.ops) {
      copy(op);
      for (Value result : op->getResults())
        if (isNeededOutside(result)) {
          outputValues.push_back(result);
          outputs.push_back(mapping.lookup(result));
        }
    }
    func::ReturnOp::create(builder, loc, outputs);
    kernel.setFunctionType(builder.getFunctionType(body->getArgumentTypes(), ValueRange(outputs).getTypes()));
    for (auto [i, input] : llvm::enumerate(inputs))
      if (facts.past(input) == 0.0)
        kernel.setArgAttr(unsigned(i), triangularAttr, builder.getUnitAttr());
    symbols.insert(kernel);
    inputValues.assign(inputs.begin(), inputs.end());
    return kernel;
  }

private:
  void copy(Operation *op) {
    if (auto random = dyn_cast<ir::RandomOp>(op)) {
      Value stream = streamFor(random);
      if (!mapping.contains(stream))
        mapping.map(stream, argument(stream));
      auto clone = cast<ir::RandomOp>(builder.clone(*op, mapping));
      clone.getStreamMutable().set(mapping.lookup(stream));
      clone.setSite(0);
      return;
    }
    for (Value operand : op->getOperands())
      map(operand, /*fromMemory=*/classOf(op) == OpClass::Anchor);
    builder.clone(*op, mapping)->removeAttr(storedAttr);
  }

  /// Makes `value` known inside the kernel: as an input, or remade there where that is allowed.
  void map(Value value, bool fromMemory = false) {
    if (mapping.contains(value))
      return;
    Operation *op = value.getDefiningOp();
    if (fromMemory && isStrided(value)) {
      map(op->getOperand(0), fromMemory);
      builder.clone(*op, mapping);
      return;
    }
    if (op && !fromMemory && (isRemade(value) || again.contains(value))) {
      for (Value operand : op->getOperands())
        map(operand);
      if (auto barrier = dyn_cast<ir::BarrierOp>(op))
        mapping.map(value, mapping.lookup(barrier.getX()));
      else
        builder.clone(*op, mapping);
      return;
    }
    mapping.map(value, argument(value));
  }

  Value argument(Value value) {
    inputs.push_back(value);
    return body->addArgument(value.getType(), value.getLoc());
  }

  /// Whether `value` has to be in memory: a launch of another kernel or the function's return reads it.
  bool isNeededOutside(Value value) { return !again.contains(value) && isReadOutside(value); }

  /// The same of a value that others may make again; then they read its operands.
  bool isReadOutside(Value value) {
    if (auto known = readOutside.find(value); known != readOutside.end())
      return known->second;
    bool isRead = llvm::any_of(value.getUsers(), [&](Operation *user) {
      OpClass opClass = user->hasTrait<OpTrait::IsTerminator>() ? OpClass::Anchor : classOf(user);
      if (members.contains(user) && opClass != OpClass::Cheap)
        return again.contains(user->getResult(0)) && isReadOutside(user->getResult(0));
      bool passesOn = opClass == OpClass::Cheap || (opClass == OpClass::View && isRemade(value));
      return !passesOn || isReadOutside(user->getResult(0));
    });
    readOutside[value] = isRead;
    return isRead;
  }

  const FusionGroup &group;
  const DenseSet<Value> &again;
  DiagonalFacts &facts;
  SymbolTable &symbols;
  int &counter;
  llvm::function_ref<Value(ir::RandomOp)> streamFor;
  OpBuilder builder;
  Block *body = nullptr;
  DenseSet<Operation *> members;
  DenseMap<Value, bool> readOutside; // as far as it was asked for: there may be many ways to one value
  IRMapping mapping;
  SmallVector<Value> inputs;
};

class FunctionFusion {
public:
  FunctionFusion(func::FuncOp function, SymbolTable &symbols, int &counter)
      : function(function), symbols(symbols), counter(counter), terminator(body().getTerminator()) {}

  void run() {
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(body())))
      if (isOpTriviallyDead(&op))
        op.erase();
    storeLongNumbers(body());
    std::vector<FusionGroup> groups = formGroups(function);
    again = valuesMadeAgain(groups);
    SmallVector<Operation *> graph;
    for (Operation &op : body().without_terminator())
      graph.push_back(&op);
    for (const FusionGroup &group : groups)
      launch(group);
    for (OpOperand &operand : terminator->getOpOperands())
      operand.set(inMemory(operand.get()));
    for (Operation *op : llvm::reverse(graph))
      op->erase();
  }

private:
  Block &body() { return function.getBody().front(); }

  void launch(const FusionGroup &group) {
    if (auto scan = dyn_cast<ir::ScanOp>(group.ops.front()))
      return launchLoop(scan);
    SmallVector<Value> inputs, outputs;
    auto streamFor = [&](ir::RandomOp op) { return streamOf(op); };
    func::FuncOp kernel = Outliner(group, again, facts, symbols, counter, streamFor).run(inputs, outputs);
    // All that it computes is made again where it is read.
    if (outputs.empty())
      return symbols.erase(kernel);
    step::LaunchOp launch = createLaunch(kernel, inputs, llvm::to_vector(ValueRange(outputs).getTypes()), {});
    for (auto [value, result] : llvm::zip_equal(outputs, launch.getResults()))
      memory[value] = result;
  }

  /// A launch of `function` on what `inputs` are in memory, to new buffers of the given types.
  step::LaunchOp createLaunch(func::FuncOp function, ValueRange inputs, ArrayRef<Type> outputs,
                              step::LoopAttr loop) {
    OpBuilder builder(terminator);
    Location loc = function.getLoc();
    SourceLines lines;
    collectLines(loc, lines);
    SmallVector<Attribute> lineAttrs;
    for (const auto &[file, line] : lines)
      lineAttrs.push_back(builder.getStringAttr(file + ":" + std::to_string(line)));
    SmallVector<Value> sources, buffers;
    for (Value input : inputs)
      sources.push_back(inMemory(input));
    for (Type output : outputs)
      buffers.push_back(step::BufferOp::create(builder, loc, output, IntegerAttr()));
    return step::LaunchOp::create(
        builder, loc, outputs, SymbolRefAttr::get(function), sources, buffers, builder.getI64IntegerAttr(1),
        builder.getI64IntegerAttr(0), builder.getDenseI64ArrayAttr({}),
        lineAttrs.empty() ? ArrayAttr() : builder.getArrayAttr(lineAttrs), loop, IntegerAttr());
  }

  void launchLoop(ir::ScanOp scan) {
    int64_t carries = scan.getNumCarries();
    auto loop = step::LoopAttr::get(scan.getContext(), scan.getSteps(), carries, scan.getNumSlices(),
                                    scan.getReverse());
    func::FuncOp body = bodyFunctionOf(scan);
    SmallVector<Type> outputs(scan.getResultTypes());
    llvm::SmallBitVector isRing(scan.getNumResults());
    for (int64_t i = 0; i < carries; ++i)
      if (onlyReadAt(scan.getResult(i), loop.lastPlace())) {
        isRing.set(i);
        SmallVector<int64_t> shape(shapeOf(scan.getResult(i)));
        shape[0] = step::LoopAttr::ringPlaces;
        outputs[i] = ir::withShape(outputs[i], shape);
      }
    step::LaunchOp launch = createLaunch(body, scan.getInputs(), outputs, loop);
    for (auto [i, result] : llvm::enumerate(launch.getResults()))
      if (!isRing[i])
        memory[scan.getResult(i)] = result;
      else
        for (Operation *last : scan.getResult(i).getUsers())
          memory[last->getResult(0)] = placeOf(result, last->getResult(0).getType(), loop.lastPlace());
    FunctionFusion(body, symbols, counter).run();
  }

  /// Whether nobody reads any place of `stack` but `place`.
  static bool onlyReadAt(Value stack, int64_t place) {
    return llvm::all_of(stack.getUsers(), [&](Operation *user) {
      auto slice = dyn_cast<ir::SliceOp>(user);
      return slice && viewOffset(slice) && slice.getStarts()[0] == place &&
             shapeOf(slice.getResult()) == ArrayRef<int64_t>(onePlace(stack));
    });
  }

  static SmallVector<int64_t> onePlace(Value stack) {
    SmallVector<int64_t> shape(shapeOf(stack));
    shape[0] = 1;
    return shape;
  }

  Value placeOf(Value ring, Type type, int64_t place) {
    int64_t elements = cast<RankedTensorType>(type).getNumElements();
    OpBuilder builder(terminator);
    return step::ViewOp::create(builder, ring.getLoc(), type, ring,
                                (place % step::LoopAttr::ringPlaces) * elements);
  }

  /// The body of `scan` as a step function.
  func::FuncOp bodyFunctionOf(ir::ScanOp scan) {
    Block &from = scan.getBody().front();
    OpBuilder builder(scan.getContext());
    auto body = func::FuncOp::create(
        builder, scan.getLoc(), "scan_" + std::to_string(counter++),
        builder.getFunctionType(from.getArgumentTypes(), scan.getYield()->getOperandTypes()));
    body.setPrivate();
    body->setAttr(step::bodyAttr, builder.getUnitAttr());
    Block *to = body.addEntryBlock();
    builder.setInsertionPointToEnd(to);
    IRMapping mapping;
    mapping.map(from.getArguments(), to->getArguments());
    for (Operation &op : from.without_terminator())
      builder.clone(op, mapping);
    func::ReturnOp::create(builder, scan.getYield()->getLoc(),
                           llvm::map_to_vector(scan.getYield()->getOperands(),
                                               [&](Value value) { return mapping.lookup(value); }));
    symbols.insert(body);
    return body;
  }

  Value streamOf(ir::RandomOp op) {
    Value &stream = streams[{op.getStream(), op.getSite()}];
    if (!stream) {
      OpBuilder builder(terminator);
      stream = step::StreamOp::create(builder, op.getLoc(), op.getStream().getType(),
                                      inMemory(op.getStream()), op.getSiteAttr());
      memory[stream] = stream;
    }
    return stream;
  }

  /// `value` of the graph as the step program has it: an argument, a result of a launch, a constant or a
  /// view.
  Value inMemory(Value value) {
    if (isa<BlockArgument>(value))
      return value;
    if (Value known = memory.lookup(value))
      return known;
    Operation *op = value.getDefiningOp();
    OpBuilder builder(terminator);
    Value made;
    if (auto constant = dyn_cast<ir::ConstantOp>(op))
      made = step::ConstantOp::create(builder, op->getLoc(), value.getType(), constant.getValue());
    else if (auto barrier = dyn_cast<ir::BarrierOp>(op))
      made = inMemory(barrier.getX());
    else
      made = step::ViewOp::create(builder, op->getLoc(), value.getType(), inMemory(op->getOperand(0)),
                                  *viewOffset(op));
    return memory[value] = made;
  }

  func::FuncOp function;
  SymbolTable &symbols;
  int &counter;
  Operation *terminator;
  DenseSet<Value> again;
  DiagonalFacts facts;
  DenseMap<Value, Value> memory;
  DenseMap<std::pair<Value, uint64_t>, Value> streams;
};

struct FusePass : PassWrapper<FusePass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(FusePass)
  StringRef getArgument() const override { return "mlc-fuse"; }
  StringRef getDescription() const override {
    return "Group the ops of step functions into kernels and launches";
  }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<step::StepDialect>();
  }
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    int counter = 0;
    for (auto function : llvm::to_vector(getOperation().getOps<func::FuncOp>()))
      if (isStepFunction(function))
        FunctionFusion(function, symbols, counter).run();
  }
};

} // namespace

std::unique_ptr<Pass> compiler::createFusePass() { return std::make_unique<FusePass>(); }

void compiler::registerFusePasses() {
  registerPass(createLayOutWeightsPass);
  registerPass(createSplitReductionsPass);
  registerPass(createPackScanWeightsPass);
  registerPass(createFusePass);
  registerPass(createShareKernelsPass);
}
