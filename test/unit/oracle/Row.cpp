#include "test/unit/oracle/Row.h"

#include "dialects/mlc/MlcOps.h"

#include "mlir/Parser/Parser.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <fstream>
#include <regex>

using namespace mlir;
using namespace mlc::compiler;

namespace mlc::test {

void PrintTo(const Row &row, std::ostream *os) { *os << row.name << " (line " << row.line << ")"; }

[[noreturn]] static void malformed(const std::string &path, int line, llvm::StringRef what) {
  llvm::errs() << path << ":" << line << ": " << what << "\n";
  std::exit(1);
}

static RowInput parseInput(llvm::StringRef text, const std::string &path, int line) {
  static const std::regex form(
      R"(\s*(\w+):\s*(scalar|[0-9x]+)(?:\s+(F|i32|i64|i8|i1))?(?:\s+in\s+(\S+?)\.\.(\S+))?(\s+held)?\s*)");
  std::smatch match;
  std::string string = text.str();
  if (!std::regex_match(string, match, form))
    malformed(path, line, "an input is not `name: shape [type] [in low..high] [held]`: " + string);
  RowInput input;
  input.name = match[1];
  if (match[2] != "scalar") {
    std::string shape = match[2];
    llvm::SmallVector<llvm::StringRef> dims;
    llvm::StringRef(shape).split(dims, 'x');
    for (llvm::StringRef dim : dims)
      input.shape.push_back(std::stoll(dim.str()));
  }
  if (match[3].matched)
    input.dtype = match[3];
  if (input.dtype == "i1")
    input.low = 0;
  if (match[4].matched) {
    input.low = std::stod(match[4]);
    input.high = std::stod(match[5]);
  }
  input.held = match[6].matched || input.dtype != "F";
  return input;
}

std::vector<Row> readRows(const std::string &path) {
  std::ifstream file(path);
  if (!file)
    malformed(path, 0, "cannot be read");
  std::vector<Row> rows;
  std::string text;
  for (int line = 1; std::getline(file, text); ++line) {
    llvm::StringRef rest = llvm::StringRef(text).trim();
    if (rest.empty() || rest.starts_with("#"))
      continue;
    llvm::SmallVector<llvm::StringRef> columns;
    for (size_t from = 0; from != llvm::StringRef::npos;) { // `|>` is a pipe of the language
      size_t bar = rest.find('|', from);
      while (bar != llvm::StringRef::npos && rest.substr(bar).starts_with("|>"))
        bar = rest.find('|', bar + 1);
      columns.push_back(rest.slice(from, bar));
      from = bar == llvm::StringRef::npos ? bar : bar + 1;
    }
    if (columns.size() < 3 || columns.size() > 4)
      malformed(path, line, "a row has three columns, or four");
    Row row;
    row.line = line;
    row.name = columns[0].trim().str();
    llvm::SmallVector<llvm::StringRef> inputs;
    if (!columns[1].trim().empty())
      columns[1].split(inputs, ',');
    for (llvm::StringRef input : inputs)
      row.inputs.push_back(parseInput(input, path, line));
    row.body = columns[2].trim().str();
    if (columns.size() == 4)
      row.declarations = columns[3].trim().str();
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Row> readRows(const std::string &path, bool scans) {
  std::vector<Row> rows = readRows(path);
  rows.erase(std::remove_if(
                 rows.begin(), rows.end(),
                 [&](const Row &row) { return (row.body.find("mlc.scan") != std::string::npos) != scans; }),
             rows.end());
  return rows;
}

MLIRContext &context() {
  static MLIRContext *context = [] {
    auto *made = new MLIRContext;
    made->loadDialect<ir::MlcDialect, func::FuncDialect>();
    return made;
  }();
  return *context;
}

/// Statements on lines of their own, and F made the float type.
static std::string spelled(const std::string &text, llvm::StringRef element) {
  std::string lines = std::regex_replace(text, std::regex(";"), "\n");
  return std::regex_replace(lines, std::regex("([<x])F>"), "$1" + element.str() + ">");
}

OwningOpRef<ModuleOp> parseRow(const Row &row, llvm::StringRef element) {
  std::string text, arguments;
  llvm::raw_string_ostream os(text);
  for (const RowInput &input : row.inputs) {
    os << "!" << input.name << " = tensor<";
    for (int64_t dim : input.shape)
      os << dim << "x";
    os << (input.dtype == "F" ? element.str() : input.dtype) << ">\n";
    arguments += (arguments.empty() ? "%" : ", %") + input.name + ": !" + input.name;
  }
  os << spelled(row.declarations, element) << "\nfunc.func @row(" << arguments << ") {\n"
     << spelled(row.body, element) << "\nreturn\n}\n";
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context());
  if (!module) {
    llvm::errs() << "row " << row.name << ":\n" << text;
    return nullptr;
  }
  auto function = module->lookupSymbol<func::FuncOp>("row");
  Block &block = function.getBody().front();
  llvm::SmallVector<Value> results;
  for (Operation &op : block)
    for (Value result : op.getResults())
      if (result.use_empty())
        results.push_back(result);
  block.getTerminator()->setOperands(results);
  function.setType(
      FunctionType::get(&context(), function.getArgumentTypes(), ValueRange(results).getTypes()));
  return module;
}

oracle::Tensor randomTensor(RankedTensorType type, double low, double high, std::mt19937_64 &random) {
  oracle::Tensor tensor(type);
  bool whole = !isa<FloatType>(type.getElementType());
  for (int64_t i = 0; i < tensor.size(); ++i) {
    double unit = double(random() >> 11) * 0x1p-53;
    tensor.set(i,
               whole ? low + std::floor(unit * (high - low + 1)) : double(float(low + unit * (high - low))));
  }
  return tensor;
}

std::vector<oracle::Tensor> randomArguments(const Row &row, func::FuncOp function, std::mt19937_64 &random) {
  std::vector<oracle::Tensor> arguments;
  for (auto [input, type] : llvm::zip(row.inputs, function.getArgumentTypes()))
    arguments.push_back(randomTensor(cast<RankedTensorType>(type), input.low, input.high, random));
  return arguments;
}

std::mt19937_64 randomFor(llvm::StringRef name) {
  uint64_t hash = 0xcbf29ce484222325; // FNV-1a
  for (unsigned char byte : name)
    hash = (hash ^ byte) * 0x100000001b3;
  return std::mt19937_64(hash);
}

} // namespace mlc::test
