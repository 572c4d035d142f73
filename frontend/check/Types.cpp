// Types and generics: resolution in a scope, and unification with what a call was given.
#include "frontend/check/Elaborator.h"
#include "frontend/check/ProgramPrinter.h"
#include "frontend/check/Rows.h"

#include <algorithm>

namespace mlc::frontend {

DType Elaborator::dtype(ScalarKind kind) const {
  switch (kind) {
  case ScalarKind::Float:
    break;
#define MLC_LANGUAGE_TYPE(id, ...)                                                                           \
  case ScalarKind::id:                                                                                       \
    return DType::id;
#include "runtime/ElementTypes.def"
  }
  return computeType;
}

std::optional<Dim> Elaborator::size(const Value &value, Span span, const std::string &what) {
  if (value.isError())
    return std::nullopt;
  if (value.kind != Value::Number) {
    fail(DiagnosticCode::E0201, span, what + " is a non-negative integer, and this is " + describe(value));
    return std::nullopt;
  }
  std::optional<Dim> dim = value.number.dim();
  if (!dim && value.number.isRunTime() && value.number.known())
    if (std::optional<int64_t> whole = integer(*value.number.known()))
      dim = Dim(*whole);
  // Symbolic sizes are judged at any batch there may be.
  if (!dim || leastSize(*dim, batchRows) < 0) {
    std::string number = value.number.known() ? core::printNumber(*value.number.known())
                         : dim                ? dim->str()
                                              : core::print(value.number.expr());
    DiagnosticBuilder builder =
        report(DiagnosticCode::E0201, span, what + " is a non-negative integer, and this is " + number);
    if (dim && dim->at(batchRows) >= 0)
      builder.label(fewerRows());
    noteOrigin(builder, blamed, span);
    return std::nullopt;
  }
  return dim;
}

std::optional<int64_t> Elaborator::wholeNumber(const Value &value, Span span, const std::string &what) {
  if (value.isError())
    return std::nullopt;
  std::optional<int64_t> whole;
  if (value.kind == Value::Number && value.number.known())
    whole = integer(*value.number.known());
  if (!whole)
    fail(DiagnosticCode::E0201, span, what + " is an integer, and this is " + describe(value));
  return whole;
}

std::optional<TensorType> Elaborator::resolve(const TypeExpr &type, Env &env) {
  if (type.kind != TypeExpr::Kind::Tensor) {
    fail(DiagnosticCode::E0218, type.span, "the type of a tensor stands here");
    return std::nullopt;
  }
  TensorType result{dtype(type.scalar), {}};
  bool good = true;
  for (const DimExpr &dim : type.dims) {
    if (dim.pack) {
      Value pack = lookup(dim.pack->text, dim.pack->span, env);
      if (pack.kind != Value::Tuple) {
        if (!pack.isError())
          fail(DiagnosticCode::E0218, dim.span, "`" + dim.pack->text + "` is no pack of sizes");
        good = false;
        continue;
      }
      for (const Value &element : pack.elements) {
        std::optional<Dim> extent = size(element, dim.span, "a size");
        good &= extent.has_value();
        result.shape.push_back(extent.value_or(Dim(1)));
      }
      continue;
    }
    std::optional<Dim> extent = size(expression(*dim.value, env), dim.span, "a size");
    good &= extent.has_value();
    result.shape.push_back(extent.value_or(Dim(1)));
  }
  if (!good || !checkSize(result, type.span))
    return std::nullopt;
  return result;
}

std::optional<Expected> Elaborator::resolveExpected(const TypeExpr &type, Env &env) {
  Expected expected;
  if (type.kind != TypeExpr::Kind::Tuple) {
    std::optional<TensorType> resolved = resolve(type, env);
    if (!resolved)
      return std::nullopt;
    expected.types.push_back(*resolved);
    return expected;
  }
  expected.isTuple = true;
  for (const TypeExpr &element : type.elements) {
    std::optional<TensorType> resolved = resolve(element, env);
    if (!resolved)
      return std::nullopt;
    expected.types.push_back(*resolved);
  }
  return expected;
}

/// Whether the names of an expression include a generic that the callee's scope does not hold yet.
static bool mentionsUnbound(const Expr &expr, const Scope &scope, const std::vector<Generic> &generics) {
  switch (expr.kind) {
  case ExprKind::Name: {
    const std::string &name = cast<NameExpr>(expr).name;
    if (scope.names.count(name))
      return false;
    return std::any_of(generics.begin(), generics.end(),
                       [&](const Generic &generic) { return generic.name.text == name; });
  }
  case ExprKind::Unary:
    return mentionsUnbound(*cast<UnaryExpr>(expr).operand, scope, generics);
  case ExprKind::Binary:
    return mentionsUnbound(*cast<BinaryExpr>(expr).left, scope, generics) ||
           mentionsUnbound(*cast<BinaryExpr>(expr).right, scope, generics);
  case ExprKind::Call: {
    const auto &args = cast<CallExpr>(expr).call.args;
    return std::any_of(args.begin(), args.end(),
                       [&](const Arg &arg) { return mentionsUnbound(*arg.value, scope, generics); });
  }
  case ExprKind::If:
    return mentionsUnbound(*cast<IfExpr>(expr).condition, scope, generics);
  default:
    return false;
  }
}

bool Elaborator::isBound(const TypeExpr &type, Env &env, const std::vector<Generic> &generics) const {
  for (const DimExpr &dim : type.dims)
    if (dim.pack ? !env.scope->names.count(dim.pack->text)
                 : mentionsUnbound(*dim.value, *env.scope, generics))
      return false;
  return std::all_of(type.elements.begin(), type.elements.end(),
                     [&](const TypeExpr &element) { return isBound(element, env, generics); });
}

static Variable sizeVariable(const std::vector<Dim> &dims, bool isPack, Span span) {
  std::vector<Value> elements;
  for (const Dim &dim : dims)
    elements.push_back(Value::of(Number::size(dim)));
  Variable variable;
  variable.value = isPack ? Value::tuple(std::move(elements)) : elements[0];
  variable.span = span;
  return variable;
}

bool Elaborator::unify(const TypeExpr &pattern, const TensorType &actual, Env &env,
                       const std::vector<Generic> &generics) {
  if (pattern.kind != TypeExpr::Kind::Tensor || dtype(pattern.scalar) != actual.dtype)
    return false;
  std::map<std::string, Variable> &names = env.scope->names;
  // Bound packs count with their lengths; one unbound pack takes what is left.
  const DimExpr *open = nullptr;
  size_t fixed = 0;
  for (const DimExpr &dim : pattern.dims) {
    if (!dim.pack) {
      ++fixed;
      continue;
    }
    auto bound = names.find(dim.pack->text);
    if (bound != names.end())
      fixed += bound->second.value.elements.size();
    else if (open)
      return false; // two packs in a row cannot be told apart
    else
      open = &dim;
  }
  size_t rank = actual.shape.size();
  if (open ? rank < fixed : rank != fixed)
    return false;
  size_t at = 0;
  for (const DimExpr &dim : pattern.dims) {
    if (&dim == open) {
      size_t taken = rank - fixed;
      names[dim.pack->text] = sizeVariable(
          std::vector<Dim>(actual.shape.begin() + at, actual.shape.begin() + at + taken), true, dim.span);
      at += taken;
      continue;
    }
    if (dim.pack) {
      const std::vector<Value> elements = names[dim.pack->text].value.elements;
      for (const Value &element : elements)
        if (element.number.dim() != std::optional<Dim>(actual.shape[at++]))
          return false;
      continue;
    }
    const Dim extent = actual.shape[at++];
    if (const auto *name = as<NameExpr>(*dim.value))
      if (mentionsUnbound(*name, *env.scope, generics)) {
        names[name->name] = sizeVariable({extent}, false, dim.span);
        continue;
      }
    // `4 * hidden` says nothing while `hidden` is open; the check after all operands repeats this one.
    if (mentionsUnbound(*dim.value, *env.scope, generics))
      continue;
    Value wanted = expression(*dim.value, env);
    if (wanted.isError())
      continue; // was reported
    if (wanted.kind != Value::Number || wanted.number.dim() != std::optional<Dim>(extent))
      return false;
  }
  return true;
}

std::string Elaborator::typeText(const TypeExpr &type, Env &env, const std::vector<Generic> &generics) {
  if (type.kind == TypeExpr::Kind::Tensor && isBound(type, env, generics))
    if (std::optional<TensorType> resolved = resolve(type, env))
      return text(*resolved);
  std::string written(diagnostics.sources().text(type.span));
  std::string known;
  for (const Generic &generic : generics) {
    auto bound = env.scope->names.find(generic.name.text);
    if (bound == env.scope->names.end())
      continue;
    bool isNamed = std::any_of(type.dims.begin(), type.dims.end(), [&](const DimExpr &dim) {
      if (dim.pack)
        return dim.pack->text == generic.name.text;
      Scope empty;
      return mentionsUnbound(*dim.value, empty, {generic});
    });
    if (!isNamed)
      continue;
    const Value &value = bound->second.value;
    std::string shown;
    for (const Value &element : value.kind == Value::Tuple ? value.elements : std::vector<Value>{value})
      if (std::optional<Dim> dim = element.number.dim())
        shown += (shown.empty() ? "" : ", ") + dim->str();
    if (value.kind == Value::Tuple)
      shown = "(" + shown + ")";
    known += (known.empty() ? "" : ", ") + generic.name.text + " = " + shown;
  }
  return written + (known.empty() ? "" : " with " + known);
}

} // namespace mlc::frontend
