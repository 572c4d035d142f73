#include "compiler/oracle/Compare.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

namespace mlc::compiler::oracle {

std::string Mismatch::text() const {
  if (element < 0)
    return "the types differ";
  std::string text;
  llvm::raw_string_ostream(text) << failed << " elements out of bounds; the worst is element " << element
                                 << llvm::format(
                                        ": expected %.9g, got %.9g, off by %.3g where %.3g is allowed",
                                        expected, actual, std::abs(expected - actual), bound);
  return text;
}

std::optional<Mismatch> compare(const Tensor &expected, const Tensor &actual, Tolerance tolerance) {
  if (expected.type() != actual.type())
    return Mismatch{-1, 0, 0, 0, 0};
  bool exact = !isFloat(expected.dtype());
  Eigen::ArrayXd a = expected.values(), b = actual.values();
  double largest = 0;
  for (double value : a)
    if (std::isfinite(value))
      largest = std::max(largest, std::abs(value));
  std::optional<Mismatch> worst;
  double worstExcess = 0;
  for (int64_t i = 0; i < expected.size(); ++i) {
    if (a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])))
      continue;
    double bound =
        exact ? 0 : tolerance.absolute + tolerance.relative * std::abs(a[i]) + tolerance.scaled * largest;
    double off = std::abs(a[i] - b[i]);
    if (std::isfinite(a[i]) && off <= bound)
      continue;
    double excess = std::isfinite(off) ? off / (bound + 1e-300) : std::numeric_limits<double>::infinity();
    int64_t failed = worst ? worst->failed + 1 : 1;
    if (!worst || excess > worstExcess) {
      worst = Mismatch{i, failed, a[i], b[i], bound};
      worstExcess = excess;
    }
    worst->failed = failed;
  }
  return worst;
}

} // namespace mlc::compiler::oracle
