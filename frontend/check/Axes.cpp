// What moves, joins and cuts axes: concat, stack, split, reverse, roll, pad, transpose, and `x[...]`.
#include "frontend/check/Builtins.h"
#include "frontend/check/ProgramPrinter.h"
#include "frontend/check/Rows.h"

#include <algorithm>

namespace mlc::frontend {

static std::optional<int64_t> axisOption(Elaborator &elaborator, BuiltinCall &call, size_t rank,
                                         int64_t otherwise) {
  const Argument *given = call.find("axis");
  return elaborator.axis(given ? given->value : Value::of(double(otherwise)), rank,
                         given ? given->span : call.operands[0].span);
}

/// The operands as tensors of one element type and rank.
static bool alike(Elaborator &elaborator, BuiltinCall &call, const std::string &name,
                  std::vector<Value> &values) {
  for (const Argument &operand : call.operands) {
    Value value = elaborator.demandTensor(operand.value, operand.span, "an operand of `" + name + "`");
    if (value.isError())
      return false;
    if (!values.empty()) {
      const TensorType &first = elaborator.type(values[0]), &own = elaborator.type(value);
      bool types = first.dtype != own.dtype;
      if (types || first.shape.size() != own.shape.size()) {
        DiagnosticBuilder builder = elaborator.report(
            types ? DiagnosticCode::E0206 : DiagnosticCode::E0207, operand.span,
            std::string(types ? "element types" : "ranks") + " differ: " + elaborator.text(first) +
                " first, then " + elaborator.text(own));
        elaborator.noteOrigin(builder, values[0], operand.span);
        elaborator.noteOrigin(builder, value, operand.span);
        return false;
      }
    }
    values.push_back(value);
  }
  return true;
}

/// Whether the shapes agree outside `axis` (-1: everywhere).
static bool agree(Elaborator &elaborator, BuiltinCall &call, const std::vector<Value> &values, int64_t axis) {
  const std::vector<Dim> first = elaborator.type(values[0]).shape;
  for (size_t i = 1; i < values.size(); ++i)
    for (size_t at = 0; at < first.size(); ++at) {
      const TensorType &own = elaborator.type(values[i]);
      if (int64_t(at) == axis || own.shape[at] == first[at])
        continue;
      DiagnosticBuilder builder =
          elaborator.report(DiagnosticCode::E0203, call.operands[i].span,
                            "sizes differ: " + elaborator.text(elaborator.type(values[0])) + " first, then " +
                                elaborator.text(own));
      builder.label("axis " + std::to_string(at) + " is " + first[at].str() + " there and " +
                    own.shape[at].str() + " here");
      elaborator.noteOrigin(builder, values[0], call.operands[i].span);
      elaborator.noteOrigin(builder, values[i], call.operands[i].span);
      return false;
    }
  return true;
}

static Value concatenate(Elaborator &elaborator, const std::vector<Value> &values, int64_t axis, Span span) {
  if (values.size() == 1)
    return values[0];
  TensorType type = elaborator.type(values[0]);
  Dim total;
  std::vector<ValueId> ids;
  for (const Value &value : values) {
    total = total + elaborator.type(value).shape[axis];
    ids.push_back(value.id);
  }
  type.shape[axis] = total;
  return elaborator.emit("concat", ids, {{"axis", axis}}, type, span);
}

Value concatRule(Elaborator &elaborator, BuiltinCall &call) {
  std::vector<Value> values;
  if (!alike(elaborator, call, "concat", values))
    return Value();
  std::optional<int64_t> axis = axisOption(elaborator, call, elaborator.type(values[0]).shape.size(), -1);
  if (!axis || !agree(elaborator, call, values, *axis))
    return Value();
  return concatenate(elaborator, values, *axis, call.site.span);
}

Value stackRule(Elaborator &elaborator, BuiltinCall &call) {
  std::vector<Value> values;
  if (!alike(elaborator, call, "stack", values) || !agree(elaborator, call, values, -1))
    return Value();
  std::optional<int64_t> axis = axisOption(elaborator, call, elaborator.type(values[0]).shape.size() + 1, 0);
  if (!axis)
    return Value();
  elaborator.locate();
  for (Value &value : values) {
    std::vector<Dim> shape = elaborator.type(value).shape;
    shape.insert(shape.begin() + *axis, Dim(1));
    value.id = elaborator.graph->reshape(value.id, shape);
  }
  return concatenate(elaborator, values, *axis, call.site.span);
}

/// `extent` elements from `start` on along one axis.
static Value slice(Elaborator &elaborator, const Value &value, int64_t axis, const Dim &start,
                   const Dim &extent, Span span) {
  TensorType type = elaborator.type(value);
  if (start == Dim(0) && extent == type.shape[axis])
    return value;
  std::vector<Dim> starts(type.shape.size()), strides(type.shape.size(), Dim(1));
  starts[axis] = start;
  type.shape[axis] = extent;
  return elaborator.emit("slice", {value.id}, {{"starts", starts}, {"strides", strides}}, type, span);
}

Value splitRule(Elaborator &elaborator, BuiltinCall &call) {
  Value value =
      elaborator.demandTensor(call.operands[0].value, call.operands[0].span, "the operand of `split`");
  if (value.isError())
    return value;
  const TensorType type = elaborator.type(value);
  std::optional<int64_t> axis = axisOption(elaborator, call, type.shape.size(), -1);
  if (!axis)
    return Value();
  const Dim whole = type.shape[*axis];
  const Argument &parts = call.operands[1];
  std::vector<Dim> sizes;
  if (parts.value.kind == Value::Tuple || parts.value.kind == Value::List) {
    Dim total;
    for (const Value &element : parts.value.elements) {
      std::optional<Dim> extent = elaborator.size(element, parts.span, "a part of `split`");
      if (!extent)
        return Value();
      sizes.push_back(*extent);
      total = total + *extent;
    }
    if (total != whole)
      return elaborator.fail(DiagnosticCode::E0213, parts.span,
                             "the parts make " + total.str() + ", and the axis has " + whole.str());
  } else {
    std::optional<int64_t> count = elaborator.wholeNumber(parts.value, parts.span, "the number of parts");
    std::optional<Dim> extent =
        count && *count > 0 && *count <= 10000 ? whole.dividedBy(Dim(*count)) : std::nullopt;
    if (!extent) {
      if (!count)
        return Value();
      DiagnosticBuilder builder = elaborator.report(DiagnosticCode::E0213, call.site.span,
                                                    "an axis of " + whole.str() + " does not split into " +
                                                        std::to_string(*count) + " equal parts");
      elaborator.noteOrigin(builder, value, call.site.span);
      return Value();
    }
    sizes.assign(size_t(*count), *extent);
  }
  std::vector<Value> results;
  Dim start;
  for (const Dim &extent : sizes) {
    results.push_back(slice(elaborator, value, *axis, start, extent, call.site.span));
    if (results.back().isError())
      return Value();
    start = start + extent;
  }
  return results.size() == 1 ? results[0] : Value::tuple(std::move(results));
}

Value reverseRule(Elaborator &elaborator, BuiltinCall &call) {
  Value value =
      elaborator.demandTensor(call.operands[0].value, call.operands[0].span, "the operand of `reverse`");
  if (value.isError())
    return value;
  const TensorType type = elaborator.type(value);
  const Argument *given = call.find("axes") ? call.find("axes") : call.find("axis");
  std::optional<std::vector<int64_t>> axes = elaborator.axes(
      given ? given->value : Value::of(-1), type.shape.size(), given ? given->span : call.operands[0].span);
  if (!axes)
    return Value();
  std::sort(axes->begin(), axes->end());
  return elaborator.emit("reverse", {value.id}, {{"axes", std::vector<Dim>(axes->begin(), axes->end())}},
                         type, call.site.span);
}

/// The last `by` elements come first.
Value rollRule(Elaborator &elaborator, BuiltinCall &call) {
  Value value =
      elaborator.demandTensor(call.operands[0].value, call.operands[0].span, "the operand of `roll`");
  if (value.isError())
    return value;
  const TensorType type = elaborator.type(value);
  std::optional<int64_t> axis = axisOption(elaborator, call, type.shape.size(), -1);
  std::optional<int64_t> by =
      elaborator.wholeNumber(call.operands[1].value, call.operands[1].span, "a distance");
  if (!axis || !by)
    return Value();
  Dim extent = type.shape[*axis], tail(*by);
  if (std::optional<int64_t> length = extent.constant())
    tail = *length ? (*by % *length + *length) % *length : 0;
  else if (*by < 0)
    tail = extent + Dim(*by);
  if (tail == Dim(0))
    return value;
  Value last = slice(elaborator, value, *axis, extent - tail, tail, call.site.span);
  Value rest = slice(elaborator, value, *axis, Dim(0), extent - tail, call.site.span);
  if (last.isError() || rest.isError())
    return Value();
  return concatenate(elaborator, {last, rest}, *axis, call.site.span);
}

/// pad(x, low, high): `low` elements before and `high` after along an axis, zeros unless `value` says
/// otherwise.
Value padRule(Elaborator &elaborator, BuiltinCall &call) {
  Value value =
      elaborator.demandTensor(call.operands[0].value, call.operands[0].span, "the operand of `pad`");
  if (value.isError())
    return value;
  TensorType type = elaborator.type(value);
  std::optional<int64_t> axis = axisOption(elaborator, call, type.shape.size(), -1);
  if (!axis)
    return Value();
  Dim ends[2];
  for (int i = 0; i < 2; ++i) {
    const Argument &end = call.operands[i + 1];
    std::optional<Dim> extent = elaborator.size(end.value, end.span, "what `pad` adds");
    if (!extent)
      return Value();
    ends[i] = *extent;
  }
  const Argument *given = call.find("value");
  bool zeros = !given || (given->value.kind == Value::Number && given->value.number.known() == 0);
  if (zeros && ends[0].constant() && ends[1].constant()) {
    std::vector<Dim> low(type.shape.size()), high(low), interior(low);
    low[*axis] = ends[0];
    high[*axis] = ends[1];
    type.shape[*axis] = type.shape[*axis] + ends[0] + ends[1];
    return elaborator.emit("pad", {value.id}, {{"low", low}, {"high", high}, {"interior", interior}}, type,
                           call.site.span);
  }
  std::vector<Value> parts;
  for (int i = 0; i < 2; ++i) {
    TensorType border = type;
    border.shape[*axis] = ends[i];
    Value end = elaborator.coerce(given ? given->value : Value::of(0.0), border,
                                  given ? given->span : call.site.span, "the value of `pad`");
    if (end.isError())
      return Value();
    parts.push_back(end);
  }
  return concatenate(elaborator, {parts[0], value, parts[1]}, *axis, call.site.span);
}

/// The last two axes swapped, or `axes` as the new order.
Value transposeRule(Elaborator &elaborator, BuiltinCall &call) {
  Value value =
      elaborator.demandTensor(call.operands[0].value, call.operands[0].span, "the operand of `transpose`");
  if (value.isError())
    return value;
  size_t rank = elaborator.type(value).shape.size();
  std::vector<int64_t> order;
  if (const Argument *given = call.find("axes")) {
    std::optional<std::vector<int64_t>> axes = elaborator.axes(given->value, rank, given->span);
    if (!axes)
      return Value();
    order = *axes;
  } else {
    for (size_t i = 0; i < rank; ++i)
      order.push_back(int64_t(i));
    if (rank >= 2)
      std::swap(order[rank - 1], order[rank - 2]);
  }
  if (order.size() != rank || rank < 2)
    return elaborator.fail(DiagnosticCode::E0212, call.site.span,
                           "`transpose` needs the order of all " + std::to_string(rank) + " axes");
  elaborator.locate();
  return elaborator.result(elaborator.graph->transpose(value.id, order));
}

//===-- x[...] -------------------------------------------------------------------------------------===//

namespace {
/// What a subscript takes of its axis.
struct Cut {
  Dim start, extent, stride = 1;
  bool drops = false;
};
} // namespace

/// A place along an axis; negative ones count from the end.
static std::optional<Dim> place(Elaborator &elaborator, const Expr &expr, Env &env, const Dim &extent) {
  Value value = elaborator.expression(expr, env);
  if (value.isError())
    return std::nullopt;
  std::optional<Dim> dim;
  if (value.kind == Value::Number)
    dim = value.number.dim();
  if (!dim) {
    DiagnosticBuilder builder = elaborator.report(
        DiagnosticCode::E0213, expr.span,
        "an index is an integer known before the run, and this is " + elaborator.describe(value));
    if (value.kind == Value::Tensor)
      builder.help("to look up by data, write `gather(table, index)` or `pick(x, index)`");
    return std::nullopt;
  }
  std::optional<int64_t> constant = dim->constant();
  return constant && *constant < 0 ? extent + *dim : *dim;
}

static std::optional<Cut> cut(Elaborator &elaborator, const Subscript &subscript, Env &env, const Dim &extent,
                              size_t axis) {
  auto outside = [&](Span span, const Dim &at) {
    elaborator.fail(DiagnosticCode::E0213, span,
                    "index " + at.str() + " is outside axis " + std::to_string(axis) + ", which has " +
                        extent.str(),
                    extent.constant() ? "" : fewerRows());
    return std::nullopt;
  };
  auto isNegative = [&](const Dim &dim) { return leastSize(dim, elaborator.batchRows) < 0; };
  Cut result;
  if (subscript.kind == Subscript::Kind::At) {
    std::optional<Dim> at = place(elaborator, *subscript.at, env, extent);
    if (!at)
      return std::nullopt;
    if (isNegative(*at) || isNegative(extent - *at - Dim(1)))
      return outside(subscript.span, *at);
    result.start = *at;
    result.extent = 1;
    result.drops = true;
    return result;
  }
  Dim end = extent;
  if (subscript.begin) {
    std::optional<Dim> begin = place(elaborator, *subscript.begin, env, extent);
    if (!begin)
      return std::nullopt;
    result.start = *begin;
  }
  if (subscript.end) {
    std::optional<Dim> last = place(elaborator, *subscript.end, env, extent);
    if (!last)
      return std::nullopt;
    end = *last;
  }
  if (isNegative(result.start) || isNegative(extent - result.start))
    return outside(subscript.begin ? subscript.begin->span : subscript.span, result.start);
  if (isNegative(end) || isNegative(extent - end))
    return outside(subscript.end ? subscript.end->span : subscript.span, end);
  if (isNegative(end - result.start)) {
    elaborator.fail(DiagnosticCode::E0213, subscript.span, "this slice ends before it begins",
                    (end - result.start).constant() ? "" : fewerRows());
    return std::nullopt;
  }
  result.extent = end - result.start;
  if (!subscript.step)
    return result;
  std::optional<int64_t> stride =
      elaborator.wholeNumber(elaborator.expression(*subscript.step, env), subscript.step->span, "a stride");
  if (!stride)
    return std::nullopt;
  if (*stride < 1) {
    elaborator.report(DiagnosticCode::E0213, subscript.step->span, "a stride is 1 or more")
        .help("to go backwards, write `reverse(x, axis = " + std::to_string(axis) + ")`");
    return std::nullopt;
  }
  result.stride = *stride;
  if (std::optional<int64_t> count = result.extent.constant())
    result.extent = (*count + *stride - 1) / *stride;
  else if (*stride != 1) {
    elaborator.fail(DiagnosticCode::E0213, subscript.span,
                    "an axis of " + extent.str() + " has no strided slices");
    return std::nullopt;
  }
  return result;
}

Value Elaborator::index(const IndexExpr &expr, Env &env) {
  Value base = expression(*expr.base, env);
  if (base.isError())
    return base;
  if (base.kind == Value::Tuple || base.kind == Value::List) {
    const Subscript &only = expr.subscripts[0];
    std::optional<int64_t> at;
    if (expr.subscripts.size() == 1 && only.kind == Subscript::Kind::At)
      at = wholeNumber(expression(*only.at, env), only.span, "an index");
    int64_t count = int64_t(base.elements.size());
    if (!at || *at < -count || *at >= count)
      return fail(DiagnosticCode::E0213, expr.span,
                  "a tuple of " + std::to_string(count) + " is indexed by one number");
    return base.elements[*at < 0 ? *at + count : *at];
  }
  Value value = demandTensor(base, expr.base->span, "what is indexed");
  if (value.isError())
    return value;
  const TensorType type = this->type(value);
  size_t rank = type.shape.size(), given = 0, ellipses = 0;
  for (const Subscript &subscript : expr.subscripts)
    ++(subscript.kind == Subscript::Kind::Ellipsis ? ellipses : given);
  if (given > rank || ellipses > 1)
    return fail(DiagnosticCode::E0213, expr.span,
                ellipses > 1 ? "one `...` at most"
                             : text(type) + " has no " + std::to_string(given) + " axes");
  std::vector<Dim> starts(rank), strides(rank, Dim(1)), kept;
  TensorType cutType = type;
  bool changed = false;
  size_t axis = 0;
  auto keepAxis = [&] { kept.push_back(type.shape[axis++]); };
  for (const Subscript &subscript : expr.subscripts) {
    if (subscript.kind == Subscript::Kind::Ellipsis) {
      for (size_t i = given; i < rank; ++i)
        keepAxis();
      continue;
    }
    std::optional<Cut> part = cut(*this, subscript, env, type.shape[axis], axis);
    if (!part)
      return Value();
    starts[axis] = part->start;
    strides[axis] = part->stride;
    changed |= part->extent != type.shape[axis];
    cutType.shape[axis] = part->extent;
    if (!part->drops)
      kept.push_back(part->extent);
    ++axis;
  }
  while (axis < rank)
    keepAxis();
  if (changed)
    value = emit("slice", {value.id}, {{"starts", starts}, {"strides", strides}}, cutType, expr.span);
  if (value.isError())
    return value;
  locate();
  return result(graph->reshape(value.id, kept));
}

} // namespace mlc::frontend
