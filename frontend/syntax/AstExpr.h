// What a block holds: expressions, types, statements, and everything with a signature and a body.
#pragma once

#include "frontend/syntax/Source.h"

#include <cassert>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlc::frontend {

struct Ident {
  std::string text;
  Span span;
};

/// A string literal without its quotes; the span includes them.
struct StringLiteral {
  std::string text;
  Span span;
};

/// `float`, which is what the `precision` line says, and the types that programs name.
enum class ScalarKind {
  Float,
#define MLC_LANGUAGE_TYPE(id, ...) id,
#include "runtime/ElementTypes.def"
};

/// "float", "f32", ...
std::string_view spelling(ScalarKind kind);
std::optional<ScalarKind> scalarKind(std::string_view spelling);

/// Checked downcast of a node known to be a T, and its asking form.
template <typename T, typename Base> const T &cast(const Base &node) {
  assert(T::classof(&node));
  return static_cast<const T &>(node);
}
template <typename T, typename Base> const T *as(const Base &node) {
  return T::classof(&node) ? static_cast<const T *>(&node) : nullptr;
}

//===-- Expressions
//------------------------------------------------------------------------------------------===//

enum class ExprKind { Name, Number, Bool, String, Call, Pipe, Tuple, List, Unary, Binary, Index, If, Scan };

struct Expr {
  const ExprKind kind;
  /// With its parentheses, if it stands in some.
  Span span;
  bool parenthesized = false;
  /// The longest path to a leaf, bounded by the parser.
  unsigned height = 1;

  virtual ~Expr() = default;

protected:
  explicit Expr(ExprKind kind) : kind(kind) {}
};
using ExprPtr = std::unique_ptr<Expr>;

#define MLC_AST_NODE(Node, Base, Enumerator)                                                                 \
  Node() : Base(Base##Kind::Enumerator) {}                                                                   \
  static bool classof(const Base *node) { return node->kind == Base##Kind::Enumerator; }

/// `[name =] value`, in a call.
struct Arg {
  std::optional<Ident> name;
  ExprPtr value;
  Span span;
};

/// `callee(args)`: a call expression, or a pipe stage (where the parentheses may be missing).
struct Call {
  Ident callee;
  std::vector<Arg> args;
  /// `relu` as a stage has none, `relu()` has.
  bool hasParens = false;
  /// `remat callee(...)`: what it computes is computed again for the gradient, not kept.
  bool isRemat = false;
  /// Which call of a callee with this name it is, from 1, in the text of the enclosing item: the k of the
  /// parameter name `callee_k`. Local functions count as part of the item they stand in.
  unsigned ordinal = 0;
  Span span;
};

struct NameExpr : Expr {
  MLC_AST_NODE(NameExpr, Expr, Name)
  std::string name;
};

struct NumberExpr : Expr {
  MLC_AST_NODE(NumberExpr, Expr, Number)
  double value = 0;
  /// True if the value is not an integer.
  bool isFraction = false;
  /// As written.
  std::string text;
};

struct BoolExpr : Expr {
  MLC_AST_NODE(BoolExpr, Expr, Bool)
  bool value = false;
};

struct StringExpr : Expr {
  MLC_AST_NODE(StringExpr, Expr, String)
  std::string value;
};

/// `callee(args)`; `cast` is set if the callee is a scalar type: `float(image)`.
struct CallExpr : Expr {
  MLC_AST_NODE(CallExpr, Expr, Call)
  Call call;
  std::optional<ScalarKind> cast;
};

/// `head |> stage |> stage`; without a head it is a function literal.
struct PipeExpr : Expr {
  MLC_AST_NODE(PipeExpr, Expr, Pipe)
  ExprPtr head;
  std::vector<Call> stages;
};

/// `(a, b)`: at least two elements.
struct TupleExpr : Expr {
  MLC_AST_NODE(TupleExpr, Expr, Tuple)
  std::vector<ExprPtr> elements;
};

/// `[a, b]`: at least one element.
struct ListExpr : Expr {
  MLC_AST_NODE(ListExpr, Expr, List)
  std::vector<ExprPtr> elements;
};

enum class UnaryOp { Neg, Not };
std::string_view spelling(UnaryOp op);

struct UnaryExpr : Expr {
  MLC_AST_NODE(UnaryExpr, Expr, Unary)
  UnaryOp op = UnaryOp::Neg;
  Span opSpan;
  ExprPtr operand;
};

enum class BinaryOp { Add, Sub, Mul, Div, MatMul, Pow, And, Or, Eq, Ne, Lt, Le, Gt, Ge };
std::string_view spelling(BinaryOp op);
inline bool isComparison(BinaryOp op) { return op >= BinaryOp::Eq; }

struct BinaryExpr : Expr {
  MLC_AST_NODE(BinaryExpr, Expr, Binary)
  BinaryOp op = BinaryOp::Add;
  Span opSpan;
  ExprPtr left;
  ExprPtr right;
};

/// One subscript: `at`, `begin:end:step` (each may be missing), or `...`.
struct Subscript {
  enum class Kind { At, Slice, Ellipsis };
  Kind kind = Kind::At;
  ExprPtr at;
  ExprPtr begin;
  ExprPtr end;
  ExprPtr step;
  Span span;
};

struct IndexExpr : Expr {
  MLC_AST_NODE(IndexExpr, Expr, Index)
  ExprPtr base;
  std::vector<Subscript> subscripts;
};

//===-- Types
//------------------------------------------------------------------------------------------------===//

/// A dim of a type: a number-valued expression, or a pack `s...`.
struct DimExpr {
  std::optional<Ident> pack;
  ExprPtr value;
  Span span;
};

struct TypeExpr {
  enum class Kind { Tensor, Dim, Fn, Tuple };
  Kind kind = Kind::Tensor;
  /// Of a Tensor. No dims is a scalar.
  ScalarKind scalar = ScalarKind::Float;
  std::vector<DimExpr> dims;
  /// Of a Tuple: at least two.
  std::vector<TypeExpr> elements;
  Span span;
};

//===-- Statements
//-------------------------------------------------------------------------------------------===//

enum class StmtKind { Let, Fn, LayerInstance, Param, State, Rebind, Expr };

struct Stmt {
  const StmtKind kind;
  Span span;

  virtual ~Stmt() = default;

protected:
  explicit Stmt(StmtKind kind) : kind(kind) {}
};
using StmtPtr = std::unique_ptr<Stmt>;

/// `{ stmts }`, at least one. The value is the last statement if that is an expression.
struct Block {
  std::vector<StmtPtr> stmts;
  /// Of the highest expression in it.
  unsigned height = 0;
  /// With the braces; for a body written `= expr`, the expression.
  Span span;
};

/// `name` or `(a, b)`.
struct Pattern {
  std::vector<Ident> names;
  bool isTuple = false;
  Span span;
};

/// `let pattern [: type] = value`.
struct Binding {
  Pattern pattern;
  std::optional<TypeExpr> type;
  ExprPtr value;
  Span span;
};

/// `if condition { } else { }`. For `else if`, `otherwise` holds the inner choice as its only statement.
struct IfExpr : Expr {
  MLC_AST_NODE(IfExpr, Expr, If)
  ExprPtr condition;
  Block then;
  Block otherwise;
  Span ifSpan;
};

/// `name: type = initial`, a value handed from one step of a scan to the next.
struct Carry {
  Ident name;
  TypeExpr type;
  ExprPtr initial;
  Span span;
};

/// `scan pattern in sequence along axis carry carries body`.
struct ScanExpr : Expr {
  MLC_AST_NODE(ScanExpr, Expr, Scan)
  Pattern pattern;
  ExprPtr sequence;
  std::int64_t axis = 0;
  Span axisSpan;
  std::vector<Carry> carries;
  Block body;
  /// `remat scan ...`: the backward scan keeps the carries alone.
  bool isRemat = false;
  Span scanSpan;
};

/// `name` or `name...`.
struct Generic {
  Ident name;
  bool isPack = false;
  Span span;
};

/// `name [: type] [= initial]`, in a signature. With words, as in `name: "a" or "b"` and `name: dim or "a"`,
/// it may be given as one of these.
struct Param {
  Ident name;
  std::optional<TypeExpr> type;
  std::vector<StringLiteral> words;
  ExprPtr initial;
  Span span;
};

/// `require condition else "reason"`, in a signature.
struct Requirement {
  ExprPtr condition;
  std::optional<StringLiteral> reason;
  Span span;
};

enum class CallableKind { Model, Layer, Fn, Optimizer, Metric };
std::string_view spelling(CallableKind kind);

/// Everything with a signature and a body: `kind name[generics](operands; hypers) -> result require ... {
/// body }`.
struct Callable {
  CallableKind kind = CallableKind::Fn;
  Ident name;
  std::vector<Generic> generics;
  std::vector<Param> operands;
  std::vector<Param> hypers;
  std::optional<TypeExpr> result;
  std::vector<Requirement> requirements;
  Block body;
  /// `fn f(x) = expr`.
  bool isExpressionBody = false;
  /// From the keyword to the end of the signature or result.
  Span headSpan;
  Span span;
};

struct LetStmt : Stmt {
  MLC_AST_NODE(LetStmt, Stmt, Let)
  Binding binding;
};

struct FnStmt : Stmt {
  MLC_AST_NODE(FnStmt, Stmt, Fn)
  std::unique_ptr<Callable> function;
};

/// `layer name = value`: names an instance that is then shared.
struct LayerInstanceStmt : Stmt {
  MLC_AST_NODE(LayerInstanceStmt, Stmt, LayerInstance)
  Ident name;
  ExprPtr value;
};

/// `param name: type = initial`.
struct ParamStmt : Stmt {
  MLC_AST_NODE(ParamStmt, Stmt, Param)
  Ident name;
  TypeExpr type;
  ExprPtr initial;
};

/// `state name: type = initial`.
struct StateStmt : Stmt {
  MLC_AST_NODE(StateStmt, Stmt, State)
  Ident name;
  TypeExpr type;
  ExprPtr initial;
};

/// `name <- value`.
struct RebindStmt : Stmt {
  MLC_AST_NODE(RebindStmt, Stmt, Rebind)
  Ident name;
  Span arrowSpan;
  ExprPtr value;
};

struct ExprStmt : Stmt {
  MLC_AST_NODE(ExprStmt, Stmt, Expr)
  ExprPtr value;
};

} // namespace mlc::frontend
