// The printer behind AstPrinter.h.
#pragma once

#include "frontend/syntax/Ast.h"

#include <string>
#include <string_view>
#include <vector>

namespace mlc::frontend {

/// Expressions on one line; what holds a block is printed as braces with its statements in `;`.
class AstPrinter {
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
  void fieldType(const Field &field);
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

} // namespace mlc::frontend
