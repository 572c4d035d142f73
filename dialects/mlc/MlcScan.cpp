// scan: its syntax, building and verification.
#include "dialects/mlc/MlcOps.h"

using namespace mlir;

namespace mlc::ir {

static RankedTensorType tensor(Type type) { return cast<RankedTensorType>(type); }

/// `type` with `size` in front of its dimensions.
static RankedTensorType stackOf(int64_t size, Type type) {
  SmallVector<int64_t> shape = {size};
  llvm::append_range(shape, tensor(type).getShape());
  return withShape(type, shape);
}

void ScanOp::build(OpBuilder &builder, OperationState &state, int64_t steps, ValueRange carries,
                   ValueRange slices, ValueRange constants, TypeRange outputs, bool reverse) {
  Region *region = state.addRegion();
  Block *block = new Block();
  region->push_back(block);
  for (Value carry : carries) {
    block->addArgument(carry.getType(), carry.getLoc());
    state.addTypes(stackOf(steps + 1, carry.getType()));
  }
  for (Value slice : slices)
    block->addArgument(withShape(slice.getType(), tensor(slice.getType()).getShape().drop_front()),
                       slice.getLoc());
  for (Value constant : constants)
    block->addArgument(constant.getType(), constant.getLoc());
  for (Type output : outputs)
    state.addTypes(stackOf(steps, output));
  state.addOperands(carries);
  state.addOperands(slices);
  state.addOperands(constants);
  state.addAttribute("num_carries", builder.getI64IntegerAttr(static_cast<int64_t>(carries.size())));
  state.addAttribute("num_slices", builder.getI64IntegerAttr(static_cast<int64_t>(slices.size())));
  state.addAttribute("reverse", builder.getBoolAttr(reverse));
}

int64_t ScanOp::getSteps() {
  if (getNumSlices() > 0)
    return tensor(getSlices()[0].getType()).getDimSize(0);
  return tensor(getResult(0).getType()).getDimSize(0) - (getNumCarries() > 0 ? 1 : 0);
}

// mlc.scan carries(%h = %h0 : t) slices(%x = %xs : t) constants(%w = %w0 : t) reverse -> (t, t) { ... }

/// Parses `name(%argument = %operand : type, ...)`, if it is there.
static ParseResult parseInputs(OpAsmParser &parser, StringRef name, bool isSliced, OperationState &state,
                               SmallVectorImpl<OpAsmParser::Argument> &arguments, int64_t &count) {
  if (failed(parser.parseOptionalKeyword(name)))
    return success();
  return parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Paren, [&]() -> ParseResult {
    OpAsmParser::Argument argument;
    OpAsmParser::UnresolvedOperand operand;
    Type type;
    SMLoc loc = parser.getCurrentLocation();
    if (parser.parseArgument(argument) || parser.parseEqual() || parser.parseOperand(operand) ||
        parser.parseColonType(type) || parser.resolveOperand(operand, type, state.operands))
      return failure();
    auto ranked = dyn_cast<RankedTensorType>(type);
    if (!ranked || (isSliced && ranked.getRank() == 0))
      return parser.emitError(loc, "expected a ranked tensor") << (isSliced ? " with an axis to slice" : "");
    argument.type = isSliced ? withShape(ranked, ranked.getShape().drop_front()) : ranked;
    arguments.push_back(argument);
    ++count;
    return success();
  });
}

ParseResult ScanOp::parse(OpAsmParser &parser, OperationState &state) {
  SmallVector<OpAsmParser::Argument> arguments;
  int64_t carries = 0, slices = 0, constants = 0;
  if (parseInputs(parser, "carries", false, state, arguments, carries) ||
      parseInputs(parser, "slices", true, state, arguments, slices) ||
      parseInputs(parser, "constants", false, state, arguments, constants))
    return failure();
  Builder &builder = parser.getBuilder();
  state.addAttribute("num_carries", builder.getI64IntegerAttr(carries));
  state.addAttribute("num_slices", builder.getI64IntegerAttr(slices));
  state.addAttribute("reverse", builder.getBoolAttr(succeeded(parser.parseOptionalKeyword("reverse"))));
  if (parser.parseArrow() ||
      parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Paren, [&]() -> ParseResult {
        return parser.parseType(state.types.emplace_back());
      }))
    return failure();
  if (parser.parseOptionalAttrDictWithKeyword(state.attributes))
    return failure();
  return parser.parseRegion(*state.addRegion(), arguments);
}

void ScanOp::print(OpAsmPrinter &printer) {
  size_t next = 0;
  auto printInputs = [&](StringRef name, ValueRange operands) {
    if (operands.empty())
      return;
    printer << ' ' << name << '(';
    llvm::interleaveComma(operands, printer, [&](Value operand) {
      printer << getBody().getArgument(next++) << " = " << operand << " : " << operand.getType();
    });
    printer << ')';
  };
  printInputs("carries", getCarries());
  printInputs("slices", getSlices());
  printInputs("constants", getConstants());
  if (getReverse())
    printer << " reverse";
  printer << " -> (" << getResultTypes() << ')';
  printer.printOptionalAttrDictWithKeyword((*this)->getAttrs(), {"num_carries", "num_slices", "reverse"});
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

LogicalResult ScanOp::verify() {
  int64_t carries = getNumCarries(), slices = getNumSlices(), count = getInputs().size();
  if (carries < 0 || slices < 0 || carries + slices > count)
    return emitOpError("has ") << count << " operands for " << carries << " carries and " << slices
                               << " slices";
  if (static_cast<int64_t>(getNumResults()) < carries || getNumResults() == 0)
    return emitOpError("has ") << getNumResults() << " results for " << carries << " carries; it needs one";
  for (Type type : getResultTypes())
    if (tensor(type).getRank() == 0)
      return emitOpError("a result is stacked, so it has an axis; got ") << type;
  for (Value slice : getSlices())
    if (tensor(slice.getType()).getRank() == 0)
      return emitOpError("slice ") << slice.getType() << " has no axis";
  int64_t steps = getSteps();
  for (Value slice : getSlices())
    if (tensor(slice.getType()).getDimSize(0) != steps)
      return emitOpError("slice ") << slice.getType() << " has not the " << steps << " steps of "
                                   << getSlices()[0].getType();
  for (auto [i, type] : llvm::enumerate(getResultTypes())) {
    bool isStack = static_cast<int64_t>(i) < carries;
    int64_t size = steps + (isStack ? 1 : 0);
    if (tensor(type).getDimSize(0) != size)
      return emitOpError("result ") << i << " is " << type << ", expected " << size
                                    << " elements along axis 0";
    if (isStack && stackOf(size, getInputs()[i].getType()) != type)
      return emitOpError("carry ") << getInputs()[i].getType() << " cannot be stacked in " << type;
  }
  return success();
}

LogicalResult ScanOp::verifyRegions() {
  Block &block = getBody().front();
  if (block.getNumArguments() != getInputs().size())
    return emitOpError("body has ") << block.getNumArguments() << " arguments for " << getInputs().size()
                                    << " operands";
  int64_t carries = getNumCarries(), slices = getNumSlices();
  for (auto [i, argument, input] : llvm::enumerate(block.getArguments(), getInputs())) {
    int64_t index = static_cast<int64_t>(i);
    bool isSlice = index >= carries && index < carries + slices;
    Type expected = isSlice ? withShape(input.getType(), tensor(input.getType()).getShape().drop_front())
                            : tensor(input.getType());
    if (argument.getType() != expected)
      return emitOpError("body's argument ")
             << i << " is " << argument.getType() << ", expected " << expected;
  }
  auto yield = dyn_cast<YieldOp>(getYield());
  if (!yield || yield.getNumOperands() != getNumResults())
    return emitOpError("body must yield ") << getNumResults() << " values, one for each result";
  for (auto [i, value, result] : llvm::enumerate(yield.getValues(), getResultTypes())) {
    int64_t size = getSteps() + (static_cast<int64_t>(i) < carries ? 1 : 0);
    if (stackOf(size, value.getType()) != result)
      return emitOpError("body yields ") << value.getType() << " for result " << i << ", " << result;
  }
  return success();
}

} // namespace mlc::ir
