// Algorithm: facts about values go from operands to results, found where they are asked for. A fact is a
// number, or that a value counts the rows or the columns: of those, past the diagonal, the second is greater.
#include "compiler/kernels/Diagonal.h"

#include "compiler/kernels/Emitter.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <cmath>

using namespace mlir;

namespace mlc::compiler {

namespace {

struct Fact {
  enum Kind { Unknown, Number, Row, Column };
  Kind kind = Unknown;
  double number = 0;

  bool is(double what) const { return kind == Number && number == what; }
};

Fact number(double value) { return std::isnan(value) ? Fact() : Fact{Fact::Number, value}; }

/// As the element type has it. Integers may wrap: nothing is said of them.
Fact rounded(double value, Type element) {
  if (element.isF32())
    return number(double(float(value)));
  return element.isF64() || element.isInteger(1) ? number(value) : Fact();
}

class Facts {
public:
  Fact of(Value value) {
    auto found = known.find(value);
    if (found != known.end())
      return found->second;
    Fact fact = find(value);
    known[value] = fact;
    return fact;
  }

private:
  Fact find(Value value) {
    int64_t rank = int64_t(shapeOf(value).size());
    if (std::optional<int64_t> axis = countedAxis(value))
      return {*axis + 1 == rank ? Fact::Column : *axis + 2 == rank ? Fact::Row : Fact::Unknown};
    Operation *op = value.getDefiningOp();
    if (!op)
      return ofArgument(cast<BlockArgument>(value));
    if (auto constant = dyn_cast<ir::ConstantOp>(op))
      return ofConstant(constant);
    if (auto barrier = dyn_cast<ir::BarrierOp>(op))
      return of(barrier.getX());
    if (isa<ir::BroadcastOp, ir::ReshapeOp>(op))
      return keepsLastTwo(op) ? of(op->getOperand(0)) : Fact();
    return isa<ir::ElementwiseOpInterface>(op) ? ofElements(op) : Fact();
  }

  /// The axis whose index `value` is.
  static std::optional<int64_t> countedAxis(Value value) {
    if (auto iota = value.getDefiningOp<ir::IotaOp>())
      return elementOf(value).isInteger(8) ? std::nullopt : std::optional(int64_t(iota.getAxis()));
    auto broadcast = value.getDefiningOp<ir::BroadcastOp>();
    std::optional<int64_t> axis = broadcast ? countedAxis(broadcast.getX()) : std::nullopt;
    return axis ? std::optional(broadcast.getAxes()[*axis]) : std::nullopt;
  }

  static Fact ofArgument(BlockArgument argument) {
    auto function = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp());
    bool isMarked = function && function.getArgAttr(argument.getArgNumber(), triangularAttr);
    return isMarked ? number(0) : Fact();
  }

  static Fact ofConstant(ir::ConstantOp op) {
    auto elements = dyn_cast<SplatElementsAttr>(op.getValue());
    if (!elements)
      return {};
    if (isa<FloatType>(elements.getElementType()))
      return number(elements.getSplatValue<APFloat>().convertToDouble());
    APInt integer = elements.getSplatValue<APInt>();
    return number(integer.getBitWidth() <= 8 ? double(integer.getZExtValue())
                                             : double(integer.getSExtValue()));
  }

  static bool keepsLastTwo(Operation *op) {
    ArrayRef<int64_t> from = shapeOf(op->getOperand(0)), to = shapeOf(op->getResult(0));
    if (from.size() < 2 || to.size() < 2)
      return false;
    if (auto broadcast = dyn_cast<ir::BroadcastOp>(op)) {
      ArrayRef<int64_t> axes = broadcast.getAxes();
      return axes[axes.size() - 1] == int64_t(to.size()) - 1 &&
             axes[axes.size() - 2] == int64_t(to.size()) - 2;
    }
    return from.take_back(2) == to.take_back(2);
  }

  Fact ofElements(Operation *op) {
    SmallVector<Fact> facts;
    for (Value operand : op->getOperands())
      facts.push_back(of(operand));
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

  llvm::DenseMap<Value, Fact> known;
};

} // namespace

std::optional<double> pastDiagonal(Value value) {
  if (shapeOf(value).size() < 2)
    return std::nullopt;
  Fact fact = Facts().of(value);
  return fact.kind == Fact::Number ? std::optional(fact.number) : std::nullopt;
}

} // namespace mlc::compiler
