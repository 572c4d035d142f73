#include "frontend/syntax/Diagnostic.h"

#include <gtest/gtest.h>

#include <fstream>

using namespace mlc::frontend;

namespace {

Span spanOf(const SourceManager &sources, SourceId id, std::string_view part) {
  std::size_t at = sources.get(id).text().find(part);
  EXPECT_NE(at, std::string_view::npos) << part;
  return Span{id, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + part.size())};
}

TEST(DiagnosticTest, RendersPlaceLabelNoteAndHelp) {
  SourceManager sources;
  std::string text(8, '\n');
  text += "  h |> dense(1)\n\n\n  loss (price - net(x))^2\n";
  SourceId id = sources.add("house.mlc", text);
  DiagnosticEngine diagnostics(sources);
  diagnostics
      .report(DiagnosticCode::E0104, spanOf(sources, id, "-"),
              "ranks differ: float[batch] on the left, float[batch, 1] on the right")
      .label("the shorter shape must equal the last axes of the longer")
      .note(spanOf(sources, id, "dense(1)"), "float[batch, 1] comes from here")
      .help("drop the axis: `|> rearrange(\"b 1 -> b\")`");
  EXPECT_EQ(diagnostics.render(),
            "error[E0104]: ranks differ: float[batch] on the left, float[batch, 1] on the right\n"
            "  --> house.mlc:12:15\n"
            "12 |   loss (price - net(x))^2\n"
            "   |               ^ the shorter shape must equal the last axes of the longer\n"
            "note: float[batch, 1] comes from here\n"
            " 9 |   h |> dense(1)\n"
            "   |        ^^^^^^^^\n"
            "help: drop the axis: `|> rearrange(\"b 1 -> b\")`\n");
}

TEST(DiagnosticTest, ColoursDoNotChangeTheText) {
  SourceManager sources;
  SourceId id = sources.add("a.mlc", "let a = 1\n");
  DiagnosticEngine diagnostics(sources);
  diagnostics.report(DiagnosticCode::E0104, spanOf(sources, id, "a"), "wrong").label("here").help("do not");
  std::string coloured = diagnostics.render(true), stripped;
  for (std::size_t i = 0; i < coloured.size(); ++i)
    if (coloured[i] == '\x1b')
      i = coloured.find('m', i);
    else
      stripped += coloured[i];
  EXPECT_NE(coloured, stripped);
  EXPECT_EQ(stripped, diagnostics.render());
}

TEST(DiagnosticTest, ColumnsCountCodePointsAndTabsAreOne) {
  SourceManager sources;
  SourceId id = sources.add("a.mlc", "\t\"\u00fc\u20ac\" bad\n");
  DiagnosticEngine diagnostics(sources);
  diagnostics.report(DiagnosticCode::E0104, spanOf(sources, id, "bad"), "wrong");
  EXPECT_EQ(diagnostics.render(), "error[E0104]: wrong\n"
                                  " --> a.mlc:1:7\n"
                                  "1 |  \"\u00fc\u20ac\" bad\n"
                                  "  |       ^^^\n");
}

TEST(DiagnosticTest, LongLinesAreCutAroundTheCarets) {
  SourceManager sources;
  SourceId id = sources.add("a.mlc", std::string(1000, 'x') + " bad " + std::string(1000, 'y'));
  DiagnosticEngine diagnostics(sources);
  diagnostics.report(DiagnosticCode::E0104, spanOf(sources, id, "bad"), "wrong");
  std::string text = diagnostics.render();
  std::size_t line = text.find("1 | "), carets = text.find("  | ");
  ASSERT_NE(line, std::string::npos);
  ASSERT_NE(carets, std::string::npos);
  EXPECT_EQ(text.substr(carets).find("^^^"), text.substr(line).find("bad"));
  EXPECT_LT(text.size(), 500u);
}

TEST(DiagnosticTest, SpansOverLinesAndAtTheEndAreShownOnTheirFirstLine) {
  SourceManager sources;
  SourceId id = sources.add("a.mlc", "one {\n  two\n}\n");
  DiagnosticEngine diagnostics(sources);
  diagnostics.report(DiagnosticCode::E0104, spanOf(sources, id, "{\n  two\n}"), "long");
  diagnostics.report(DiagnosticCode::E0104, Span{id, 14, 14}, "end");
  EXPECT_EQ(diagnostics.render(), "error[E0104]: long\n --> a.mlc:1:5\n1 | one {\n  |     ^\n"
                                  "error[E0104]: end\n --> a.mlc:4:1\n4 |\n  | ^\n");
}

TEST(DiagnosticTest, SortsByPlaceDropsRepeatsAndShowsTwenty) {
  SourceManager sources;
  std::string text;
  for (int i = 0; i < 30; ++i)
    text += "x\n";
  SourceId id = sources.add("a.mlc", text);
  DiagnosticEngine diagnostics(sources);
  for (std::uint32_t i = 30; i-- > 0;)
    for (int twice = 0; twice < 2; ++twice)
      diagnostics.report(DiagnosticCode::E0104, Span{id, 2 * i, 2 * i + 1},
                         "line " + std::to_string(i + 1) + " is bad");
  EXPECT_EQ(diagnostics.errorCount(), 30u);
  std::string out = diagnostics.render();
  EXPECT_EQ(out.find("error[E0104]: line 1 is bad\n"), 0u);
  EXPECT_LT(out.find("line 2 is"), out.find("line 10 is"));
  EXPECT_NE(out.find("line 20 is"), std::string::npos);
  EXPECT_EQ(out.find("line 21 is"), std::string::npos);
  EXPECT_NE(out.find("10 more errors not shown\n"), std::string::npos);
}

TEST(DiagnosticTest, ANoteInAnotherFileSaysWhere) {
  SourceManager sources;
  SourceId a = sources.add("a.mlc", "use\n"), b = sources.add("b.mlc", "\ndefine\n");
  DiagnosticEngine diagnostics(sources);
  diagnostics.report(DiagnosticCode::E0104, spanOf(sources, a, "use"), "wrong")
      .note(spanOf(sources, b, "define"), "see");
  EXPECT_EQ(diagnostics.render(), "error[E0104]: wrong\n --> a.mlc:1:1\n1 | use\n  | ^^^\n"
                                  "note: see\n --> b.mlc:2:1\n2 | define\n  | ^^^^^^\n");
}

TEST(DiagnosticTest, CodesAreWellFormedAndInOrderWithinTheirGroup) {
  std::string last;
  for (DiagnosticCode code : allDiagnosticCodes()) {
    std::string name(codeName(code));
    ASSERT_EQ(name.size(), 5u);
    EXPECT_TRUE(name[0] == 'E' || name[0] == 'W') << name;
    EXPECT_EQ(isWarning(code), name[0] == 'W') << name;
    EXPECT_LT(last, name);
    EXPECT_FALSE(codeTitle(code).empty());
    last = name;
  }
}

TEST(DiagnosticTest, GuessesMisspeltNames) {
  std::vector<std::string> names = {"conv", "conv_transpose", "dense", "batch_norm", "relu", "b", "d"};
  EXPECT_EQ(didYouMean("dnese", names), "dense");
  EXPECT_EQ(didYouMean("Relu", names), "relu");
  EXPECT_EQ(didYouMean("batchnorm", names), "batch_norm");
  EXPECT_EQ(didYouMean("conv", {"conv"}), std::nullopt);
  EXPECT_EQ(didYouMean("softmax", names), std::nullopt);
  EXPECT_EQ(didYouMean("x", names), std::nullopt);
  EXPECT_EQ(didYouMean(std::string(100000, 'a'), {std::string(100000, 'b')}), std::nullopt);
}

TEST(SourceTest, ReadsFilesWithinBounds) {
  SourceManager sources;
  SourceId id = 0;
  std::string error;
  EXPECT_FALSE(sources.addFile("no such file.mlc", "a", id, error));
  EXPECT_EQ(error, "no such file or directory");
  EXPECT_FALSE(sources.addFile("/tmp", "a", id, error));
  EXPECT_EQ(error, "not a regular file");
  std::string path = testing::TempDir() + "mlc_source_test.mlc";
  std::ofstream(path) << "let a = 1\n";
  ASSERT_TRUE(sources.addFile(path, "a.mlc", id, error)) << error;
  EXPECT_EQ(sources.get(id).text(), "let a = 1\n");
  EXPECT_EQ(sources.get(id).name(), "a.mlc");
  std::ofstream(path) << std::string(Source::maxBytes + 1, ' ');
  EXPECT_FALSE(sources.addFile(path, "a.mlc", id, error));
  EXPECT_EQ(error, "larger than 16 MiB");
  std::remove(path.c_str());
}

} // namespace
