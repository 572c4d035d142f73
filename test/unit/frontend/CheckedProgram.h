// A program text, checked; for tests.
#pragma once

#include "frontend/check/Check.h"
#include "frontend/check/ProgramPrinter.h"

#include <algorithm>
#include <string>
#include <vector>

namespace mlc::frontend {

struct Checked {
  SourceManager sources;
  DiagnosticEngine diagnostics{sources};
  std::unique_ptr<core::Program> program;
  std::string messages;

  explicit Checked(const std::string &text, const CheckOptions &options = {}, const std::string &train = "") {
    auto files = loadText("test.mlc", text, "/nowhere/test.mlc", sources, diagnostics);
    program = check(sources, files, train, options, diagnostics);
    messages = diagnostics.render();
  }

  /// Names of the states with a role, in order.
  std::vector<std::string> names(core::StateTensor::Role role) const {
    std::vector<std::string> found;
    for (const core::StateTensor &state : program->states)
      if (state.role == role)
        found.push_back(state.name);
    return found;
  }
  std::vector<std::string> params() const { return names(core::StateTensor::Param); }
  /// How many nodes of a graph have this op.
  static int count(const core::StepGraph &step, const std::string &op) {
    return int(std::count_if(step.graph.nodes.begin(), step.graph.nodes.end(),
                             [&](const core::Node &node) { return node.op == op; }));
  }
};

/// Three features, a target, and a train block with these models and clauses.
inline std::string withData(const std::string &items, const std::string &clauses,
                            const std::string &optimizer = "optimizer sgd()") {
  return "data points { train csv(\"points.csv\")\n  x: f32[3] = \"a\", \"b\", \"c\"\n  y: f32\n  k: "
         "category(5)\n}\n" +
         items + "\ntrain t on points {\n" + clauses + "\n" + optimizer + "\n}\n";
}

/// A model of the three features whose body is `body`, trained on its mean.
inline std::string withModel(const std::string &body, const std::string &items = "") {
  return withData(items + "\nmodel net(x: float[batch, 3]) {\n" + body + "\n}", "loss net(x)");
}

} // namespace mlc::frontend
