#include "dialects/mlc/Syntax.h"
#include "dialects/mlc/MlcOps.h"

using namespace mlir;

namespace mlc::ir {

ParseResult parseWord(OpAsmParser &parser, StringAttr &word) {
  StringRef keyword;
  if (parser.parseKeyword(&keyword))
    return failure();
  word = parser.getBuilder().getStringAttr(keyword);
  return success();
}

void printWord(OpAsmPrinter &printer, Operation *, StringAttr word) { printer << word.getValue(); }

ParseResult parseAccumulation(OpAsmParser &parser, TypeAttr &accumulate) {
  if (failed(parser.parseOptionalKeyword("accumulate")))
    return success();
  Type type;
  if (parser.parseEqual() || parser.parseType(type))
    return failure();
  accumulate = TypeAttr::get(type);
  return success();
}

void printAccumulation(OpAsmPrinter &printer, Operation *op, TypeAttr accumulate) {
  if (accumulate && cast<AccumulatingOpInterface>(op).accumulatesWider())
    printer << " accumulate = " << accumulate.getValue();
}

/// The i1 tensor of the shape of `type`.
static ParseResult truthOf(OpAsmParser &parser, SMLoc loc, Type type, Type &truth) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return parser.emitError(loc, "expected a ranked tensor, got ") << type;
  truth = withElement(tensor, parser.getBuilder().getI1Type());
  return success();
}

ParseResult parseCompareTypes(OpAsmParser &parser, Type &x, Type &y, Type &result) {
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseType(x))
    return failure();
  y = x;
  return truthOf(parser, loc, x, result);
}

void printCompareTypes(OpAsmPrinter &printer, Operation *, Type x, Type, Type) { printer << x; }

ParseResult parseSelectTypes(OpAsmParser &parser, Type &x, Type &y, Type &z, Type &result) {
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseType(y))
    return failure();
  z = result = y;
  return truthOf(parser, loc, y, x);
}

void printSelectTypes(OpAsmPrinter &printer, Operation *, Type, Type y, Type, Type) { printer << y; }

static constexpr StringLiteral letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

ParseResult parseEinsum(OpAsmParser &parser, DenseI64ArrayAttr &lhs, DenseI64ArrayAttr &rhs,
                        DenseI64ArrayAttr &out) {
  SMLoc loc = parser.getCurrentLocation();
  std::string text;
  if (parser.parseString(&text))
    return failure();
  auto [operands, result] = StringRef(text).split("->");
  auto [first, second] = operands.split(',');
  bool hasAllParts = StringRef(text).contains("->") && operands.contains(',');
  auto labelsOf = [&](StringRef part, DenseI64ArrayAttr &labels) {
    SmallVector<int64_t> numbers;
    for (char letter : part) {
      size_t label = letters.find(letter);
      if (label == StringRef::npos)
        return false;
      numbers.push_back(static_cast<int64_t>(label));
    }
    labels = parser.getBuilder().getDenseI64ArrayAttr(numbers);
    return true;
  };
  if (!hasAllParts || !labelsOf(first, lhs) || !labelsOf(second, rhs) || !labelsOf(result, out))
    return parser.emitError(loc, "expected labels like \"mk,kn->mn\", letters only");
  return success();
}

void printEinsum(OpAsmPrinter &printer, Operation *, DenseI64ArrayAttr lhs, DenseI64ArrayAttr rhs,
                 DenseI64ArrayAttr out) {
  std::string text;
  auto append = [&](ArrayRef<int64_t> labels) {
    for (int64_t label : labels)
      text += letters[static_cast<size_t>(label)];
  };
  append(lhs);
  text += ',';
  append(rhs);
  text += "->";
  append(out);
  printer << '"' << text << '"';
}

} // namespace mlc::ir
