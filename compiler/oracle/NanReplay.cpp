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
  void log(llvm::raw_ostream &os) const override { os << "NaN made by " << nan.op; }
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

llvm::Expected<std::optional<FirstNan>> findFirstNan(func::FuncOp function, ArrayRef<Tensor> arguments) {
  auto observer = [](Operation *op, ArrayRef<Tensor> operands, ArrayRef<Tensor> results) -> llvm::Error {
    if (llvm::any_of(operands, [](const Tensor &t) { return t.hasNan(); }))
      return llvm::Error::success();
    for (const Tensor &result : results) {
      if (!result.hasNan())
        continue;
      int64_t element = 0;
      while (!std::isnan(result.at(element)))
        ++element;
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

} // namespace mlc::compiler::oracle
