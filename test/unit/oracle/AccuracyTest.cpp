// How far each elementwise op and its derivatives are from the exact values, in f32 and f64, as machine code
// and on the oracle: over all exponents, both signs, zeros, infinities, NaN and subnormal numbers. The bounds
// are those of the table in docs/numerics.md, which is read here. With
// MLC_ALL_NUMBERS=1 the ops of one operand see every one of the 2^32 numbers of f32, which takes long.
#include "compiler/oracle/Oracle.h"
#include "test/unit/oracle/CompiledKernel.h"
#include "test/unit/oracle/GradientCheck.h"
#include "test/unit/oracle/Numbers.h"
#include "test/unit/oracle/Row.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <sstream>

using namespace mlir;
using namespace mlc::compiler;
using namespace mlc::test;

namespace {

/// The exact value of an op or of a derivative, as far as Real holds it, and the same in f64, which is ten
/// times as fast.
struct Formula {
  Real (*exact)(Real x, Real y);
  double (*fast)(double x, double y);

  template <typename Callable> Formula(Callable callable) : exact(callable), fast(callable) {}
};

/// An op with its exact value and partial derivatives.
struct Function {
  const char *name;
  Formula value;
  std::vector<Formula> partials;
};

template <typename T> T signOf(T x) { return x > 0 ? 1 : x < 0 ? -1 : x; }
/// What one of two operands gets of the cotangent, where the other is chosen, both are equal, and it is.
double share(bool isOther, bool isTie) { return isOther ? 0 : isTie ? 0.5 : 1; }
/// C's pow; that of f64 where no digits are asked for, for powl has an even whole number of 2^63 and more for
/// none.
template <typename T> T power(T x, T y) {
  bool hasDigits = std::isfinite(x) && std::isfinite(y) && x != 0;
  return hasDigits ? std::pow(x, y) : T(std::pow(double(x), double(y)));
}
constexpr Real twoOverRootPi = 1.128379167095512573896158903121545172L;

#define FORMULA(...) [](auto x, [[maybe_unused]] auto y) -> decltype(x) { return __VA_ARGS__; }
const Function functions[] = {
    {"neg", FORMULA(-x), {FORMULA(-1)}},
    {"abs", FORMULA(std::abs(x)), {FORMULA(signOf(x))}},
    {"sign", FORMULA(signOf(x)), {FORMULA(0)}},
    {"floor", FORMULA(std::floor(x)), {FORMULA(0)}},
    {"exp", FORMULA(std::exp(x)), {FORMULA(std::exp(x))}},
    {"expm1", FORMULA(std::expm1(x)), {FORMULA(std::exp(x))}},
    {"log", FORMULA(std::log(x)), {FORMULA(1 / x)}},
    {"log1p", FORMULA(std::log1p(x)), {FORMULA(1 / (1 + x))}},
    {"sqrt", FORMULA(std::sqrt(x)), {FORMULA(decltype(x)(0.5) / std::sqrt(x))}},
    {"rsqrt",
     FORMULA(1 / std::sqrt(x)),
     {FORMULA(decltype(x)(-0.5) / std::sqrt(x) / std::sqrt(x) / std::sqrt(x))}},
    {"tanh", FORMULA(std::tanh(x)), {FORMULA(1 / (std::cosh(x) * std::cosh(x)))}},
    {"erf", FORMULA(std::erf(x)), {FORMULA(decltype(x)(twoOverRootPi) * std::exp(-x * x))}},
    {"sin", FORMULA(std::sin(x)), {FORMULA(std::cos(x))}},
    {"cos", FORMULA(std::cos(x)), {FORMULA(-std::sin(x))}},
    {"add", FORMULA(x + y), {FORMULA(1), FORMULA(1)}},
    {"sub", FORMULA(x - y), {FORMULA(1), FORMULA(-1)}},
    {"mul", FORMULA(x * y), {FORMULA(y), FORMULA(x)}},
    {"div", FORMULA(x / y), {FORMULA(1 / y), FORMULA(-(x / y / y))}},
    {"max", FORMULA(x != x || x > y ? x : y), {FORMULA(share(x < y, x == y)), FORMULA(share(y < x, x == y))}},
    {"min", FORMULA(x != x || x < y ? x : y), {FORMULA(share(x > y, x == y)), FORMULA(share(y > x, x == y))}},
    {"pow",
     FORMULA(power(x, y)),
     {FORMULA(y == 0 ? 0 : y * power(x, y - 1)), FORMULA(x == 0 && y >= 0 ? 0 : power(x, y) * std::log(x))}},
};
#undef FORMULA

/// Of one op in one precision: units in the last place, of the value and of its derivatives, and from which
/// size on (below, they are units of that size).
struct Bound {
  double units = -1, least = 0;
};
struct Bounds {
  Bound value, derivative;
};

/// A cell of the table: `1.5`, or `2 of 1`, or `exact`.
Bound parseBound(const std::string &cell) {
  std::istringstream words(cell);
  Bound bound;
  std::string of;
  if (cell.find("exact") != std::string::npos)
    bound.units = 0;
  else if (words >> bound.units >> of)
    words >> bound.least;
  return bound;
}

/// The rows `| `op` | f32 | derivative | f64 | derivative |` of docs/numerics.md, by op and precision.
const std::map<std::string, Bounds> &table() {
  static const std::map<std::string, Bounds> rows = [] {
    std::map<std::string, Bounds> found;
    std::ifstream file(MLC_NUMERICS);
    for (std::string line; std::getline(file, line);) {
      if (line.rfind("| `", 0) != 0)
        continue;
      std::vector<std::string> cells;
      std::istringstream parts(line);
      for (std::string cell; std::getline(parts, cell, '|');)
        cells.push_back(cell);
      if (cells.size() < 6)
        continue;
      std::istringstream names(cells[1]);
      for (std::string name; names >> name;) {
        name = name.substr(1, name.size() - 2);
        found[name + " f32"] = {parseBound(cells[2]), parseBound(cells[3])};
        found[name + " f64"] = {parseBound(cells[4]), parseBound(cells[5])};
      }
    }
    return found;
  }();
  return rows;
}

class Accuracy : public testing::TestWithParam<Function> {};

/// One operand's or both operands' numbers, and what they make of an op.
struct Sweep {
  const Function &function;
  const Precision &precision;
  std::vector<double> x, y;
  OwningOpRef<ModuleOp> module;
  func::FuncOp value, gradient;

  Sweep(const Function &function, const Precision &precision, std::vector<double> xs, std::vector<double> ys)
      : function(function), precision(precision), x(std::move(xs)), y(std::move(ys)) {
    bool isBinary = function.partials.size() == 2;
    Row row;
    row.name = function.name;
    for (int i = 0; i < (isBinary ? 2 : 1); ++i) {
      row.inputs.emplace_back();
      row.inputs[i].name = i ? "y" : "x";
      row.inputs[i].shape = {static_cast<int64_t>(x.size())};
    }
    row.body = std::string("mlc.") + function.name + (isBinary ? " %x, %y : !x" : " %x : !x");
    module = parseRow(row, precision.name);
    if (!module)
      return;
    value = module->lookupSymbol<func::FuncOp>("row");
    SmallVector<int64_t> wrt = isBinary ? SmallVector<int64_t>{0, 1} : SmallVector<int64_t>{0};
    gradient = addGradient(addLoss(value), wrt);
    if (failed(runAutodiff(*module)))
      value = gradient = {};
  }

  std::vector<oracle::Tensor> arguments(func::FuncOp of) const {
    std::vector<oracle::Tensor> tensors;
    for (Type type : of.getArgumentTypes()) {
      tensors.emplace_back(cast<RankedTensorType>(type));
      oracle::Tensor &tensor = tensors.back();
      bool isWeight = tensors.size() > function.partials.size();
      for (int64_t i = 0; i < tensor.size(); ++i)
        tensor.set(i, isWeight ? 1 : tensors.size() == 1 ? x[i] : y[i]);
    }
    return tensors;
  }

  /// The least distance between `got` and the formula, subnormal operands being themselves or zeros.
  double off(const Formula &formula, size_t i, double got, double least) const {
    auto *exact = formula.exact;
    double a = x[i], b = y.empty() ? 0 : y[i];
    double best = unitsOff(exact(a, b), got, precision, least);
    double flushedA = precision.isSubnormal(a) ? std::copysign(0, a) : a;
    double flushedB = precision.isSubnormal(b) ? std::copysign(0, b) : b;
    for (double first : {a, flushedA})
      for (double second : {b, flushedB})
        if (first != a || second != b)
          best = std::min(best, unitsOff(exact(first, second), got, precision, least));
    return best;
  }

  /// Whether a zero of the op's value has the other sign.
  bool hasWrongSign(const Formula &formula, size_t i, double got) const {
    double a = x[i], b = y.empty() ? 0 : y[i];
    if (got != 0 || precision.isSubnormal(a) || precision.isSubnormal(b))
      return false;
    Real wanted = formula.exact(a, b);
    return wanted == 0 && std::signbit(wanted) != std::signbit(got);
  }

  /// Whether `got` is surely no further off than `units`, by the formula in f64: of f32, which leaves that 29
  /// bits to err in.
  bool isWithin(double units, const Formula &formula, size_t i, double got, double least) const {
    if (!precision.isSingle())
      return false;
    double wanted = formula.fast(x[i], y.empty() ? 0 : y[i]);
    double size = std::abs(wanted);
    if (std::isnan(wanted) || std::isnan(got))
      return std::isnan(wanted) && std::isnan(got);
    if (std::signbit(wanted) != std::signbit(got))
      return false;
    if (size < precision.leastNormal / 2)
      return std::abs(got) < precision.leastNormal / 2;
    if (size > precision.largest / 2)
      return size > precision.largest * 2 && std::isinf(got);
    constexpr double slack = 1e-6; // of f64
    double unit =
        std::ldexp(1.0, std::ilogb(std::max({size, least, precision.leastNormal})) - precision.fractionBits);
    return std::abs(wanted - got) <= std::max(units - slack, 0.0) * unit;
  }

  void check(const char *where, const char *what, const Formula &exact, const oracle::Tensor &got,
             Bound bound, const std::function<bool(size_t)> &skipped = {}) const {
    double worst = 0;
    size_t at = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      // Of f32, `worst` is exact from half the bound on.
      if (isWithin(std::max(worst, bound.units / 2), exact, i, got.at(i), bound.least) ||
          (skipped && skipped(i)))
        continue;
      double units = off(exact, i, got.at(i), bound.least);
      if (!skipped && hasWrongSign(exact, i, got.at(i)))
        units = std::numeric_limits<double>::infinity();
      if (units > worst) {
        worst = units;
        at = i;
      }
    }
    if (std::getenv("MLC_SHOW_UNITS"))
      std::fprintf(stderr, "%-6s %s %-9s %-12s %.3f\n", function.name, precision.name, where, what, worst);
    EXPECT_LE(worst, bound.units) << function.name << ", " << what << ", " << where << ", " << precision.name
                                  << ": at x = " << x[at] << ", y = " << (y.empty() ? 0 : y[at]) << " it is "
                                  << got.at(at) << ", not "
                                  << double(exact.exact(x[at], y.empty() ? 0 : y[at]));
  }
};

void run(Sweep &sweep, bool compiled) {
  ASSERT_TRUE(sweep.value);
  const char *where = compiled ? "compiled" : "oracle";
  auto found = table().find(std::string(sweep.function.name) + " " + sweep.precision.name);
  ASSERT_NE(found, table().end()) << "no row in docs/numerics.md";
  for (bool isGradient : {false, true}) {
    func::FuncOp function = isGradient ? sweep.gradient : sweep.value;
    std::vector<oracle::Tensor> arguments = sweep.arguments(function);
    auto results = compiled ? runAsKernel(function, arguments) : oracle::run(function, arguments);
    if (!results) {
      ADD_FAILURE() << llvm::toString(results.takeError());
      return;
    }
    if (!isGradient) {
      sweep.check(where, "value", sweep.function.value, (*results)[0], found->second.value);
      continue;
    }
    // Formulas of derivatives pass through other numbers, which must have a place: those are said in the
    // text.
    auto skipped = [&](size_t i) {
      double x = sweep.x[i], y = sweep.y.empty() ? 1 : sweep.y[i];
      StringRef name = sweep.function.name;
      auto hasNoPlace = [&](Real passed) {
        Real size = std::abs(passed);
        return std::isfinite(x) && std::isfinite(y) && x != 0 && y != 0 &&
               !(size >= sweep.precision.leastNormal * 2 && size <= sweep.precision.largest / 2);
      };
      if (name == "pow")
        return hasNoPlace(power<Real>(x, Real(y) - 1)) || hasNoPlace(power<Real>(x, y)) ||
               (std::isfinite(y) && std::abs(y) >= std::ldexp(1.0, sweep.precision.fractionBits));
      if (name == "rsqrt")
        return x > 0 && hasNoPlace(1 / (std::sqrt(Real(x)) * x));
      if (name == "erf")
        return hasNoPlace(std::exp(-Real(x) * x));
      return name == "div" && hasNoPlace(Real(x) / y);
    };
    for (size_t k = 0; k < sweep.function.partials.size(); ++k)
      sweep.check(where, k ? "derivative 2" : "derivative", sweep.function.partials[k], (*results)[k],
                  found->second.derivative, skipped);
  }
}

TEST_P(Accuracy, WithinTheTablesBounds) {
  const Function &function = GetParam();
  for (const Precision *precision : {&Precision::single, &Precision::wide}) {
    std::vector<double> x, y;
    if (function.partials.size() == 2)
      for (auto [first, second] : manyPairs(*precision)) {
        x.push_back(first);
        y.push_back(second);
      }
    else
      x = manyNumbers(*precision);
    for (bool compiled : {true, false}) {
      Sweep sweep(function, *precision, x, y);
      run(sweep, compiled);
    }
  }
}

TEST_P(Accuracy, EveryNumber) {
  const Function &function = GetParam();
  if (!std::getenv("MLC_ALL_NUMBERS") || function.partials.size() == 2)
    GTEST_SKIP() << "MLC_ALL_NUMBERS=1 asks for it";
  constexpr uint64_t block = uint64_t(1) << 26;
  for (uint64_t first = 0; first < uint64_t(1) << 32; first += block) {
    std::vector<double> x(block);
    for (uint64_t i = 0; i < block; ++i) {
      auto word = static_cast<uint32_t>(first + i);
      float number;
      std::memcpy(&number, &word, sizeof number);
      x[i] = number;
    }
    Sweep sweep(function, Precision::single, std::move(x), {});
    run(sweep, /*compiled=*/true);
  }
}

INSTANTIATE_TEST_SUITE_P(Ops, Accuracy, testing::ValuesIn(functions),
                         [](const auto &info) { return std::string(info.param.name); });

TEST(AccuracyTable, NamesEveryOp) {
  EXPECT_EQ(table().size(), 2 * std::size(functions));
  for (const Function &function : functions)
    EXPECT_TRUE(table().count(std::string(function.name) + " f32")) << function.name;
}

} // namespace
