// Mutated programs: whatever the bytes, parsing ends, and either reports an error or gives a tree that
// survives printing and parsing again.
#include "FuzzRuns.h"

#include "frontend/syntax/AstPrinter.h"
#include "frontend/syntax/Parser.h"

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
    paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> texts;
  for (const auto &path : paths) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    texts.push_back(text.str());
  }
  return texts;
}

class Mutator {
public:
  explicit Mutator(unsigned seed) : random(seed) {}

  std::string mutate(const std::vector<std::string> &texts) {
    std::string text = texts[below(texts.size())];
    // Short pieces put more weight on the beginnings and ends of things.
    if (below(2)) {
      std::size_t begin = below(text.size());
      text = text.substr(begin, below(text.size() - begin) + 1);
    }
    for (std::size_t edits = below(6) + 1; edits; --edits)
      edit(text, texts);
    return text;
  }

private:
  std::size_t below(std::size_t bound) { return bound ? random() % bound : 0; }

  void edit(std::string &text, const std::vector<std::string> &texts) {
    static const char *const pieces[] = {
        "(",      ")",    "[",        "]",       "{",    "}",     ",",     ";",     ":",     "::",
        "...",    "=",    "->",       "<-",      "|>",   "+",     "-",     "*",     "/",     "@",
        "^",      "==",   "<",        "\n",      "\n\n", " ",     "\"",    "//",    "if ",   "else ",
        "scan ",  "in ",  "along",    "let ",    "fn ",  "layer", "param", "state", "train", "model ",
        "carry ", "as ",  "given ",   "weight ", "1",    "1e9",   "0.5",   "x",     "float", "not ",
        "and ",   "\xff", "\xc3\xbc", "\t",      "\r\n", "?",     "!",     "&&",    "'",     "/*",
        "*/",     "#",    ".relu(",   "nn.f"};
    std::size_t at = below(text.size() + 1);
    switch (below(5)) {
    case 0:
      text.insert(at, pieces[below(std::size(pieces))]);
      return;
    case 1:
      text.erase(at, below(8) + 1);
      return;
    case 2:
      if (at < text.size())
        text[at] = static_cast<char>(below(8) ? below(95) + 32 : below(256));
      return;
    case 3: {
      const std::string &other = texts[below(texts.size())];
      std::size_t from = below(other.size());
      text.insert(at, other.substr(from, below(60)));
      return;
    }
    default: {
      std::size_t length = below(30);
      std::string copy = text.substr(std::min(at, text.size()), length);
      for (std::size_t times = below(3); times; --times)
        text.insert(std::min(at, text.size()), copy);
      return;
    }
    }
  }

  std::mt19937 random;
};

TEST(ParserFuzzTest, MutatedProgramsNeverCrash) {
  const unsigned runs = mlc::test::fuzzRuns(20000);
  std::vector<std::string> texts = corpus();
  ASSERT_EQ(texts.size(), 16u);
  Mutator mutator(20240607);
  unsigned good = 0;
  for (unsigned i = 0; i < runs; ++i) {
    std::string text = mutator.mutate(texts);
    SourceManager sources;
    DiagnosticEngine diagnostics(sources);
    Program program = parse(sources.add("fuzz.mlc", text), diagnostics);
    std::string printed = printAst(program);
    if (diagnostics.hasErrors()) {
      ASSERT_FALSE(diagnostics.render().empty()) << text;
      continue;
    }
    ++good;
    DiagnosticEngine again(sources);
    Program reparsed = parse(sources.add("printed.mlc", printed), again);
    ASSERT_FALSE(again.hasErrors()) << text << "\n" << again.render();
    ASSERT_EQ(printAst(reparsed), printed) << text;
  }
  // Both kinds were met.
  EXPECT_GT(good, runs / 100);
  EXPECT_LT(good, runs);
}

TEST(ParserFuzzTest, RandomTokensAndBytesNeverCrash) {
  std::mt19937 random(7); // NOLINT(bugprone-random-generator-seed): the same run each time
  for (unsigned i = 0; i < mlc::test::fuzzRuns(2000); ++i) {
    std::string text(random() % 300, '\0');
    for (char &c : text)
      c = i % 2 ? static_cast<char>(random() % 255 + 1) : "()[]{}<>|-=+*/^@,;:.?\"x1 \n"[random() % 26];
    SourceManager sources;
    DiagnosticEngine diagnostics(sources);
    printAst(parse(sources.add("fuzz.mlc", text), diagnostics));
    diagnostics.render();
  }
}

} // namespace
