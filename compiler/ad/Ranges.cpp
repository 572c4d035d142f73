// Interval arithmetic over the ops of a function.
//
// Bounds are those of exact arithmetic, rounded outwards where it matters (an integer op that may leave its
// type can be any number of it). Two patterns are known by heart, because softmax and its kin are made of
// them: x - max(x) is at most 0, and a sum of exp(x - max(x)) is at least 1.
#include "compiler/ad/Ranges.h"

#include "compiler/ad/CheckIndices.h"
#include "dialects/mlc/Roles.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;
using namespace mlc::ir;

namespace mlc::compiler {

constexpr double infinity = std::numeric_limits<double>::infinity();

Range Range::any() { return {-infinity, infinity, true}; }

static Type elementOf(Value value) { return getElementTypeOrSelf(value.getType()); }

/// All numbers of an integer type.
static Range allOf(Type element) {
  unsigned width = element.getIntOrFloatBitWidth();
  if (width == 1 || width == 8)
    return {0, width == 1 ? 1.0 : 255.0};
  return {-std::ldexp(1, int(width) - 1), std::ldexp(1, int(width) - 1) - 1};
}

static Range join(Range a, Range b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high), a.nan || b.nan};
}

/// What finite operands make is finite: an overflow is not foreseen.
static Range ordered(double low, double high, bool nan, bool finite) {
  Range range{std::min(low, high), std::max(low, high), nan};
  if (std::isnan(low) || std::isnan(high))
    range = {-infinity, infinity, nan};
  if (finite) {
    range.low = std::clamp(range.low, -Range::ordinary, Range::ordinary);
    range.high = std::clamp(range.high, -Range::ordinary, Range::ordinary);
  }
  return range;
}

static Range add(Range a, Range b) {
  bool cancels = (a.high == infinity && b.low == -infinity) || (a.low == -infinity && b.high == infinity);
  double low = a.low == -infinity || b.low == -infinity ? -infinity : a.low + b.low;
  double high = a.high == infinity || b.high == infinity ? infinity : a.high + b.high;
  return ordered(low, high, a.nan || b.nan || cancels, a.isFinite() && b.isFinite());
}

static Range negate(Range a) { return {-a.high, -a.low, a.nan}; }

static Range multiply(Range a, Range b) {
  bool finite = a.isFinite() && b.isFinite();
  bool isUndefined = (!a.isFinite() && b.mayBeZero()) || (!b.isFinite() && a.mayBeZero());
  double low = infinity, high = -infinity;
  for (double x : {a.low, a.high})
    for (double y : {b.low, b.high}) {
      double product = x == 0 || y == 0 ? 0 : x * y;
      low = std::min(low, product);
      high = std::max(high, product);
    }
  return ordered(low, high, a.nan || b.nan || isUndefined, finite);
}

static Range divide(Range a, Range b) {
  if (b.mayBeZero() || !a.isFinite())
    return Range::any();
  double one = 1 / b.low, other = 1 / b.high;
  Range range = multiply(a, {std::min(one, other), std::max(one, other), false});
  range.nan |= b.nan;
  return range;
}

/// `count` terms.
static Range times(Range a, double count) { return multiply(a, {std::min(count, 0.0), count}); }

/// The value without what only gives it another shape, or takes no part in the derivative.
static Value bare(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<BroadcastOp, ReshapeOp, StopGradientOp>(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

/// Whether `value` is the maximum of `x` along some axes, or a number in its place.
static bool isMaximumOf(Value value, Value x) {
  value = bare(value);
  if (auto choice = value.getDefiningOp<SelectOp>())
    return isMaximumOf(choice.getY(), x) || isMaximumOf(choice.getZ(), x);
  auto reduce = value.getDefiningOp<ReduceOp>();
  return reduce && reduce.getKind() == "max" && bare(reduce.getX()) == bare(x);
}

static bool isBelowItsMaximum(Value value) {
  auto sub = value.getDefiningOp<SubOp>();
  return sub && isMaximumOf(sub.getY(), sub.getX());
}

/// Whether `value` is more than indices and constants.
static bool dependsOnArguments(Value value, int depth = 16) {
  Operation *op = value.getDefiningOp();
  return !op || depth == 0 || op->getNumRegions() != 0 || isa<RandomOp>(op) ||
         llvm::any_of(op->getOperands(), [&](Value v) { return dependsOnArguments(v, depth - 1); });
}

/// The largest number whose exp is finite.
static double largestExponent(Type element) {
  return std::floor(
      std::log(APFloat::getLargest(cast<FloatType>(element).getFloatSemantics()).convertToDouble()));
}

Range Ranges::elementwise(Operation *op) {
  Value first = op->getOperand(0);
  Range x = of(first), y = op->getNumOperands() > 1 ? of(op->getOperand(1)) : Range();
  Type element = elementOf(op->getResult(0));
  bool twice = op->getNumOperands() > 1 && op->getOperand(1) == first;
  auto unit = [&](double low, double high) { return Range{low, high, !x.isFinite()}; };
  Range range =
      llvm::TypeSwitch<Operation *, Range>(op)
          .Case([&](ExpOp) {
            double top = isBelowItsMaximum(first) ? 0 : x.high;
            return Range{std::exp(x.low), top > largestExponent(element) ? infinity : std::exp(top), x.nan};
          })
          .Case([&](LogOp) {
            if (x.low <= 0)
              return Range{-infinity, x.high > 0 ? std::log(x.high) : infinity, x.nan || x.low < 0};
            return Range{std::log(x.low), std::log(x.high), x.nan};
          })
          .Case([&](Expm1Op) {
            return Range{std::expm1(x.low), x.high > largestExponent(element) ? infinity : std::expm1(x.high),
                         x.nan};
          })
          .Case([&](Log1pOp) {
            if (x.low <= -1)
              return Range{-infinity, x.high > -1 ? std::log1p(x.high) : infinity, x.nan || x.low < -1};
            return Range{std::log1p(x.low), std::log1p(x.high), x.nan};
          })
          .Case([&](SqrtOp) {
            return Range{std::sqrt(std::max(x.low, 0.0)), std::sqrt(std::max(x.high, 0.0)),
                         x.nan || x.low < 0};
          })
          .Case([&](RsqrtOp) {
            if (x.low <= 0)
              return Range{0, infinity, x.nan || x.low < 0};
            return Range{1 / std::sqrt(x.high), 1 / std::sqrt(x.low), x.nan};
          })
          .Case<TanhOp, ErfOp, SignOp>([&](auto) { return Range{-1, 1, x.nan}; })
          .Case<SinOp, CosOp>([&](auto) { return unit(-1, 1); })
          .Case([&](FloorOp) { return Range{std::floor(x.low), std::floor(x.high), x.nan}; })
          .Case([&](AbsOp) {
            return Range{x.mayBeZero() ? 0 : std::min(std::fabs(x.low), std::fabs(x.high)),
                         std::max(std::fabs(x.low), std::fabs(x.high)), x.nan};
          })
          .Case([&](NegOp) { return negate(x); })
          .Case<StopGradientOp>([&](auto) { return x; })
          // Behind it an index lies inside, or the run stops.
          .Case([&](WithinOp) {
            return Range{std::clamp(x.low, 0.0, std::max(y.high - 1, 0.0)),
                         std::clamp(x.high, 0.0, std::max(y.high - 1, 0.0))};
          })
          .Case([&](AddOp) { return add(x, y); })
          .Case([&](SubOp) {
            Range difference = add(x, negate(y));
            if (isMaximumOf(op->getOperand(1), first))
              difference = {difference.low, 0, x.nan || x.high == infinity || x.largestOf() == -infinity};
            return difference;
          })
          .Case([&](MulOp) {
            Range product = multiply(x, y);
            if (twice)
              product.low = std::max(product.low, 0.0);
            return product;
          })
          .Case([&](DivOp) { return divide(x, y); })
          .Case(
              [&](MaxOp) { return Range{std::max(x.low, y.low), std::max(x.high, y.high), x.nan || y.nan}; })
          .Case(
              [&](MinOp) { return Range{std::min(x.low, y.low), std::min(x.high, y.high), x.nan || y.nan}; })
          .Case([&](PowOp) {
            bool whole = y.low == y.high && y.low == std::floor(y.low);
            if (!x.isFinite() || !y.isFinite() || (x.low < 0 && !whole) ||
                (x.low <= 0 && x.high >= 0 && y.low < 0))
              return Range::any();
            bool isPositive = x.low >= 0 || (whole && std::fmod(y.low, 2) == 0);
            return Range{isPositive ? 0 : -Range::ordinary, Range::ordinary};
          })
          .Case([&](SelectOp choice) {
            // A number where it is NaN, and it where not.
            auto isNan = [&](Value condition, Value value) {
              auto compare = condition.getDefiningOp<CompareOp>();
              return compare && compare.getPredicate() == "ne" && compare.getX() == compare.getY() &&
                     compare.getX() == value;
            };
            Range z = of(choice.getZ());
            if (isNan(choice.getX(), choice.getZ()))
              z.nan = false;
            Range either = join(y, z);
            if (z.high == -infinity && !dependsOnArguments(choice.getX()))
              either.largest = y.low;
            else
              either.largest = std::max(std::min(y.largestOf(), z.low), std::min(y.low, z.largestOf()));
            return either;
          })
          .Case([&](ConvertOp convert) {
            Type from = elementOf(convert.getX());
            if (isa<FloatType>(element) || !isa<FloatType>(from))
              return x;
            // Truncated and saturated, NaN as 0.
            Range all = allOf(element);
            Range whole{std::clamp(std::trunc(x.low), all.low, all.high),
                        std::clamp(std::trunc(x.high), all.low, all.high)};
            return x.nan ? join(whole, {0, 0}) : whole;
          })
          .Default([&](Operation *) { return isa<FloatType>(element) ? Range::any() : allOf(element); });
  if (isa<FloatType>(element))
    return range;
  // An integer that leaves its type comes back somewhere else.
  Range all = allOf(element);
  range.nan = false;
  return range.low >= all.low && range.high <= all.high ? range : all;
}

Range Ranges::single(Operation *op) {
  Value result = op->getResult(0);
  Type element = elementOf(result);
  auto sizeOf = [](Value value) {
    return double(std::max<int64_t>(cast<RankedTensorType>(value.getType()).getNumElements(), 1));
  };
  auto axisOf = [](Value value, int64_t axis) {
    return double(std::max<int64_t>(cast<RankedTensorType>(value.getType()).getDimSize(axis), 1));
  };
  auto joined = [&] {
    Range range = of(op->getOperand(0));
    for (Value operand : op->getOperands().drop_front())
      range = join(range, of(operand));
    return range;
  };
  Range range =
      llvm::TypeSwitch<Operation *, Range>(op)
          .Case([&](ConstantOp constant) {
            auto elements = dyn_cast<DenseElementsAttr>(constant.getValue());
            if (!elements || elements.getNumElements() == 0)
              return isa<FloatType>(element) ? Range::any() : allOf(element);
            Range range{infinity, -infinity};
            SmallVector<double> numbers =
                elements.isSplat() ? SmallVector<double>{*splatOf(elements)} : numbersOf(elements);
            for (double number : numbers) {
              if (std::isnan(number))
                range.nan = true;
              else
                range = {std::min(range.low, number), std::max(range.high, number), range.nan};
            }
            return range.low > range.high ? Range::any() : range;
          })
          .Case([&](IotaOp iota) { return Range{0, axisOf(result, iota.getAxis()) - 1}; })
          .Case([&](RandomOp random) {
            if (random.getDistribution() == "bits")
              return allOf(element);
            return random.getDistribution() == "uniform" ? Range{0, 1 - 0x1p-24} : Range{-40, 40};
          })
          .Case<BroadcastOp, ReshapeOp, BarrierOp, TransposeOp, ReverseOp, SliceOp>(
              [&](auto) { return of(op->getOperand(0)); })
          .Case<PadOp>([&](auto) { return join(of(op->getOperand(0)), {0, 0}); })
          .Case<ConcatOp>([&](auto) { return joined(); })
          .Case([&](GatherOp) { return of(op->getOperand(0)); })
          .Case([&](ReduceOp reduce) {
            Range x = of(reduce.getX());
            if (reduce.getKind() != "sum")
              return sizeOf(reduce.getX()) > 1 || sizeOf(result) ? x : Range::any();
            double count = sizeOf(reduce.getX()) / sizeOf(result);
            Range sum = times(x, count);
            auto exponential = bare(reduce.getX()).getDefiningOp<ExpOp>();
            if (exponential && isBelowItsMaximum(exponential.getX()))
              sum = {x.nan ? 0.0 : 1.0, count, x.nan};
            return sum;
          })
          .Case([&](CumsumOp cumsum) { return times(of(cumsum.getX()), axisOf(result, cumsum.getAxis())); })
          .Case([&](ArgmaxOp argmax) { return Range{0, axisOf(argmax.getX(), argmax.getAxis()) - 1}; })
          .Case([&](ArgsortOp argsort) {
            int64_t last = cast<RankedTensorType>(argsort.getX().getType()).getRank() - 1;
            return Range{0, axisOf(argsort.getX(), last) - 1};
          })
          .Case<ContractOp, ConvOp, ConvInputOp, ConvFilterOp>([&](auto) {
            Range a = of(op->getOperand(0)), b = of(op->getOperand(1));
            if (!a.isFinite() || !b.isFinite())
              return Range::any();
            return a.low >= 0 && b.low >= 0 ? Range{0, Range::ordinary} : Range();
          })
          .Case<WindowSumOp, WindowSpreadOp, WindowGatherOp, WindowScatterOp, ScatterAddOp>(
              [&](auto) { return of(op->getOperand(0)).isFinite() ? Range() : Range::any(); })
          .Default([&](Operation *) { return isa<FloatType>(element) ? Range::any() : allOf(element); });
  if (isa<FloatType>(element))
    return range;
  Range all = allOf(element);
  return range.low >= all.low && range.high <= all.high ? range : all;
}

Range Ranges::argument(BlockArgument argument) {
  Type element = elementOf(argument);
  auto function = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp());
  auto field = function ? fieldOfArgument(function, argument.getArgNumber()) : StringAttr();
  if (!isa<FloatType>(element)) {
    auto module = function ? function->getParentOfType<ModuleOp>() : ModuleOp();
    auto below = module && field ? module->getAttrOfType<DictionaryAttr>(belowAttr) : DictionaryAttr();
    auto bound = below ? below.getAs<IntegerAttr>(field.getValue()) : IntegerAttr();
    return bound ? Range{0, static_cast<double>(bound.getInt()) - 1} : allOf(element);
  }
  bool isField = field != nullptr;
  return isField && fields == Fields::Any ? Range::any() : Range();
}

/// Carries count as finite until a step makes something else of them.
void Ranges::visitScan(ScanOp op) {
  Block &body = op.getBody().front();
  int64_t carries = op.getNumCarries();
  for (auto [argument, input] : llvm::zip_equal(body.getArguments(), op.getInputs()))
    known[argument] = of(input);
  auto widen = [&](Range range, Type element) {
    if (!isa<FloatType>(element))
      return allOf(element);
    return range.isFinite() ? Range() : Range::any();
  };
  for (int64_t i = 0; i < carries; ++i)
    known[body.getArgument(i)] = widen(of(op.getInputs()[i]), elementOf(op.getInputs()[i]));
  for (bool hasChanged = true; hasChanged;) {
    hasChanged = false;
    visit(body);
    for (int64_t i = 0; i < carries; ++i) {
      Range &carry = known[body.getArgument(i)];
      if (carry.isFinite() && !of(op.getYield()->getOperand(i)).isFinite()) {
        carry = Range::any();
        hasChanged = true;
      }
    }
  }
  for (auto [i, result] : llvm::enumerate(op.getResults())) {
    Range range = of(op.getYield()->getOperand(i));
    known[result] = int64_t(i) < carries ? join(range, of(op.getInputs()[i])) : range;
  }
}

void Ranges::visitCall(CallOp op) {
  auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(op, op.getCalleeAttr());
  if (!callee || callee.isExternal()) {
    for (Value result : op.getResults())
      known[result] = isa<FloatType>(elementOf(result)) ? Range::any() : allOf(elementOf(result));
    return;
  }
  Ranges inner(fields);
  Block &body = callee.getBody().front();
  for (auto [argument, input] : llvm::zip_equal(body.getArguments(), op.getInputs()))
    inner.assume(argument, of(input));
  inner.visit(body);
  for (auto [result, value] : llvm::zip_equal(op.getResults(), body.getTerminator()->getOperands()))
    known[result] = inner.of(value);
}

void Ranges::visit(Operation *op) {
  if (auto scan = dyn_cast<ScanOp>(op))
    return visitScan(scan);
  if (auto call = dyn_cast<CallOp>(op))
    return visitCall(call);
  if (op->getNumResults() == 1) {
    Range range = isa<ElementwiseOpInterface>(op) ? elementwise(op) : single(op);
    known[op->getResult(0)] = range;
    return;
  }
  if (auto window = dyn_cast<WindowMaxOp>(op)) {
    known[window.getValue()] = of(window.getX());
    double places = 1;
    for (int64_t extent : window.getWindow())
      places *= double(extent);
    known[window.getIndex()] = {0, places - 1};
    return;
  }
  for (Value result : op->getResults())
    known[result] = isa<FloatType>(elementOf(result)) ? Range::any() : allOf(elementOf(result));
}

void Ranges::visit(Block &block) {
  for (Operation &op : block.without_terminator())
    visit(&op);
}

Range Ranges::of(Value value) {
  auto found = known.find(value);
  if (found != known.end())
    return found->second;
  if (auto blockArgument = dyn_cast<BlockArgument>(value))
    return known[value] = argument(blockArgument);
  visit(value.getDefiningOp());
  return known[value];
}

} // namespace mlc::compiler
