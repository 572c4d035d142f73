#include "frontend/AstPrinter.h"

using namespace mlc::frontend;

namespace {

/// Expressions on one line; what holds a block is printed as braces with its statements in `;`.
class Printer {
public:
  std::string out;

  void expr(const Expr &node);
  void type(const TypeExpr &type);
  void program(const Program &program);

private:
  void write(std::string_view text) { out += text; }
  void name(const Ident &ident) { out += ident.text; }
  void string(std::string_view text) { (((out += '"') += text) += '"'); }
  void string(const StringLiteral &literal) { string(literal.text); }
  void optional(const ExprPtr &node) {
    if (node)
      expr(*node);
  }
  template <typename List, typename Each> void list(const List &items, Each each) {
    bool first = true;
    for (const auto &item : items) {
      if (!first)
        write(", ");
      first = false;
      each(item);
    }
  }
  void strings(const std::vector<StringLiteral> &literals) {
    list(literals, [&](const StringLiteral &literal) { string(literal); });
  }
  void names(const std::vector<Ident> &idents) {
    list(idents, [&](const Ident &ident) { name(ident); });
  }
  void args(const std::vector<Arg> &args);
  void call(const Call &call);
  void subscript(const Subscript &subscript);
  void pattern(const Pattern &pattern);
  void binding(const Binding &binding);
  void params(const std::vector<Param> &params);
  void callable(const Callable &callable);
  void block(const Block &block);
  void stmt(const Stmt &stmt);
  void clause(const Clause &clause);
  void datum(const DataItem &data);
  void item(const Item &item);
  void measure(std::string_view word, const std::optional<Ident> &label, const Expr &value,
               const ExprPtr &weight);
  /// `{`, one line for each item a level deeper, `}`.
  template <typename List, typename Each> void braced(const List &items, Each each) {
    write("{");
    ++level;
    for (const auto &item : items) {
      line();
      each(item);
    }
    --level;
    line();
    write("}");
  }
  void line() {
    out += '\n';
    out.append(2 * level, ' ');
  }

  unsigned level = 0;
};

} // namespace

void Printer::args(const std::vector<Arg> &args) {
  write("(");
  list(args, [&](const Arg &arg) {
    if (arg.name)
      (name(*arg.name), write(" = "));
    expr(*arg.value);
  });
  write(")");
}

void Printer::call(const Call &call) {
  name(call.callee);
  if (call.hasParens)
    args(call.args);
}

void Printer::subscript(const Subscript &subscript) {
  switch (subscript.kind) {
  case Subscript::Kind::At:
    expr(*subscript.at);
    return;
  case Subscript::Kind::Ellipsis:
    write("...");
    return;
  case Subscript::Kind::Slice:
    optional(subscript.begin);
    write(":");
    optional(subscript.end);
    if (subscript.step) {
      write(":");
      expr(*subscript.step);
    }
    return;
  }
}

void Printer::expr(const Expr &node) {
  auto elements = [&](const std::vector<ExprPtr> &parts) {
    list(parts, [&](const ExprPtr &part) { expr(*part); });
  };
  switch (node.kind) {
  case ExprKind::Name:
    write(cast<NameExpr>(node).name);
    return;
  case ExprKind::Number:
    write(cast<NumberExpr>(node).text);
    return;
  case ExprKind::Bool:
    write(cast<BoolExpr>(node).value ? "true" : "false");
    return;
  case ExprKind::String:
    string(cast<StringExpr>(node).value);
    return;
  case ExprKind::Call:
    call(cast<CallExpr>(node).call);
    return;
  case ExprKind::Pipe: {
    const auto &pipe = cast<PipeExpr>(node);
    write("(");
    optional(pipe.head);
    for (const Call &stage : pipe.stages) {
      write(&stage == &pipe.stages.front() && !pipe.head ? "|> " : " |> ");
      call(stage);
    }
    write(")");
    return;
  }
  case ExprKind::Tuple:
    write("(");
    elements(cast<TupleExpr>(node).elements);
    write(")");
    return;
  case ExprKind::List:
    write("[");
    elements(cast<ListExpr>(node).elements);
    write("]");
    return;
  case ExprKind::Unary: {
    const auto &unary = cast<UnaryExpr>(node);
    write("(");
    write(spelling(unary.op));
    write(unary.op == UnaryOp::Not ? " " : "");
    expr(*unary.operand);
    write(")");
    return;
  }
  case ExprKind::Binary: {
    const auto &binary = cast<BinaryExpr>(node);
    write("(");
    expr(*binary.left);
    write(" ");
    write(spelling(binary.op));
    write(" ");
    expr(*binary.right);
    write(")");
    return;
  }
  case ExprKind::Index: {
    const auto &index = cast<IndexExpr>(node);
    expr(*index.base);
    write("[");
    list(index.subscripts, [&](const Subscript &part) { subscript(part); });
    write("]");
    return;
  }
  case ExprKind::If: {
    const auto &choice = cast<IfExpr>(node);
    write("if ");
    expr(*choice.condition);
    write(" ");
    block(choice.then);
    write(" else ");
    block(choice.otherwise);
    return;
  }
  case ExprKind::Scan: {
    const auto &scan = cast<ScanExpr>(node);
    write("scan ");
    pattern(scan.pattern);
    write(" in ");
    expr(*scan.sequence);
    write(" along " + std::to_string(scan.axis) + " carry ");
    list(scan.carries, [&](const Carry &carry) {
      name(carry.name);
      write(": ");
      type(carry.type);
      write(" = ");
      expr(*carry.initial);
    });
    write(" ");
    block(scan.body);
    return;
  }
  }
}

void Printer::type(const TypeExpr &node) {
  switch (node.kind) {
  case TypeExpr::Kind::Dim:
    write("dim");
    return;
  case TypeExpr::Kind::Fn:
    write("fn");
    return;
  case TypeExpr::Kind::Tuple:
    write("(");
    list(node.elements, [&](const TypeExpr &element) { type(element); });
    write(")");
    return;
  case TypeExpr::Kind::Tensor:
    write(spelling(node.scalar));
    if (node.dims.empty())
      return;
    write("[");
    list(node.dims, [&](const DimExpr &dim) {
      if (dim.pack)
        write(dim.pack->text + "...");
      else
        expr(*dim.value);
    });
    write("]");
    return;
  }
}

void Printer::pattern(const Pattern &pattern) {
  if (pattern.isTuple)
    write("(");
  names(pattern.names);
  if (pattern.isTuple)
    write(")");
}

void Printer::binding(const Binding &binding) {
  write("let ");
  pattern(binding.pattern);
  if (binding.type) {
    write(": ");
    type(*binding.type);
  }
  write(" = ");
  expr(*binding.value);
}

void Printer::params(const std::vector<Param> &params) {
  list(params, [&](const Param &param) {
    name(param.name);
    if (param.type) {
      write(": ");
      type(*param.type);
    }
    if (param.initial) {
      write(" = ");
      expr(*param.initial);
    }
  });
}

void Printer::callable(const Callable &callable) {
  write(spelling(callable.kind));
  write(" ");
  name(callable.name);
  if (!callable.generics.empty()) {
    write("[");
    list(callable.generics, [&](const Generic &generic) {
      name(generic.name);
      write(generic.isPack ? "..." : "");
    });
    write("]");
  }
  write("(");
  params(callable.operands);
  if (!callable.hypers.empty()) {
    write("; ");
    params(callable.hypers);
  }
  write(")");
  if (callable.result) {
    write(" -> ");
    type(*callable.result);
  }
  write(" ");
  block(callable.body);
}

void Printer::block(const Block &block) {
  braced(block.stmts, [&](const StmtPtr &statement) { stmt(*statement); });
}

void Printer::stmt(const Stmt &node) {
  auto declaration = [&](std::string_view word, const auto &declared) {
    write(word);
    name(declared.name);
    write(": ");
    type(declared.type);
    write(" = ");
    expr(*declared.initial);
  };
  switch (node.kind) {
  case StmtKind::Let:
    binding(cast<LetStmt>(node).binding);
    return;
  case StmtKind::Fn:
    callable(*cast<FnStmt>(node).function);
    return;
  case StmtKind::LayerInstance:
    write("layer " + cast<LayerInstanceStmt>(node).name.text + " = ");
    expr(*cast<LayerInstanceStmt>(node).value);
    return;
  case StmtKind::Param:
    declaration("param ", cast<ParamStmt>(node));
    return;
  case StmtKind::State:
    declaration("state ", cast<StateStmt>(node));
    return;
  case StmtKind::Rebind:
    write(cast<RebindStmt>(node).name.text + " <- ");
    expr(*cast<RebindStmt>(node).value);
    return;
  case StmtKind::Expr:
    expr(*cast<ExprStmt>(node).value);
    return;
  }
}

void Printer::measure(std::string_view word, const std::optional<Ident> &label, const Expr &value,
                      const ExprPtr &weight) {
  write(word);
  if (label)
    write(label->text + " = ");
  expr(value);
  if (weight) {
    write(" weight ");
    expr(*weight);
  }
}

void Printer::clause(const Clause &node) {
  switch (node.kind) {
  case ClauseKind::Let:
    binding(cast<LetClause>(node).binding);
    return;
  case ClauseKind::Fn:
    callable(*cast<FnClause>(node).function);
    return;
  case ClauseKind::Predict: {
    const auto &predict = cast<PredictClause>(node);
    measure("predict ", predict.name, *predict.value, nullptr);
    if (!predict.given.empty()) {
      write(" given ");
      names(predict.given);
    }
    return;
  }
  case ClauseKind::Loss: {
    const auto &loss = cast<LossClause>(node);
    measure("loss ", loss.name, *loss.value, loss.weight);
    return;
  }
  case ClauseKind::Metric: {
    const auto &metric = cast<MetricClause>(node);
    measure("metric ", metric.name, *metric.value, metric.weight);
    return;
  }
  case ClauseKind::Optimizer:
    write("optimizer ");
    call(cast<OptimizerClause>(node).call);
    return;
  case ClauseKind::Group:
    write("group ");
    strings(cast<GroupClause>(node).patterns);
    write(" ");
    args(cast<GroupClause>(node).args);
    return;
  case ClauseKind::Update:
    write("update ");
    strings(cast<UpdateClause>(node).patterns);
    return;
  case ClauseKind::Freeze:
    write("freeze ");
    strings(cast<FreezeClause>(node).patterns);
    return;
  case ClauseKind::From: {
    const auto &from = cast<FromClause>(node);
    write("from ");
    string(from.file);
    if (!from.only.empty()) {
      write(" only ");
      strings(from.only);
    }
    if (from.renames.empty())
      return;
    write(" ");
    braced(from.renames, [&](const Rename &rename) {
      string(rename.theirs);
      write(" -> ");
      string(rename.ours);
      if (rename.layout) {
        write(" as ");
        string(*rename.layout);
      }
    });
    return;
  }
  case ClauseKind::Objective:
    write("objective " + cast<ObjectiveClause>(node).name.text + " ");
    braced(cast<ObjectiveClause>(node).clauses, [&](const ClausePtr &inner) { clause(*inner); });
    return;
  case ClauseKind::Track: {
    const auto &track = cast<TrackClause>(node);
    write("track " + track.follower.text + " from " + track.leader.text + " ");
    args(track.args);
    return;
  }
  case ClauseKind::Best:
    write(cast<BestClause>(node).isMax ? "best max " : "best min ");
    name(cast<BestClause>(node).figure);
    return;
  case ClauseKind::Setting:
    write(spelling(cast<SettingClause>(node).setting));
    write(" ");
    expr(*cast<SettingClause>(node).value);
    return;
  }
}

void Printer::datum(const DataItem &data) {
  write("data " + data.name.text + " {");
  ++level;
  for (const Reader &reader : data.readers) {
    line();
    write(spelling(reader.split));
    write(" ");
    expr(*reader.reader);
  }
  for (const Field &field : data.fields) {
    line();
    write(field.name.text + ": ");
    if (field.type) {
      type(*field.type);
    } else {
      write("category(");
      expr(*field.categories);
      write(")");
    }
    write(field.mayMiss ? "?" : "");
    if (!field.columns.empty()) {
      write(" = ");
      strings(field.columns);
    }
  }
  --level;
  line();
  write("}");
}

void Printer::item(const Item &node) {
  switch (node.kind) {
  case ItemKind::Import:
    write("import ");
    string(cast<ImportItem>(node).path);
    return;
  case ItemKind::Let:
    binding(cast<LetItem>(node).binding);
    return;
  case ItemKind::Data:
    datum(cast<DataItem>(node));
    return;
  case ItemKind::Callable:
    callable(*cast<CallableItem>(node).callable);
    return;
  case ItemKind::Derivative: {
    const auto &derivative = cast<DerivativeItem>(node);
    write("derivative " + derivative.function.text + "(");
    names(derivative.operands);
    write(") by " + derivative.cotangent.text + " {");
    ++level;
    std::size_t bound = 0;
    for (std::size_t i = 0; i <= derivative.parts.size(); ++i) {
      std::size_t before =
          i < derivative.parts.size() ? derivative.bindingsBefore[i] : derivative.bindings.size();
      for (; bound < before; ++bound) {
        line();
        binding(derivative.bindings[bound]);
      }
      if (i == derivative.parts.size())
        break;
      line();
      write(derivative.parts[i].name.text + " = ");
      expr(*derivative.parts[i].value);
    }
    --level;
    line();
    write("}");
    return;
  }
  case ItemKind::Train: {
    const auto &train = cast<TrainItem>(node);
    write("train " + train.name.text + (train.data ? " on " + train.data->text : "") + " ");
    braced(train.clauses, [&](const ClausePtr &inner) { clause(*inner); });
    return;
  }
  }
}

void Printer::program(const Program &program) {
  for (const ItemPtr &entry : program.items) {
    item(*entry);
    write("\n");
  }
}

std::string mlc::frontend::printAst(const Program &program) {
  Printer printer;
  printer.program(program);
  return std::move(printer.out);
}

std::string mlc::frontend::printExpr(const Expr &expr) {
  Printer printer;
  printer.expr(expr);
  return std::move(printer.out);
}

std::string mlc::frontend::printType(const TypeExpr &type) {
  Printer printer;
  printer.type(type);
  return std::move(printer.out);
}
