// Split reductions: large sums in two levels.
//
// A kernel has as many parts that can run at once as its result has independent pieces; a sum of a million
// numbers to one has a single piece. Here such ops become two: partial results that are independent, and a
// small reduction over those, in f64 if very many numbers are summed. How many partial results there are is a
// function of shapes alone, so the order of summation, and with it every bit of the result, does not depend
// on the machine.
//
//   reduce over all axes        the leading axes that have at least `enoughRows` places together are kept
//                               first: each of their places is a row, then the rows are reduced. A single
//                               long axis is cut into rows.
//   reduce over leading axes    [n, h, w, c] -> c: first within each n, then over n. One long leading axis is
//                               cut into pieces.
//   contract, long sum, small   the first summed axis is cut into pieces that become a label of the result
//   conv_filter                 `partials` sums over pieces of the batch
#include "compiler/fuse/Fuse.h"
#include "compiler/fuse/OpClass.h"
#include "compiler/plan/Plan.h"

#include <functional>
#include <numeric>

using namespace mlir;
using namespace mlc;
using namespace mlc::compiler;

namespace {

/// Sums of fewer numbers are left alone: one chunk does them in a few microseconds.
constexpr int64_t enoughNumbers = 16384;
/// The same for sums down columns, which stream through vectors of results: 2^18 floats take 30 microseconds.
constexpr int64_t enoughInColumns = 262144;
/// Rows enough to keep any number of workers busy.
constexpr int64_t enoughRows = 32;
/// Numbers whose partial sums are added up in f64.
constexpr int64_t veryMany = 1000000;
/// Pieces that a long axis is cut into, at most.
constexpr int64_t maxPieces = 64;

int64_t countOf(ArrayRef<int64_t> shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>());
}

/// The largest divisor of `n` that is at most `limit`.
int64_t divisorUpTo(int64_t n, int64_t limit) {
  for (int64_t d = std::min(n, limit); d > 1; --d)
    if (n % d == 0)
      return d;
  return 1;
}

SmallVector<int64_t> range(int64_t from, int64_t to) {
  SmallVector<int64_t> numbers(to - from);
  std::iota(numbers.begin(), numbers.end(), from);
  return numbers;
}

/// `x` reduced over `axes`.
Value reduced(OpBuilder &builder, ir::ReduceOp like, Value x, ArrayRef<int64_t> axes) {
  SmallVector<int64_t> shape;
  for (auto [axis, size] : llvm::enumerate(shapeOf(x)))
    if (!llvm::is_contained(axes, (int64_t)axis))
      shape.push_back(size);
  return ir::ReduceOp::create(builder, like.getLoc(), ir::withShape(x.getType(), shape), like.getKindAttr(),
                              x, builder.getDenseI64ArrayAttr(axes), TypeAttr());
}

/// `x` with axis `axis` cut into `pieces`: [.., n, ..] -> [.., pieces, n / pieces, ..].
Value cut(OpBuilder &builder, Location loc, Value x, int64_t axis, int64_t pieces) {
  SmallVector<int64_t> shape(shapeOf(x));
  shape[axis] /= pieces;
  shape.insert(shape.begin() + axis, pieces);
  return ir::ReshapeOp::create(builder, loc, ir::withShape(x.getType(), shape), x);
}

/// The second level of a split: `partial` reduced over `axes`; partial sums of very many numbers in f64.
Value joined(OpBuilder &builder, ir::ReduceOp like, Value partial, ArrayRef<int64_t> axes) {
  auto type = cast<RankedTensorType>(partial.getType());
  int64_t summed = countOf(shapeOf(like.getX())) / countOf(shapeOf(like.getResult()));
  if (like.getKind() != "sum" || !type.getElementType().isF32() || summed < veryMany)
    return reduced(builder, like, partial, axes);
  auto convert = [&](Value value, Type element) -> Value {
    return ir::ConvertOp::create(builder, like.getLoc(), RankedTensorType::get(shapeOf(value), element),
                                 value);
  };
  Value total = reduced(builder, like, convert(partial, builder.getF64Type()), axes);
  return convert(total, type.getElementType());
}

void splitReduce(ir::ReduceOp op) {
  Value x = op.getX();
  ArrayRef<int64_t> shape = shapeOf(x), axes = op.getAxes();
  int64_t rank = shape.size(), kept = countOf(shapeOf(op.getResult()));
  if (axes.empty() || kept == 0 || kept >= enoughRows * 128 || countOf(shape) < enoughNumbers)
    return;
  bool all = (int64_t)axes.size() == rank;
  if (!all && (axes.front() != 0 || countOf(shape) < enoughInColumns))
    return; // the rows are there already, or the reduction is in the middle; or it is short
  OpBuilder builder(op);
  Value partial;
  SmallVector<int64_t> rest;
  if (all) {
    int64_t rowAxes = 0, rows = 1;
    while (rowAxes < rank - 1 && rows < enoughRows)
      rows *= shape[rowAxes++];
    if (rows >= enoughRows) {
      partial = reduced(builder, op, x, range(rowAxes, rank));
      rest = range(0, rowAxes);
    } else {
      // Few long rows, or one: cut the longest axis.
      int64_t axis = std::max_element(shape.begin(), shape.end()) - shape.begin();
      int64_t pieces = divisorUpTo(shape[axis], maxPieces);
      if (pieces == 1)
        return;
      partial = reduced(builder, op, cut(builder, op.getLoc(), x, axis, pieces), range(axis + 1, rank + 1));
      rest = range(0, axis + 1);
    }
  } else if (axes.size() > 1) {
    partial = reduced(builder, op, x, axes.drop_front());
    rest = {0};
  } else {
    int64_t pieces = divisorUpTo(shape[0], maxPieces);
    if (pieces == 1 || shape[0] < 1024 || kept >= 256)
      return;
    partial = reduced(builder, op, cut(builder, op.getLoc(), x, 0, pieces), {1});
    rest = {0};
  }
  op.replaceAllUsesWith(joined(builder, op, partial, rest));
  op.erase();
}

void splitContract(ir::ContractOp op) {
  ArrayRef<int64_t> lhs = op.getLhs(), rhs = op.getRhs(), out = op.getOut();
  int64_t kept = countOf(shapeOf(op.getResult())), summed = 1, axisA = -1, axisB = -1;
  for (auto [a, label] : llvm::enumerate(lhs))
    if (!llvm::is_contained(out, label)) {
      summed *= shapeOf(op.getA())[a];
      if (axisA < 0) {
        axisA = a;
        axisB = llvm::find(rhs, label) - rhs.begin();
      }
    }
  if (axisA < 0 || summed < enoughNumbers || kept > 8192)
    return;
  int64_t pieces = divisorUpTo(shapeOf(op.getA())[axisA], enoughRows);
  if (pieces == 1)
    return;
  OpBuilder builder(op);
  // A label nobody has: the pieces.
  int64_t piece = 0;
  for (ArrayRef<int64_t> list : {lhs, rhs, out})
    for (int64_t label : list)
      piece = std::max(piece, label + 1);
  SmallVector<int64_t> newLhs(lhs), newRhs(rhs), newOut(out);
  newLhs.insert(newLhs.begin() + axisA, piece);
  newRhs.insert(newRhs.begin() + axisB, piece);
  newOut.insert(newOut.begin(), piece);
  SmallVector<int64_t> shape(shapeOf(op.getResult()));
  shape.insert(shape.begin(), pieces);
  auto partial = ir::ContractOp::create(
      builder, op.getLoc(), ir::withShape(op.getType(), shape),
      cut(builder, op.getLoc(), op.getA(), axisA, pieces),
      cut(builder, op.getLoc(), op.getB(), axisB, pieces), builder.getDenseI64ArrayAttr(newLhs),
      builder.getDenseI64ArrayAttr(newRhs), builder.getDenseI64ArrayAttr(newOut), TypeAttr());
  auto sum = ir::ReduceOp::create(builder, op.getLoc(), op.getType(), builder.getStringAttr("sum"), partial,
                                  builder.getDenseI64ArrayAttr({0}), TypeAttr());
  op.replaceAllUsesWith(sum.getResult());
  op.erase();
}

void splitConvFilter(ir::ConvFilterOp op) {
  int64_t weights = countOf(shapeOf(op.getResult()));
  int64_t numbers = countOf(shapeOf(op.getX())) + countOf(shapeOf(op.getY()));
  if (op.getPartials() != 1 || numbers < enoughNumbers)
    return;
  // The partial sums must not cost more memory traffic than what is summed.
  int64_t limit = std::min(enoughRows, numbers / (2 * weights));
  int64_t pieces = limit < 2 ? 1 : divisorUpTo(shapeOf(op.getX())[0], limit);
  if (pieces == 1)
    return;
  OpBuilder builder(op);
  SmallVector<int64_t> shape(shapeOf(op.getResult()));
  shape.insert(shape.begin(), pieces);
  auto partial = cast<ir::ConvFilterOp>(builder.clone(*op));
  partial.setPartials(pieces);
  partial.getResult().setType(ir::withShape(op.getType(), shape));
  auto sum = ir::ReduceOp::create(builder, op.getLoc(), op.getType(), builder.getStringAttr("sum"),
                                  partial.getResult(), builder.getDenseI64ArrayAttr({0}), TypeAttr());
  op.replaceAllUsesWith(sum.getResult());
  op.erase();
}

struct SplitReductionsPass : PassWrapper<SplitReductionsPass, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(SplitReductionsPass)
  StringRef getArgument() const override { return "mlc-split-reductions"; }
  StringRef getDescription() const override { return "Large reductions in two levels, by shapes alone"; }
  void runOnOperation() override {
    if (!isStepFunction(getOperation()))
      return;
    // Bodies of scans too.
    getOperation().walk([](Operation *op) {
      // Partial results would be rounded to less than what the sum is to be kept in.
      if (auto sum = dyn_cast<ir::AccumulatingOpInterface>(op); sum && sum.accumulatesWider())
        return;
      if (auto reduce = dyn_cast<ir::ReduceOp>(op))
        splitReduce(reduce);
      else if (auto contract = dyn_cast<ir::ContractOp>(op))
        splitContract(contract);
      else if (auto filter = dyn_cast<ir::ConvFilterOp>(op))
        splitConvFilter(filter);
    });
  }
};

} // namespace

std::unique_ptr<Pass> compiler::createSplitReductionsPass() {
  return std::make_unique<SplitReductionsPass>();
}
