// The clauses of a train block.
#pragma once

#include "frontend/syntax/AstExpr.h"

namespace mlc::frontend {

enum class ClauseKind {
  Let,
  Fn,
  Predict,
  Loss,
  Metric,
  Optimizer,
  Group,
  Update,
  Freeze,
  From,
  Objective,
  Track,
  Best,
  Setting
};

struct Clause {
  const ClauseKind kind;
  Span span;
  /// The word it begins with.
  Span keywordSpan;

  virtual ~Clause() = default;

protected:
  explicit Clause(ClauseKind kind) : kind(kind) {}
};
using ClausePtr = std::unique_ptr<Clause>;

struct LetClause : Clause {
  MLC_AST_NODE(LetClause, Clause, Let)
  Binding binding;
};

struct FnClause : Clause {
  MLC_AST_NODE(FnClause, Clause, Fn)
  std::unique_ptr<Callable> function;
};

/// `predict [name =] value [given a, b]`.
struct PredictClause : Clause {
  MLC_AST_NODE(PredictClause, Clause, Predict)
  std::optional<Ident> name;
  ExprPtr value;
  std::vector<Ident> given;
};

/// `loss [name =] value [weight w]`.
struct LossClause : Clause {
  MLC_AST_NODE(LossClause, Clause, Loss)
  std::optional<Ident> name;
  ExprPtr value;
  ExprPtr weight;
};

/// `metric [name =] value [weight w]`.
struct MetricClause : Clause {
  MLC_AST_NODE(MetricClause, Clause, Metric)
  std::optional<Ident> name;
  ExprPtr value;
  ExprPtr weight;
};

/// `optimizer name(args)`. The call's `ordinal` means nothing here.
struct OptimizerClause : Clause {
  MLC_AST_NODE(OptimizerClause, Clause, Optimizer)
  Call call;
};

/// `group "pattern", ... (name = value, ...)`.
struct GroupClause : Clause {
  MLC_AST_NODE(GroupClause, Clause, Group)
  std::vector<StringLiteral> patterns;
  std::vector<Arg> args;
};

/// `update "pattern", ...`.
struct UpdateClause : Clause {
  MLC_AST_NODE(UpdateClause, Clause, Update)
  std::vector<StringLiteral> patterns;
};

/// `freeze "pattern", ...`.
struct FreezeClause : Clause {
  MLC_AST_NODE(FreezeClause, Clause, Freeze)
  std::vector<StringLiteral> patterns;
};

/// `"theirs" -> "ours" [as "o i -> i o"]`.
struct Rename {
  StringLiteral theirs;
  StringLiteral ours;
  std::optional<StringLiteral> layout;
  Span span;
};

/// `from "file" [only "pattern", ...] [{ renames }]`.
struct FromClause : Clause {
  MLC_AST_NODE(FromClause, Clause, From)
  StringLiteral file;
  std::vector<StringLiteral> only;
  std::vector<Rename> renames;
};

/// `objective name { clauses }`.
struct ObjectiveClause : Clause {
  MLC_AST_NODE(ObjectiveClause, Clause, Objective)
  Ident name;
  std::vector<ClausePtr> clauses;
};

/// `track follower from leader (args)`.
struct TrackClause : Clause {
  MLC_AST_NODE(TrackClause, Clause, Track)
  Ident follower;
  Ident leader;
  std::vector<Arg> args;
};

/// `best max name`.
struct BestClause : Clause {
  MLC_AST_NODE(BestClause, Clause, Best)
  bool isMax = false;
  Ident figure;
};

enum class Setting {
  Batch,
  Epochs,
  Steps,
  Seed,
  Validation,
  ClipNorm,
  Accumulate,
  Precision,
  Every,
  Patience
};
std::string_view spelling(Setting setting);
std::optional<Setting> settingKind(std::string_view spelling);
std::vector<Setting> allSettings();

/// `batch 64`. The value of `precision` is a NameExpr.
struct SettingClause : Clause {
  MLC_AST_NODE(SettingClause, Clause, Setting)
  Setting setting = Setting::Batch;
  ExprPtr value;
};

} // namespace mlc::frontend
