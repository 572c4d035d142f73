// Formatting changes blanks and line breaks, nothing else, and formatted text not at all: for every program
// of the tree that parses, as it is and with its blanks changed at random.
#include "frontend/syntax/Format.h"
#include "frontend/syntax/AstPrinter.h"
#include "frontend/syntax/FormatTokens.h"
#include "frontend/syntax/Parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

using namespace mlc::frontend;

namespace {

/// What must not change: the tree, and each token and comment.
struct Meaning {
  std::string tree;
  std::vector<std::string> texts;
  bool operator==(const Meaning &other) const { return tree == other.tree && texts == other.texts; }
};

std::optional<Meaning> meaningOf(const std::string &text) {
  SourceManager sources;
  DiagnosticEngine diagnostics(sources);
  SourceId source = sources.add("program.mlc", text);
  Meaning meaning{printAst(parse(source, diagnostics)), {}};
  if (diagnostics.hasErrors())
    return std::nullopt;
  for (const FormatToken &token : formatTokens(source, sources))
    meaning.texts.emplace_back(token.text);
  return meaning;
}

std::optional<std::string> formatText(const std::string &text) {
  SourceManager sources;
  DiagnosticEngine diagnostics(sources);
  return format(sources.add("program.mlc", text), diagnostics);
}

std::vector<std::filesystem::path> programs() {
  std::vector<std::filesystem::path> paths;
  for (const char *folder : {"examples", "frontend/prelude", "test", "bench"})
    for (const auto &entry :
         std::filesystem::recursive_directory_iterator(std::filesystem::path(MLC_SOURCE_DIR) / folder))
      if (entry.path().extension() == ".mlc")
        paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string read(const std::filesystem::path &path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// Other blanks between tokens; line breaks stay, and more are added after commas and before pipes.
std::string shaken(const std::string &text, std::mt19937 &random) {
  SourceManager sources;
  SourceId source = sources.add("program.mlc", text);
  std::string out;
  std::vector<FormatToken> tokens = formatTokens(source, sources);
  const FormatToken *left = nullptr;
  for (const FormatToken &token : tokens) {
    bool mayBreak = token.is(TokenKind::Pipe) || (left && left->is(TokenKind::Comma));
    if (token.blankLineBefore)
      out.append(1 + random() % 3, '\n');
    if (token.breakBefore || (mayBreak && random() % 6 == 0))
      out += random() % 4 ? "\n" : " \r\n";
    // `f (x)` is a call too; but two words need a blank between them, and so do `- -` and the like.
    if (left && !token.breakBefore)
      out.append(random() % 3 ? 1 : blanksBetween(*left, token), ' ');
    if (random() % 3 == 0)
      out.append(random() % 7, random() % 5 ? ' ' : '\t');
    out += token.text;
    left = &token;
  }
  return out;
}

void check(const std::string &text) {
  std::optional<Meaning> before = meaningOf(text);
  std::optional<std::string> once = formatText(text);
  ASSERT_EQ(before.has_value(), once.has_value());
  if (!once)
    return;
  std::optional<Meaning> after = meaningOf(*once);
  ASSERT_TRUE(after) << *once;
  EXPECT_EQ(before->tree, after->tree) << *once;
  EXPECT_EQ(before->texts, after->texts);
  EXPECT_EQ(formatText(*once), once);
  EXPECT_EQ(once->find(" \n"), std::string::npos) << *once;
  EXPECT_EQ(once->find("\n\n\n"), std::string::npos) << *once;
}

} // namespace

TEST(Format, EveryProgramKeepsItsMeaning) {
  std::mt19937 random(1);
  int formatted = 0;
  for (const std::filesystem::path &path : programs()) {
    SCOPED_TRACE(path.string());
    std::string text = read(path);
    check(text);
    if (!meaningOf(text))
      continue;
    ++formatted;
    for (int i = 0; i < 20 && !HasFailure(); ++i)
      check(shaken(text, random));
    if (HasFailure())
      break;
  }
  EXPECT_GT(formatted, 20);
}

TEST(Format, TextThatDoesNotParseIsNotFormatted) { EXPECT_EQ(formatText("let = 3\n"), std::nullopt); }

TEST(Format, NothingIsNothing) {
  EXPECT_EQ(formatText(""), "");
  EXPECT_EQ(formatText("\n\n"), "");
  EXPECT_EQ(formatText("// only a comment"), "// only a comment\n");
}

TEST(Format, LongLines) {
  // A block with a comment after its brace is open already; what cannot be broken stays long.
  std::string name(130, 'a');
  check("model net(x: float[batch, 3]) { // " + name + "\n  x |> tanh\n}\n");
  check("model " + name + "(x: float[batch, 3]) { // comment\n  x |> tanh\n}\n");
  check("model " + name + "(x: float[batch, 3]) { x |> tanh }\n");
  std::string sum = "fn f(x) = g(x";
  for (int i = 0; i < 3000; ++i)
    sum += ", if x > 1 { h(x) } else { (x + " + std::to_string(i) + ") * x }";
  check(sum + ")\n");
}
