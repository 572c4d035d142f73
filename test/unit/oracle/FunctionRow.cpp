#include "test/unit/oracle/FunctionRow.h"

#include "compiler/oracle/Oracle.h"
#include "dialects/mlc/Roles.h"
#include "frontend/check/Check.h"
#include "frontend/emit/Emit.h"
#include "frontend/syntax/Loader.h"

#include "llvm/Support/raw_ostream.h"

#include <regex>

using namespace mlir;
using namespace mlc::compiler;

namespace mlc::test {

static std::string typeText(const RowInput &input, const std::string &precision, bool batched) {
  std::string text = input.dtype == "F"    ? precision
                     : input.dtype == "i1" ? "bool"
                     : input.dtype == "i8" ? "u8"
                                           : input.dtype;
  std::string dims = batched ? "batch" : "";
  for (int64_t dim : input.shape)
    dims += (dims.empty() ? "" : ", ") + std::to_string(dim);
  return dims.empty() ? text : text + "[" + dims + "]";
}

std::string programText(const Row &row, const std::string &precision) {
  std::string fields, parameters, arguments;
  for (const RowInput &input : row.inputs) {
    fields += "  " + input.name + ": " + typeText(input, precision, false) + "\n";
    parameters += (parameters.empty() ? "" : ", ") + input.name + ": " + typeText(input, precision, true);
    arguments += (arguments.empty() ? "" : ", ") + input.name;
  }
  auto lines = [](const std::string &text) { return std::regex_replace(text, std::regex(";\\s*"), "\n  "); };
  bool optimizes = row.declarations.find("optimizer") != std::string::npos;
  return "data rows {\n  train host()\n" + fields + "}\nmodel row(" + parameters + ") {\n  " +
         lines(row.body) +
         "\n}\nmodel always() {\n  param w: float = ones()\n  w\n}\ntrain it on rows {\n  let value = "
         "row(" +
         arguments + ")\n  predict value\n  loss sin(3 * value + always())\n  " + lines(row.declarations) +
         "\n" + (optimizes ? "" : "  optimizer sgd(lr = 0.1)\n") + "  batch 4\n  precision " + precision +
         "\n}\n";
}

OwningOpRef<ModuleOp> emitRow(const Row &row, const std::string &precision, int64_t batch) {
  frontend::SourceManager sources;
  frontend::DiagnosticEngine diagnostics(sources);
  std::string text = programText(row, precision);
  std::vector<frontend::LoadedFile> files =
      frontend::loadText(row.name + ".mlc", text, "/" + row.name + ".mlc", sources, diagnostics);
  std::unique_ptr<frontend::core::Program> program;
  if (!diagnostics.hasErrors())
    program = frontend::check(sources, files, "", {}, diagnostics);
  if (!program) {
    llvm::errs() << diagnostics.render() << text;
    return nullptr;
  }
  return frontend::emit(*program, frontend::EmitOptions::all(batch), sources, context());
}

/// The row's input that an argument is, or null.
static const RowInput *inputOf(const Row &row, func::FuncOp function, unsigned argument) {
  auto field = ir::fieldOfArgument(function, argument);
  for (const RowInput &input : row.inputs)
    if (field && field.getValue() == input.name)
      return &input;
  return nullptr;
}

std::vector<oracle::Tensor> argumentsOf(const Row &row, func::FuncOp function, std::mt19937_64 &random) {
  // What @init leaves, by name. @init reads no state, so that zeros will do for it.
  llvm::StringMap<oracle::Tensor> states;
  auto init = function->getParentOfType<ModuleOp>().lookupSymbol<func::FuncOp>("init");
  if (init && function != init) {
    std::vector<oracle::Tensor> arguments = argumentsOf(row, init, random);
    llvm::Expected<std::vector<oracle::Tensor>> values = oracle::run(init, arguments);
    if (!values) {
      llvm::errs() << llvm::toString(values.takeError()) << "\n";
      return {};
    }
    for (unsigned i = 0; i < values->size(); ++i)
      states[ir::stateOfResult(init, i).getValue()] = (*values)[i];
  }
  std::vector<oracle::Tensor> arguments;
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    auto type = cast<RankedTensorType>(function.getArgumentTypes()[i]);
    if (auto state = ir::stateOfArgument(function, i)) {
      // Upwards, so that variances stay positive.
      oracle::Tensor value = randomTensor(type, 0, 0.1, random);
      if (auto first = states.find(state.getValue()); first != states.end())
        for (int64_t k = 0; k < value.size(); ++k)
          value.set(k, double(float(value.at(k) + first->second.at(k))));
      arguments.push_back(value);
    } else if (const RowInput *input = inputOf(row, function, i)) {
      arguments.push_back(randomTensor(type, input->low, input->high, random));
    } else if (ir::isOfKind(ir::argumentRole(function, i), ir::RoleKind::Stream)) {
      arguments.emplace_back(type);
      arguments.back().set(0, 7);
      arguments.back().set(1, 3);
    } else { // scalars; gradients, where the function is @update
      arguments.push_back(randomTensor(type, 0.1, 0.9, random));
    }
  }
  return arguments;
}

SmallVector<int64_t> differentiable(const Row &row, func::FuncOp function) {
  SmallVector<int64_t> wrt;
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    const RowInput *input = inputOf(row, function, i);
    bool candidate = input ? !input->held : ir::stateOfArgument(function, i) != nullptr;
    if (candidate && isa<FloatType>(cast<RankedTensorType>(function.getArgumentTypes()[i]).getElementType()))
      wrt.push_back(i);
  }
  return wrt;
}

} // namespace mlc::test
