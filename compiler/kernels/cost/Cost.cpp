#include "compiler/kernels/cost/Cost.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace mlc::compiler {

double productNanoseconds(double flops, const Target &target) {
  return flops / (0.2 * double(target.vectorBits));
}

double convolutionNanoseconds(double flops, const Target &target) {
  return flops / (0.1 * double(target.vectorBits));
}

int64_t chunksFor(double nanoseconds, int64_t most) {
  // Handing a chunk to a thread costs about a microsecond; below some 20 the sharing is not worth it.
  int64_t chunks = int64_t(nanoseconds / 20000);
  return std::max<int64_t>(1, std::min({chunks, most, mostChunks}));
}

double flopsOf(Operation *op) {
  auto elements = [](Value value) { return double(sizeOf(value)); };
  return TypeSwitch<Operation *, double>(op)
      .Case([&](ir::ContractOp op) {
        double product = 2;
        llvm::DenseSet<int64_t> seen;
        auto count = [&](ArrayRef<int64_t> labels, Value value) {
          for (auto [label, size] : llvm::zip_equal(labels, shapeOf(value)))
            if (seen.insert(label).second)
              product *= double(size);
        };
        count(op.getLhs(), op.getA());
        count(op.getRhs(), op.getB());
        return product;
      })
      .Case([&](ir::ConvOp op) {
        return 2 * elements(op.getResult()) * elements(op.getW()) / double(shapeOf(op.getW()).back());
      })
      .Case([&](ir::ConvInputOp op) {
        return 2 * elements(op.getY()) * elements(op.getW()) / double(shapeOf(op.getW()).back());
      })
      .Case([&](ir::ConvFilterOp op) {
        return 2 * elements(op.getResult()) / double(op.getPartials()) * elements(op.getY()) /
               double(shapeOf(op.getY()).back());
      })
      .Case<ir::ReduceOp, ir::CumsumOp>([&](auto op) { return elements(op.getX()); })
      .Case([&](ir::ArgmaxOp op) { return elements(op.getX()); })
      .Case([&](ir::RandomOp op) { return 40 * elements(op.getResult()); })
      .Case<ir::ExpOp, ir::Expm1Op, ir::LogOp, ir::Log1pOp, ir::TanhOp, ir::ErfOp, ir::SinOp, ir::CosOp,
            ir::PowOp>([&](Operation *op) { return 15 * elements(op->getResult(0)); })
      .Case([&](ir::ElementwiseOpInterface op) { return elements(op->getResult(0)); })
      .Case<ir::WindowMaxOp, ir::WindowSumOp, ir::WindowGatherOp>(
          [&](Operation *op) { return 2 * elements(op->getOperand(0)); })
      .Case<ir::WindowScatterOp, ir::WindowSpreadOp>(
          [&](Operation *op) { return 2 * elements(op->getResult(0)); })
      .Default([](Operation *) { return 0.0; });
}

double nanosecondsOf(const Group &group, const Target &target) {
  // Half a nanosecond for an operation on a vector, memory at 10 bytes a nanosecond.
  double flops = 0, bytes = 0;
  for (Operation *op : group.ops) {
    flops += flopsOf(op);
    for (Value operand : op->getOperands()) {
      if (!group.stored.count(operand))
        continue;
      // Of a table only the rows that are looked up are read.
      bool table = isa<ir::GatherOp>(op) && operand == op->getOperand(0);
      bytes += double(table ? std::min(bytesOf(operand), bytesOf(op->getResult(0))) : bytesOf(operand));
    }
  }
  for (Value out : group.outs)
    bytes += double(bytesOf(out));
  return flops / double(target.lanes(32)) * 0.5 + bytes / 10;
}

int64_t lanesFor(const Group &group, const Target &target) {
  bool wide = false;
  auto look = [&](Value value) { wide |= elementOf(value).isF64() && sizeOf(value) > 1; };
  for (Value out : group.outs)
    look(out);
  for (Operation *op : group.ops)
    for (Value operand : op->getOperands())
      look(operand);
  return target.lanes(wide ? 64 : 32);
}

} // namespace mlc::compiler
