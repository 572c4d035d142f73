#include "compiler/oracle/NanReplay.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

using namespace mlir;

namespace mlc::compiler::oracle {

namespace {
/// Ends the run at the op that was looked for.
class Found : public llvm::ErrorInfo<Found> {
public:
  static char ID;
  FirstNan nan;

  explicit Found(FirstNan nan) : nan(std::move(nan)) {}
  void log(llvm::raw_ostream &os) const override { os << "made by " << nan.op; }
  std::error_code convertToErrorCode() const override { return llvm::inconvertibleErrorCode(); }
};
char Found::ID = 0;
} // namespace

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
      return llvm::make_error<Found>(FirstNan{op->getName().getStringRef().str(), op->getLoc(), element,
                                              describeOperands(operands, result, element)});
    }
    return llvm::Error::success();
  };
  llvm::Expected<std::vector<Tensor>> results = run(function, arguments, observer);
  if (results)
    return std::optional<FirstNan>();
  std::optional<FirstNan> found;
  llvm::Error rest =
      llvm::handleErrors(results.takeError(), [&](const Found &error) { found.emplace(error.nan); });
  if (rest)
    return std::move(rest);
  return found;
}

llvm::Expected<std::optional<FirstNan>> findFirstNan(func::FuncOp function, ArrayRef<Tensor> arguments) {
  return findFirst(function, arguments, [](double value) { return std::isnan(value); });
}

llvm::Expected<std::optional<FirstNan>> findFirstInfinity(func::FuncOp function, ArrayRef<Tensor> arguments) {
  return findFirst(function, arguments, [](double value) { return !std::isfinite(value); });
}

} // namespace mlc::compiler::oracle
