#include "compiler/oracle/NanReplay.h"

#include "dialects/mlc/MlcOps.h"
#include "dialects/mlc/Roles.h"

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

namespace {
bool isNan(double value) { return std::isnan(value); }

/// Which values of a function's body are NaN somewhere, and who made them so.
class NanTrace {
public:
  NanTrace(func::FuncOp function, ArrayRef<Tensor> arguments) : function(function) {
    for (auto [argument, tensor] : llvm::zip(function.getArguments(), arguments))
      if (firstBad(tensor, isNan) >= 0)
        bad.insert(argument);
  }

  /// Notes an op that was evaluated; of scan bodies and callees only what first made a NaN.
  void see(Operation *op, ArrayRef<Tensor> operands, ArrayRef<Tensor> results) {
    const bool isInside = op->getParentOp() != function;
    int64_t element = -1;
    const Tensor *at = nullptr;
    for (auto [value, result] : llvm::zip(op->getResults(), results)) {
      int64_t first = firstBad(result, isNan);
      if (first < 0)
        continue;
      if (!isInside)
        bad.insert(value);
      if (!at) {
        at = &result;
        element = first;
      }
    }
    if (at && llvm::none_of(operands, [](const Tensor &t) { return firstBad(t, isNan) >= 0; })) {
      FirstNan here{op->getName().getStringRef().str(), op->getLoc(), element,
                    describeOperands(operands, *at, element)};
      if (!isInside)
        made.try_emplace(op, inside ? *inside : here);
      else if (!inside)
        inside = here;
    } else if (at && isa<ir::SelectOp>(op)) {
      chosen[op] = operands[0].at(element) != 0 ? 1 : 2;
    }
    if (!isInside)
      inside.reset();
  }

  std::optional<NanOrigin> origin() {
    auto back = cast<func::ReturnOp>(function.getBody().front().getTerminator());
    std::optional<Value> value;
    for (auto [i, result] : llvm::enumerate(back.getOperands())) {
      const bool isSum = ir::isOfKind(ir::resultRole(function, i), ir::RoleKind::Sums);
      if (bad.contains(result) && (!value || isSum))
        value = result;
    }
    if (!value)
      return std::nullopt;
    std::vector<Location> way;
    while (Operation *op = value->getDefiningOp()) {
      way.insert(way.begin(), op->getLoc());
      if (auto found = made.find(op); found != made.end())
        return NanOrigin{found->second, 0, std::move(way)};
      auto taken = chosen.find(op);
      value = taken != chosen.end()
                  ? op->getOperand(taken->second)
                  : *llvm::find_if(op->getOperands(), [&](Value v) { return bad.contains(v); });
    }
    return NanOrigin{std::nullopt, cast<BlockArgument>(*value).getArgNumber(), std::move(way)};
  }

private:
  func::FuncOp function;
  llvm::DenseSet<Value> bad;
  llvm::DenseMap<Operation *, FirstNan> made;   // ops of the body that have NaN results and no NaN operands
  llvm::DenseMap<Operation *, unsigned> chosen; // the operand that a select took where its result is NaN
  std::optional<FirstNan> inside;
};
} // namespace

llvm::Expected<std::optional<NanOrigin>> findNanOrigin(func::FuncOp function, ArrayRef<Tensor> arguments) {
  NanTrace trace(function, arguments);
  auto observer = [&](Operation *op, ArrayRef<Tensor> operands, ArrayRef<Tensor> results) -> llvm::Error {
    trace.see(op, operands, results);
    return llvm::Error::success();
  };
  llvm::Expected<std::vector<Tensor>> results = run(function, arguments, observer);
  if (!results)
    return results.takeError();
  return trace.origin();
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
  return findFirst(function, arguments, isNan);
}

llvm::Expected<std::optional<FirstNan>> findFirstInfinity(func::FuncOp function, ArrayRef<Tensor> arguments) {
  return findFirst(function, arguments, [](double value) { return !std::isfinite(value); });
}

} // namespace mlc::compiler::oracle
