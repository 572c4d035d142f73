// rearrange and einsum: axes by name.
#include "frontend/check/Builtins.h"

#include <algorithm>
#include <set>

namespace mlc::frontend {

namespace {
/// One axis of a side as written: the names it is made of. "1" is none, "..." is expanded later.
struct Group {
  std::vector<std::string> names;
  bool inParentheses = false;
};
using Side = std::vector<Group>;
} // namespace

/// As many axes as a tensor can have.
static constexpr size_t maxAxes = 16;

/// "b (h w) 1 ..." to groups; says what is wrong otherwise.
static std::optional<std::string> parseSide(const std::string &text, Side &side) {
  bool open = false;
  size_t names = 0;
  for (size_t i = 0; i < text.size();) {
    char c = text[i];
    if (c == ' ') {
      ++i;
      continue;
    }
    if (c == '(' || c == ')') {
      if (open == (c == '('))
        return "the parentheses do not match";
      open = c == '(';
      if (open)
        side.push_back({{}, true});
      ++i;
      continue;
    }
    std::string name;
    if (text.compare(i, 3, "...") == 0) {
      name = "...";
      i += 3;
    } else {
      while (i < text.size() && (std::isalnum(static_cast<unsigned char>(text[i])) || text[i] == '_'))
        name += text[i++];
      if (name.empty())
        return std::string("`") + c + "` is no axis";
      if (std::isdigit(static_cast<unsigned char>(name[0])) && name != "1")
        return "`" + name + "` is no axis: only 1 may stand for itself";
    }
    if (!open)
      side.emplace_back();
    if (name != "1") {
      side.back().names.push_back(name);
      ++names;
    }
    if (side.size() > maxAxes || names > maxAxes)
      return "more than " + std::to_string(maxAxes) + " axes on one side";
  }
  if (open)
    return "the parentheses do not match";
  return std::nullopt;
}

/// Splits at "->" and ",": the operands' sides, then the result's.
static bool parsePattern(Elaborator &elaborator, const Argument &pattern, std::vector<Side> &operands,
                         Side &result) {
  auto wrong = [&](const std::string &why) {
    elaborator.fail(DiagnosticCode::E0214, pattern.span, "this pattern is malformed: " + why);
    return false;
  };
  if (pattern.value.kind != Value::String) {
    elaborator.fail(DiagnosticCode::E0214, pattern.span, "the pattern comes first, as a string");
    return false;
  }
  const std::string &text = pattern.value.text;
  size_t arrow = text.find("->");
  if (arrow == std::string::npos || text.find("->", arrow + 2) != std::string::npos)
    return wrong("one `->` stands between the operands and the result");
  std::string left = text.substr(0, arrow) + ",";
  for (size_t begin = 0, comma; (comma = left.find(',', begin)) != std::string::npos; begin = comma + 1) {
    operands.emplace_back();
    if (auto why = parseSide(left.substr(begin, comma - begin), operands.back()))
      return wrong(*why);
  }
  if (auto why = parseSide(text.substr(arrow + 2), result))
    return wrong(*why);
  // Every name once in a side.
  std::vector<Side> all = operands;
  all.push_back(result);
  for (const Side &side : all) {
    std::set<std::string> seen;
    for (const Group &group : side)
      for (const std::string &name : group.names)
        if (!seen.insert(name).second)
          return wrong("`" + name + "` stands twice on one side");
  }
  return true;
}

static bool expandEllipsis(Side &side, size_t count) {
  Side expanded;
  bool found = false;
  for (const Group &group : side) {
    auto dots = std::find(group.names.begin(), group.names.end(), "...");
    if (dots == group.names.end()) {
      expanded.push_back(group);
      continue;
    }
    found = true;
    // Alone, it stands for axes of their own; in parentheses, for one axis of all.
    Group joined{{group.names.begin(), dots}, true};
    for (size_t i = 0; i < count; ++i) {
      joined.names.push_back("..." + std::to_string(i));
      if (!group.inParentheses)
        expanded.push_back({{joined.names.back()}, false});
    }
    joined.names.insert(joined.names.end(), dots + 1, group.names.end());
    if (group.inParentheses)
      expanded.push_back(std::move(joined));
  }
  side = std::move(expanded);
  return found;
}

/// Sizes of the names of one operand, from its shape and from what is known already.
static bool bindSizes(Elaborator &elaborator, const Side &side, const Argument &operand,
                      const Argument &pattern, std::map<std::string, Dim> &sizes) {
  const TensorType type = elaborator.type(operand.value);
  auto wrong = [&](const std::string &why) {
    DiagnosticBuilder builder = elaborator.report(DiagnosticCode::E0215, pattern.span, why);
    elaborator.noteOrigin(builder, operand.value, pattern.span);
    return false;
  };
  if (side.size() != type.shape.size())
    return wrong("the pattern has " + std::to_string(side.size()) + " axes, and the tensor is " +
                 elaborator.text(type));
  for (size_t axis = 0; axis < side.size(); ++axis) {
    Dim known = 1;
    const std::string *open = nullptr;
    for (const std::string &name : side[axis].names) {
      auto entry = sizes.find(name);
      if (entry != sizes.end())
        known = known * entry->second;
      else if (open)
        return wrong("the sizes of `" + *open + "` and `" + name + "` are open: give one by name");
      else
        open = &name;
    }
    const Dim &extent = type.shape[axis];
    if (open) {
      std::optional<Dim> rest = extent.dividedBy(known);
      if (!rest)
        return wrong("an axis of " + extent.str() + " does not divide by " + known.str() + " (" +
                     elaborator.text(type) + ")");
      sizes[*open] = *rest;
    } else if (known != extent) {
      std::string shown = side[axis].names.empty()
                              ? "1"
                              : "`" + side[axis].names[0] + "`" + (side[axis].names.size() > 1 ? "..." : "") +
                                    " = " + known.str();
      return wrong("axis " + std::to_string(axis) + " of " + elaborator.text(type) + " is " + extent.str() +
                   ", and the pattern says " + shown);
    }
  }
  return true;
}

static std::vector<std::string> namesOf(const Side &side) {
  std::vector<std::string> names;
  for (const Group &group : side)
    names.insert(names.end(), group.names.begin(), group.names.end());
  return names;
}

Value rearrangeRule(Elaborator &elaborator, BuiltinCall &call) {
  const Argument &pattern = call.operands[0];
  std::vector<Side> operands;
  Side right;
  if (!parsePattern(elaborator, pattern, operands, right))
    return Value();
  if (operands.size() != 1)
    return elaborator.fail(DiagnosticCode::E0214, pattern.span,
                           "`rearrange` takes one operand: no `,` in its pattern");
  Argument operand = call.operands[1];
  operand.value = elaborator.demandTensor(operand.value, operand.span, "the operand of `rearrange`");
  if (operand.value.isError())
    return Value();
  Side &left = operands[0];
  const TensorType type = elaborator.type(operand.value);
  size_t written = left.size() - 1;
  size_t hidden = type.shape.size() > written ? type.shape.size() - written : 0;
  bool dots = expandEllipsis(left, hidden);
  if (expandEllipsis(right, hidden) && !dots)
    return elaborator.fail(DiagnosticCode::E0214, pattern.span, "`...` stands on the right only");
  std::map<std::string, Dim> sizes;
  for (const auto &[name, argument] : call.named) {
    std::optional<Dim> extent = elaborator.size(argument.value, argument.span, "the size of `" + name + "`");
    if (!extent)
      return Value();
    sizes[name] = *extent;
  }
  std::vector<std::string> from = namesOf(left), to = namesOf(right);
  for (const auto &[name, extent] : sizes)
    if (std::find(from.begin(), from.end(), name) == from.end())
      return elaborator.fail(DiagnosticCode::E0304, call.find(name)->span,
                             "the pattern has no axis `" + name + "`");
  for (const std::string &name : from)
    if (std::find(to.begin(), to.end(), name) == to.end())
      return elaborator.fail(DiagnosticCode::E0214, pattern.span, "`" + name + "` stands on the left only",
                             "sum it away first: `sum(x, axes = ...)`");
  for (const std::string &name : to)
    if (std::find(from.begin(), from.end(), name) == from.end())
      return elaborator.fail(DiagnosticCode::E0214, pattern.span, "`" + name + "` stands on the right only");
  if (!bindSizes(elaborator, left, operand, pattern, sizes))
    return Value();
  // Apart, in the new order, together again.
  std::vector<Dim> apart, together;
  std::vector<int64_t> order;
  for (const std::string &name : from)
    apart.push_back(sizes[name]);
  for (const std::string &name : to)
    order.push_back(std::find(from.begin(), from.end(), name) - from.begin());
  for (const Group &group : right) {
    Dim extent = 1;
    for (const std::string &name : group.names)
      extent = extent * sizes[name];
    together.push_back(extent);
  }
  if (!elaborator.checkSize({type.dtype, apart}, pattern.span) ||
      !elaborator.checkSize({type.dtype, together}, pattern.span))
    return Value();
  elaborator.locate();
  GraphContext &graph = *elaborator.graph;
  bool moves = !std::is_sorted(order.begin(), order.end());
  ValueId value = operand.value.id;
  if (moves)
    value = graph.transpose(graph.reshape(value, apart), order);
  return elaborator.result(graph.reshape(value, together));
}

//===-- einsum -------------------------------------------------------------------------------------===//

namespace {
/// A tensor with a name for each axis.
struct Labelled {
  Value value;
  std::vector<std::string> names;
};
} // namespace

static bool contains(const std::vector<std::string> &names, const std::string &name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Sums away the axes whose names nobody else needs.
template <typename Needed> static void dropUnneeded(Elaborator &elaborator, Labelled &tensor, Needed needed) {
  std::vector<int64_t> axes;
  std::vector<std::string> names;
  for (size_t i = 0; i < tensor.names.size(); ++i)
    if (needed(tensor.names[i]))
      names.push_back(tensor.names[i]);
    else
      axes.push_back(int64_t(i));
  elaborator.locate();
  tensor.value.id = elaborator.graph->reduce(tensor.value.id, "sum", axes);
  tensor.names = std::move(names);
}

static std::vector<int> labels(const std::vector<std::string> &names, std::vector<std::string> &all) {
  std::vector<int> result;
  for (const std::string &name : names) {
    if (!contains(all, name))
      all.push_back(name);
    result.push_back(int(std::find(all.begin(), all.end(), name) - all.begin()));
  }
  return result;
}

Value einsumRule(Elaborator &elaborator, BuiltinCall &call) {
  const Argument &pattern = call.operands[0];
  std::vector<Side> sides;
  Side right;
  if (!parsePattern(elaborator, pattern, sides, right))
    return Value();
  size_t count = call.operands.size() - 1;
  if (sides.size() != count)
    return elaborator.fail(DiagnosticCode::E0214, pattern.span,
                           "the pattern has " + std::to_string(sides.size()) + " operands, and " +
                               std::to_string(count) + (count == 1 ? " is given" : " are given"));
  std::map<std::string, Dim> sizes;
  std::vector<Labelled> tensors;
  std::vector<std::string> out = namesOf(right);
  std::vector<Side> written = sides;
  written.push_back(right);
  for (const Side &side : written)
    for (const Group &group : side)
      if (group.names.size() != 1 || group.inParentheses || group.names[0] == "...")
        return elaborator.fail(DiagnosticCode::E0214, pattern.span,
                               "`einsum` takes single named axes: no `...`, `1` or parentheses");
  for (size_t i = 0; i < count; ++i) {
    Argument operand = call.operands[i + 1];
    operand.value = elaborator.demandTensor(operand.value, operand.span, "an operand of `einsum`");
    if (operand.value.isError() || !bindSizes(elaborator, sides[i], operand, pattern, sizes))
      return Value();
    const TensorType &type = elaborator.type(operand.value);
    if (!isFloat(type.dtype) || (i && type.dtype != elaborator.type(tensors[0].value).dtype))
      return elaborator.fail(DiagnosticCode::E0206, operand.span,
                             "the operands of `einsum` have one float element type, and this is " +
                                 elaborator.text(type));
    tensors.push_back({operand.value, namesOf(sides[i])});
  }
  for (const std::string &name : out)
    if (!sizes.count(name))
      return elaborator.fail(DiagnosticCode::E0214, pattern.span, "`" + name + "` stands on the right only");
  // From left to right, two at a time; an axis goes as soon as nothing after needs it.
  std::map<std::string, size_t> last; // the last operand that has an axis, or the result
  for (size_t i = 0; i < count; ++i)
    for (const std::string &name : tensors[i].names)
      last[name] = i;
  for (const std::string &name : out)
    last[name] = count;
  Labelled result = tensors[0];
  for (size_t i = 1; i <= count; ++i) {
    auto isLater = [&](const std::string &name) { return last[name] > i; };
    auto isNow = [&](const std::string &name) { return last[name] >= i; };
    if (i == count) {
      dropUnneeded(elaborator, result, isNow);
      break;
    }
    Labelled &next = tensors[i];
    const std::vector<std::string> left = result.names;
    dropUnneeded(elaborator, result, isNow);
    dropUnneeded(elaborator, next,
                 [&](const std::string &name) { return isLater(name) || contains(left, name); });
    std::vector<std::string> all, product;
    std::vector<int> lhs = labels(result.names, all), rhs = labels(next.names, all);
    // The last product is in the order that was asked for.
    for (const std::string &name : i + 1 == count ? out : all)
      if (isLater(name))
        product.push_back(name);
    result.value =
        elaborator.contract(result.value, next.value, lhs, rhs, labels(product, all), call.site.span);
    result.names = product;
    if (result.value.isError())
      return Value();
  }
  std::vector<int64_t> order;
  for (const std::string &name : out)
    order.push_back(std::find(result.names.begin(), result.names.end(), name) - result.names.begin());
  elaborator.locate();
  return elaborator.result(elaborator.graph->transpose(result.value.id, order));
}

} // namespace mlc::frontend
