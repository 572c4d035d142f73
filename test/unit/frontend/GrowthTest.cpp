// Programs that grow in one way each: checking takes time in proportion to the text, or the limit is noticed
// before the work.
//
// Each is checked at a size and at four times that size. Of a step that takes the square of something,
// sixteen times the time would be left; half of that is allowed. It is processor time, the least of a few
// runs, without what a program of size 1 takes, so that a loaded machine changes little.
#include "CheckedProgram.h"

#include <gtest/gtest.h>

#include <ctime>
#include <functional>

using namespace mlc::frontend;

namespace {

using Make = std::function<std::string(int)>;

std::string repeated(int n, const std::function<std::string(int)> &each, const std::string &between = "") {
  std::string text;
  for (int i = 0; i < n; ++i)
    text += (i ? between : "") + each(i);
  return text;
}
std::string repeated(int n, const std::string &each, const std::string &between = "") {
  return repeated(n, [&](int) { return each; }, between);
}
std::string numbered(const std::string &name, int i) { return name + std::to_string(i); }

const std::string model =
    "model net(x: float[batch, 3]) -> float[batch] { x |> dense(4) |> tanh |> dense(1) |> "
    "rearrange(\"b 1 -> b\") }\n";

/// A program with these clauses and items.
std::string program(const std::string &clauses, const std::string &items = "") {
  return withData(items + model, "loss mse(net(x), y)\n" + clauses);
}
/// A program whose model has this body, without the layers at its end.
std::string deep(const std::string &stages, const std::string &clauses = "") {
  return withData("model net(x: float[batch, 3]) -> float[batch] {\n  x\n" + stages +
                      "  |> dense(1) |> rearrange(\"b 1 -> b\")\n}\n",
                  "loss mse(net(x), y)\n" + clauses);
}
std::string fields(int n, const std::string &clauses = "") {
  return "data points { train csv(\"points.csv\")\n  x: f32[3] = \"a\", \"b\", \"c\"\n  y: f32\n" +
         repeated(n, [](int i) { return numbered("  v", i) + ": f32\n"; }) + "}\n" + model +
         "train t on points {\nloss mse(net(x), y)\n" + clauses + "optimizer sgd()\n}\n";
}

double processorSeconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
}

/// The least time of a few checks, and what the last said.
double seconds(const std::string &text, std::string &messages) {
  double least = 1e9;
  for (int run = 0; run < 3; ++run) {
    double begin = processorSeconds();
    messages = Checked(text).messages;
    least = std::min(least, processorSeconds() - begin);
  }
  return least;
}

struct Case {
  const char *name;
  int size;
  Make make;
  /// Of what is said of the largest; empty: nothing may be wrong.
  std::string error;
};

class Growth : public testing::TestWithParam<Case> {};

TEST_P(Growth, IsInProportion) {
  const Case &each = GetParam();
  std::string messages;
  double fixed = seconds(each.make(1), messages);
  double small = std::max(seconds(each.make(each.size), messages) - fixed, 0.002);
  double large = seconds(each.make(4 * each.size), messages) - fixed;
  EXPECT_LT(large, 8 * small + 0.02) << each.name << " of " << each.size << " takes " << small
                                     << " s, and of " << 4 * each.size << " " << large << " s";
  EXPECT_LT(large, 10) << each.name;
  if (each.error.empty())
    EXPECT_EQ(messages.find("error"), std::string::npos) << messages;
  else
    EXPECT_NE(messages.find(each.error), std::string::npos) << messages;
}

const Case cases[] = {
    // Patterns of paths.
    {"stars", 2500, [](int n) { return program("freeze \"" + repeated(n, "*", ".") + "\"\n"); },
     "the pattern matches no parameter"},
    {"doubleStars", 2500, [](int n) { return program("freeze \"" + repeated(n, "**", ".") + ".q\"\n"); },
     "the pattern matches no parameter"},
    {"mixedStars", 2500, [](int n) { return program("freeze \"" + repeated(n, "**.*", ".") + ".q\"\n"); },
     "the pattern matches no parameter"},
    {"groups", 100,
     [](int n) {
       return deep(repeated(n, "  |> dense(3)\n"), repeated(n, [](int i) {
                     return "group \"net.dense_" + std::to_string(i + 1) + ".*\" (lr = 0.1)\n";
                   }));
     },
     ""},
    {"captures", 10,
     [](int n) {
       auto captures = [&](const std::string &between) {
         return repeated(n, [](int i) { return "{" + numbered("k", i) + "}"; }, between);
       };
       std::string name = repeated(60, "x");
       return withData("model net(x: float[batch, 3]) -> float[batch] {\n  layer " + name +
                           " = dense(1)\n  x |> " + name + " |> rearrange(\"b 1 -> b\")\n}\n",
                       "loss mse(net(x), y)\nfrom \"a.safetensors\" {\n\"" + captures("y") + "\" -> \"net." +
                           captures("x") + ".q\"\n}\n");
     },
     "the pattern matches no parameter"},
    // Axes by name.
    {"einsumAxes", 25000,
     [](int n) {
       return program("metric m = einsum(\"" +
                      repeated(n, [](int i) { return numbered("a", i); }, " ") + " -> a0\", x)\n");
     },
     "more than 16 axes on one side"},
    {"einsumOperands", 250,
     [](int n) {
       return program("metric m = einsum(\"" + repeated(n, "b i", ", ") + " -> b\", " +
                      repeated(n, "x", ", ") + ")\n");
     },
     ""},
    {"rearrangeAxes", 25000,
     [](int n) {
       std::string axes = repeated(n, [](int i) { return numbered("a", i); }, " ");
       return program("metric m = rearrange(\"" + axes + " -> " + axes + "\", x)\n");
     },
     "more than 16 axes on one side"},
    {"rearrangeOnes", 25000,
     [](int n) { return program("metric m = rearrange(\"b i -> b i" + repeated(n, " 1") + "\", x)\n"); },
     "more than 16 axes on one side"},
    // Data.
    {"fields", 2500, [](int n) { return fields(n); }, ""},
    {"fieldsBoundAnew", 500,
     [](int n) {
       return fields(n, repeated(n, [](int i) {
                          return "let " + numbered("v", i) + " = 2 * " + numbered("v", i) + "\n";
                        }) + "metric m = v0\n");
     },
     ""},
    // Names and definitions.
    {"lets", 2500,
     [](int n) { return program("", repeated(n, [](int i) { return numbered("let a", i) + " = 1\n"; })); },
     ""},
    {"letsOfOthersTwice", 20,
     [](int n) {
       return program(numbered("metric m = y * a", n) + "\n", "let a0 = 1e-9\n" + repeated(n, [](int i) {
                                                                return numbered("let a", i + 1) + " = " +
                                                                       numbered("a", i) + " + " +
                                                                       numbered("a", i) + "\n";
                                                              }));
     },
     ""},
    {"callsTwice", 25,
     [](int n) {
       return program(numbered("metric m = g", n) + "(y)\n",
                      "fn g0(x) = x\n" + repeated(n, [](int i) {
                        std::string inner = numbered("g", i);
                        return numbered("fn g", i + 1) + "(x) = " + inner + "(" + inner + "(x))\n";
                      }));
     },
     "more than 2000000 calls"},
    {"numbersOfStepTwice", 20,
     [](int n) {
       return withData("fn square(x) = x * x\n" + model,
                       "loss mse(net(x), y)\ngroup \"**.bias\" (lr = (step + 1)" + repeated(n, " |> square") +
                           ")\n");
     },
     "more than 1000 operators"},
    {"functions", 1000,
     [](int n) {
       return program("", repeated(n, [](int i) { return numbered("fn g", i) + "(x) = x + 1\n"; }));
     },
     ""},
    {"unknownNames", 1000,
     [](int n) {
       return program("", repeated(n, [](int i) { return numbered("let variable", i) + " = 1\n"; }) +
                              repeated(n, [](int i) {
                                return numbered("let other", i) + " = varable" + std::to_string(i) + "\n";
                              }));
     },
     "did you mean"},
    {"arguments", 500,
     [](int n) {
       return program("metric m = g(y, " +
                          repeated(
                              n, [](int i) { return numbered("a", i) + " = 1"; }, ", ") +
                          ")\n",
                      "fn g(x; " +
                          repeated(n, [](int i) { return numbered("a", i) + " = 0"; }, ", ") + ") = x\n");
     },
     ""},
    {"trainBlocks", 250,
     [](int n) {
       return withData(model, "loss mse(net(x), y)\n") + repeated(n, [](int i) {
                return numbered("train fit", i) + " on points {\nloss mse(net(x), y)\noptimizer sgd()\n}\n";
              });
     },
     "which train block?"},
    // Lines of a train block.
    {"losses", 50,
     [](int n) {
       return program(repeated(n, [](int i) { return numbered("loss l", i) + " = mse(net(x), y)\n"; }));
     },
     ""},
    {"metrics", 250,
     [](int n) { return program(repeated(n, [](int i) { return numbered("metric m", i) + " = y\n"; })); },
     ""},
    {"predictions", 100,
     [](int n) {
       return program(repeated(n, [](int i) {
         return "let " + numbered("q", i) + " = y * " + std::to_string(i) + "\npredict " + numbered("p", i) +
                " = " + numbered("q", i) + "\n";
       }));
     },
     ""},
    // Depth.
    {"layers", 100, [](int n) { return deep(repeated(n, "  |> dense(3)\n")); }, ""},
    {"layersOnOneLine", 250, [](int n) { return deep("  |> dense(3)" + repeated(n, " |> tanh") + "\n"); },
     ""},
    {"states", 50, [](int n) { return deep(repeated(n, "  |> batch_norm\n")); }, ""},
    {"draws", 100, [](int n) { return deep(repeated(n, "  |> dropout(0.1)\n")); }, ""},
    {"scans", 25,
     [](int n) {
       return program(repeated(n, [](int i) {
         return numbered("let s", i) + " = scan v in x along 1 carry h: float[batch] = 0 {\n  h <- h + v * " +
                std::to_string(i) + "\n  h\n}\n";
       }));
     },
     ""},
    {"repeatOfRepeat", 25,
     [](int n) {
       std::string count = std::to_string(std::min(10000, n * n * n));
       return program("metric m = repeat(y, " + count + ", |> repeat(" + count + ", |> same))\n");
     },
     "more than 2000000 calls"},
    {"concat", 1000, [](int n) { return program("metric m = concat(" + repeated(n, "y", ", ") + ")\n"); },
     ""},
    // Text.
    {"strayBytes", 10000, [](int n) { return "let a = 1 " + repeated(n, "$ ") + "\n"; },
     "the language does not use `$`"},
    {"namesOfOthers", 10000, [](int n) { return "let a = 1 " + repeated(n, "nn.Linear ") + "\n"; },
     "does not use `.`"},
    {"methods", 400, [](int n) { return program("metric m = (y)" + repeated(n, ".view(1)") + "\n"); },
     "does not use `.`"},
    {"closingBraces", 10000, [](int n) { return "let a = 1\n" + repeated(n, "} ") + "\n"; },
     "expected an item"},
    {"openParentheses", 10000, [](int n) { return "let a = " + repeated(n, "(") + "\n"; },
     "nested too deeply"},
    {"wrongLines", 1000,
     [](int n) { return program(repeated(n, [](int i) { return numbered("let q", i) + " = = 3\n"; })); },
     "expected an expression"},
    {"longNames", 100,
     [](int n) {
       std::string name = repeated(10 * n, "a");
       return program(
           repeated(n, [&](int i) { return "let " + name + std::to_string(i) + " = " + name + "\n"; }));
     },
     "unknown name"},
};

INSTANTIATE_TEST_SUITE_P(Programs, Growth, testing::ValuesIn(cases),
                         [](const testing::TestParamInfo<Case> &each) { return each.param.name; });

/// What is too large is said before it is built: in a tenth of the operations of the limit.
TEST(Limits, RepeatedOperationsAreCountedBefore) {
  auto withRepeat = [](int n) {
    return withData("model net(x: float[batch, 3]) -> float[batch] {\n  x |> repeat(" + std::to_string(n) +
                        ", |> tanh" + repeated(20, " |> sin |> cos") +
                        ") |> dense(1) |> rearrange(\"b 1 -> b\")\n}\n",
                    "loss mse(net(x), y)\n");
  };
  std::string messages;
  double all = seconds(withRepeat(500), messages);
  EXPECT_EQ(messages, "");
  double refused = seconds(withRepeat(5000), messages);
  EXPECT_NE(messages.find("with all that is repeated, more than 150000 operations"), std::string::npos)
      << messages;
  EXPECT_LT(refused, all);
}

} // namespace
