// Postfix code: print and parse walk the words, evaluate walks a stack. No recursion, so a hostile text can
// be at most refused.
#include "runtime/Scalar.h"

#include "runtime/Number.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

namespace mlc {
namespace {

struct OpInfo {
  std::string_view name;
  int arity;
};

// In the order of ScalarOp.
constexpr OpInfo opTable[] = {
    {"", 0},      {"step", 0}, {"total_steps", 0}, {"epoch", 0},  {"validation_figure", 0},
    {"", 0},      {"neg", 1},  {"exp", 1},         {"log", 1},    {"expm1", 1},
    {"log1p", 1}, {"sqrt", 1}, {"rsqrt", 1},       {"sin", 1},    {"cos", 1},
    {"tanh", 1},  {"erf", 1},  {"floor", 1},       {"ceil", 1},   {"abs", 1},
    {"sign", 1},  {"not", 1},  {"add", 2},         {"sub", 2},    {"mul", 2},
    {"div", 2},   {"pow", 2},  {"min", 2},         {"max", 2},    {"lt", 2},
    {"le", 2},    {"gt", 2},   {"ge", 2},          {"eq", 2},     {"ne", 2},
    {"and", 2},   {"or", 2},   {"plateaus", 3},    {"select", 3},
};
static_assert(std::size(opTable) == static_cast<size_t>(ScalarOp::Select) + 1);

double propagatingMin(double a, double b) { return std::isnan(a) || a < b ? a : b; }
double propagatingMax(double a, double b) { return std::isnan(a) || a > b ? a : b; }

double apply1(ScalarOp op, double a) {
  switch (op) {
  case ScalarOp::Neg:
    return -a;
  case ScalarOp::Exp:
    return std::exp(a);
  case ScalarOp::Log:
    return std::log(a);
  case ScalarOp::Expm1:
    return std::expm1(a);
  case ScalarOp::Log1p:
    return std::log1p(a);
  case ScalarOp::Sqrt:
    return std::sqrt(a);
  case ScalarOp::Rsqrt:
    return 1 / std::sqrt(a);
  case ScalarOp::Sin:
    return std::sin(a);
  case ScalarOp::Cos:
    return std::cos(a);
  case ScalarOp::Tanh:
    return std::tanh(a);
  case ScalarOp::Erf:
    return std::erf(a);
  case ScalarOp::Floor:
    return std::floor(a);
  case ScalarOp::Ceil:
    return std::ceil(a);
  case ScalarOp::Abs:
    return std::fabs(a);
  case ScalarOp::Sign:
    return a > 0 ? 1 : a < 0 ? -1 : a;
  case ScalarOp::Not:
    return a == 0;
  default:
    return a;
  }
}

double apply2(ScalarOp op, double a, double b) {
  switch (op) {
  case ScalarOp::Add:
    return a + b;
  case ScalarOp::Sub:
    return a - b;
  case ScalarOp::Mul:
    return a * b;
  case ScalarOp::Div:
    return a / b;
  case ScalarOp::Pow:
    return std::pow(a, b);
  case ScalarOp::Min:
    return propagatingMin(a, b);
  case ScalarOp::Max:
    return propagatingMax(a, b);
  case ScalarOp::Lt:
    return a < b;
  case ScalarOp::Le:
    return a <= b;
  case ScalarOp::Gt:
    return a > b;
  case ScalarOp::Ge:
    return a >= b;
  case ScalarOp::Eq:
    return a == b;
  case ScalarOp::Ne:
    return a != b;
  case ScalarOp::And:
    return a != 0 && b != 0;
  case ScalarOp::Or:
    return a != 0 || b != 0;
  default:
    return a;
  }
}

} // namespace

double ScalarInputs::lastFigure() const {
  if (figures && !figures->empty())
    return figures->back();
  const double infinity = std::numeric_limits<double>::infinity();
  return largestIsBest ? -infinity : infinity;
}

int64_t ScalarInputs::plateaus(double patience, double threshold, double cooldown) const {
  double best = ScalarInputs{0, 0, 0, nullptr, largestIsBest}.lastFigure();
  double bad = 0, cooling = 0;
  int64_t count = 0;
  if (!figures)
    return 0;
  for (double figure : *figures) {
    // False for NaN, which is never better.
    bool isBetter = largestIsBest ? figure > best * (1 + threshold) : figure < best * (1 - threshold);
    bad = isBetter ? 0 : bad + 1;
    if (isBetter)
      best = figure;
    if (cooling > 0) {
      --cooling;
      bad = 0;
    }
    if (bad > patience) {
      ++count;
      cooling = cooldown;
      bad = 0;
    }
  }
  return count;
}

int arityOf(ScalarOp op) { return opTable[static_cast<size_t>(op)].arity; }
std::string_view nameOf(ScalarOp op) { return opTable[static_cast<size_t>(op)].name; }

ScalarExpr ScalarExpr::literal(double value) {
  ScalarExpr e;
  e.code_ = {{ScalarOp::Literal, value, 0}};
  return e;
}

ScalarExpr ScalarExpr::scalar(int32_t index) {
  ScalarExpr e;
  e.code_ = {{ScalarOp::Scalar, 0, index}};
  return e;
}

ScalarExpr ScalarExpr::leaf(ScalarOp op) {
  ScalarExpr e;
  e.code_ = {{op, 0, 0}};
  return e;
}

ScalarExpr ScalarExpr::unary(ScalarOp op, const ScalarExpr &a) {
  ScalarExpr e = a;
  e.code_.push_back({op, 0, 0});
  return e;
}

ScalarExpr ScalarExpr::binary(ScalarOp op, const ScalarExpr &a, const ScalarExpr &b) {
  ScalarExpr e = a;
  e.code_.insert(e.code_.end(), b.code_.begin(), b.code_.end());
  e.code_.push_back({op, 0, 0});
  return e;
}

ScalarExpr ScalarExpr::ternary(ScalarOp op, const ScalarExpr &a, const ScalarExpr &b, const ScalarExpr &c) {
  ScalarExpr e = a;
  e.code_.insert(e.code_.end(), b.code_.begin(), b.code_.end());
  e.code_.insert(e.code_.end(), c.code_.begin(), c.code_.end());
  e.code_.push_back({op, 0, 0});
  return e;
}

ScalarExpr ScalarExpr::select(const ScalarExpr &condition, const ScalarExpr &a, const ScalarExpr &b) {
  return ternary(ScalarOp::Select, condition, a, b);
}

bool ScalarExpr::readsFigures() const {
  return std::any_of(code_.begin(), code_.end(), [](const Instruction &instruction) {
    return instruction.op == ScalarOp::ValidationFigure || instruction.op == ScalarOp::Plateaus;
  });
}

std::string ScalarExpr::print() const {
  std::string text;
  for (const Instruction &instruction : code_) {
    if (!text.empty())
      text += ' ';
    if (instruction.op == ScalarOp::Literal)
      text += printNumber(instruction.literal);
    else if (instruction.op == ScalarOp::Scalar)
      text += "$" + std::to_string(instruction.index);
    else
      text += nameOf(instruction.op);
  }
  return text;
}

Expected<ScalarExpr> ScalarExpr::parse(std::string_view text, int32_t number) {
  auto bad = [&](const std::string &what) {
    return Status::badData("scalar expression " + std::to_string(number) + ": " + what);
  };
  ScalarExpr e;
  e.code_.clear();
  size_t depth = 0;
  while (!text.empty()) {
    std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    if (!text.empty()) {
      text.remove_prefix(1);
      if (text.empty())
        return bad("ends with a space");
    }
    Instruction instruction{ScalarOp::Literal, 0, 0};
    bool known = false;
    for (size_t i = 0; i < std::size(opTable); ++i)
      if (!word.empty() && opTable[i].name == word) {
        instruction.op = static_cast<ScalarOp>(i);
        known = true;
      }
    if (!known && !word.empty() && word.front() == '$') {
      std::optional<int64_t> index = parseI64(word.substr(1));
      if (!index || *index < 0 || *index >= number)
        return bad("'" + std::string(word.substr(0, 32)) + "' does not name an earlier scalar");
      instruction.op = ScalarOp::Scalar;
      instruction.index = static_cast<int32_t>(*index);
    } else if (!known) {
      std::optional<double> value = parseF64(word);
      if (!value)
        return bad("unknown word '" + std::string(word.substr(0, 32)) + "'");
      instruction.literal = *value;
    }
    size_t arity = static_cast<size_t>(arityOf(instruction.op));
    if (arity > depth)
      return bad("'" + std::string(word) + "' lacks operands");
    depth = depth - arity + 1;
    if (depth > maxDepth || e.code_.size() == maxInstructions)
      return bad("too large");
    e.code_.push_back(instruction);
  }
  if (depth != 1)
    return bad(depth == 0 ? "empty" : "operands are left over");
  return e;
}

double ScalarExpr::evaluate(const ScalarInputs &inputs, const double *earlier) const {
  double fixed[64];
  std::vector<double> large;
  double *stack = fixed;
  if (code_.size() > std::size(fixed)) {
    large.resize(code_.size());
    stack = large.data();
  }
  size_t top = 0;
  for (const Instruction &instruction : code_) {
    switch (instruction.op) {
    case ScalarOp::Literal:
      stack[top++] = instruction.literal;
      break;
    case ScalarOp::Step:
      stack[top++] = inputs.step;
      break;
    case ScalarOp::TotalSteps:
      stack[top++] = inputs.totalSteps;
      break;
    case ScalarOp::Epoch:
      stack[top++] = inputs.epoch;
      break;
    case ScalarOp::ValidationFigure:
      stack[top++] = inputs.lastFigure();
      break;
    case ScalarOp::Scalar:
      stack[top++] = earlier[instruction.index];
      break;
    case ScalarOp::Plateaus:
      top -= 2;
      stack[top - 1] = static_cast<double>(inputs.plateaus(stack[top - 1], stack[top], stack[top + 1]));
      break;
    case ScalarOp::Select:
      top -= 2;
      stack[top - 1] = stack[top - 1] != 0 ? stack[top] : stack[top + 1];
      break;
    default:
      if (arityOf(instruction.op) == 1) {
        stack[top - 1] = apply1(instruction.op, stack[top - 1]);
      } else {
        --top;
        stack[top - 1] = apply2(instruction.op, stack[top - 1], stack[top]);
      }
    }
  }
  return stack[0];
}

void evaluateScalars(const std::vector<ScalarSpec> &scalars, const ScalarInputs &inputs,
                     std::vector<double> &values) {
  values.resize(scalars.size());
  for (size_t i = 0; i < scalars.size(); ++i)
    values[i] = scalars[i].value.evaluate(inputs, values.data());
}

} // namespace mlc
