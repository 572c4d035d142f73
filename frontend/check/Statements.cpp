// Blocks: bindings, functions, named instances, params and states, `<-`.
#include "frontend/check/Elaborator.h"

namespace mlc::frontend {

void Elaborator::declare(Env &env, const Ident &name, Value value) {
  auto [entry, added] = env.scope->names.emplace(name.text, Variable());
  if (!added && !value.isError() && !entry->second.value.isError()) {
    report(DiagnosticCode::E0302, name.span, "`" + name.text + "` is defined twice in one scope")
        .note(entry->second.span, "first here");
    return;
  }
  entry->second.value = std::move(value);
  entry->second.span = name.span;
}

void Elaborator::declareFunction(const Callable &declaration, Env &env) {
  Function function;
  function.declaration = &declaration;
  function.scope = env.scope;
  declare(env, declaration.name, Value::ofFunction(std::move(function)));
}

void Elaborator::bind(const Binding &binding, Env &env) {
  std::optional<Expected> expected;
  if (binding.type)
    expected = resolveExpected(*binding.type, env);
  Value value =
      binding.type && !expected ? Value() : expression(*binding.value, env, expected ? &*expected : nullptr);
  auto demand = [&](Value part, const TensorType &type) {
    return coerce(part, type, binding.value->span, "this `let`");
  };
  if (expected && !value.isError()) {
    if (!expected->isTuple)
      value = demand(value, expected->types[0]);
    else if (value.kind != Value::Tuple || value.elements.size() != expected->types.size())
      value = fail(DiagnosticCode::E0218, binding.value->span,
                   "the annotation is a tuple of " + std::to_string(expected->types.size()) +
                       ", and this is " + describe(value));
    else
      for (size_t i = 0; i < value.elements.size(); ++i)
        value.elements[i] = demand(value.elements[i], expected->types[i]);
  }
  if (!binding.pattern.isTuple)
    return declare(env, binding.pattern.names[0], std::move(value));
  const std::vector<Ident> &names = binding.pattern.names;
  if (!value.isError() && (value.kind != Value::Tuple || value.elements.size() != names.size())) {
    std::string what =
        value.kind == Value::Tuple ? "a tuple of " + std::to_string(value.elements.size()) : describe(value);
    value = fail(DiagnosticCode::E0218, binding.value->span,
                 "the pattern has " + std::to_string(names.size()) + " names, and this is " + what);
  }
  for (size_t i = 0; i < names.size(); ++i)
    declare(env, names[i], value.isError() ? value : value.elements[i]);
}

Value Elaborator::block(const Block &block, const Env &env, const Expected *expected) {
  Env inner = env;
  inner.scope = newScope(env.scope);
  inner.scope->owns = env.scope->owns;
  return statements(block, inner, expected);
}

static bool mayOwn(Elaborator &elaborator, Env &env, Span span, const std::string &what) {
  if (env.scope->owns)
    return true;
  elaborator
      .report(DiagnosticCode::E0308, span, what + " stands in a model or a layer, where it gets its path")
      .help("a `fn` owns nothing: make it a `layer`");
  return false;
}

static void rebind(Elaborator &elaborator, const RebindStmt &stmt, Env &env) {
  Variable *variable = elaborator.find(env, stmt.name.text);
  if (!variable) {
    elaborator.lookup(stmt.name.text, stmt.name.span, env);
    return;
  }
  if (variable->role == Variable::Plain) {
    if (!variable->value.isError())
      elaborator.report(DiagnosticCode::E0309, stmt.name.span, "`" + stmt.name.text + "` is no state")
          .label("`<-` rebinds a `state`")
          .note(variable->span, "defined here");
    return;
  }
  if (variable->role == Variable::Carry && variable->scan != elaborator.graph) {
    elaborator
        .report(DiagnosticCode::E0309, stmt.name.span,
                "`" + stmt.name.text + "` is a carry of another scan, and this is not a step of it")
        .label("`<-` rebinds the carries of the scan it stands in")
        .note(variable->span, "defined here");
    return;
  }
  // Outside training, or frozen, a layer keeps its state.
  if (variable->role == Variable::LayerState &&
      (!elaborator.phase->training() ||
       (variable->state >= 0 && elaborator.isFrozen(elaborator.states[variable->state].name))))
    return;
  bool inScan = elaborator.inside(GraphContext::Scan);
  if (variable->role == Variable::LayerState && (inScan || elaborator.inside(GraphContext::Closure))) {
    if (variable->value.isError()) // a `state` of the scan's own was reported
      return;
    DiagnosticBuilder builder = elaborator.report(DiagnosticCode::E0321, stmt.name.span,
                                                  "the state `" + stmt.name.text + "` is rebound inside a " +
                                                      (inScan ? "scan" : "`grad`"));
    if (elaborator.userSpan(variable->span) == variable->span)
      builder.note(variable->span, "defined here");
    if (inScan)
      builder.help("what goes from step to step is a `carry`");
    return;
  }
  if (variable->value.isError())
    return;
  TensorType type = elaborator.type(variable->value);
  Expected expected{{type}, false};
  Value value = elaborator.expression(*stmt.value, env, &expected);
  const char *what = variable->role == Variable::Carry ? "the carry `" : "the state `";
  value = elaborator.coerce(value, type, stmt.value->span, what + stmt.name.text + "`");
  if (value.isError())
    return;
  variable->value = value;
  if (variable->state >= 0)
    elaborator.phase->states[variable->state] = value.id;
}

Value Elaborator::statements(const Block &block, Env &env, const Expected *expected) {
  Value result;
  for (size_t i = 0; i < block.stmts.size(); ++i) {
    const Stmt &stmt = *block.stmts[i];
    bool isLast = i + 1 == block.stmts.size();
    currentSpan = stmt.span;
    switch (stmt.kind) {
    case StmtKind::Let:
      bind(cast<LetStmt>(stmt).binding, env);
      break;
    case StmtKind::Fn:
      declareFunction(*cast<FnStmt>(stmt).function, env);
      break;
    case StmtKind::LayerInstance: {
      const auto &node = cast<LayerInstanceStmt>(stmt);
      declare(env, node.name,
              mayOwn(*this, env, stmt.span, "a named instance") ? instance(node, env) : Value());
      break;
    }
    case StmtKind::Param: {
      const auto &node = cast<ParamStmt>(stmt);
      Value value;
      if (mayOwn(*this, env, stmt.span, "a `param`"))
        value = parameter(node.name, node.type, *node.initial, core::StateTensor::Param, env, nullptr);
      declare(env, node.name, std::move(value));
      break;
    }
    case StmtKind::State: {
      const auto &node = cast<StateStmt>(stmt);
      Value value;
      int index = -1;
      bool isSlot = phase && phase->kind == Phase::Update;
      if (inside(GraphContext::Scan))
        report(DiagnosticCode::E0321, stmt.span, "a `state` inside a scan")
            .label("a state has one new value for each update, and a scan takes many steps")
            .help("what goes from step to step is a `carry`");
      else if (isSlot || mayOwn(*this, env, stmt.span, "a `state`"))
        value = parameter(node.name, node.type, *node.initial,
                          isSlot ? core::StateTensor::Slot : core::StateTensor::State, env, &index);
      declare(env, node.name, std::move(value));
      Variable &variable = env.scope->names[node.name.text];
      variable.role = isSlot ? Variable::Slot : Variable::LayerState;
      variable.state = index;
      break;
    }
    case StmtKind::Rebind:
      rebind(*this, cast<RebindStmt>(stmt), env);
      break;
    case StmtKind::Expr: {
      const auto &node = cast<ExprStmt>(stmt);
      if (!isLast) {
        fail(DiagnosticCode::E0317, stmt.span, "the value of this line is used by nothing",
             "only the last line of a block is its value");
        break;
      }
      return expression(*node.value, env, expected);
    }
    }
    if (isLast) {
      Span end = stmt.span;
      return fail(DiagnosticCode::E0317, end, "a block ends with its value, and this is none");
    }
  }
  return result;
}

} // namespace mlc::frontend
