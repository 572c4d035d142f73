// State that has a panelAttr lies in memory in panels of columns: [panel][k][column in the panel] instead of
// [k][column].
//
// A product with few rows reads its weights once or a few times, panel by panel of columns. In a matrix the
// rows of a panel lie far apart; here they follow each other. Who holds the state knows how it lies
// (compiler/model/WeightPanels.h says what does); files and everything before this pass do not.
//
//  1. The argument gets the type that it has in memory. Its users read the matrix, a transpose and a reshape
//     of it: products do so in place (OpClass::Strided), whoever else is left after this pass reads a copy.
//  2. What is computed from a matrix element by element (moments, decay, what `remat` reads again), and the
//     sum over all of it, is computed from its panels.
//  3. The new value that the function returns is made as panels: back through elementwise ops and repeated
//     numbers to the gradient, a product whose result has its axes in that order, or to whatever it is, which
//     is copied.
//
// Each sum of a product runs over the same numbers in the same order. The sum over a whole matrix does not: a
// norm may round differently than over rows.
#include "compiler/fuse/Fuse.h"
#include "compiler/fuse/OpClass.h"
#include "compiler/kernels/Kernel.h"
#include "compiler/plan/Plan.h"
#include "dialects/mlc/MlcOps.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::compiler;

namespace {

class WeightLayout {
public:
  explicit WeightLayout(func::FuncOp function) : function(function), builder(function.getContext()) {}

  void run() {
    for (BlockArgument argument : function.getArguments())
      if (int64_t panel = panelOf(function.getArgAttr(argument.getArgNumber(), panelAttr)))
        layOut(argument, panel);
    while (!open.empty())
      followUsers(open.pop_back_val());
    Operation *terminator = function.getBody().front().getTerminator();
    for (OpOperand &operand : terminator->getOpOperands())
      if (int64_t panel = panelOf(function.getResultAttr(operand.getOperandNumber(), panelAttr))) {
        operand.set(panelsOf(operand.get(), panel));
        while (!open.empty())
          followUsers(open.pop_back_val());
      }
    function.setFunctionType(builder.getFunctionType(function.getBody().front().getArgumentTypes(),
                                                     terminator->getOperandTypes()));
  }

private:
  static int64_t panelOf(Attribute attr) { return attr ? cast<IntegerAttr>(attr).getInt() : 0; }

  /// The type of `matrix` [k, n] as panels.
  static RankedTensorType panelType(Value matrix, int64_t panel) {
    ArrayRef<int64_t> shape = shapeOf(matrix);
    return ir::withShape(cast<RankedTensorType>(matrix.getType()), {shape[1] / panel, shape[0], panel});
  }

  /// The matrix whose panels `panels` are.
  Value join(Value panels) {
    ArrayRef<int64_t> shape = shapeOf(panels);
    auto type = cast<RankedTensorType>(panels.getType());
    auto order = ir::TransposeOp::create(builder, panels.getLoc(), panels, ArrayRef<int64_t>{1, 0, 2});
    order->setAttr(stridedAttr, builder.getUnitAttr());
    Value matrix = ir::ReshapeOp::create(builder, panels.getLoc(),
                                         ir::withShape(type, {shape[1], shape[0] * shape[2]}), order);
    known[matrix] = panels;
    open.push_back(matrix);
    return matrix;
  }

  void layOut(BlockArgument argument, int64_t panel) {
    builder.setInsertionPointToStart(argument.getOwner());
    RankedTensorType type = panelType(argument, panel);
    SmallVector<OpOperand *> uses =
        llvm::map_to_vector(argument.getUses(), [](OpOperand &use) { return &use; });
    argument.setType(type);
    Value matrix = join(argument);
    for (OpOperand *use : uses)
      use->set(matrix);
  }

  /// Lets elementwise users of `matrix`, and sums over all of it, use its panels.
  void followUsers(Value matrix) {
    Value panels = known.lookup(matrix);
    auto follows = [](Operation *user) {
      auto reduce = dyn_cast<ir::ReduceOp>(user);
      return isa<ir::ElementwiseOpInterface, ir::BarrierOp>(user) || (reduce && reduce.getAxes().size() == 2);
    };
    // One after the other: each takes others with it.
    while (true) {
      auto users = matrix.getUsers();
      auto next = llvm::find_if(users, follows);
      if (next == users.end())
        break;
      auto reduce = dyn_cast<ir::ReduceOp>(*next);
      if (!reduce) {
        panelsOf(next->getResult(0), shapeOf(panels)[2]);
        continue;
      }
      builder.setInsertionPoint(reduce);
      reduce.replaceAllUsesWith(ir::ReduceOp::create(builder, reduce.getLoc(), reduce.getKind(), panels,
                                                     ArrayRef<int64_t>{0, 1, 2}, reduce.getAccumulateAttr())
                                    .getResult());
      reduce.erase();
    }
  }

  /// `matrix` as panels. What computed it is replaced where it can be computed so.
  Value panelsOf(Value matrix, int64_t panel) {
    if (Value panels = known.lookup(matrix); panels && shapeOf(panels)[2] == panel)
      return panels;
    Operation *op = matrix.getDefiningOp();
    if (op && isa<ir::ElementwiseOpInterface, ir::BarrierOp>(op)) {
      SmallVector<Value> operands;
      // By number: what made one operand may be made anew for the one before.
      for (unsigned i = 0; i < op->getNumOperands(); ++i)
        operands.push_back(panelsOf(op->getOperand(i), panel));
      builder.setInsertionPoint(op);
      OperationState state(op->getLoc(), op->getName(), operands, panelType(matrix, panel), op->getAttrs());
      return replaced(op, builder.create(state)->getResult(0));
    }
    builder.setInsertionPointAfterValue(matrix);
    if (auto constant = matrix.getDefiningOp<ir::ConstantOp>())
      if (auto splat = dyn_cast<SplatElementsAttr>(constant.getValue())) {
        RankedTensorType type = panelType(matrix, panel);
        return ir::ConstantOp::create(builder, matrix.getLoc(), type, splat.resizeSplat(type));
      }
    if (auto broadcast = matrix.getDefiningOp<ir::BroadcastOp>(); broadcast && broadcast.getAxes().empty())
      return ir::BroadcastOp::create(builder, matrix.getLoc(), panelType(matrix, panel), broadcast.getX(),
                                     ArrayRef<int64_t>());
    if (auto product = matrix.getDefiningOp<ir::ContractOp>())
      return replaced(product, productAsPanels(product, panel));
    return split(matrix, panel);
  }

  /// Everybody who used the result of `op` uses the matrix of `panels`, its results computed in another
  /// order.
  Value replaced(Operation *op, Value panels) {
    builder.setInsertionPointAfterValue(panels);
    op->replaceAllUsesWith(ValueRange{join(panels)});
    op->erase();
    return panels;
  }

  /// A copy in another order.
  Value split(Value matrix, int64_t panel) {
    ArrayRef<int64_t> shape = shapeOf(matrix);
    auto type = cast<RankedTensorType>(matrix.getType());
    Value columns = ir::ReshapeOp::create(builder, matrix.getLoc(),
                                          ir::withShape(type, {shape[0], shape[1] / panel, panel}), matrix);
    return ir::TransposeOp::create(builder, matrix.getLoc(), columns, ArrayRef<int64_t>{1, 0, 2});
  }

  Value productAsPanels(ir::ContractOp op, int64_t panel) {
    int64_t row = op.getOut()[0], column = op.getOut()[1], panels = 0;
    for (ArrayRef<int64_t> labels : {op.getLhs(), op.getRhs()})
      for (int64_t label : labels)
        panels = std::max(panels, label + 1);
    // An operand with its columns, if it has them, as two axes.
    auto inPanels = [&](Value x, ArrayRef<int64_t> labels, SmallVector<int64_t> &split) {
      SmallVector<int64_t> shape;
      for (auto [label, size] : llvm::zip_equal(labels, shapeOf(x))) {
        if (label == column) {
          split.push_back(panels);
          shape.push_back(size / panel);
        }
        split.push_back(label);
        shape.push_back(label == column ? panel : size);
      }
      return builder.createOrFold<ir::ReshapeOp>(
          op.getLoc(), ir::withShape(cast<RankedTensorType>(x.getType()), shape), x);
    };
    SmallVector<int64_t> lhs, rhs;
    Value a = inPanels(op.getA(), op.getLhs(), lhs), b = inPanels(op.getB(), op.getRhs(), rhs);
    return ir::ContractOp::create(builder, op.getLoc(), a, b, lhs, rhs,
                                  SmallVector<int64_t>{panels, row, column}, op.getAccumulateAttr());
  }

  func::FuncOp function;
  OpBuilder builder;
  DenseMap<Value, Value> known; // the panels of a matrix
  SmallVector<Value> open;      // matrices whose users were not looked at
};

struct LayOutWeightsPass : PassWrapper<LayOutWeightsPass, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(LayOutWeightsPass)
  StringRef getArgument() const override { return "mlc-lay-out-weights"; }
  StringRef getDescription() const override { return "State in panels gets the type that it has in memory"; }
  void runOnOperation() override {
    if (isStepFunction(getOperation()))
      WeightLayout(getOperation()).run();
  }
};

} // namespace

std::unique_ptr<Pass> compiler::createLayOutWeightsPass() { return std::make_unique<LayOutWeightsPass>(); }
