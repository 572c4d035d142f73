// Scalars that change from update to update (learning rate, bias corrections): f64 expressions which the
// compiler builds, the manifest carries as text and the trainer evaluates before each update.
#ifndef MLC_RUNTIME_SCALAR_H
#define MLC_RUNTIME_SCALAR_H

#include "runtime/Status.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mlc {

enum class ScalarOp : uint8_t {
  Literal,          ///< pushes `literal`
  Step,             ///< pushes the number of updates made before this one, from 0
  TotalSteps,       ///< pushes the number of updates the whole run will make
  Epoch,            ///< pushes the number of epochs finished before this update
  ValidationFigure, ///< pushes the validation figure of the last of them; before, the worst there is
  Scalar,           ///< pushes the value of scalar number `index`, which must come earlier in the list
  Neg,
  Exp,
  Log,
  Expm1,
  Log1p,
  Sqrt,
  Rsqrt, ///< 1 / sqrt
  Sin,
  Cos,
  Tanh,
  Erf,
  Floor,
  Ceil,
  Abs,
  Sign, ///< 1, -1, or the operand where it is neither above nor below 0
  Not,  ///< 1 if the operand is 0, else 0
  Add,
  Sub,
  Mul,
  Div,
  Pow,
  Min, ///< NaN if an operand is
  Max, ///< NaN if an operand is
  Lt,  ///< comparisons and logic give 1 or 0; anything but 0 is true
  Le,
  Gt,
  Ge,
  Eq,
  Ne,
  And,
  Or,
  Plateaus, ///< patience threshold cooldown -> ScalarInputs::plateaus
  Select    ///< c a b -> a if c is not 0, else b; both are evaluated
};

/// What changes from update to update.
struct ScalarInputs {
  double step = 0, totalSteps = 0;
  double epoch = 0;
  /// The figure of the validation rows that says which epoch is best, of each finished epoch; null: none.
  const std::vector<double> *figures = nullptr;
  bool largestIsBest = false;

  double lastFigure() const;
  /// How often PyTorch's ReduceLROnPlateau (with its threshold_mode "rel") reduces the rate: each time the
  /// figure was not better than the best so far, by the part `threshold` of it, for more than `patience`
  /// epochs, of which the `cooldown` after such a time do not count.
  int64_t plateaus(double patience, double threshold, double cooldown) const;
};

/// Operands the op takes from the stack: 0 to 3.
int arityOf(ScalarOp op);
/// The word in the text form: "add", "step", ... (empty for Literal and Scalar).
std::string_view nameOf(ScalarOp op);

/// An expression in postfix order. Build it bottom up:
///     auto rate = ScalarExpr::binary(ScalarOp::Mul, ScalarExpr::literal(0.1),
///     ScalarExpr::leaf(ScalarOp::Step));
/// Text form: words separated by one space, operands first, literals in the shortest form that reads back to
/// the same bits (also inf, -inf, nan), `$3` for scalar number 3: "0.1 step mul".
class ScalarExpr {
public:
  struct Instruction {
    ScalarOp op;
    double literal = 0; ///< of Literal
    int32_t index = 0;  ///< of Scalar
  };
  /// Longer texts and deeper stacks are refused when parsed.
  static constexpr size_t maxInstructions = 65536;
  static constexpr size_t maxDepth = 256;

  /// The literal 0.
  ScalarExpr() : code_{{ScalarOp::Literal, 0, 0}} {}

  static ScalarExpr literal(double value);
  static ScalarExpr scalar(int32_t index);
  /// Step, TotalSteps, Epoch or ValidationFigure.
  static ScalarExpr leaf(ScalarOp op);
  static ScalarExpr unary(ScalarOp op, const ScalarExpr &a);
  static ScalarExpr binary(ScalarOp op, const ScalarExpr &a, const ScalarExpr &b);
  static ScalarExpr ternary(ScalarOp op, const ScalarExpr &a, const ScalarExpr &b, const ScalarExpr &c);
  static ScalarExpr select(const ScalarExpr &condition, const ScalarExpr &a, const ScalarExpr &b);

  /// Reads the text form; `number` is the expression's own number in the list (references must be lower).
  static Expected<ScalarExpr> parse(std::string_view text, int32_t number);
  std::string print() const;

  /// The value, given the values of all scalars before it. Never fails on a parsed or built expression.
  double evaluate(const ScalarInputs &inputs, const double *earlier) const;
  /// Whether it follows the figures of validation rows.
  bool readsFigures() const;

  const std::vector<Instruction> &instructions() const { return code_; }
  bool operator==(const ScalarExpr &other) const { return print() == other.print(); }

private:
  std::vector<Instruction> code_;
};

/// An entry of the manifest's list: "optimizer.lr" = ... . `--set optimizer.lr=3e-4` replaces `value` by a
/// literal, so whatever depends on it should refer to it by number.
struct ScalarSpec {
  std::string name;
  ScalarExpr value;
};

/// Evaluates the list in order; the result has one value per scalar, in the layout of mlc_call::scalars.
void evaluateScalars(const std::vector<ScalarSpec> &scalars, const ScalarInputs &inputs,
                     std::vector<double> &values);

} // namespace mlc
#endif
