// Algorithm: facts about values go from operands to results, found where they are asked for. A fact is a
// number, or that a value counts the rows or the columns: of those, past the diagonal, the second is greater.
#include "compiler/kernels/code/Diagonal.h"

#include "compiler/kernels/code/Group.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <cmath>

using namespace mlir;

namespace mlc::compiler {

DiagonalFacts::Fact DiagonalFacts::number(double value) {
  return std::isnan(value) ? Fact() : Fact{Fact::Number, value};
}

/// As the element type has it. Integers may wrap: nothing is said of them.
DiagonalFacts::Fact DiagonalFacts::rounded(double value, Type element) {
  if (element.isF32())
    return number(double(float(value)));
  return element.isF64() || element.isInteger(1) ? number(value) : Fact();
}

/// The axis whose index `value` is.
static std::optional<int64_t> countedAxis(Value value) {
  if (auto iota = value.getDefiningOp<ir::IotaOp>())
    return elementOf(value).isInteger(8) ? std::nullopt : std::optional(int64_t(iota.getAxis()));
  auto broadcast = value.getDefiningOp<ir::BroadcastOp>();
  std::optional<int64_t> axis = broadcast ? countedAxis(broadcast.getX()) : std::nullopt;
  return axis ? std::optional(broadcast.getAxes()[*axis]) : std::nullopt;
}

/// Whether an argument of a kernel is marked as zero there.
static bool isMarked(BlockArgument argument) {
  auto function = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp());
  return function && function.getArgAttr(argument.getArgNumber(), triangularAttr);
}

/// The one number of a constant; NaN if there are several.
static double splatOf(ir::ConstantOp op) {
  auto elements = dyn_cast<SplatElementsAttr>(op.getValue());
  if (!elements)
    return std::nan("");
  if (isa<FloatType>(elements.getElementType()))
    return elements.getSplatValue<APFloat>().convertToDouble();
  APInt integer = elements.getSplatValue<APInt>();
  return integer.getBitWidth() <= 8 ? double(integer.getZExtValue()) : double(integer.getSExtValue());
}

static bool keepsLastTwo(Operation *op) {
  ArrayRef<int64_t> from = shapeOf(op->getOperand(0)), to = shapeOf(op->getResult(0));
  if (from.size() < 2 || to.size() < 2)
    return false;
  if (auto broadcast = dyn_cast<ir::BroadcastOp>(op)) {
    ArrayRef<int64_t> axes = broadcast.getAxes();
    return axes[axes.size() - 1] == int64_t(to.size()) - 1 && axes[axes.size() - 2] == int64_t(to.size()) - 2;
  }
  return from.take_back(2) == to.take_back(2);
}

SmallVector<Value> DiagonalFacts::reasonsOf(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || countedAxis(value))
    return {};
  if (isa<ir::BroadcastOp, ir::ReshapeOp>(op))
    return keepsLastTwo(op) ? SmallVector<Value>{op->getOperand(0)} : SmallVector<Value>();
  return isa<ir::BarrierOp, ir::ElementwiseOpInterface>(op) ? SmallVector<Value>(op->getOperands())
                                                            : SmallVector<Value>();
}

DiagonalFacts::Fact DiagonalFacts::of(Value value) {
  SmallVector<Value> open{value};
  while (!open.empty()) {
    Value next = open.back();
    size_t before = open.size();
    if (!known.contains(next))
      llvm::copy_if(reasonsOf(next), std::back_inserter(open),
                    [&](Value reason) { return !known.contains(reason); });
    if (open.size() > before)
      continue;
    if (!known.contains(next))
      known[next] = find(next);
    open.pop_back();
  }
  return known.lookup(value);
}

DiagonalFacts::Fact DiagonalFacts::find(Value value) const {
  int64_t rank = int64_t(shapeOf(value).size());
  if (std::optional<int64_t> axis = countedAxis(value))
    return {*axis + 1 == rank ? Fact::Column : *axis + 2 == rank ? Fact::Row : Fact::Unknown};
  if (auto argument = dyn_cast<BlockArgument>(value))
    return isMarked(argument) ? number(0) : Fact();
  Operation *op = value.getDefiningOp();
  if (auto constant = dyn_cast<ir::ConstantOp>(op))
    return number(splatOf(constant));
  if (isa<ir::BarrierOp>(op))
    return known.lookup(op->getOperand(0));
  if (isa<ir::BroadcastOp, ir::ReshapeOp>(op))
    return keepsLastTwo(op) ? known.lookup(op->getOperand(0)) : Fact();
  return isa<ir::ElementwiseOpInterface>(op) ? ofElements(op) : Fact();
}

DiagonalFacts::Fact DiagonalFacts::ofElements(Operation *op) const {
  SmallVector<Fact> facts;
  for (Value operand : op->getOperands())
    facts.push_back(known.lookup(operand));
  auto any = [&](double what) {
    return llvm::any_of(facts, [&](const Fact &fact) { return fact.is(what); });
  };
  SmallVector<double> values;
  for (const Fact &fact : facts)
    if (fact.kind == Fact::Number)
      values.push_back(fact.number);
  auto elementwise = cast<ir::ElementwiseOpInterface>(op);
  Value result = op->getResult(0);
  if (values.size() == facts.size())
    return rounded(elementwise.evaluate(values), elementOf(result));
  if (isa<ir::SelectOp>(op) && facts[0].kind == Fact::Number)
    return facts[facts[0].number != 0 ? 1 : 2];
  if ((isa<ir::MulOp, ir::AndOp>(op) && any(0)) || (isa<ir::DivOp>(op) && facts[0].is(0)))
    return number(0);
  if (isa<ir::OrOp>(op) && any(1))
    return number(1);
  // What is infinite stays so, whatever is added to it.
  if (isa<ir::AddOp, ir::SubOp>(op) && values.size() == 1 && std::isinf(values[0]))
    return number(facts[0].kind == Fact::Number ? elementwise.evaluate({values[0], 0.0})
                                                : elementwise.evaluate({0.0, values[0]}));
  auto counts = [](const Fact &fact) { return fact.kind == Fact::Row || fact.kind == Fact::Column; };
  if (isa<ir::CompareOp>(op) && counts(facts[0]) && counts(facts[1]) && facts[0].kind != facts[1].kind)
    return number(elementwise.evaluate(
        {facts[0].kind == Fact::Column ? 1.0 : 0.0, facts[1].kind == Fact::Column ? 1.0 : 0.0}));
  return {};
}

std::optional<double> DiagonalFacts::past(Value value) {
  if (shapeOf(value).size() < 2)
    return std::nullopt;
  Fact fact = of(value);
  return fact.kind == Fact::Number ? std::optional(fact.number) : std::nullopt;
}

std::optional<double> pastDiagonal(Value value) { return DiagonalFacts().past(value); }

} // namespace mlc::compiler
