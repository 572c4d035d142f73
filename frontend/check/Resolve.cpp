#include "frontend/check/Resolve.h"

#include <algorithm>

namespace mlc::frontend {

namespace {

struct Local {
  Span span;
  bool used = false;
  bool isRebound = false; // by `<-`
  bool isOpen = false;    // a function whose body is being read
};

class Resolver {
public:
  Resolver(Elaborator &elaborator, File &file) : elaborator(elaborator), file(file) {}

  void run() {
    for (const ItemPtr &each : file.ast->items) {
      current = each.get();
      item(*each);
    }
    findCycles();
  }

private:
  using Names = std::map<std::string, Local>;

  void item(const Item &item);
  void dataItem(const DataItem &data);
  void derivative(const DerivativeItem &item);
  void train(const TrainItem &train);
  void clauses(const std::vector<ClausePtr> &clauses, const std::vector<Ident> &fields);
  void callable(const Callable &callable);
  void localFunction(const Callable &callable);
  void block(const Block &block);
  void statement(const Stmt &stmt);
  void binding(const Binding &binding);
  void type(const TypeExpr &type);
  void call(const Call &call);
  void args(const std::vector<Arg> &args);
  void expression(const Expr &expr);
  void use(const std::string &name, Span span, bool isCalled = false);
  void figure(const Expr &value);
  void findCycles();

  void declare(const Ident &name) { scopes.back()[name.text] = {name.span}; }
  void open() { scopes.emplace_back(); }
  void close() { scopes.pop_back(); }

  Elaborator &elaborator;
  File &file;
  std::vector<Names> scopes;
  const Item *current = nullptr;
  const Callable *owner = nullptr; // whose signature or body is being read
  bool inSizes = false;            // of a type
  /// What the definitions of this file refer to in it, and where.
  std::map<const Item *, std::map<const Item *, Span>> references;
};

} // namespace

//===-- Names --------------------------------------------------------------------------------------===//

/// What a loss or metric line says. A name alone is that of a function that was to be called: `metric auc`.
void Resolver::figure(const Expr &value) {
  if (const auto *variable = as<NameExpr>(value))
    use(variable->name, value.span, true);
  else
    expression(value);
}

void Resolver::use(const std::string &name, Span span, bool isCalled) {
  for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope) {
    auto entry = scope->find(name);
    if (entry == scope->end())
      continue;
    entry->second.used = true;
    if (entry->second.isOpen)
      elaborator.report(DiagnosticCode::E0307, span, "`" + name + "` calls itself")
          .label("functions and layers are unrolled: they do not recur");
    return;
  }
  auto own = file.items.find(name);
  if (own != file.items.end()) {
    references[current].emplace(own->second, span);
    return;
  }
  // Whatever else there is: imports, the prelude, builtins, `training`. Unknown names are reported there.
  Env env;
  env.scope = std::make_shared<Scope>();
  env.scope->parent = file.scope;
  if (elaborator.isKnown(name, env))
    return;
  if (elaborator.diagnostics.errorCount() < DiagnosticEngine::shownErrors)
    for (const Names &scope : scopes)
      for (const auto &entry : scope)
        env.scope->names[entry.first];
  DiagnosticBuilder builder = elaborator.unknownName(name, span, env, isCalled);
  if (!inSizes)
    return;
  if (!owner || owner->kind == CallableKind::Model)
    builder.help("the sizes of a model or a train block are `batch` and numbers: write `batch` for the rows");
  else
    builder.help("sizes of any number are named in brackets: `" + std::string(spelling(owner->kind)) + " " +
                 owner->name.text + "[" + name + ", ...](...)`");
}

void Resolver::type(const TypeExpr &type) {
  inSizes = true;
  for (const DimExpr &dim : type.dims)
    if (dim.pack)
      use(dim.pack->text, dim.pack->span);
    else
      expression(*dim.value);
  inSizes = false;
  for (const TypeExpr &element : type.elements)
    this->type(element);
}

void Resolver::args(const std::vector<Arg> &args) {
  for (const Arg &arg : args)
    expression(*arg.value);
}

void Resolver::call(const Call &call) {
  use(call.callee.text, call.callee.span, true);
  args(call.args);
}

void Resolver::expression(const Expr &expr) {
  switch (expr.kind) {
  case ExprKind::Name:
    return use(cast<NameExpr>(expr).name, expr.span);
  case ExprKind::Number:
  case ExprKind::Bool:
  case ExprKind::String:
    return;
  case ExprKind::Call:
    return cast<CallExpr>(expr).cast ? args(cast<CallExpr>(expr).call.args) : call(cast<CallExpr>(expr).call);
  case ExprKind::Pipe: {
    const auto &pipe = cast<PipeExpr>(expr);
    if (pipe.head)
      expression(*pipe.head);
    for (const Call &stage : pipe.stages)
      call(stage);
    return;
  }
  case ExprKind::Tuple:
    for (const ExprPtr &element : cast<TupleExpr>(expr).elements)
      expression(*element);
    return;
  case ExprKind::List:
    for (const ExprPtr &element : cast<ListExpr>(expr).elements)
      expression(*element);
    return;
  case ExprKind::Unary:
    return expression(*cast<UnaryExpr>(expr).operand);
  case ExprKind::Binary:
    expression(*cast<BinaryExpr>(expr).left);
    return expression(*cast<BinaryExpr>(expr).right);
  case ExprKind::Index: {
    const auto &index = cast<IndexExpr>(expr);
    expression(*index.base);
    for (const Subscript &subscript : index.subscripts)
      for (const ExprPtr *part : {&subscript.at, &subscript.begin, &subscript.end, &subscript.step})
        if (*part)
          expression(**part);
    return;
  }
  case ExprKind::If: {
    const auto &choice = cast<IfExpr>(expr);
    expression(*choice.condition);
    block(choice.then);
    return block(choice.otherwise);
  }
  case ExprKind::Scan: {
    const auto &scan = cast<ScanExpr>(expr);
    expression(*scan.sequence);
    for (const Carry &carry : scan.carries) {
      type(carry.type);
      expression(*carry.initial);
    }
    open();
    for (const Ident &name : scan.pattern.names)
      declare(name);
    for (const Carry &carry : scan.carries)
      declare(carry.name);
    block(scan.body);
    for (const Carry &carry : scan.carries)
      if (!scopes.back()[carry.name.text].isRebound)
        elaborator.diagnostics
            .report(DiagnosticCode::W0003, carry.name.span,
                    "no step rebinds the carry `" + carry.name.text + "`")
            .label("it is the same in every step");
    return close();
  }
  }
}

//===-- Statements ---------------------------------------------------------------------------------===//

void Resolver::binding(const Binding &binding) {
  if (binding.type)
    type(*binding.type);
  expression(*binding.value);
  for (const Ident &name : binding.pattern.names)
    declare(name);
}

void Resolver::localFunction(const Callable &function) {
  declare(function.name);
  scopes.back()[function.name.text].isOpen = true;
  callable(function);
  scopes.back()[function.name.text].isOpen = false;
}

void Resolver::statement(const Stmt &stmt) {
  switch (stmt.kind) {
  case StmtKind::Let:
    return binding(cast<LetStmt>(stmt).binding);
  case StmtKind::Fn:
    return localFunction(*cast<FnStmt>(stmt).function);
  case StmtKind::LayerInstance:
    expression(*cast<LayerInstanceStmt>(stmt).value);
    return declare(cast<LayerInstanceStmt>(stmt).name);
  case StmtKind::Param:
    type(cast<ParamStmt>(stmt).type);
    expression(*cast<ParamStmt>(stmt).initial);
    return declare(cast<ParamStmt>(stmt).name);
  case StmtKind::State:
    type(cast<StateStmt>(stmt).type);
    expression(*cast<StateStmt>(stmt).initial);
    return declare(cast<StateStmt>(stmt).name);
  case StmtKind::Rebind:
    use(cast<RebindStmt>(stmt).name.text, cast<RebindStmt>(stmt).name.span);
    for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope)
      if (auto entry = scope->find(cast<RebindStmt>(stmt).name.text); entry != scope->end()) {
        entry->second.isRebound = true;
        break;
      }
    return expression(*cast<RebindStmt>(stmt).value);
  case StmtKind::Expr:
    return expression(*cast<ExprStmt>(stmt).value);
  }
}

/// Of a pattern of several names, one that is used is enough.
static void warnUnused(Elaborator &elaborator, const std::map<std::string, Local> &names,
                       const Binding &binding) {
  for (const Ident &name : binding.pattern.names) {
    auto entry = names.find(name.text);
    if (entry == names.end() || entry->second.used)
      return;
  }
  const Ident &first = binding.pattern.names[0];
  elaborator.diagnostics.report(DiagnosticCode::W0001, binding.pattern.span,
                                binding.pattern.isTuple ? "nothing uses what this `let` binds"
                                                        : "nothing uses `" + first.text + "`");
}

void Resolver::block(const Block &block) {
  open();
  for (const StmtPtr &stmt : block.stmts)
    statement(*stmt);
  for (const StmtPtr &stmt : block.stmts)
    if (const auto *let = as<LetStmt>(*stmt))
      warnUnused(elaborator, scopes.back(), let->binding);
  close();
}

void Resolver::callable(const Callable &callable) {
  const Callable *outer = owner;
  owner = &callable;
  open();
  for (const Generic &generic : callable.generics)
    declare(generic.name);
  for (const std::vector<Param> *params : {&callable.operands, &callable.hypers})
    for (const Param &param : *params) {
      if (param.type)
        type(*param.type);
      if (param.initial)
        expression(*param.initial);
      declare(param.name);
    }
  if (callable.result)
    type(*callable.result);
  for (const Requirement &requirement : callable.requirements)
    expression(*requirement.condition);
  block(callable.body);
  close();
  owner = outer;
}

//===-- Items --------------------------------------------------------------------------------------===//

void Resolver::derivative(const DerivativeItem &item) {
  auto entry = file.items.find(item.function.text);
  const auto *function = entry == file.items.end() ? nullptr : as<CallableItem>(*entry->second);
  open();
  if (function) {
    for (const Generic &generic : function->callable->generics)
      declare(generic.name);
    for (const Param &param : function->callable->hypers)
      declare(param.name);
  }
  for (const Ident &operand : item.operands)
    declare(operand);
  declare(item.cotangent);
  for (const Binding &each : item.bindings)
    binding(each);
  for (const Cotangent &part : item.parts)
    expression(*part.value);
  for (const Binding &each : item.bindings)
    warnUnused(elaborator, scopes.back(), each);
  close();
}

void Resolver::clauses(const std::vector<ClausePtr> &clauses, const std::vector<Ident> &fields) {
  open();
  for (const Ident &field : fields)
    declare(field);
  for (const ClausePtr &clause : clauses)
    switch (clause->kind) {
    case ClauseKind::Let:
      binding(cast<LetClause>(*clause).binding);
      break;
    case ClauseKind::Fn:
      localFunction(*cast<FnClause>(*clause).function);
      break;
    case ClauseKind::Predict:
      expression(*cast<PredictClause>(*clause).value);
      for (const Ident &name : cast<PredictClause>(*clause).given)
        use(name.text, name.span);
      break;
    case ClauseKind::Loss:
      figure(*cast<LossClause>(*clause).value);
      if (cast<LossClause>(*clause).weight)
        expression(*cast<LossClause>(*clause).weight);
      break;
    case ClauseKind::Metric:
      figure(*cast<MetricClause>(*clause).value);
      if (cast<MetricClause>(*clause).weight)
        expression(*cast<MetricClause>(*clause).weight);
      break;
    case ClauseKind::Optimizer:
      call(cast<OptimizerClause>(*clause).call);
      break;
    case ClauseKind::Group:
      args(cast<GroupClause>(*clause).args);
      break;
    case ClauseKind::Track:
      args(cast<TrackClause>(*clause).args);
      break;
    case ClauseKind::Objective:
      this->clauses(cast<ObjectiveClause>(*clause).clauses, {});
      break;
    case ClauseKind::Setting:
      if (cast<SettingClause>(*clause).setting != Setting::Precision)
        expression(*cast<SettingClause>(*clause).value);
      break;
    case ClauseKind::Update:
    case ClauseKind::Freeze:
    case ClauseKind::From:
    case ClauseKind::Best:
      break;
    }
  for (const ClausePtr &clause : clauses)
    if (const auto *let = as<LetClause>(*clause))
      warnUnused(elaborator, scopes.back(), let->binding);
  close();
}

void Resolver::train(const TrainItem &train) {
  std::vector<Ident> fields;
  bool found = false;
  std::vector<File *> places = {&file};
  places.insert(places.end(), file.imports.begin(), file.imports.end());
  for (File *place : places)
    for (const auto &[name, each] : place->items)
      if (const auto *data = as<DataItem>(*each))
        if (!found && (train.data ? name == train.data->text : place == &file)) {
          found = true;
          for (const Field &field : data->fields)
            fields.push_back(field.name);
        }
  // Without its data every field would be unknown; the missing data block is reported when the block is
  // elaborated.
  if (found)
    clauses(train.clauses, fields);
}

void Resolver::dataItem(const DataItem &data) {
  open();
  for (const Field &field : data.fields) {
    if (field.type)
      type(*field.type);
    for (const ExprPtr *number : {&field.categories, &field.words})
      if (*number)
        expression(**number);
  }
  close();
}

void Resolver::item(const Item &item) {
  switch (item.kind) {
  case ItemKind::Import:
    return;
  case ItemKind::Let:
    return expression(*cast<LetItem>(item).binding.value);
  case ItemKind::Data:
    return dataItem(cast<DataItem>(item));
  case ItemKind::Callable:
    return callable(*cast<CallableItem>(item).callable);
  case ItemKind::Derivative:
    return derivative(cast<DerivativeItem>(item));
  case ItemKind::Train:
    return train(cast<TrainItem>(item));
  }
}

//===-- Definitions that lead back to themselves ---------------------------------------------------===//

static std::string nameOf(const Item &item) {
  if (const auto *callable = as<CallableItem>(item))
    return callable->callable->name.text;
  if (const auto *let = as<LetItem>(item))
    return let->binding.pattern.names[0].text;
  return "";
}

/// Depth first, with a stack of its own: chains may be as long as a file.
void Resolver::findCycles() {
  using Edges = std::map<const Item *, Span>;
  struct Step {
    const Item *item;
    Edges::const_iterator next, end;
  };
  static const Edges none;
  std::set<const Item *> entered, left;
  auto enter = [&](std::vector<Step> &path, const Item *item) {
    auto entry = references.find(item);
    const Edges &edges = entry == references.end() ? none : entry->second;
    entered.insert(item);
    path.push_back({item, edges.begin(), edges.end()});
  };
  for (const ItemPtr &start : file.ast->items) {
    std::vector<Step> path;
    if (!entered.count(start.get()))
      enter(path, start.get());
    while (!path.empty()) {
      Step &top = path.back();
      if (top.next == top.end) {
        left.insert(top.item);
        path.pop_back();
        continue;
      }
      auto [next, span] = *top.next++;
      if (!entered.count(next)) {
        enter(path, next);
        continue;
      }
      if (left.count(next))
        continue;
      std::string cycle;
      auto first = std::find_if(path.begin(), path.end(),
                                [next = next](const Step &step) { return step.item == next; });
      for (auto step = first; step != path.end() && step - first < 8; ++step)
        cycle += "`" + nameOf(*step->item) + "` → ";
      elaborator
          .report(DiagnosticCode::E0307, span,
                  "`" + nameOf(*next) + "` leads back to itself: " + cycle + "`" + nameOf(*next) + "`")
          .label("functions and layers are unrolled: they do not recur");
    }
  }
}

void resolveNames(Elaborator &elaborator, File &file) { Resolver(elaborator, file).run(); }

} // namespace mlc::frontend
