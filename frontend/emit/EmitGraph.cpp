#include "frontend/emit/EmitGraph.h"

#include "frontend/emit/EmitTypes.h"
#include "frontend/syntax/Source.h"

#include <map>

using namespace mlir;
using namespace mlc::frontend::core;

namespace mlc::frontend {

Type GraphEmitter::elementType(DType dtype) { return elementTypeOf(dtype, builder.getContext()); }

RankedTensorType GraphEmitter::tensorType(const core::TensorType &type) {
  SmallVector<int64_t> shape;
  for (const Dim &dim : type.shape)
    shape.push_back(dim.at(rows));
  return RankedTensorType::get(shape, elementType(type.dtype));
}

Location GraphEmitter::location(Span span) {
  const Source &source = sources.get(span.source);
  LineColumn at = source.lineColumn(span.begin);
  return FileLineColLoc::get(builder.getContext(), source.name(), at.line, at.column);
}

Location GraphEmitter::location(const Origin &origin) {
  if (origin.chain.empty())
    return builder.getUnknownLoc();
  ArrayRef<Span> chain = origin.chain;
  bool isCallee = !calledFrom.empty() && chain.size() > calledFrom.size() &&
                  chain.take_back(calledFrom.size()) == calledFrom;
  if (isCallee)
    chain = chain.drop_back(calledFrom.size());
  Location result = location(chain.front());
  for (Span span : chain.drop_front())
    result = CallSiteLoc::get(result, location(span));
  if (!origin.path.empty() && !isCallee)
    result = NameLoc::get(builder.getStringAttr(origin.path), result);
  return result;
}

Attribute GraphEmitter::attribute(const Node &node, StringRef name, const AttrValue &value) {
  if (auto *flag = std::get_if<bool>(&value))
    return builder.getBoolAttr(*flag);
  if (auto *number = std::get_if<int64_t>(&value))
    return builder.getI64IntegerAttr(*number);
  if (auto *number = std::get_if<double>(&value))
    return builder.getF64FloatAttr(*number);
  if (auto *text = std::get_if<std::string>(&value)) {
    if (name == "callee" || name == "vjp")
      return FlatSymbolRefAttr::get(builder.getContext(), *text);
    return builder.getStringAttr(*text);
  }
  if (auto *dims = std::get_if<std::vector<Dim>>(&value)) {
    SmallVector<int64_t> numbers;
    for (const Dim &dim : *dims)
      numbers.push_back(dim.at(rows));
    return builder.getDenseI64ArrayAttr(numbers);
  }
  return {};
}

static bool isConstant(Value value) {
  Operation *op = value.getDefiningOp();
  return op && op->getNumOperands() == 0;
}

/// A constant's elements, rounded to the element type of `type`.
static DenseElementsAttr constantElements(RankedTensorType type, ArrayRef<double> values) {
  Type element = type.getElementType();
  if (auto floating = dyn_cast<FloatType>(element)) {
    SmallVector<APFloat> elements;
    for (double value : values) {
      APFloat number(value);
      bool losesInfo;
      number.convert(floating.getFloatSemantics(), APFloat::rmNearestTiesToEven, &losesInfo);
      elements.push_back(number);
    }
    return DenseElementsAttr::get(type, elements);
  }
  SmallVector<APInt> elements;
  for (double value : values)
    elements.push_back(APInt(element.getIntOrFloatBitWidth(), static_cast<int64_t>(value), true, true));
  return DenseElementsAttr::get(type, elements);
}

Value GraphEmitter::barrier(Value value, StringRef edge, int region) {
  NamedAttribute attribute = builder.getNamedAttr(edge, builder.getI64IntegerAttr(region));
  return builder.create(OperationState(value.getLoc(), "mlc.barrier", value, value.getType(), attribute))
      ->getResult(0);
}

void GraphEmitter::emit(const Graph &graph, std::vector<Value> &bound) {
  std::vector<int> regions(bound.size(), 0);          // of a remat, by value
  std::map<std::pair<ValueId, int>, Value> crossings; // a value as another region sees it
  auto read = [&](ValueId id, int reader) {
    if (regions[id] == reader)
      return bound[id];
    Value &seen = crossings[{id, reader}];
    if (!seen) {
      seen = regions[id] ? barrier(bound[id], "leave", regions[id]) : bound[id];
      seen = reader ? barrier(seen, "enter", reader) : seen;
    }
    return seen;
  };
  for (const Node &node : graph.nodes) {
    OperationState state(location(node.origin), "mlc." + node.op);
    // Constants are in no region: a barrier would only hide them.
    int region = node.operands.empty() ? 0 : node.remat;
    for (ValueId operand : node.operands)
      state.operands.push_back(isConstant(bound[operand]) ? bound[operand] : read(operand, region));
    for (ValueId result : node.results)
      state.types.push_back(tensorType(graph.types[result]));
    for (const auto &[name, value] : node.attrs) {
      Attribute attr;
      if (auto *expr = std::get_if<core::ScalarExpr>(&value))
        attr = constantElements(cast<RankedTensorType>(state.types[0]), evaluate(*expr, rows).value_or(0));
      else if (node.op == "constant" && name == "value")
        attr = constantElements(cast<RankedTensorType>(state.types[0]), std::get<double>(value));
      else if (node.op == "constant" && name == "values")
        attr = constantElements(cast<RankedTensorType>(state.types[0]), std::get<std::vector<double>>(value));
      else
        attr = attribute(node, name, value);
      state.addAttribute(name == "values" ? "value" : name, attr);
    }
    // Whatever a program calls has a derivative clause: see emitCallees.
    if (node.op == "call")
      for (const auto &[name, value] : node.attrs)
        if (name == "callee")
          state.addAttribute(
              "vjp", FlatSymbolRefAttr::get(builder.getContext(), std::get<std::string>(value) + ".vjp"));
    for (const std::unique_ptr<Graph> &body : node.regions) {
      Region *region = state.addRegion();
      Block *block = new Block;
      region->push_back(block);
      std::vector<Value> inner(body->types.size());
      for (ValueId input : body->inputs)
        inner[input] = block->addArgument(tensorType(body->types[input]), state.location);
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToEnd(block);
      emit(*body, inner);
      builder.create(OperationState(state.location, "mlc.yield", outputs(*body, inner), TypeRange()));
    }
    Operation *op = builder.create(state);
    for (auto [id, value] : llvm::zip(node.results, op->getResults())) {
      bound[id] = value;
      regions[id] = region;
    }
  }
  for (ValueId id : graph.outputs)
    bound[id] = read(id, 0);
}

std::vector<Value> GraphEmitter::outputs(const Graph &graph, const std::vector<Value> &bound) {
  std::vector<Value> result;
  for (ValueId id : graph.outputs)
    result.push_back(bound[id]);
  return result;
}

std::vector<Type> GraphEmitter::outputTypes(const Graph &graph) {
  std::vector<Type> result;
  for (ValueId id : graph.outputs)
    result.push_back(tensorType(graph.types[id]));
  return result;
}

} // namespace mlc::frontend
