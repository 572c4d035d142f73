// `--set NAME=VALUE`: what stands instead of what a program says.
#pragma once

#include "frontend/check/Elaborator.h"

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mlc::frontend {

/// A name is a setting of the train block (`batch`), `optimizer.` and a hyper-parameter, a `let` of the file
/// or of what it imports (`width`), or a model or layer there and a hyper-parameter that has a default
/// (`net.hidden`), which then has another default. The value is an expression of the language, in which the
/// names of the file are known. Of a `let` and a setting of one name the setting is meant.
class Overrides {
public:
  /// Parses the values. What is wrong is reported, of a name at `place`.
  bool parse(SourceManager &sources, const std::vector<std::pair<std::string, std::string>> &given,
             DiagnosticEngine &diagnostics, const File &root, Span place);

  /// Of a setting, or `optimizer.NAME`; null if it is not given.
  const Expr *find(const std::string &name) const;
  /// The hyper-parameters of the optimizer that are given, in their order.
  const std::vector<std::string> &optimizer() const { return ofOptimizer; }

  /// What stands for the value of a `let` or the default of a hyper-parameter, which `initial` is in the
  /// text; null if that counts. Notes that it was read.
  const Expr *insteadOf(const Expr &initial);
  /// Notes that a call gives the hyper-parameter with this default itself.
  void noteGiven(const Expr &initial, Span call);
  bool empty() const { return values.empty(); }
  /// Reports what nothing read.
  bool checkRead(DiagnosticEngine &diagnostics, const std::string &block) const;

private:
  struct Replaced {
    std::string name;
    const Expr *value = nullptr;
    Span place; ///< of what it stands for
    bool read = false;
    std::optional<Span> given; ///< a call that says it itself
  };
  Replaced *replaced(const Expr &initial);

  std::deque<Program> programs;
  std::map<std::string, const Expr *> values;
  std::vector<std::string> ofOptimizer;
  std::map<const Expr *, Replaced> defaults;
};

} // namespace mlc::frontend
