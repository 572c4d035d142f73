// Expressions, types and statements as text, and the ways in.
#include "frontend/syntax/AstPrinter.h"
#include "frontend/syntax/AstPrinterCore.h"

using namespace mlc::frontend;

void AstPrinter::args(const std::vector<Arg> &args) {
  write("(");
  list(args, [&](const Arg &arg) {
    if (arg.name)
      (name(*arg.name), write(" = "));
    expr(*arg.value);
  });
  write(")");
}

void AstPrinter::call(const Call &call) {
  if (call.isRemat)
    write("remat ");
  name(call.callee);
  if (call.hasParens)
    args(call.args);
}

void AstPrinter::subscript(const Subscript &subscript) {
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

void AstPrinter::expr(const Expr &node) {
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
    write(scan.isRemat ? "remat scan " : "scan ");
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

void AstPrinter::type(const TypeExpr &node) {
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

void AstPrinter::pattern(const Pattern &pattern) {
  if (pattern.isTuple)
    write("(");
  names(pattern.names);
  if (pattern.isTuple)
    write(")");
}

void AstPrinter::binding(const Binding &binding) {
  write("let ");
  pattern(binding.pattern);
  if (binding.type) {
    write(": ");
    type(*binding.type);
  }
  write(" = ");
  expr(*binding.value);
}

void AstPrinter::params(const std::vector<Param> &params) {
  list(params, [&](const Param &param) {
    name(param.name);
    if (param.type) {
      write(": ");
      type(*param.type);
    }
    for (size_t i = 0; i < param.words.size(); ++i) {
      write(i > 0 || param.type ? " or " : ": ");
      string(param.words[i]);
    }
    if (param.initial) {
      write(" = ");
      expr(*param.initial);
    }
  });
}

void AstPrinter::callable(const Callable &callable) {
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
  for (const Requirement &requirement : callable.requirements) {
    write(" require ");
    expr(*requirement.condition);
    if (requirement.reason) {
      write(" else ");
      string(*requirement.reason);
    }
  }
  write(" ");
  block(callable.body);
}

void AstPrinter::block(const Block &block) {
  braced(block.stmts, [&](const StmtPtr &statement) { stmt(*statement); });
}

void AstPrinter::stmt(const Stmt &node) {
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

void AstPrinter::program(const Program &program) {
  for (const ItemPtr &entry : program.items) {
    item(*entry);
    write("\n");
  }
}

std::string mlc::frontend::printAst(const Program &program) {
  AstPrinter printer;
  printer.program(program);
  return std::move(printer.out);
}

std::string mlc::frontend::printExpr(const Expr &expr) {
  AstPrinter printer;
  printer.expr(expr);
  return std::move(printer.out);
}

std::string mlc::frontend::printType(const TypeExpr &type) {
  AstPrinter printer;
  printer.type(type);
  return std::move(printer.out);
}
