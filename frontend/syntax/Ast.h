// The syntax tree: one node kind per rule of the grammar that says something, a Span on each.
//
// Nodes are plain structs owned by std::unique_ptr. Expressions, statements, items and clauses are closed
// families with a `kind`; walk them with a switch on it and `as<T>(node)`. `classof` is there too, for
// llvm::dyn_cast. The parser bounds the height of a tree, so recursive walks are safe for any input.
#pragma once

#include "frontend/syntax/AstTrain.h"

namespace mlc::frontend {

enum class ItemKind { Import, Let, Data, Callable, Derivative, Train };

struct Item {
  const ItemKind kind;
  Span span;

  virtual ~Item() = default;

protected:
  explicit Item(ItemKind kind) : kind(kind) {}
};
using ItemPtr = std::unique_ptr<Item>;

struct ImportItem : Item {
  MLC_AST_NODE(ImportItem, Item, Import)
  StringLiteral path;
};

/// A constant of the file; the pattern is a single name without a type.
struct LetItem : Item {
  MLC_AST_NODE(LetItem, Item, Let)
  Binding binding;
};

enum class Split { Train, Test, Validation };
std::string_view spelling(Split split);

/// `train csv("a.csv")`.
struct Reader {
  Split split = Split::Train;
  Span splitSpan;
  ExprPtr reader;
  Span span;
};

/// What a field is made of.
enum class Coding { Number, Category, Vocabulary, Hash, Date };
/// "category", ...; "number", which is no word of the language.
std::string_view spelling(Coding coding);

/// `name: type? = "column"`, or `category(n)`, `vocabulary(n)[t]`, `hash(n)[t]` or `date(part, ...)` for the
/// type.
struct Field {
  Ident name;
  Coding coding = Coding::Number;
  /// Set if it is a number.
  std::optional<TypeExpr> type;
  /// The number of codes of a category, a vocabulary or a hash.
  ExprPtr categories;
  /// The number of words, if it is in brackets.
  ExprPtr words;
  /// The parts of a date; none: all that a day has.
  std::vector<Ident> parts;
  /// From the colon to the `?`: the type as written.
  Span typeSpan;
  bool mayMiss = false;
  std::vector<StringLiteral> columns;
  Span span;
};

/// `missing "NA", "-"`.
struct MissingTexts {
  std::vector<StringLiteral> texts;
  Span span;
};

struct DataItem : Item {
  MLC_AST_NODE(DataItem, Item, Data)
  Ident name;
  std::optional<MissingTexts> missing;
  std::vector<Reader> readers;
  std::vector<Field> fields;
};

struct CallableItem : Item {
  MLC_AST_NODE(CallableItem, Item, Callable)
  std::unique_ptr<Callable> callable;
};

/// `name = value`, the cotangent of the operand called `name`.
struct Cotangent {
  Ident name;
  ExprPtr value;
  Span span;
};

/// `derivative function(operands) by cotangent { let ... name = ... }`. In written order, every binding
/// precedes the parts that follow it: `bindingsBefore[i]` bindings stand before `parts[i]`.
struct DerivativeItem : Item {
  MLC_AST_NODE(DerivativeItem, Item, Derivative)
  Ident function;
  std::vector<Ident> operands;
  Ident cotangent;
  std::vector<Binding> bindings;
  std::vector<Cotangent> parts;
  std::vector<std::size_t> bindingsBefore;
};

/// `train name [on data] { clauses }`.
struct TrainItem : Item {
  MLC_AST_NODE(TrainItem, Item, Train)
  Ident name;
  std::optional<Ident> data;
  std::vector<ClausePtr> clauses;
};

#undef MLC_AST_NODE

/// One file.
struct Program {
  SourceId source = 0;
  std::vector<ItemPtr> items;
};

} // namespace mlc::frontend
