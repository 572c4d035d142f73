// Tensors while elaborating: nodes and their sizes, numbers and lists that become tensors, broadcasting.
#include "frontend/check/Elaborator.h"
#include "frontend/check/OperandHelps.h"
#include "frontend/check/ProgramPrinter.h"
#include "frontend/check/Rows.h"

#include <algorithm>
#include <cmath>

namespace mlc::frontend {

/// Kernels count the elements of a tensor in 32 bits.
static constexpr int64_t maxElements = (int64_t(1) << 31) - 1;

//===-- Nodes --------------------------------------------------------------------------------------===//

bool Elaborator::checkSize(const TensorType &type, Span span) {
  int64_t elements = 1;
  for (const Dim &dim : type.shape) {
    if (leastSize(dim, batchRows) < 0) {
      fail(DiagnosticCode::E0201, span,
           "a size is a non-negative integer, and " + text(type) + " has " + dim.str(),
           dim.at(batchRows) < 0 ? "" : fewerRows());
      return false;
    }
    if (__builtin_mul_overflow(elements, dim.at(batchRows), &elements) || elements > maxElements) {
      bool isOfRows =
          std::any_of(type.shape.begin(), type.shape.end(), [](const Dim &each) { return !each.constant(); });
      fail(DiagnosticCode::E0202, span, text(type) + " is too large",
           "a tensor has fewer than 2^31 elements" +
               (isOfRows ? "; a step has " + std::to_string(batchRows) + " rows" : std::string()));
      return false;
    }
  }
  if (type.shape.size() > 16) {
    fail(DiagnosticCode::E0202, span, text(type) + " has too many axes", "more than 16");
    return false;
  }
  return true;
}

Value Elaborator::emit(const std::string &op, const std::vector<ValueId> &operands, Attrs attrs,
                       const TensorType &type, Span span) {
  if (tooLarge || !checkSize(type, span))
    return Value();
  if (++nodeCount > maxNodes) {
    tooLarge = true;
    return fail(DiagnosticCode::E0314, span, "the program is too large",
                "more than " + std::to_string(maxNodes) + " operations");
  }
  locate();
  return result(graph->op(op, operands, std::move(attrs), type));
}

std::optional<ValueId> Elaborator::use(const Value &value, Span span) {
  if (value.isError())
    return std::nullopt;
  if (value.kind != Value::Tensor) {
    fail(DiagnosticCode::E0218, span, "a tensor is needed, and this is " + describe(value));
    return std::nullopt;
  }
  if (std::optional<ValueId> own = graph->bring(value.graph, value.id))
    return own;
  DiagnosticBuilder builder =
      graph->phase.kind == Phase::Init
          ? report(DiagnosticCode::E0316, span, "an initialiser depends on no data and on no other parameter")
          : report(DiagnosticCode::E0316, span,
                   "a function with a derivative, and its derivative, use their own operands only");
  noteOrigin(builder, value, span);
  return std::nullopt;
}

//===-- Numbers and lists become tensors -----------------------------------------------------------===//

static void flatten(const Value &list, size_t depth, std::vector<double> &values, std::vector<Dim> &shape) {
  if (list.kind != Value::List) {
    values.push_back(*list.number.known());
    return;
  }
  if (shape.size() == depth)
    shape.push_back(int64_t(list.elements.size()));
  for (const Value &element : list.elements)
    flatten(element, depth + 1, values, shape);
}

/// The shape of a tensor or list; scalars have none.
static std::vector<Dim> shapeOf(const Value &value) {
  if (value.kind == Value::Tensor)
    return value.graph->type(value.id).shape;
  std::vector<double> values;
  std::vector<Dim> shape;
  if (value.kind == Value::List)
    flatten(value, 0, values, shape);
  return shape;
}

static bool fits(double number, DType dtype) {
  if (isFloat(dtype))
    return true;
  if (number != std::floor(number))
    return false;
  NumberRange range = rangeOf(dtype);
  return number >= range.lowest && number <= range.highest;
}

std::optional<ValueId> Elaborator::toDtype(const Value &value, const TensorType &type, Span span) {
  switch (value.kind) {
  case Value::Tensor: {
    std::optional<ValueId> id = use(value, span);
    if (!id)
      return std::nullopt;
    locate();
    return graph->broadcast(*id, type.shape);
  }
  case Value::Truth:
    if (type.dtype != DType::Bool)
      break;
    [[fallthrough]];
  case Value::Number: {
    const Number &number = value.number;
    locate();
    if (number.isRunTime()) {
      if (type.dtype == DType::Bool) {
        ValueId one = graph->scalar(number, computeType);
        ValueId zero = graph->constant({computeType, {}}, 0.0);
        ValueId flag =
            graph->op("compare", {one, zero}, {{"predicate", std::string("ne")}}, {DType::Bool, {}});
        return graph->broadcast(flag, type.shape);
      }
      if (!isFloat(type.dtype))
        break;
      return graph->broadcast(graph->scalar(number, type.dtype), type.shape);
    }
    if (number.known() && !fits(*number.known(), type.dtype)) {
      fail(DiagnosticCode::E0209, span,
           core::printNumber(*number.known()) + " is no " + text(type.dtype) +
               ", the element type of the tensor it meets");
      return std::nullopt;
    }
    if (!number.known() && !number.dim() && !isFloat(type.dtype))
      break;
    return number.known() ? graph->constant(type, *number.known()) : graph->constant(type, number.expr());
  }
  case Value::List: {
    std::vector<double> values;
    std::vector<Dim> shape;
    flatten(value, 0, values, shape);
    for (double number : values)
      if (!fits(number, type.dtype)) {
        fail(DiagnosticCode::E0209, span,
             core::printNumber(number) + " is no " + text(type.dtype) +
                 ", the element type of the tensor it meets");
        return std::nullopt;
      }
    locate();
    return graph->broadcast(graph->constant({type.dtype, shape}, std::move(values)), type.shape);
  }
  default:
    break;
  }
  if (!value.isError()) {
    DiagnosticBuilder builder =
        report(DiagnosticCode::E0218, span,
               "a tensor of " + text(type.dtype) + " is needed, and this is " + describe(value));
    if (value.kind == Value::String && type.dtype == DType::I32)
      builder.help("a category is the code of its value: they are sorted and numbered from 0, or from 1 "
                   "where 0 stands "
                   "for missing (`?`); of `no` and `yes`, `== 1` is yes");
  }
  return std::nullopt;
}

Value Elaborator::coerce(const Value &value, const TensorType &wanted, Span span, const std::string &what) {
  if (value.isError())
    return value;
  bool isTensor = value.kind == Value::Tensor;
  std::optional<ValueId> own = isTensor ? use(value, span) : std::nullopt;
  if (isTensor && !own)
    return Value();
  bool fitsShape =
      value.kind == Value::Number || value.kind == Value::Truth || shapeOf(value) == wanted.shape;
  if ((isTensor && type(value).dtype != wanted.dtype) || !fitsShape) {
    DiagnosticBuilder builder = report(DiagnosticCode::E0205, span,
                                       what + " is " + text(wanted) + ", and this is " + describe(value));
    noteOrigin(builder, value, span);
    if (isTensor && type(value).dtype == wanted.dtype)
      if (std::optional<std::string> way = rearranged(type(value).shape, wanted.shape))
        builder.help(*way);
    return Value();
  }
  if (isTensor)
    return result(*own);
  if (!checkSize(wanted, span))
    return Value();
  std::optional<ValueId> id = toDtype(value, wanted, span);
  return id ? result(*id) : Value();
}

Value Elaborator::demandTensor(const Value &value, Span span, const std::string &what) {
  if (value.isError())
    return value;
  if (value.kind == Value::List) {
    std::optional<ValueId> id = toDtype(value, {computeType, shapeOf(value)}, span);
    return id ? result(*id) : Value();
  }
  if (value.kind != Value::Tensor) {
    DiagnosticBuilder builder =
        report(DiagnosticCode::E0218, span, what + " is a tensor, and this is " + describe(value));
    if (value.kind == Value::Function)
      helpUncalled(builder, *value.function);
    return Value();
  }
  std::optional<ValueId> own = use(value, span);
  return own ? result(*own) : Value();
}

std::optional<std::string> Elaborator::rearranged(const std::vector<Dim> &given,
                                                  const std::vector<Dim> &wanted) {
  bool drops = given.size() > wanted.size();
  const std::vector<Dim> &longer = drops ? given : wanted, &shorter = drops ? wanted : given;
  static const char letters[] = "bcdefghijk";
  if (longer.size() != shorter.size() + 1 || longer.size() >= sizeof(letters))
    return std::nullopt;
  // The last of the places that will do: `dense(1)` makes that one.
  for (size_t at = longer.size(); at-- > 0;) {
    if (longer[at] != Dim(1) || !std::equal(shorter.begin(), shorter.begin() + at, longer.begin()) ||
        !std::equal(shorter.begin() + at, shorter.end(), longer.begin() + at + 1))
      continue;
    std::string few, many;
    for (size_t i = 0, next = 0; i < longer.size(); ++i) {
      std::string name(1, i == at ? '1' : letters[next++]);
      many += (i ? " " : "") + name;
      if (i != at)
        few += (few.empty() ? "" : " ") + name;
    }
    return (drops ? "drop the axis: `|> rearrange(\"" + many + " -> " + few
                  : "add the axis: `|> rearrange(\"" + few + " -> " + many) +
           "\")`";
  }
  return std::nullopt;
}

//===-- Broadcasting -------------------------------------------------------------------------------===//

bool Elaborator::broadcastShape(const Argument &a, const Argument &b, const std::vector<Dim> &shapeA,
                                const std::vector<Dim> &shapeB, Span opSpan, std::vector<Dim> &shape) {
  auto shown = [&](const Argument &side, const std::vector<Dim> &own) {
    return text(TensorType{side.value.kind == Value::Tensor ? type(side.value).dtype : computeType, own});
  };
  std::string left = shown(a, shapeA), right = shown(b, shapeB);
  auto notes = [&](DiagnosticBuilder &builder) {
    noteOrigin(builder, a.value, opSpan);
    noteOrigin(builder, b.value, opSpan);
  };
  if (shapeA.size() != shapeB.size()) {
    const std::vector<Dim> &longer = shapeA.size() > shapeB.size() ? shapeA : shapeB;
    const std::vector<Dim> &shorter = shapeA.size() > shapeB.size() ? shapeB : shapeA;
    if (!std::equal(shorter.rbegin(), shorter.rend(), longer.rbegin())) {
      DiagnosticBuilder builder =
          report(DiagnosticCode::E0207, opSpan,
                 "ranks differ: " + left + " on the left, " + right + " on the right");
      builder.label("the shorter shape must equal the last axes of the longer");
      notes(builder);
      if (std::optional<std::string> way = rearranged(longer, shorter))
        builder.help(*way);
      return false;
    }
    shape = longer;
    return true;
  }
  shape = shapeA;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (shapeA[axis] == shapeB[axis])
      continue;
    if (shapeA[axis] == Dim(1)) {
      shape[axis] = shapeB[axis];
    } else if (shapeB[axis] != Dim(1)) {
      DiagnosticBuilder builder =
          report(DiagnosticCode::E0203, opSpan,
                 "sizes differ: " + left + " on the left, " + right + " on the right");
      builder.label("axis " + std::to_string(axis) + " is " + shapeA[axis].str() + " there and " +
                    shapeB[axis].str() + " here");
      notes(builder);
      return false;
    }
  }
  return true;
}

bool Elaborator::align(const std::vector<Argument> &operands, size_t firstTyped, Span opSpan,
                       std::vector<ValueId> &ids, TensorType &common) {
  const Argument *typed = nullptr, *shaped = nullptr;
  for (size_t i = 0; i < operands.size(); ++i) {
    const Argument &operand = operands[i];
    if (operand.value.isError() || (operand.value.kind == Value::Tensor && !use(operand.value, operand.span)))
      return false;
    bool isTensor = operand.value.kind == Value::Tensor;
    if (isTensor && i >= firstTyped) {
      if (typed && type(typed->value).dtype != type(operand.value).dtype) {
        DType a = type(typed->value).dtype, b = type(operand.value).dtype;
        DiagnosticBuilder builder =
            report(DiagnosticCode::E0206, opSpan,
                   "element types differ: " + text(type(typed->value)) + " on the left, " +
                       text(type(operand.value)) + " on the right");
        noteOrigin(builder, typed->value, opSpan);
        noteOrigin(builder, operand.value, opSpan);
        if (isFloat(a) != isFloat(b))
          builder.help("nothing is converted by itself: write `float(...)` around the " +
                       text(isFloat(a) ? b : a) + " side");
        return false;
      }
      if (!typed)
        typed = &operand;
    }
    if (isTensor || operand.value.kind == Value::List) {
      std::vector<Dim> own = shapeOf(operand.value);
      if (!shaped) {
        common.shape = own;
        shaped = &operand;
      } else if (!broadcastShape(*shaped, operand, common.shape, own, opSpan, common.shape)) {
        return false;
      } else if (common.shape == own) {
        shaped = &operand;
      }
    }
  }
  common.dtype = typed ? type(typed->value).dtype : computeType;
  if (!checkSize(common, opSpan))
    return false;
  for (size_t i = 0; i < operands.size(); ++i) {
    TensorType wanted = common;
    if (i < firstTyped)
      wanted.dtype = DType::Bool;
    std::optional<ValueId> id = toDtype(operands[i].value, wanted, operands[i].span);
    if (!id)
      return false;
    ids.push_back(*id);
  }
  return true;
}

} // namespace mlc::frontend
