// Weights that a loop multiplies by in every step are laid out for it once, before it.
//
// A product reads its right operand in panels of columns. In a matrix, the rows of a panel lie far apart; of
// a transposed one, as the backward loop needs it, the product would copy every panel in every step. So the
// scan is given the matrix as panels, [panel][k][column in the panel], and its result, [row][panel][column],
// is the same memory as before. The reshape that says so sinks below the elementwise ops that follow, so that
// they stay in the product's kernel.
#include "compiler/fuse/Fuse.h"
#include "compiler/fuse/OpClass.h"
#include "compiler/plan/Plan.h"
#include "compiler/plan/StateLayout.h"
#include "dialects/mlc/MlcOps.h"
#include "dialects/mlc/ScanEditor.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::compiler;

namespace {

constexpr int64_t panel = weightPanel;
/// Fewer weights stay in the first cache as they lie, and over fewer steps it does not pay.
constexpr int64_t leastWeights = 16 << 10, leastSteps = 4;

SmallVector<int64_t> split(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> result(shape.drop_back());
  result.append({shape.back() / panel, panel});
  return result;
}

/// `value`, whose last axis is columns, with that axis split into panels.
Value splitLast(OpBuilder &builder, Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  RankedTensorType wanted = ir::withShape(type, split(type.getShape()));
  if (auto constant = value.getDefiningOp<ir::ConstantOp>())
    if (auto splat = dyn_cast<SplatElementsAttr>(constant.getValue()))
      return ir::ConstantOp::create(builder, value.getLoc(), wanted, splat.resizeSplat(wanted));
  if (auto broadcast = value.getDefiningOp<ir::BroadcastOp>()) {
    SmallVector<int64_t> axes(broadcast.getAxes());
    int64_t last = type.getRank() - 1;
    Value x = broadcast.getX();
    if (!axes.empty() && axes.back() == last) {
      x = splitLast(builder, x);
      axes.push_back(last + 1);
    }
    return ir::BroadcastOp::create(builder, value.getLoc(), wanted, x, axes);
  }
  return ir::ReshapeOp::create(builder, value.getLoc(), wanted, value);
}

/// Moves `reshape`, which joins panels, below the elementwise op that uses it, and so on, if it is one alone;
/// who else uses it, the yield for one, reads the joined value of that place.
void sink(ir::ReshapeOp reshape) {
  while (true) {
    Operation *op = nullptr;
    int count = 0;
    for (Operation *user : reshape->getUsers())
      if (isa<ir::ElementwiseOpInterface>(user)) {
        op = user;
        ++count;
      }
    if (count != 1)
      break;
    OpBuilder builder(op);
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(operand == reshape.getResult() ? reshape.getX() : splitLast(builder, operand));
    OperationState state(op->getLoc(), op->getName(), operands,
                         ir::withShape(op->getResult(0).getType(), shapeOf(reshape.getX())), op->getAttrs());
    Value anew = builder.create(state)->getResult(0);
    auto below = ir::ReshapeOp::create(builder, op->getLoc(), op->getResult(0).getType(), anew);
    op->replaceAllUsesWith(below);
    op->erase();
    if (reshape->use_empty())
      reshape->erase();
    reshape = below;
  }
}

class Packer {
public:
  explicit Packer(ir::ScanOp scan) : rewriter(scan.getContext()), scan(scan, rewriter) {}

  void run() {
    if (scan.steps < leastSteps)
      return;
    for (ir::ContractOp op : llvm::to_vector(scan.body.getOps<ir::ContractOp>()))
      pack(op);
  }

private:
  void pack(ir::ContractOp op) {
    for (bool isFirst : {false, true}) {
      Value weights = isFirst ? op.getA() : op.getB(), other = isFirst ? op.getB() : op.getA();
      ArrayRef<int64_t> labels = isFirst ? op.getLhs() : op.getRhs(), out = op.getOut();
      int64_t input = scan.inputOf(weights), from = scan.inputOf(other);
      if (input < 0 || !scan.isConstant(input) || (from >= 0 && scan.isConstant(from)) ||
          labels.size() != 2 || out.size() < 2)
        continue;
      // One label is the result's last axis, the other is summed over.
      bool isTransposed = labels[0] == out.back();
      if ((!isTransposed && labels[1] != out.back()) || llvm::is_contained(out, labels[isTransposed]))
        continue;
      ArrayRef<int64_t> shape = shapeOf(weights);
      if (shape[!isTransposed] % panel != 0 || shape[!isTransposed] == panel ||
          shape[0] * shape[1] < leastWeights)
        continue;
      replace(op, other, isFirst ? op.getRhs() : op.getLhs(), packed(input, isTransposed),
              labels[isTransposed]);
      return;
    }
  }

  /// The scan's constant `input` as panels; in the body.
  Value packed(int64_t input, bool isTransposed) {
    Value &known = made[{input, isTransposed}];
    if (known)
      return known;
    Value weights = scan.op.getInputs()[input];
    ArrayRef<int64_t> shape = shapeOf(weights);
    rewriter.setInsertionPoint(scan.op);
    int64_t columns = shape[!isTransposed], sum = shape[isTransposed];
    SmallVector<int64_t> panels = isTransposed ? SmallVector<int64_t>{columns / panel, panel, sum}
                                               : SmallVector<int64_t>{sum, columns / panel, panel};
    Value split =
        ir::ReshapeOp::create(rewriter, weights.getLoc(), ir::withShape(weights.getType(), panels), weights);
    SmallVector<int64_t> order = isTransposed ? SmallVector<int64_t>{0, 2, 1} : SmallVector<int64_t>{1, 0, 2};
    return known = scan.addConstant(ir::TransposeOp::create(rewriter, weights.getLoc(), split, order));
  }

  void replace(ir::ContractOp op, Value other, ArrayRef<int64_t> labels, Value weights, int64_t summed) {
    int64_t panels = 0;
    for (ArrayRef<int64_t> list : {op.getLhs(), op.getRhs()})
      for (int64_t label : list)
        panels = std::max(panels, label + 1);
    int64_t column = op.getOut().back();
    SmallVector<int64_t> out(op.getOut());
    out.back() = panels;
    out.push_back(column);
    rewriter.setInsertionPoint(op);
    auto product =
        ir::ContractOp::create(rewriter, op.getLoc(), other, weights, labels,
                               SmallVector<int64_t>{panels, summed, column}, out, op.getAccumulateAttr());
    auto joined = ir::ReshapeOp::create(rewriter, op.getLoc(), op.getType(), product);
    op.replaceAllUsesWith(joined.getResult());
    op.erase();
    sink(joined);
  }

  PatternRewriter rewriter;
  ir::ScanEditor scan;
  std::map<std::pair<int64_t, bool>, Value> made;
};

struct PackScanWeightsPass : PassWrapper<PackScanWeightsPass, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(PackScanWeightsPass)
  StringRef getArgument() const override { return "mlc-pack-scan-weights"; }
  StringRef getDescription() const override {
    return "Weights of products in loops as panels, made before them";
  }
  void runOnOperation() override {
    if (!isStepFunction(getOperation()))
      return;
    SmallVector<ir::ScanOp> scans;
    getOperation().walk([&](ir::ScanOp scan) { scans.push_back(scan); });
    for (ir::ScanOp scan : scans)
      Packer(scan).run();
  }
};

} // namespace

std::unique_ptr<Pass> compiler::createPackScanWeightsPass() {
  return std::make_unique<PackScanWeightsPass>();
}
