#include "test/unit/oracle/GradientCheck.h"

#include "compiler/ad/Autodiff.h"
#include "compiler/oracle/Oracle.h"
#include "dialects/mlc/MlcOps.h"
#include "test/unit/oracle/Row.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

using namespace mlir;
using namespace mlc::compiler;

namespace mlc::test {

/// The float type of a function: that of its first float argument or result, f64 if there is none.
static Type floatTypeOf(func::FuncOp function) {
  for (TypeRange types : {TypeRange(function.getArgumentTypes()), TypeRange(function.getResultTypes())})
    for (Type type : types)
      if (Type element = cast<RankedTensorType>(type).getElementType(); isa<FloatType>(element))
        return element;
  return Float64Type::get(function.getContext());
}

func::FuncOp addLoss(func::FuncOp function) {
  MLIRContext *context = function.getContext();
  Location loc = function.getLoc();
  SmallVector<Type> inputs(function.getArgumentTypes());
  for (Type type : function.getResultTypes())
    if (isa<FloatType>(cast<RankedTensorType>(type).getElementType()))
      inputs.push_back(type);
  auto scalar = RankedTensorType::get({}, floatTypeOf(function));
  OpBuilder builder(context);
  builder.setInsertionPointAfter(function);
  auto loss = func::FuncOp::create(builder, loc, (function.getName() + ".loss").str(),
                                   FunctionType::get(context, inputs, {scalar}));
  builder.setInsertionPointToStart(loss.addEntryBlock());
  IRMapping map;
  map.map(function.getArguments(), loss.getArguments().take_front(function.getNumArguments()));
  for (Operation &op : function.getBody().front().without_terminator())
    builder.clone(op, map);
  Value total;
  unsigned weight = function.getNumArguments();
  for (Value result : function.getBody().front().getTerminator()->getOperands()) {
    auto type = cast<RankedTensorType>(result.getType());
    if (!isa<FloatType>(type.getElementType()))
      continue;
    Value term = ir::MulOp::create(builder, loc, map.lookupOrDefault(result), loss.getArgument(weight++));
    if (type.getRank())
      term = ir::ReduceOp::create(builder, loc, "sum", term,
                                  llvm::to_vector(llvm::seq<int64_t>(0, type.getRank())), TypeAttr());
    if (term.getType() != scalar)
      term = ir::ConvertOp::create(builder, loc, scalar, term);
    total = total ? ir::AddOp::create(builder, loc, total, term).getResult() : term;
  }
  if (!total)
    total = ir::ConstantOp::create(builder, loc, scalar, 0.0);
  func::ReturnOp::create(builder, loc, total);
  return loss;
}

func::FuncOp addGradient(func::FuncOp loss, ArrayRef<int64_t> wrt) {
  MLIRContext *context = loss.getContext();
  SmallVector<Type> results;
  for (int64_t argument : wrt)
    results.push_back(loss.getArgumentTypes()[argument]);
  std::string name = loss.getName().str();
  name.resize(name.size() - StringRef(".loss").size());
  OpBuilder builder(context);
  builder.setInsertionPointAfter(loss);
  auto function = func::FuncOp::create(builder, loss.getLoc(), name + ".gradient",
                                       FunctionType::get(context, loss.getArgumentTypes(), results));
  builder.setInsertionPointToStart(function.addEntryBlock());
  SmallVector<Type> all(loss.getResultTypes());
  all.append(results);
  auto gradient =
      ir::GradientOp::create(builder, loss.getLoc(), all, loss.getName(), function.getArguments(), wrt);
  func::ReturnOp::create(builder, loss.getLoc(), gradient.getResults().drop_front());
  return function;
}

LogicalResult runAutodiff(ModuleOp module) {
  PassManager manager(module.getContext());
  manager.addPass(createAutodiffPass());
  return manager.run(module);
}

std::vector<std::string> compareWithDifferences(func::FuncOp loss, std::vector<oracle::Tensor> arguments,
                                                ArrayRef<int64_t> wrt, ArrayRef<oracle::Tensor> gradients) {
  const double step = 1e-6, absolute = 1e-5, relative = 1e-3;
  std::vector<std::string> wrong;
  auto valueAt = [&]() -> double {
    llvm::Expected<std::vector<oracle::Tensor>> value = oracle::run(loss, arguments);
    if (value)
      return (*value)[0].at(0);
    wrong.push_back(llvm::toString(value.takeError()));
    return NAN;
  };
  for (auto [k, argument] : llvm::enumerate(wrt)) {
    oracle::Tensor &x = arguments[argument];
    for (int64_t i = 0; i < x.size() && wrong.size() < 10; ++i) {
      double at = x.at(i);
      x.set(i, at + step);
      double above = valueAt();
      x.set(i, at - step);
      double below = valueAt();
      x.set(i, at);
      double difference = (above - below) / (2 * step), derivative = gradients[k].at(i);
      if (std::abs(difference - derivative) <= absolute + relative * std::abs(difference))
        continue;
      llvm::raw_string_ostream(wrong.emplace_back())
          << "argument " << argument << ", element " << i
          << llvm::format(" (at %.6g): autodiff %.9g, differences %.9g", at, derivative, difference);
    }
  }
  return wrong;
}

std::vector<oracle::Tensor> withWeights(std::vector<oracle::Tensor> arguments, func::FuncOp loss,
                                        std::mt19937_64 &random) {
  for (Type type : loss.getArgumentTypes().drop_front(arguments.size()))
    arguments.push_back(randomTensor(cast<RankedTensorType>(type), -1, 1, random));
  return arguments;
}

func::FuncOp checkGradient(func::FuncOp function, std::vector<oracle::Tensor> arguments,
                           ArrayRef<int64_t> wrt, std::mt19937_64 &random, std::vector<std::string> &lines) {
  auto module = function->getParentOfType<ModuleOp>();
  func::FuncOp loss = addLoss(function);
  func::FuncOp gradient = addGradient(loss, wrt);
  if (failed(verify(module)) || failed(runAutodiff(module)) || failed(verify(module))) {
    lines.push_back("autodiff failed");
    return {};
  }
  arguments = withWeights(std::move(arguments), loss, random);
  llvm::Expected<std::vector<oracle::Tensor>> values = oracle::run(gradient, arguments);
  if (!values) {
    lines.push_back(llvm::toString(values.takeError()));
    return {};
  }
  std::vector<std::string> wrong = compareWithDifferences(loss, arguments, wrt, *values);
  if (!wrong.empty())
    module.print(llvm::errs());
  lines.insert(lines.end(), wrong.begin(), wrong.end());
  return gradient;
}

} // namespace mlc::test
