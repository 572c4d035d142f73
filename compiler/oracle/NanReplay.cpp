#include "compiler/oracle/NanReplay.h"

#include "dialects/mlc/MlcOps.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

using namespace mlir;

namespace mlc::compiler::oracle {

namespace {
/// Ends the run at the op that was looked for.
template <typename T> class Found : public llvm::ErrorInfo<Found<T>> {
public:
  static char ID;
  T what;

  explicit Found(T what) : what(std::move(what)) {}
  void log(llvm::raw_ostream &os) const override { os << "found"; }
  std::error_code convertToErrorCode() const override { return llvm::inconvertibleErrorCode(); }
};
template <typename T> char Found<T>::ID = 0;
} // namespace

/// Runs until `observer` finds a T.
template <typename T>
static llvm::Expected<std::optional<T>> runUntilFound(func::FuncOp function, ArrayRef<Tensor> arguments,
                                                      const Observer &observer) {
  llvm::Expected<std::vector<Tensor>> results = run(function, arguments, observer);
  if (results)
    return std::optional<T>();
  std::optional<T> found;
  llvm::Error rest =
      llvm::handleErrors(results.takeError(), [&](const Found<T> &error) { found.emplace(error.what); });
  if (rest)
    return std::move(rest);
  return found;
}

/// "-0.25, 3": the operands' elements at `element` where all have the result's size, their ranges elsewhere.
static std::string describeOperands(ArrayRef<Tensor> operands, const Tensor &result, int64_t element) {
  bool elementwise = llvm::all_of(operands, [&](const Tensor &t) { return t.shape() == result.shape(); });
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::interleaveComma(operands, os, [&](const Tensor &operand) {
    if (elementwise)
      os << llvm::format("%.9g", operand.at(element));
    else if (operand.size())
      os << llvm::format("values from %.9g to %.9g", operand.values().minCoeff(),
                         operand.values().maxCoeff());
  });
  return text;
}

/// The first element of `tensor` that `isBad`, or -1.
static int64_t firstBad(const Tensor &tensor, bool (*isBad)(double)) {
  for (int64_t element = 0; element < tensor.size(); ++element)
    if (isBad(tensor.at(element)))
      return element;
  return -1;
}

/// Stops at the first op with an element that `isBad` in a result and none in its operands.
static llvm::Expected<std::optional<FirstNan>> findFirst(func::FuncOp function, ArrayRef<Tensor> arguments,
                                                         bool (*isBad)(double)) {
  auto observer = [isBad](Operation *op, ArrayRef<Tensor> operands, ArrayRef<Tensor> results) -> llvm::Error {
    for (const Tensor &result : results) {
      int64_t element = firstBad(result, isBad);
      if (element < 0 || llvm::any_of(operands, [&](const Tensor &t) { return firstBad(t, isBad) >= 0; }))
        continue;
      return llvm::make_error<Found<FirstNan>>(FirstNan{op->getName().getStringRef().str(), op->getLoc(),
                                                        element,
                                                        describeOperands(operands, result, element)});
    }
    return llvm::Error::success();
  };
  return runUntilFound<FirstNan>(function, arguments, observer);
}

llvm::Expected<std::optional<FirstOutside>> findFirstOutside(func::FuncOp function,
                                                             ArrayRef<Tensor> arguments) {
  auto observer = [](Operation *op, ArrayRef<Tensor> operands, ArrayRef<Tensor>) -> llvm::Error {
    if (!isa<ir::WithinOp>(op))
      return llvm::Error::success();
    const Tensor &index = operands[0], &bound = operands[1];
    for (int64_t i = 0; i < index.size(); ++i) {
      int64_t at = index.integerAt(i), below = bound.integerAt(i);
      if (at >= 0 && at < below)
        continue;
      int64_t rows = index.rank() ? index.shape()[0] : 0, row = rows ? i / (index.size() / rows) : -1;
      return llvm::make_error<Found<FirstOutside>>(FirstOutside{op->getLoc(), at, below, row, rows});
    }
    return llvm::Error::success();
  };
  return runUntilFound<FirstOutside>(function, arguments, observer);
}

llvm::Expected<std::optional<FirstNan>> findFirstNan(func::FuncOp function, ArrayRef<Tensor> arguments) {
  return findFirst(function, arguments, [](double value) { return std::isnan(value); });
}

llvm::Expected<std::optional<FirstNan>> findFirstInfinity(func::FuncOp function, ArrayRef<Tensor> arguments) {
  return findFirst(function, arguments, [](double value) { return !std::isfinite(value); });
}

} // namespace mlc::compiler::oracle
