// Mutated programs that still parse: checking ends, and either reports an error or gives a program whose
// graphs hold together.
#include "CheckedProgram.h"
#include "FuzzRuns.h"
#include "ProgramMutator.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

using namespace mlc::frontend;

namespace {

std::vector<std::string> corpus() {
  std::vector<std::filesystem::path> paths;
  for (const auto &entry :
       std::filesystem::directory_iterator(std::filesystem::path(MLC_SOURCE_DIR) / "test/frontend/programs"))
    if (entry.path().filename() != "01_resnet18.mlc")
      paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> texts;
  for (const auto &path : paths) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    texts.push_back(text.str());
  }
  // The programs of the error index lean on the limits.
  std::ifstream in(std::string(MLC_SOURCE_DIR) + "/frontend/errors.md");
  std::stringstream text;
  text << in.rdbuf();
  std::string index = text.str();
  for (size_t at = index.find("## E02"); (at = index.find("```mlc\n", at)) != std::string::npos;) {
    size_t end = index.find("```\n", at + 7);
    std::string program = index.substr(at + 7, end - at - 7);
    if (program.find("repeat(100") == std::string::npos)
      texts.push_back(program);
    at = end;
  }
  return texts;
}

void expectSound(const core::Graph &graph) {
  std::vector<bool> defined(graph.types.size(), false);
  for (core::ValueId input : graph.inputs)
    defined.at(input) = true;
  for (const core::Node &node : graph.nodes) {
    for (core::ValueId operand : node.operands)
      ASSERT_TRUE(defined.at(operand)) << node.op;
    for (core::ValueId result : node.results)
      defined.at(result) = true;
  }
  for (core::ValueId output : graph.outputs)
    ASSERT_TRUE(defined.at(output));
}

TEST(CheckFuzzTest, MutatedProgramsNeverCrash) {
  const mlc::test::ProgramMutator mutator(corpus());
  const unsigned runs = mlc::test::fuzzRuns(6000);
  std::mt19937 random(11); // NOLINT(bugprone-random-generator-seed): the same run each time
  unsigned good = 0, bad = 0;
  for (unsigned i = 0; i < runs; ++i) {
    std::string text = mutator.mutate(random);
    SCOPED_TRACE(text);
    Checked checked(text);
    if (!checked.program) {
      ASSERT_FALSE(checked.messages.empty());
      ++bad;
      continue;
    }
    ++good;
    for (const core::StepGraph *step : {&checked.program->init, &checked.program->objectives[0].forward,
                                        &checked.program->objectives[0].update, &checked.program->evaluate,
                                        &checked.program->predict, &checked.program->figures})
      expectSound(step->graph);
    for (const core::Callee &callee : checked.program->callees) {
      expectSound(callee.primal);
      if (!callee.vjp.types.empty())
        expectSound(callee.vjp);
    }
    ASSERT_FALSE(core::print(*checked.program).empty());
  }
  EXPECT_GT(good, runs / 100);
  EXPECT_GT(bad, runs / 50);
}

} // namespace
