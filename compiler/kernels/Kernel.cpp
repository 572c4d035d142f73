// A kernel becomes code: the stages that were chosen for it, one after the other.
#include "compiler/kernels/Kernel.h"

#include "compiler/kernels/choose/Schedule.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"

using namespace mlir;

namespace mlc::compiler {

void registerKernelDialects(DialectRegistry &registry) {
  registry.insert<arith::ArithDialect, cf::ControlFlowDialect, func::FuncDialect, LLVM::LLVMDialect,
                  math::MathDialect, scf::SCFDialect, ub::UBDialect, vector::VectorDialect>();
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
}

static LogicalResult checkOps(func::FuncOp kernel) {
  if (kernel.isExternal() || !llvm::hasSingleElement(kernel.getBody()))
    return kernel.emitError("a kernel has one block");
  auto tooLarge = [](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return !tensor || !tensor.hasStaticShape() || tensor.getNumElements() >= (int64_t(1) << 31);
  };
  for (Type type : kernel.getArgumentTypes())
    if (tooLarge(type))
      return kernel.emitError("a kernel's tensors are static and have fewer than 2^31 elements, not ")
             << type;
  for (Operation &op : kernel.front().without_terminator()) {
    if (isa<ir::ScanOp, ir::CallOp, ir::GradientOp>(op) || !isa<ir::MlcDialect>(op.getDialect()))
      return op.emitOpError("is not an op of kernels");
    if (auto sum = dyn_cast<ir::AccumulatingOpInterface>(op); sum && sum.accumulatesWider())
      return op.emitOpError("accumulates ")
             << sum.getSummedType() << " in " << sum.getAccumulateAttr().getValue()
             << ", which kernels do not: convert the operands, or leave `accumulate` out";
    for (Type type : op.getResultTypes())
      if (tooLarge(type))
        return op.emitOpError("has 2^31 elements or more: too many for a kernel");
  }
  return success();
}

static std::vector<std::pair<int, int>> inPlaceOf(func::FuncOp kernel, const Schedule &schedule) {
  std::vector<std::pair<int, int>> pairs;
  if (schedule.stages.size() != 1)
    return pairs;
  auto results = kernel.front().getTerminator()->getOperands();
  // With outs of several shapes an argument could be read after another loop has overwritten it.
  bool oneShape =
      llvm::all_of(results, [&](Value result) { return shapeOf(result) == shapeOf(results.front()); });
  if (!oneShape)
    return pairs;
  for (auto [i, argument] : llvm::enumerate(kernel.getArguments())) {
    if (!schedule.stages.front().emitter->readsInPlace(schedule.stages.front().group, argument))
      continue;
    for (auto [j, result] : llvm::enumerate(results))
      if (shapeOf(argument) == shapeOf(result) &&
          elementBytes(elementOf(argument)) == elementBytes(elementOf(result)))
        pairs.push_back({int(i), int(j)});
  }
  return pairs;
}

FailureOr<KernelInfo> planKernel(func::FuncOp kernel, const Target &target) {
  if (failed(checkOps(kernel)))
    return failure();
  FailureOr<Schedule> schedule = scheduleOf(kernel, target);
  if (failed(schedule))
    return failure();
  KernelInfo info;
  info.emitter = schedule->stages.size() == 1 ? schedule->stages.front().emitter->name().str() : "staged";
  for (const Stage &stage : schedule->stages)
    info.nanoseconds += stage.plan.nanoseconds;
  if (schedule->stages.size() == 1)
    info.choices = schedule->stages.front().choices;
  info.chunks = schedule->chunks;
  info.scratchBytes = schedule->scratchBytes;
  info.inPlace = inPlaceOf(kernel, *schedule);
  for (Operation &op : kernel.front())
    info.flops += flopsOf(&op);
  for (Value argument : kernel.getArguments())
    info.bytes += double(bytesOf(argument));
  for (Value result : kernel.front().getTerminator()->getOperands())
    info.bytes += double(bytesOf(result));
  return info;
}

std::vector<std::string> otherEmitters(func::FuncOp kernel, const Target &target) {
  FailureOr<Schedule> schedule = failure();
  if (succeeded(checkOps(kernel)))
    schedule = scheduleOf(kernel, target);
  return succeeded(schedule) ? otherEmitters(*schedule, target) : std::vector<std::string>();
}

/// A constant table as a global of the module.
static Value tableOf(Code &code, ModuleOp into, ir::ConstantOp op, int index, StringRef kernel) {
  auto elements = cast<DenseElementsAttr>(op.getValue());
  Type element = elements.getElementType();
  auto flat = RankedTensorType::get({elements.getNumElements()}, element);
  DenseElementsAttr value = elements.reshape(flat);
  if (element.isInteger(1)) {
    SmallVector<int8_t> bytes;
    for (bool bit : elements.getValues<bool>())
      bytes.push_back(bit);
    element = code.builder().getI8Type();
    value = DenseElementsAttr::get(RankedTensorType::get({elements.getNumElements()}, element),
                                   ArrayRef<int8_t>(bytes));
  }
  OpBuilder top(into.getBody(), into.getBody()->begin());
  std::string name = (kernel + ".table" + Twine(index)).str();
  auto global =
      LLVM::GlobalOp::create(top, code.loc(), LLVM::LLVMArrayType::get(element, elements.getNumElements()),
                             /*isConstant=*/true, LLVM::Linkage::Internal, name, value, /*alignment=*/64);
  return LLVM::AddressOfOp::create(code.builder(), code.loc(), global);
}

/// Computes the scalars that a group repeats over tensors (hyper-parameters, say) once, before its loops:
/// LLVM would not move their loads out, for the stores might change them.
static void hoistScalars(const Group &group, Pull &pull) {
  SmallVector<Operation *> anchors = group.anchors();
  for (Operation *op : group.ops) {
    auto broadcast = dyn_cast<ir::BroadcastOp>(op);
    if (!broadcast || !shapeOf(broadcast.getX()).empty())
      continue;
    Value scalar = broadcast.getX();
    bool inside = llvm::any_of(anchors, [&](Operation *anchor) {
      return llvm::any_of(anchor->getResults(), [&](Value result) { return group.reaches(result, scalar); });
    });
    if (inside)
      continue;
    Point made;
    made.coords.emplace();
    pull.set(scalar, pull.at(scalar, pull.point(std::move(made))));
  }
}

LogicalResult emitKernel(func::FuncOp kernel, const Target &target, ModuleOp into) {
  if (failed(checkOps(kernel)))
    return failure();
  FailureOr<Schedule> planned = scheduleOf(kernel, target);
  if (failed(planned))
    return failure();
  const Schedule &schedule = *planned;
  MLIRContext *context = kernel.getContext();
  // One location: the ops of the loops are not the program's.
  Location loc = kernel.getLoc();
  Type pointer = LLVM::LLVMPointerType::get(context), i64 = IntegerType::get(context, 64);
  OpBuilder top = OpBuilder::atBlockEnd(into.getBody());
  auto function = func::FuncOp::create(top, loc, kernel.getName(),
                                       FunctionType::get(context, {pointer, i64, pointer}, {}));
  Block *body = function.addEntryBlock();
  Code code(body, loc, target);
  Pull pull(code);
  Value scratch = body->getArgument(2);

  int64_t slot = 0;
  auto nextBuffer = [&](Value tensor) {
    Memory list{body->getArgument(0), pointer};
    Value place = LLVM::GEPOp::create(code.builder(), loc, pointer, pointer, list.pointer,
                                      LLVM::GEPArg(int32_t(slot++)));
    return Memory{LLVM::LoadOp::create(code.builder(), loc, pointer, place, 8), elementOf(tensor)};
  };
  for (Value argument : kernel.getArguments())
    pull.bind(argument, nextBuffer(argument));
  llvm::DenseMap<Value, SmallVector<Memory, 1>> places;
  for (Value result : kernel.front().getTerminator()->getOperands())
    places[result].push_back(nextBuffer(result));
  int tables = 0;
  for (Operation &op : kernel.front())
    if (auto constant = dyn_cast<ir::ConstantOp>(op))
      if (!cast<DenseElementsAttr>(constant.getValue()).isSplat())
        pull.bind(constant.getResult(), {tableOf(code, into, constant, tables++, kernel.getName()),
                                         elementOf(constant.getResult())});
  for (auto [value, offset] : schedule.temporaries)
    places[value].push_back(code.carve(scratch, offset, elementOf(value)));
  Value stageScratch = code.carve(scratch, schedule.temporaryBytes, IntegerType::get(context, 8)).pointer;
  Value chunk = schedule.chunks == 1 ? code.integer(0) : Value(body->getArgument(1));
  for (const Stage &stage : schedule.stages) {
    Pull::Scope scope(pull);
    hoistScalars(stage.group, pull);
    // One chunk of the kernel does the work of all those that the stage would have alone.
    bool all = schedule.chunks == 1;
    code.loop(all ? stage.plan.chunks : 1, [&](Value part) {
      Pull::Scope inner(pull);
      Choices choices(stage.choices);
      Emission emission{pull, code, places, stageScratch, all ? part : chunk, stage.plan.chunks, choices};
      stage.emitter->emit(stage.group, emission);
    });
    if (schedule.stages.size() > 1)
      for (Value out : stage.group.outs)
        if (!pull.isStored(out))
          pull.bind(out, places[out].front());
  }
  func::ReturnOp::create(code.builder(), loc);
  return success();
}

} // namespace mlc::compiler
