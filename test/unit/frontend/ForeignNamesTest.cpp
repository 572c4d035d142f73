// The table of names of other libraries is true: what it says to write here passes the checker, names are
// found however they are spelt, and docs/from-pytorch.md shows the table.
//
// With MLC_REWRITE_NAMES=1 in the environment, the page's tables are written instead; read the diff.
#include "frontend/syntax/ForeignNames.h"
#include "frontend/check/Builtins.h"
#include "frontend/check/Check.h"
#include "frontend/check/Definitions.h"
#include "frontend/check/Prelude.h"
#include "frontend/syntax/Loader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

using namespace mlc::frontend;

namespace {

/// What the checker says of a program, all of it.
std::string diagnose(const std::string &program) {
  SourceManager sources;
  DiagnosticEngine diagnostics(sources);
  auto files = loadText("program.mlc", program, "/nowhere/program.mlc", sources, diagnostics);
  CheckOptions options;
  CheckReport report;
  core::Settings settings;
  if (!files.empty())
    if (auto checked = check(sources, files, "", options, diagnostics, &report))
      settings = checked->settings;
  checkDefinitions(sources, files, report.used, settings, diagnostics);
  return diagnostics.hasErrors() ? diagnostics.render() : "";
}

bool begins(std::string_view text, const char *word) {
  return text.substr(0, std::string_view(word).size()) == word;
}

/// A program in which a text of the table stands where it belongs.
std::string programOf(const std::string &ours) {
  const char *const clauses[] = {"loss ",       "optimizer ", "metric ",   "batch ",
                                 "validation ", "clip_norm ", "seed ",     "accumulate ",
                                 "precision ",  "freeze ",    "from ",     "best ",
                                 "steps ",      "epochs ",    "patience ", "let "};
  bool isClause = std::any_of(std::begin(clauses), std::end(clauses),
                              [&](const char *word) { return begins(ours, word); });
  bool isDeclaration = begins(ours, "param ") || begins(ours, "state ");
  auto clause = [&](const char *word, const std::string &otherwise) {
    return begins(ours, word) ? std::string() : "  " + otherwise + "\n";
  };
  return "data rows {\n  train npz(\"rows.npz\")\n  x: f32[8]\n  image: f32[8, 8, 4]\n  sequence: f32[16, "
         "8]\n"
         "  word: i32[16]\n  y: f32\n  label: i32\n}\n"
         "model body(x: float[batch, 8]) -> float[batch, 8] { x |> dense(8) }\n"
         "model net(x: float[batch, 8]) -> float[batch] { x |> dense(1) |> rearrange(\"b 1 -> b\") }\n"
         "model classify(x: float[batch, 8]) -> float[batch, 10] { x |> dense(10) }\n"
         "model probe(x: float[batch, 8], image: float[batch, 8, 8, 4], sequence: float[batch, 16, 8],\n"
         "    word: i32[batch, 16]) {\n  " +
         (isDeclaration ? ours + "\n  x"
          : isClause    ? "x"
                        : ours) +
         "\n}\ntrain fit on rows {\n  let guess = net(body(float(x)))\n  let logits = classify(float(x))\n" +
         (isClause ? "  " + ours + "\n" : "") +
         clause("loss ", "loss mse(guess, float(y)) + cross_entropy(logits, label)") +
         clause("optimizer ", "optimizer sgd(lr = 0.1)") +
         clause("metric ", "metric accuracy(logits, label)") + clause("validation ", "validation 0.1") +
         "}\n";
}

std::vector<std::string> words(std::string_view cell) {
  std::istringstream in{std::string(cell)};
  std::vector<std::string> result;
  for (std::string word; in >> word;)
    result.push_back(word);
  return result;
}

TEST(ForeignNamesTest, WhatTheTableSaysPassesTheChecker) {
  ASSERT_NE(diagnose(programOf("x |> dens(64)")), "") << "the test sees errors";
  for (const ForeignName &row : foreignNames()) {
    EXPECT_FALSE(row.ours.empty() && row.note.empty()) << row.pytorch << row.keras << row.jax << row.names;
    if (!row.ours.empty())
      EXPECT_EQ(diagnose(programOf(std::string(row.ours))), "") << row.ours;
  }
}

TEST(ForeignNamesTest, EveryNameIsFoundUnderAnySpelling) {
  std::map<std::string, int> rowsOf;
  for (const ForeignName &row : foreignNames())
    for (std::string_view cell : {row.pytorch, row.keras, row.jax, row.names})
      for (const std::string &name : words(cell)) {
        std::string last = name.substr(name.rfind('.') + 1);
        std::string upper = last;
        for (char &c : upper)
          c = char(std::toupper(static_cast<unsigned char>(c)));
        auto isOurs = [&](const std::vector<std::string> &helps) {
          return std::any_of(helps.begin(), helps.end(), [&](const std::string &help) {
            return help.find(row.ours.empty() ? std::string(row.note) : "`" + std::string(row.ours) + "`") !=
                   std::string::npos;
          });
        };
        EXPECT_TRUE(isOurs(foreignHelps(name))) << name;
        EXPECT_TRUE(isOurs(foreignHelps(last)) || foreignHelps(last).size() == 1) << last;
        EXPECT_FALSE(foreignHelps(upper).empty()) << upper;
        EXPECT_LE(foreignHelps(upper).size(), 2u) << upper << " means too much";
      }
}

TEST(ForeignNamesTest, AHelpSaysWhoseNameItIsAndWhatToWrite) {
  EXPECT_EQ(foreignHelps("Dense").front(),
            "Keras's `Dense` is `x |> dense(64)` here: what comes in is known");
  EXPECT_EQ(foreignHelps("nn.Dense").front().substr(0, 17), "JAX's `nn.Dense` ");
  // Of what stands in several rows, the one with the same part before the dot; without one, both.
  ASSERT_EQ(foreignHelps("F.normalize").size(), 1u);
  EXPECT_NE(foreignHelps("F.normalize").front().find("unit_length(x)"), std::string::npos);
  EXPECT_EQ(foreignHelps("normalize").size(), 2u);
  EXPECT_TRUE(foreignHelps("frobnicate").empty());
  EXPECT_TRUE(foreignHelps("").empty());
  EXPECT_TRUE(foreignHelps(std::string(100000, 'a')).empty());
  // Beside a function of ours that has the name of another: not for those that are this function.
  EXPECT_FALSE(foreignHelpsBeside("linear").empty());
  EXPECT_TRUE(foreignHelpsBeside("relu").empty());
}

TEST(ForeignNamesTest, ArgumentsAndWords) {
  EXPECT_EQ(foreignArgumentHelp("padding", {"out", "pad"}), "it is called `pad` here");
  EXPECT_EQ(foreignArgumentHelp("units", {"hidden"}), "it is called `hidden` here");
  EXPECT_EQ(foreignArgumentHelp("padding", {"out"}), std::nullopt);
  EXPECT_EQ(foreignArgumentHelp("activation", {}),
            "an activation is a stage of its own: `|> dense(64) |> relu`");
  EXPECT_EQ(foreignOptionHelp("sep", {"separator"}), "it is called `separator` here");
  EXPECT_EQ(foreignOptionHelp("sep", {"size"}), std::nullopt);
  EXPECT_EQ(foreignReaderHelp("pd.read_csv"), "it is called `csv` here");
  EXPECT_EQ(foreignReaderHelp("frobnicate"), std::nullopt);
  EXPECT_EQ(foreignTypeHelp("Int", false), "did you mean `i32`?");
  EXPECT_NE(foreignTypeHelp("category", true), foreignTypeHelp("category", false));
  EXPECT_EQ(foreignTypeHelp(std::string(100000, 'a'), true), std::nullopt);
  EXPECT_EQ(foreignClauseHelp("batch_size"), "write `batch 64`");
  EXPECT_EQ(foreignClauseHelp("batch_sizes"), std::nullopt);
  EXPECT_TRUE(foreignWordHelp("class"));
  // What should begin a line of a train block is a line of one.
#define MLC_FOREIGN_CLAUSE(theirs, ours) EXPECT_EQ(diagnose(programOf(ours)), "") << theirs;
#include "frontend/syntax/ForeignNames.def"
  // What an argument is called here is an argument of something.
  std::string prelude;
  for (const PreludeFile &file : preludeFiles())
    prelude += file.text;
  auto isArgument = [&](const std::string &name) {
    for (const Builtin &builtin : builtins())
      for (const char *option : builtin.options)
        if (name == option)
          return true;
    return prelude.find(" " + name + ": dim") != std::string::npos ||
           prelude.find(" " + name + ": \"") != std::string::npos || // one of some words
           prelude.find(" " + name + " = ") != std::string::npos ||
           prelude.find("; " + name + ")") != std::string::npos;
  };
#define MLC_FOREIGN_ARGUMENT(theirs, ours, note)                                                             \
  EXPECT_TRUE(std::string(ours).empty() ? !std::string(note).empty() : isArgument(ours)) << theirs;
#include "frontend/syntax/ForeignNames.def"
}

/// A data block that is read by this, of which the options are known alone.
std::string readBy(const std::string &reader) {
  return diagnose("data rows {\n  train " + reader +
                  "\n  x: f32\n}\nmodel net(x: float[batch]) -> float[batch] {\n"
                  "  rearrange(\"b -> b 1\", x) |> dense(1) |> rearrange(\"b 1 -> b\")\n}\n"
                  "train fit on rows {\n  loss mse(net(x), x)\n  optimizer sgd()\n}\n");
}

TEST(ForeignNamesTest, ReadersAndTheirOptionsAreReadersAndOptions) {
  EXPECT_NE(readBy("nothing()").find("unknown reader"), std::string::npos);
#define MLC_FOREIGN_READER(theirs, ours, note)                                                               \
  EXPECT_FALSE(std::string(ours).empty() && std::string(note).empty()) << theirs;                            \
  if (!std::string(ours).empty())                                                                            \
    EXPECT_EQ(readBy(std::string(ours) + "(\"a\")").find("unknown reader"), std::string::npos) << theirs;
#include "frontend/syntax/ForeignNames.def"
  auto isOption = [](const std::string &option) {
    for (const char *reader : {"csv", "images", "text"})
      if (readBy(std::string(reader) + "(\"a\", " + option + " = 1)").find("has no option") ==
          std::string::npos)
        return true;
    return false;
  };
  EXPECT_FALSE(isOption("sep"));
#define MLC_FOREIGN_OPTION(theirs, ours, note)                                                               \
  EXPECT_TRUE(std::string(ours).empty() ? !std::string(note).empty() : isOption(ours)) << theirs;
#include "frontend/syntax/ForeignNames.def"
}

//===-- The page -----------------------------------------------------------------------------------===//

std::string inCell(std::string_view text) {
  std::string result;
  for (char c : text)
    result += c == '|' ? "\\|" : std::string(1, c);
  return result;
}

std::string coded(std::string_view cell) {
  std::string result;
  for (const std::string &word : words(cell))
    result += (result.empty() ? "`" : " `") + word + "`";
  return result;
}

std::string tables() {
  std::string text, section;
  for (const ForeignName &row : foreignNames()) {
    if (row.section != section) {
      section = row.section;
      text += "\n### " + section + "\n\n";
      text += row.library.empty() ? "| PyTorch | Keras | JAX | mlc | |\n|---|---|---|---|---|\n"
                                  : "| library | names | mlc | |\n|---|---|---|---|\n";
    }
    auto cell = [](const std::string &content) { return content.empty() ? " |" : " " + content + " |"; };
    std::string ours = row.ours.empty() ? "" : "`" + inCell(row.ours) + "`";
    std::string theirs = row.library.empty()
                             ? cell(coded(row.pytorch)) + cell(coded(row.keras)) + cell(coded(row.jax))
                             : cell(std::string(row.library)) + cell(coded(row.names));
    text += "|" + theirs + cell(ours) + cell(inCell(row.note)) + "\n";
  }
  text += "\n### Arguments\n\n| theirs | mlc |\n|---|---|\n";
  auto argument = [&](std::string_view theirs, std::string_view ours, std::string_view note) {
    text += "| `" + std::string(theirs) + "` | " +
            (ours.empty() ? inCell(note) : "`" + std::string(ours) + "`") + " |\n";
  };
#define MLC_FOREIGN_ARGUMENT(theirs, ours, note) argument(theirs, ours, note);
#include "frontend/syntax/ForeignNames.def"
  text += "\n### Readers and their options\n\n| theirs | mlc | |\n|---|---|---|\n";
  auto reader = [&](std::string_view theirs, std::string_view ours, std::string_view note) {
    text += "| " + coded(theirs) + (ours.empty() ? " | |" : " | `" + std::string(ours) + "` |") +
            (note.empty() ? "" : " " + inCell(note)) + " |\n";
  };
#define MLC_FOREIGN_READER(theirs, ours, note) reader(theirs, ours, note);
#define MLC_FOREIGN_OPTION(theirs, ours, note) reader(theirs, ours, note);
#include "frontend/syntax/ForeignNames.def"
  return text + "\n";
}

TEST(ForeignNamesTest, ThePageShowsTheTable) {
  const std::string path = std::string(MLC_SOURCE_DIR) + "/docs/from-pytorch.md";
  const std::string open = "<!-- names: written by ForeignNamesTest -->\n", close = "<!-- end of names -->";
  std::ifstream in(path, std::ios::binary);
  std::string page{std::istreambuf_iterator<char>(in), {}};
  std::size_t begin = page.find(open), end = page.find(close);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  begin += open.size();
  if (std::getenv("MLC_REWRITE_NAMES") != nullptr)
    std::ofstream(path, std::ios::binary) << page.replace(begin, end - begin, tables());
  else
    EXPECT_EQ(page.substr(begin, end - begin), tables())
        << "run this test with MLC_REWRITE_NAMES=1 and read the diff";
}

} // namespace
