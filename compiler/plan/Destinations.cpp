// Destinations: every result of a step function is written where the caller wants it.
//
// Launches write to buffers of the arena at first. This pass gives each result of the function an argument to
// end in: the state tensor it updates (a new argument, if the function does not read that state), or a new
// argument with the role "output". Then, result by result:
//
//  1. A state that is returned unchanged needs nothing.
//  2. If a launch makes the value, and nobody else has claimed that output, the launch writes to the argument
//     directly. For state that the function also reads, this is allowed only if all readers of the old value
//     can run before the launch (none of them depends on it), and if the launch itself, should it read the
//     old value, may work in place. What is accepted becomes an edge of the dependence graph, so that later
//     results are checked against it: two updates that each want the other's old value cannot both be direct.
//  3. Otherwise, if the value is made from nothing (zeros for several slots of an optimizer), it is made
//     again.
//  4. Otherwise a launch of a copying kernel is inserted. If it would have to run both before and after
//     another update (two states that are swapped), the value is copied aside first.
//
// An argument without a role is an input; from here on it says so.
#include "compiler/plan/Plan.h"
#include "dialects/mlc/Roles.h"

#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::compiler;

namespace {

/// Says of every argument without a role that it is an input.
void settleRoles(func::FuncOp function) {
  auto *context = function.getContext();
  // All attributes at once: one at a time, each makes a list of all.
  SmallVector<DictionaryAttr> attributes;
  function.getAllArgAttrs(attributes);
  for (DictionaryAttr &each : attributes) {
    if (each.contains(ir::roleAttr))
      continue;
    NamedAttrList list(each);
    list.set(ir::roleAttr, ir::RoleAttr::get(context, ir::RoleKind::Input, {}));
    each = list.getDictionary(context);
  }
  function.setAllArgAttrs(attributes);
}

/// Launches and what must run before what.
class Dependences {
public:
  explicit Dependences(func::FuncOp function) {
    for (auto launch : function.getOps<step::LaunchOp>())
      add(launch);
  }

  void add(step::LaunchOp launch) {
    for (Value input : launch.getInputs()) {
      Value storage = storageOf(input);
      if (auto producer = storage.getDefiningOp<step::LaunchOp>())
        successors[producer].insert(launch);
      auto argument = dyn_cast<BlockArgument>(storage);
      if (!argument)
        continue;
      readers[argument].insert(launch);
      if (Operation *writer = writers.lookup(argument); writer && writer != launch)
        successors[launch].insert(writer);
    }
  }

  /// Takes back the last `add`, of a launch that overwrites nothing.
  void remove(step::LaunchOp launch) {
    successors.erase(launch);
    for (auto &entry : successors)
      entry.second.remove(launch);
    for (auto &entry : readers)
      entry.second.remove(launch);
  }

  /// Whether `launch` may overwrite `argument`: all who read its old value can run before.
  bool canOverwrite(step::LaunchOp launch, BlockArgument argument) {
    for (Operation *reader : readers[argument])
      if (reader != launch && reaches(launch, reader))
        return false;
    return true;
  }

  void overwrite(step::LaunchOp launch, BlockArgument argument) {
    writers[argument] = launch;
    for (Operation *reader : readers[argument])
      if (reader != launch)
        successors[reader].insert(launch);
  }

private:
  bool reaches(Operation *from, Operation *to) {
    DenseSet<Operation *> seen;
    SmallVector<Operation *> open{from};
    while (!open.empty()) {
      Operation *op = open.pop_back_val();
      if (op == to)
        return true;
      if (seen.insert(op).second)
        llvm::append_range(open, successors.lookup(op));
    }
    return false;
  }

  DenseMap<Operation *, llvm::SetVector<Operation *>> successors;
  DenseMap<BlockArgument, llvm::SetVector<Operation *>> readers;
  DenseMap<BlockArgument, Operation *> writers;
};

/// Whether `launch`, writing output `output` to `argument`, may read what it reads of it.
bool worksInPlace(step::LaunchOp launch, unsigned output, BlockArgument argument) {
  for (auto [i, input] : llvm::enumerate(launch.getInputs())) {
    if (storageOf(input) != argument)
      continue;
    bool whole = cast<ShapedType>(input.getType()).getNumElements() ==
                 cast<ShapedType>(argument.getType()).getNumElements();
    if (!whole || !launch.allowsInPlace(i, output))
      return false;
  }
  return true;
}

class FunctionDestinations {
public:
  FunctionDestinations(func::FuncOp function, SymbolTable &symbols)
      : function(function), symbols(symbols),
        terminator(cast<func::ReturnOp>(function.getBody().front().getTerminator())), dependences(function) {}

  void run() {
    findArguments();
    // Copies come last: by then all direct updates are known.
    SmallVector<unsigned> copies;
    for (unsigned result = 0; result < function.getNumResults(); ++result)
      if (!writeDirectly(result))
        copies.push_back(result);
    for (unsigned result : copies)
      if (!makeAgain(result))
        copy(result);
  }

private:
  Block &body() { return function.getBody().front(); }

  /// The argument that each result is to be written to, which may be a new one.
  void findArguments() {
    auto *context = function.getContext();
    SmallVector<DictionaryAttr> ofArguments, ofResults;
    function.getAllArgAttrs(ofArguments);
    function.getAllResultAttrs(ofResults);
    DenseMap<Attribute, unsigned> argumentOf; // by role, with the name of the state
    auto stateIn = [](DictionaryAttr attributes) {
      auto role = attributes.getAs<ir::RoleAttr>(ir::roleAttr);
      return ir::isOfKind(role, ir::RoleKind::State) ? role : ir::RoleAttr();
    };
    for (auto [i, attributes] : llvm::enumerate(ofArguments))
      if (Attribute state = stateIn(attributes))
        argumentOf.try_emplace(state, i);
    for (auto [result, attributes] : llvm::enumerate(ofResults)) {
      ir::RoleAttr state = stateIn(attributes);
      unsigned number = body().getNumArguments();
      if (auto found = argumentOf.find(state); state && found != argumentOf.end()) {
        number = found->second;
      } else {
        NamedAttrList list;
        list.set(ir::roleAttr, state ? state : ir::RoleAttr::get(context, ir::RoleKind::Output, {}));
        ofArguments.push_back(list.getDictionary(context));
        body().addArgument(function.getResultTypes()[result], terminator.getLoc());
        if (state)
          argumentOf[state] = number;
      }
      arguments.push_back(body().getArgument(number));
      NamedAttrList list(attributes);
      list.set(destinationAttr, IntegerAttr::get(IntegerType::get(context, 64), number));
      attributes = list.getDictionary(context);
    }
    function.setFunctionType(
        FunctionType::get(context, body().getArgumentTypes(), function.getResultTypes()));
    function.setAllArgAttrs(ofArguments);
    function.setAllResultAttrs(ofResults);
  }

  /// Writes the value straight to its argument. False if that is not possible.
  bool writeDirectly(unsigned result) {
    Value value = terminator.getOperand(result);
    BlockArgument argument = arguments[result];
    if (value == argument)
      return true;
    Value storage = storageOf(value);
    auto launch = storage.getDefiningOp<step::LaunchOp>();
    auto type = cast<RankedTensorType>(storage.getType());
    if (!launch || type.getNumElements() != argumentType(argument).getNumElements())
      return false;
    unsigned output = cast<OpResult>(storage).getResultNumber();
    OpOperand &destination = launch.getOutputsMutable()[output];
    if (!destination.get().getDefiningOp<step::BufferOp>() || !worksInPlace(launch, output, argument) ||
        !dependences.canOverwrite(launch, argument))
      return false;
    dependences.overwrite(launch, argument);
    Operation *buffer = destination.get().getDefiningOp();
    OpBuilder builder(launch);
    destination.set(viewed(builder, argument, type));
    if (buffer->use_empty())
      buffer->erase();
    return true;
  }

  /// Runs the launch that makes the value once more, for this result's argument, if it reads nothing.
  bool makeAgain(unsigned result) {
    Value value = terminator.getOperand(result);
    BlockArgument argument = arguments[result];
    auto maker = value.getDefiningOp<step::LaunchOp>();
    if (!maker || !maker.getInputs().empty() || maker->getNumResults() != 1 ||
        value.getType() != argument.getType())
      return false;
    OpBuilder builder(terminator);
    auto again = cast<step::LaunchOp>(builder.clone(*maker));
    again.getOutputsMutable()[0].set(argument);
    // It depends on nothing, so all who read the argument's old value can run before.
    dependences.overwrite(again, argument);
    terminator.setOperand(result, again.getResult(0));
    return true;
  }

  void copy(unsigned result) {
    Value value = terminator.getOperand(result);
    BlockArgument argument = arguments[result];
    OpBuilder builder(terminator);
    step::LaunchOp last = copyTo(builder, value, argument);
    dependences.add(last);
    if (!worksInPlace(last, 0, argument) || !dependences.canOverwrite(last, argument)) {
      // Somebody who must run later reads the old state: put the value aside before.
      dependences.remove(last);
      builder.setInsertionPoint(last);
      Value buffer = step::BufferOp::create(builder, value.getLoc(), value.getType(), IntegerAttr());
      step::LaunchOp aside = copyTo(builder, value, buffer);
      last.getInputsMutable()[0].set(aside.getResult(0));
      dependences.add(aside);
      dependences.add(last);
    }
    dependences.overwrite(last, argument);
    terminator.setOperand(result, last.getResult(0));
  }

  step::LaunchOp copyTo(OpBuilder &builder, Value value, Value destination) {
    Location loc = value.getLoc();
    func::FuncOp kernel = copyKernel(cast<RankedTensorType>(value.getType()));
    return step::LaunchOp::create(builder, loc, value.getType(), SymbolRefAttr::get(kernel), value,
                                  destination, builder.getI64IntegerAttr(1), builder.getI64IntegerAttr(0),
                                  builder.getDenseI64ArrayAttr({0, 0}), ArrayAttr(), step::LoopAttr(),
                                  IntegerAttr());
  }

  /// The kernel that returns its argument.
  func::FuncOp copyKernel(RankedTensorType type) {
    std::string name = "copy";
    llvm::raw_string_ostream stream(name);
    for (int64_t dim : type.getShape())
      stream << "_" << dim;
    stream << "_" << type.getElementType();
    if (auto found = symbols.lookup<func::FuncOp>(name))
      return found;
    auto module = function->getParentOfType<ModuleOp>();
    OpBuilder builder(module.getContext());
    auto kernel =
        func::FuncOp::create(builder, builder.getUnknownLoc(), name, builder.getFunctionType({type}, {type}));
    kernel.setPrivate();
    kernel->setAttr(step::kernelAttr, builder.getUnitAttr());
    Block *block = kernel.addEntryBlock();
    builder.setInsertionPointToStart(block);
    func::ReturnOp::create(builder, builder.getUnknownLoc(), block->getArgument(0));
    symbols.insert(kernel);
    return kernel;
  }

  static RankedTensorType argumentType(BlockArgument argument) {
    return cast<RankedTensorType>(argument.getType());
  }

  static Value viewed(OpBuilder &builder, Value value, Type type) {
    if (value.getType() == type)
      return value;
    return step::ViewOp::create(builder, value.getLoc(), type, value, 0);
  }

  func::FuncOp function;
  SymbolTable &symbols;
  func::ReturnOp terminator;
  Dependences dependences;
  SmallVector<BlockArgument> arguments;
};

struct DestinationsPass : PassWrapper<DestinationsPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(DestinationsPass)
  StringRef getArgument() const override { return "step-destinations"; }
  StringRef getDescription() const override {
    return "Write every result of a step function where the caller wants it: state in place";
  }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<step::StepDialect>();
  }
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    for (auto function : llvm::to_vector(getOperation().getOps<func::FuncOp>()))
      if (isStepFunction(function)) {
        settleRoles(function);
        FunctionDestinations(function, symbols).run();
      }
  }
};

} // namespace

std::unique_ptr<Pass> compiler::createDestinationsPass() { return std::make_unique<DestinationsPass>(); }
