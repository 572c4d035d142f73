#include "frontend/syntax/Parser.h"
#include "frontend/syntax/AstPrinter.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace mlc::frontend;

namespace {

struct Parsed {
  SourceManager sources;
  DiagnosticEngine diagnostics{sources};
  Program program;

  explicit Parsed(std::string text) {
    program = parse(sources.add("test.mlc", std::move(text)), diagnostics);
  }
};

/// `text` as the body of a function, printed; or the errors.
std::string body(const std::string &text) {
  Parsed parsed("fn f(x) {\n" + text + "\n}");
  if (parsed.diagnostics.hasErrors())
    return parsed.diagnostics.render();
  std::string printed = printAst(parsed.program);
  const std::string head = "fn f(x) {\n", tail = "\n}\n";
  EXPECT_GE(printed.size(), head.size() + tail.size());
  return printed.substr(head.size(), printed.size() - head.size() - tail.size());
}

/// One expression, printed with all its parentheses.
std::string expr(const std::string &text) {
  std::string printed = body(text);
  return printed.rfind("  ", 0) == 0 ? printed.substr(2) : printed;
}

std::vector<std::filesystem::path> programs() {
  std::vector<std::filesystem::path> found;
  for (const auto &entry :
       std::filesystem::directory_iterator(std::filesystem::path(MLC_SOURCE_DIR) / "test/frontend/programs"))
    found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

std::string read(const std::filesystem::path &path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(ParserTest, ParsesEveryProgramAndItsPrintedFormToTheSameTree) {
  ASSERT_EQ(programs().size(), 16u);
  for (const std::filesystem::path &path : programs()) {
    Parsed parsed(read(path));
    EXPECT_FALSE(parsed.diagnostics.hasErrors()) << path << "\n" << parsed.diagnostics.render();
    std::string printed = printAst(parsed.program);
    EXPECT_FALSE(printed.empty()) << path;
    Parsed again(printed);
    EXPECT_FALSE(again.diagnostics.hasErrors()) << path << "\n" << again.diagnostics.render();
    EXPECT_EQ(printAst(again.program), printed) << path;
  }
}

TEST(ParserTest, AParameterMayBeOneOfSomeWordsOrASize) {
  Parsed parsed("fn f(x; way: \"up\" or \"down\" = \"up\", n: dim or \"all\") = x");
  EXPECT_EQ(parsed.diagnostics.render(), "");
  EXPECT_EQ(printAst(parsed.program),
            "fn f(x; way: \"up\" or \"down\" = \"up\", n: dim or \"all\") {\n  x\n}\n");
  EXPECT_NE(Parsed("fn f(x; n: dim or) = x").diagnostics.render().find("E0104"), std::string::npos);
  EXPECT_NE(Parsed("fn f(x; n: float or \"all\") = x").diagnostics.render().find("E0104"), std::string::npos);
}

TEST(ParserTest, RequirementsStandInTheLineOfASignatureOrBelowIt) {
  Parsed parsed("fn f(x; p) require p > 0 = x\nlayer require(x; p) -> float[2]\n  require p > 0 and p < 1\n"
                "  else \"a share\"\n  require p != 2 {\n  let require = x\n  require\n}");
  EXPECT_EQ(parsed.diagnostics.render(), "");
  EXPECT_EQ(printAst(parsed.program),
            "fn f(x; p) require (p > 0) {\n  x\n}\n"
            "layer require(x; p) -> float[2] require ((p > 0) and (p < 1)) else \"a share\" "
            "require (p != 2) {\n  let require = x\n  require\n}\n");
  EXPECT_NE(Parsed("fn f(x) require = x").diagnostics.render().find("E0105"), std::string::npos);
  EXPECT_NE(Parsed("fn f(x) require x else 3 = x").diagnostics.render().find("E0104"), std::string::npos);
}

TEST(ParserTest, Precedence) {
  EXPECT_EQ(expr("a + b * c - d"), "((a + (b * c)) - d)");
  EXPECT_EQ(expr("a @ b * c / d"), "(((a @ b) * c) / d)");
  EXPECT_EQ(expr("-x^2"), "(-(x ^ 2))");
  EXPECT_EQ(expr("a^b^c"), "(a ^ (b ^ c))");
  EXPECT_EQ(expr("2^-1"), "(2 ^ (-1))");
  EXPECT_EQ(expr("a * -b"), "(a * (-b))");
  EXPECT_EQ(expr("x[0]^2"), "(x[0] ^ 2)");
  EXPECT_EQ(expr("a or b and not c == d + 1"), "(a or (b and (not (c == (d + 1)))))");
  EXPECT_EQ(expr("not not a"), "(not (not a))");
  EXPECT_EQ(expr("(a + b) * c"), "((a + b) * c)");
  EXPECT_EQ(expr("x < -1"), "(x < (-1))");
}

TEST(ParserTest, Pipes) {
  EXPECT_EQ(expr("x |> f |> g(1, k = 2)"), "(x |> f |> g(1, k = 2))");
  EXPECT_EQ(expr("x + (x |> f)"), "(x + (x |> f))");
  EXPECT_EQ(expr("(x + y) |> f"), "((x + y) |> f)");
  EXPECT_EQ(expr("repeat(6, |> block(heads))"), "repeat(6, (|> block(heads)))");
  EXPECT_EQ(expr("x[0] |> f"), "(x[0] |> f)");
  EXPECT_EQ(expr("f(x |> g, y)"), "f((x |> g), y)");
  EXPECT_EQ(expr("if a { b } else { c } |> f"), "(if a {\n    b\n  } else {\n    c\n  } |> f)");
}

TEST(ParserTest, Subscripts) {
  EXPECT_EQ(expr("x[:, 1:, ::2, :-1, a:b:c, ..., 3]"), "x[:, 1:, ::2, :(-1), a:b:c, ..., 3]");
  EXPECT_EQ(expr("x[0][1]"), "x[0][1]");
}

TEST(ParserTest, LineBreaksEndStatementsWhereBothSidesAllow) {
  EXPECT_EQ(body("a\n-b\n(c)\n[d]"), "  a\n  (-b)\n  c\n  [d]");
  EXPECT_EQ(body("let y = a\n  * b\n  |> f"), "error[E0110]: a pipe after `*` needs parentheses\n"
                                              " --> test.mlc:4:3\n"
                                              "4 |   |> f\n"
                                              "  |   ^^ its head is a single operand\n");
  EXPECT_EQ(body("let y = a +\n  b"), "  let y = (a + b)");
  EXPECT_EQ(body("let y = (a\n  - b\n  (c))"), "  let y = (a - b(c))");
  EXPECT_EQ(body("let y = f(a,\n  -b\n)"), "  let y = f(a, (-b))");
  EXPECT_EQ(body("x\n  |> f // one\n\n  |> g"), "  (x |> f |> g)");
  EXPECT_EQ(body("if a { b }\nelse { c }"), "  if a {\n    b\n  } else {\n    c\n  }");
  // Braces inside parentheses separate statements again.
  EXPECT_EQ(body("f(if a { b\n -c } else { d })"), "  f(if a {\n    b\n    (-c)\n  } else {\n    d\n  })");
}

TEST(ParserTest, StatementsAndTypes) {
  EXPECT_EQ(
      body("param w: float[2 * d, s..., 3] = glorot()\nstate m: float = 0\nm <- m + 1\nlayer l = dense(3)\n"
           "let (a, b): (float[n], i32) = g(x)\nfn h(y; k: fn, n: dim, e = 1) -> bool = y"),
      "  param w: float[(2 * d), s..., 3] = glorot()\n  state m: float = 0\n  m <- (m + 1)\n"
      "  layer l = dense(3)\n  let (a, b): (float[n], i32) = g(x)\n"
      "  fn h(y; k: fn, n: dim, e = 1) -> bool {\n    y\n  }");
}

TEST(ParserTest, WordsOfClausesAreNamesElsewhere) {
  EXPECT_EQ(expr("batch + weight * train - model(loss, from = best)"),
            "((batch + (weight * train)) - model(loss, from = best))");
  Parsed parsed(
      "data d {\n  train: i32\n  test csv(\"a\")\n}\ntrain t on d {\n  let batch = 3\n  batch batch\n"
      "  precision f64\n  predict best = given given a, b\n}");
  EXPECT_EQ(parsed.diagnostics.render(), "");
  EXPECT_EQ(printAst(parsed.program),
            "data d {\n  test csv(\"a\")\n  train: i32\n}\ntrain t on d {\n  let batch = 3\n"
            "  batch batch\n  precision f64\n  predict best = given given a, b\n}\n");
}

TEST(ParserTest, Clauses) {
  std::string text =
      "train t on d {\n"
      "  loss a = x weight (w > 0)\n"
      "  group \"**.bias\", \"b\" (decay = 0)\n"
      "  from \"f.npz\" only \"enc\" {\n    \"a\" -> \"b\" as \"o i -> i o\"\n    \"c\" -> \"d\"\n  }\n"
      "  objective o {\n    update \"a\"\n    freeze \"b\", \"c\"\n    every 5\n  }\n"
      "  track a from b (rate = 0.005)\n"
      "  best max accuracy\n"
      "}\n";
  Parsed parsed(text);
  EXPECT_EQ(parsed.diagnostics.render(), "");
  EXPECT_EQ(printAst(parsed.program), text);
}

TEST(ParserTest, DerivativesKeepTheOrderOfTheirLines) {
  std::string text =
      "derivative f(x, y) by ct {\n  let a = ct\n  x = a\n  let b = a\n  y = b\n  let c = b\n}\n";
  Parsed parsed(text);
  EXPECT_EQ(parsed.diagnostics.render(), "");
  EXPECT_EQ(printAst(parsed.program), text);
}

TEST(ParserTest, CallsAreNumberedByCalleeWithinAnItem) {
  Parsed parsed(
      "layer l(x) {\n  fn g(y) = conv(y)\n  conv(conv(x)) |> relu |> conv\n}\nlayer m(x) { conv(x) }");
  ASSERT_EQ(parsed.diagnostics.render(), "");
  auto value = [&](std::size_t item, std::size_t statement) -> const Expr & {
    const Callable &callable = *cast<CallableItem>(*parsed.program.items[item]).callable;
    return *cast<ExprStmt>(*callable.body.stmts[statement]).value;
  };
  const auto &pipe = cast<PipeExpr>(value(0, 1));
  const Call &outer = cast<CallExpr>(*pipe.head).call;
  EXPECT_EQ(outer.ordinal, 2u);
  EXPECT_EQ(cast<CallExpr>(*outer.args[0].value).call.ordinal, 3u);
  EXPECT_EQ(pipe.stages[0].ordinal, 1u);
  EXPECT_EQ(pipe.stages[1].ordinal, 4u);
  EXPECT_EQ(cast<CallExpr>(value(1, 0)).call.ordinal, 1u);
}

TEST(ParserTest, SpansCoverWhatWasWritten) {
  Parsed parsed("fn f(x) = (a - g(x))^2");
  const Callable &callable = *cast<CallableItem>(*parsed.program.items[0]).callable;
  const auto &power = cast<BinaryExpr>(*cast<ExprStmt>(*callable.body.stmts[0]).value);
  const auto &difference = cast<BinaryExpr>(*power.left);
  EXPECT_EQ(parsed.sources.text(power.span), "(a - g(x))^2");
  EXPECT_EQ(parsed.sources.text(power.opSpan), "^");
  EXPECT_EQ(parsed.sources.text(difference.span), "(a - g(x))");
  EXPECT_EQ(parsed.sources.text(difference.opSpan), "-");
  EXPECT_EQ(parsed.sources.text(difference.right->span), "g(x)");
  EXPECT_EQ(parsed.sources.text(callable.headSpan), "fn f(x)");
}

TEST(ParserTest, FractionsAreNumbersThatAreNoIntegers) {
  Parsed parsed("let a = 0.5\nlet b = 1e3\nlet c = 2.0");
  std::vector<bool> fractions;
  fractions.reserve(parsed.program.items.size());
  for (const ItemPtr &item : parsed.program.items)
    fractions.push_back(cast<NumberExpr>(*cast<LetItem>(*item).binding.value).isFraction);
  EXPECT_EQ(fractions, (std::vector<bool>{true, false, false}));
}

TEST(ParserTest, ReportsSeveralErrorsAndKeepsWhatIsRight) {
  Parsed parsed("let a = )\nlet b = 2\nfn f(x) {\n  let y = x +\n  let z = (x\n  x y\n}\nlet c = 3\nfn g(x) "
                "= x |> 3\n");
  EXPECT_EQ(parsed.diagnostics.errorCount(), 5u) << parsed.diagnostics.render();
  EXPECT_EQ(printAst(parsed.program), "let b = 2\nlet c = 3\n");
}

TEST(ParserTest, AMissingBraceIsOneErrorAndTheNextItemIsRead) {
  Parsed parsed("model m(x: float[batch]) {\n  if x { f(x) } else { x\n\ntrain t on d {\n  batch 3\n}\n");
  EXPECT_EQ(parsed.diagnostics.errorCount(), 1u) << parsed.diagnostics.render();
  EXPECT_EQ(printAst(parsed.program), "train t on d {\n  batch 3\n}\n");
}

TEST(ParserTest, DeepNestingIsAnError) {
  auto repeated = [](const std::string &part, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
      text += part;
    return text;
  };
  const std::size_t many = 100000;
  for (std::string text :
       {"let a = " + repeated("(", many), "let a = " + repeated("[", many),
        "let a = " + repeated("-", many) + "1", "let a = " + repeated("not ", many) + "b",
        "let a = 1" + repeated(" + 1", many), "let a = 1" + repeated("^1", many),
        "let a = x" + repeated("[0]", many), "let a = " + repeated("f(", many),
        "fn f(x) = " + repeated("if x { 1 } else ", many) + "{ 2 }", "fn f(x) " + repeated("{ if 1 ", many),
        "fn f(x) " + repeated("{ fn g(x) ", many), "let a = x |> f(" + repeated("|> f(", many),
        "fn f(x: " + repeated("(", many), "train t { " + repeated("objective o { ", many)}) {
    Parsed parsed(text);
    EXPECT_NE(parsed.diagnostics.render().find("error[E0118]"), std::string::npos) << text.substr(0, 60);
  }
  EXPECT_EQ(expr(repeated("(", 100) + "x" + repeated(")", 100)), "x");
}

TEST(ParserTest, FilesThatAreNoTextAreRefusedWhole) {
  for (std::string text : {std::string("let a = 1\n\0", 11), std::string("let a = \"\xff\""),
                           std::string(Source::maxBytes + 1, ' ')}) {
    Parsed parsed(std::move(text));
    EXPECT_EQ(parsed.diagnostics.errorCount(), 1u);
    EXPECT_NE(parsed.diagnostics.render().find("error[E0122]"), std::string::npos);
    EXPECT_TRUE(parsed.program.items.empty());
  }
}

TEST(ParserTest, EmptyFilesAreFine) {
  for (const char *text : {"", "\n\n", "// nothing", "  \t"})
    EXPECT_EQ(Parsed(text).diagnostics.render(), "");
}

} // namespace
