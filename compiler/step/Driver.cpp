// The driver: one LLVM function per step function.
//
// Every value of the planned step program is an address:
//
//   state argument   call->state + offset of that state tensor
//   input, output    call->inputs[i], call->outputs[i], counted in order of the arguments
//   scalars, stream  call->scalars; &call->seed, since seed, update and row lie together
//   buffer           call->arena + offset
//   constant         read-only data of the module
//   stream of a site three words on the stack: seed ^ site, update, row
//   view             the address of what it views, plus bytes
//
// A launch stores the addresses of its inputs and outputs in a table on the stack and calls the kernel:
// itself if there is one chunk, else by call->parallel_for. One table serves all launches, for a launch is
// over when its call returns. A long run of launches is data that a function reads (LaunchTable.h), and
// so are many streams (StreamTable.h).
//
// A launch with `loop` is a loop over the body's launches, written in place: an argument of the body is the
// address of its operand, plus the step times the bytes of one step where steps move along it. What the
// carries begin as is copied to the first place of their stacks before. There is nothing else in the
// function: no other branch, no memory of its own.
#include "compiler/step/Driver.h"

#include "compiler/plan/Plan.h"
#include "compiler/step/LaunchTable.h"
#include "compiler/step/StreamTable.h"
#include "dialects/mlc/Roles.h"
#include "dialects/step/StepDialect.h"
#include "runtime/Abi.h"
#include "runtime/FloatMode.h"

#include "llvm/IR/Constants.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/IntrinsicsAArch64.h"
#include "llvm/IR/IntrinsicsX86.h"

#include <cstddef>

using namespace mlir;
using namespace mlc;
using namespace mlc::compiler;

namespace {

/// Fields of mlc_call, by number.
enum Field { State, Arena, Scratch, Inputs, Outputs, Scalars, Seed, Update, Row, ParallelFor, Context };

/// The struct type below is mlc_call as it is where words and pointers have 8 bytes.
constexpr bool isAt(size_t offset, Field field) { return offset == 8 * size_t(field); }
static_assert(isAt(offsetof(mlc_call, state), State) && isAt(offsetof(mlc_call, arena), Arena) &&
              isAt(offsetof(mlc_call, scratch), Scratch) && isAt(offsetof(mlc_call, inputs), Inputs) &&
              isAt(offsetof(mlc_call, outputs), Outputs) && isAt(offsetof(mlc_call, scalars), Scalars) &&
              isAt(offsetof(mlc_call, seed), Seed) && isAt(offsetof(mlc_call, update), Update) &&
              isAt(offsetof(mlc_call, row), Row) && isAt(offsetof(mlc_call, parallel_for), ParallelFor) &&
              isAt(offsetof(mlc_call, context), Context) && isAt(sizeof(mlc_call), Field(Context + 1)));

/// Sets the floating-point mode of the thread and puts it back.
class FloatMode {
public:
  FloatMode(llvm::IRBuilder<> &builder, const Target &target)
      : builder(builder), control(target.floatControl) {}

  void enter() {
    switch (control) {
    case Target::FloatControl::None:
      return;
    case Target::FloatControl::Mxcsr: {
      before = builder.CreateAlloca(builder.getInt32Ty(), nullptr, "mode_before");
      llvm::Value *own = builder.CreateAlloca(builder.getInt32Ty(), nullptr, "mode");
      builder.CreateIntrinsic(llvm::Intrinsic::x86_sse_stmxcsr, {before});
      builder.CreateStore(builder.getInt32(mlc::x86FloatMode), own);
      builder.CreateIntrinsic(llvm::Intrinsic::x86_sse_ldmxcsr, {own});
      return;
    }
    case Target::FloatControl::Fpcr:
      before = builder.CreateIntrinsic(llvm::Intrinsic::aarch64_get_fpcr, {});
      builder.CreateIntrinsic(llvm::Intrinsic::aarch64_set_fpcr, {builder.getInt64(mlc::aarch64FloatMode)});
      return;
    }
  }

  void leave() {
    if (control == Target::FloatControl::Mxcsr)
      builder.CreateIntrinsic(llvm::Intrinsic::x86_sse_ldmxcsr, {before});
    else if (control == Target::FloatControl::Fpcr)
      builder.CreateIntrinsic(llvm::Intrinsic::aarch64_set_fpcr, {before});
  }

private:
  llvm::IRBuilder<> &builder;
  Target::FloatControl control;
  llvm::Value *before = nullptr;
};

/// `void (void *const *args, int64_t chunk, void *scratch)` that runs args[0] on args + 1 in the program's
/// mode.
llvm::Function *buildChunkRunner(llvm::Module &module, const Target &target) {
  llvm::IRBuilder<> builder(module.getContext());
  auto *pointer = builder.getPtrTy();
  auto *type = llvm::FunctionType::get(builder.getVoidTy(), {pointer, builder.getInt64Ty(), pointer}, false);
  llvm::Function *runner = llvm::Function::Create(type, llvm::Function::InternalLinkage, "run_chunk", module);
  runner->addFnAttr(llvm::Attribute::NoUnwind);
  builder.SetInsertPoint(llvm::BasicBlock::Create(module.getContext(), "entry", runner));
  FloatMode mode(builder, target);
  mode.enter();
  llvm::Value *args = runner->getArg(0);
  llvm::Value *kernel = builder.CreateLoad(pointer, args);
  llvm::Value *rest = builder.CreateConstInBoundsGEP1_64(pointer, args, 1);
  builder.CreateCall(type, kernel, {rest, runner->getArg(1), runner->getArg(2)});
  mode.leave();
  builder.CreateRetVoid();
  return runner;
}

/// Functions of the module that the drivers call; those that need not be there are made when one does.
struct SharedFunctions {
  llvm::Function *chunkRunner, *launchRunner = nullptr, *streamFiller = nullptr;
};

class FunctionDriver {
public:
  FunctionDriver(func::FuncOp function, llvm::Module &module, SharedFunctions &shared,
                 const llvm::StringMap<const StatePlace *> &state,
                 const llvm::StringMap<std::string> &kernels, const Target &target, bool profiled)
      : function(function), module(module), shared(shared), state(state), kernels(kernels),
        builder(module.getContext()), mode(builder, target), profiled(profiled), pointer(builder.getPtrTy()),
        word(builder.getInt64Ty()),
        callType(llvm::StructType::get(module.getContext(), {pointer, pointer, pointer, pointer, pointer,
                                                             pointer, word, word, word, pointer, pointer})) {}

  LogicalResult run(StringRef symbol) {
    auto *type = llvm::FunctionType::get(builder.getVoidTy(), {pointer}, false);
    llvm::Function *native = llvm::Function::Create(type, llvm::Function::ExternalLinkage, symbol, module);
    native->addFnAttr(llvm::Attribute::NoUnwind);
    call = native->getArg(0);
    call->setName("call");
    builder.SetInsertPoint(llvm::BasicBlock::Create(module.getContext(), "entry", native));

    table = builder.CreateAlloca(llvm::ArrayType::get(pointer, tableSizeFor(function)), nullptr, "table");
    mode.enter();
    arena = load(Arena);

    if (failed(locateArguments()))
      return failure();
    if (failed(visitAll(function)))
      return failure();
    fillConstants();
    mode.leave();
    builder.CreateRetVoid();
    return success();
  }

private:
  llvm::Value *addressOf(Field field) { return builder.CreateStructGEP(callType, call, field); }
  llvm::Value *load(Field field) {
    return builder.CreateLoad(callType->getElementType(field), addressOf(field));
  }
  llvm::Value *plus(llvm::Value *base, int64_t bytes) {
    return bytes ? builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), base, bytes) : base;
  }
  llvm::Value *addressOf(Value value) {
    Place place = places.lookup(value);
    return plus(place.base, place.bytes);
  }
  llvm::Value *entryOf(Field tableField, int64_t number) {
    return builder.CreateLoad(pointer, builder.CreateConstInBoundsGEP1_64(pointer, load(tableField), number));
  }

  llvm::Value *entryAddress(size_t i) { return builder.CreateConstInBoundsGEP1_64(pointer, table, i); }

  LogicalResult locateArguments() {
    int64_t inputs = 0, outputs = 0;
    for (BlockArgument argument : function.getArguments()) {
      ir::RoleAttr role = ir::argumentRole(function, argument.getArgNumber());
      Place &known = places[argument];
      if (ir::isInput(role)) {
        known = {entryOf(Inputs, inputs++)};
        continue;
      }
      switch (role.getKind()) {
      case ir::RoleKind::State: {
        const StatePlace *place = state.lookup(role.getName().getValue());
        if (!place)
          return function.emitError("argument ") << argument.getArgNumber() << " is state without a place";
        if (!stateBase)
          stateBase = load(State);
        known = {stateBase, place->offset};
        break;
      }
      case ir::RoleKind::Output:
        known = {entryOf(Outputs, outputs++)};
        break;
      case ir::RoleKind::Scalars:
        known = {load(Scalars)};
        break;
      case ir::RoleKind::Stream:
        known = {addressOf(Seed)};
        break;
      default:
        return function.emitError("argument ")
               << argument.getArgNumber() << " has the role of a result, " << role;
      }
    }
    return success();
  }

  /// Entries that the launches of `function` and of its loops need at most: the kernel's place, then
  /// addresses.
  static size_t tableSizeFor(func::FuncOp function) {
    size_t size = 1;
    for (step::LaunchOp launch : launchesOf(function)) {
      func::FuncOp body = bodyOf(launch);
      size = std::max<size_t>(size, body ? tableSizeFor(body) : 1 + launch->getNumOperands());
    }
    return size;
  }

  LogicalResult visitAll(func::FuncOp steps) {
    for (Operation &op : steps.getBody().front())
      if (failed(visit(op)))
        return failure();
    return emitRun();
  }

  LogicalResult visit(Operation &op) {
    if (auto buffer = dyn_cast<step::BufferOp>(op)) {
      if (!buffer.getOffset())
        return op.emitError("has no offset: step-plan-memory comes first");
      places[buffer.getResult()] = {arena, int64_t(*buffer.getOffset())};
    } else if (auto constant = dyn_cast<step::ConstantOp>(op)) {
      places[constant.getResult()] = readOnlyData(cast<DenseElementsAttr>(constant.getValue()));
    } else if (auto stream = dyn_cast<step::StreamOp>(op)) {
      places[stream.getResult()] =
          streams.add(call->getParent(), places.lookup(stream.getSource()), stream.getSite());
    } else if (auto view = dyn_cast<step::ViewOp>(op)) {
      auto type = cast<ShapedType>(view.getType());
      int64_t bytes = view.getOffset() * ((type.getElementTypeBitWidth() + 7) / 8);
      Place source = places.lookup(view.getSource());
      places[view.getResult()] = {source.base, source.bytes + bytes};
    } else if (auto launch = dyn_cast<step::LaunchOp>(op)) {
      if (launch.getLoopAttr())
        return failed(emitRun()) ? failure() : visitLoop(launch);
      waiting.push_back(launch);
    }
    return success();
  }

  /// The streams and launches that were met since the last run.
  LogicalResult emitRun() {
    streams.emit(builder, shared.streamFiller);
    std::vector<step::LaunchOp> run;
    std::swap(run, waiting);
    if (run.size() <= straightLaunches) {
      for (step::LaunchOp launch : run)
        if (failed(emitStraight(launch)))
          return failure();
      return success();
    }
    LaunchTable list;
    for (step::LaunchOp launch : run) {
      auto symbol = kernels.find(launch.getKernel());
      if (symbol == kernels.end())
        return launch.emitError("launches ") << launch.getKernelAttr() << ", which is not compiled";
      SmallVector<Place> operands;
      for (Value operand : launch->getOperands())
        operands.push_back(places.lookup(operand));
      list.add(cast<llvm::Constant>(kernelCalled(symbol->second).getCallee()), launch.getChunks(), operands);
    }
    if (!shared.launchRunner)
      shared.launchRunner =
          buildLaunchRunner(module, {callType, Scratch, ParallelFor, Context}, shared.chunkRunner, profiled);
    list.emit(builder, shared.launchRunner, call, table,
              [&](uint64_t count) { return onStack(llvm::ArrayType::get(pointer, count)); });
    return success();
  }

  llvm::FunctionCallee kernelCalled(StringRef symbol) {
    return module.getOrInsertFunction(
        symbol, llvm::FunctionType::get(builder.getVoidTy(), {pointer, word, pointer}, false));
  }

  LogicalResult emitStraight(step::LaunchOp launch) {
    auto symbol = kernels.find(launch.getKernel());
    if (symbol == kernels.end())
      return launch.emitError("launches ") << launch.getKernelAttr() << ", which is not compiled";
    llvm::FunctionCallee kernel = kernelCalled(symbol->second);
    for (auto [i, operand] : llvm::enumerate(launch->getOperands()))
      builder.CreateStore(addressOf(operand), entryAddress(i + 1));
    if (launch.getChunks() == 1 && !profiled) {
      builder.CreateCall(kernel, {entryAddress(1), builder.getInt64(0), load(Scratch)});
      return success();
    }
    builder.CreateStore(kernel.getCallee(), entryAddress(0));
    auto *loopType = llvm::FunctionType::get(builder.getVoidTy(), {pointer, pointer, pointer, word}, false);
    builder.CreateCall(loopType, load(ParallelFor),
                       {load(Context), shared.chunkRunner, table, builder.getInt64(launch.getChunks())});
    return success();
  }

  LogicalResult visitLoop(step::LaunchOp launch) {
    step::LoopAttr loop = launch.getLoopAttr();
    func::FuncOp body = bodyOf(launch);
    if (!body || !launch.getWorkspace())
      return launch.emitError("has no place for its body: step-plan-memory comes first");
    int64_t inputs = launch.getInputs().size();
    for (int64_t i = 0; i < loop.getCarries(); ++i) {
      Value stack = launch.getOutputs()[i];
      int64_t bytes = stepBytes(stack), place = loop.firstPlace() % placesOf(stack);
      builder.CreateMemCpy(plus(addressOf(stack), place * bytes), llvm::MaybeAlign(),
                           addressOf(launch.getInputs()[i]), llvm::MaybeAlign(), bytes);
    }
    llvm::LLVMContext &context = module.getContext();
    llvm::Function *native = builder.GetInsertBlock()->getParent();
    llvm::BasicBlock *before = builder.GetInsertBlock();
    llvm::BasicBlock *step = llvm::BasicBlock::Create(context, "step", native);
    builder.CreateBr(step);
    builder.SetInsertPoint(step);
    llvm::PHINode *count = builder.CreatePHI(word, 2, "count");
    llvm::Value *time =
        loop.getReverse() ? builder.CreateSub(builder.getInt64(loop.getSteps() - 1), count) : count;
    llvm::Value *next = builder.CreateAdd(time, builder.getInt64(1));
    llvm::Value *read = loop.getReverse() ? next : time, *written = loop.getReverse() ? time : next;

    for (auto [i, argument] : llvm::enumerate(body.getArguments())) {
      int64_t output = (int64_t)i - inputs;
      if (output >= 0)
        places[argument] = {at(launch.getOutputs()[output], loop.isCarry(output) ? written : time)};
      else if (loop.isCarry(i))
        places[argument] = {at(launch.getOutputs()[i], read)};
      else if (loop.movesInput(i))
        places[argument] = {at(launch.getInputs()[i], time)};
      else
        places[argument] = places.lookup(launch.getInputs()[i]);
    }
    llvm::Value *outerArena = arena;
    arena = plus(arena, *launch.getWorkspace());
    if (failed(visitAll(body)))
      return failure();
    arena = outerArena;

    llvm::Value *done = builder.CreateAdd(count, builder.getInt64(1));
    llvm::BasicBlock *after = llvm::BasicBlock::Create(context, "after", native);
    builder.CreateCondBr(builder.CreateICmpSLT(done, builder.getInt64(loop.getSteps())), step, after);
    count->addIncoming(builder.getInt64(0), before);
    // The step may have ended in another block than it began: its own loops.
    count->addIncoming(done, builder.GetInsertBlock());
    builder.SetInsertPoint(after);
    return success();
  }

  static int64_t placesOf(Value stack) { return cast<ShapedType>(stack.getType()).getDimSize(0); }
  static int64_t stepBytes(Value stack) {
    return step::byteSize(cast<ShapedType>(stack.getType())) / placesOf(stack);
  }

  /// The address of place `index` of `stack`; a stack of fewer places than the index can reach is a ring.
  llvm::Value *at(Value stack, llvm::Value *index) {
    if (placesOf(stack) == step::LoopAttr::ringPlaces)
      index = builder.CreateAnd(index, builder.getInt64(step::LoopAttr::ringPlaces - 1));
    return builder.CreateInBoundsGEP(builder.getInt8Ty(), addressOf(stack),
                                     builder.CreateMul(index, builder.getInt64(stepBytes(stack))));
  }

  /// Memory on the stack, once for the function, however often the code around runs.
  llvm::Value *onStack(llvm::Type *type) {
    llvm::IRBuilder<> entry(&*call->getParent()->getEntryBlock().getFirstInsertionPt());
    return entry.CreateAlloca(type);
  }

  /// A place in the constants of the function, which are one after the other.
  Place readOnlyData(DenseElementsAttr value) {
    constants.resize(llvm::alignTo(constants.size(), 64));
    auto begin = int64_t(constants.size());
    auto type = cast<ShapedType>(value.getType());
    int64_t count = value.getNumElements();
    if (type.getElementType().isInteger(1)) {
      for (bool bit : value.getValues<bool>())
        constants.push_back(bit);
    } else {
      ArrayRef<char> raw = value.getRawData();
      for (int64_t i = 0, repeats = value.isSplat() ? count : 1; i < repeats; ++i)
        constants.append(raw.begin(), raw.end());
    }
    // What it holds is known in the end.
    if (!constantsBase)
      constantsBase = new llvm::GlobalVariable(module, builder.getInt8Ty(), /*isConstant=*/true,
                                               llvm::GlobalValue::PrivateLinkage, nullptr, "constants");
    return {constantsBase, begin};
  }

  void fillConstants() {
    if (!constantsBase)
      return;
    auto *data = llvm::ConstantDataArray::getString(
        module.getContext(), StringRef(constants.data(), constants.size()), /*AddNull=*/false);
    auto *global = new llvm::GlobalVariable(module, data->getType(), /*isConstant=*/true,
                                            llvm::GlobalValue::PrivateLinkage, data, "constants");
    global->setAlignment(llvm::Align(64));
    global->setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
    constantsBase->replaceAllUsesWith(global);
    constantsBase->eraseFromParent();
  }

  func::FuncOp function;
  llvm::Module &module;
  SharedFunctions &shared;
  const llvm::StringMap<const StatePlace *> &state;
  const llvm::StringMap<std::string> &kernels;
  llvm::IRBuilder<> builder;
  FloatMode mode;
  bool profiled;
  llvm::PointerType *pointer;
  llvm::IntegerType *word;
  llvm::StructType *callType;
  llvm::Argument *call = nullptr;
  llvm::Value *table = nullptr;
  /// Where the buffers of the function, or of the loop that is being written, begin.
  llvm::Value *arena = nullptr;
  llvm::Value *stateBase = nullptr;
  DenseMap<Value, Place> places;
  std::vector<step::LaunchOp> waiting;
  StreamTable streams;
  llvm::GlobalVariable *constantsBase = nullptr;
  SmallVector<char> constants;
};

} // namespace

FailureOr<std::unique_ptr<llvm::Module>> compiler::buildDriver(ModuleOp module, const StateLayout &state,
                                                               const llvm::StringMap<std::string> &kernels,
                                                               const llvm::StringMap<std::string> &symbols,
                                                               const Target &target, bool profiled,
                                                               llvm::LLVMContext &context) {
  auto native = std::make_unique<llvm::Module>("mlc-step", context);
  SharedFunctions shared{buildChunkRunner(*native, target)};
  llvm::StringMap<const StatePlace *> places = state.byName();
  for (auto function : module.getOps<func::FuncOp>())
    if (isEntry(function)) {
      FunctionDriver driver(function, *native, shared, places, kernels, target, profiled);
      if (failed(driver.run(symbols.lookup(function.getName()))))
        return failure();
    }
  return native;
}
