// What programs become: the nodes of their graphs.
#include "CheckedProgram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace mlc::frontend;
using testing::HasSubstr;
using testing::Not;

namespace {

std::string forward(const Checked &checked) {
  return checked.program ? core::print(checked.program->objectives[0].forward.graph) : checked.messages;
}

/// The forward graph of a model, or the messages.
std::string modelled(const std::string &body, const std::string &items = "") {
  return forward(Checked(withModel(body, items)));
}

TEST(CheckGraphsTest, LeastSquaresReadsAsWritten) {
  Checked checked(
      withData("model net(x: float[batch, 3]) -> float[batch] { x |> dense(1) |> rearrange(\"b 1 -> b\") }",
               "loss mse(net(x), y)"));
  ASSERT_TRUE(checked.program) << checked.messages;
  EXPECT_EQ(core::print(checked.program->objectives[0].forward.graph),
            "(%0: f32[batch, 3], %1: f32[batch], %2: f32[3, 1], %3: f32[1])\n"
            "%4 = contract %0, %2 {lhs = [0, 1], rhs = [1, 2], out = [0, 2]} : f32[batch, 1]\n"
            "%5 = broadcast %3 {axes = [1]} : f32[batch, 1]\n"
            "%6 = add %4, %5 : f32[batch, 1]\n"
            "%7 = reshape %6 : f32[batch]\n"
            "%8 = sub %7, %1 : f32[batch]\n"
            "%9 = mul %8, %8 : f32[batch]\n"
            "%10 = reduce %9 {kind = \"sum\", axes = [0]} : f32\n"
            "%11 = convert %9 : f64[batch]\n"
            "%12 = reduce %11 {kind = \"sum\", axes = [0]} : f64\n"
            "%13 = constant {value = batch} : f64\n"
            "%14 = constant {value = (1 / batch)} : f32\n"
            "%15 = mul %10, %14 : f32\n"
            "%16 = reshape %12 : f64[1]\n"
            "%17 = reshape %13 : f64[1]\n"
            "%18 = concat %16, %17 {axis = 0} : f64[2]\n"
            "return %15, %18\n");
}

TEST(CheckGraphsTest, EqualNodesAreOne) {
  std::string text = modelled("let a = tanh(x)\nlet b = tanh(x)\n(a + b) |> dense(1)");
  EXPECT_EQ(text.find("tanh"), text.rfind("tanh")) << text;
}

TEST(CheckGraphsTest, BroadcastingDropsStretchedAxes) {
  // [batch, 1] against [batch, 3]: the axis of 1 goes, then one broadcast.
  std::string text = modelled("(x * rearrange(\"b -> b 1\", sum(x, axes = 1))) |> dense(1)");
  EXPECT_THAT(
      text, HasSubstr("reduce %0 {kind = \"sum\", axes = [1]} : f32[batch]\n%4 = broadcast %3 {axes = [0]}"));
}

TEST(CheckGraphsTest, NumbersAreRoundedWhereTheyMeetATensor) {
  EXPECT_THAT(modelled("(x * (1 / 3 + 1 / 3)) |> dense(1)"),
              HasSubstr("constant {value = 0.6666666666666666}"));
  EXPECT_THAT(modelled("(x / sqrt(4)) |> dense(1)"), HasSubstr("constant {value = 2} : f32[batch, 3]"));
  EXPECT_THAT(modelled("(x + [1, 2, 3]) |> dense(1)"), HasSubstr("constant {values = [1, 2, 3]} : f32[3]"));
}

TEST(CheckGraphsTest, PowersBecomeProductsAndRoots) {
  EXPECT_THAT(modelled("x^2 |> dense(1)").substr(0, 5), "error");
  EXPECT_THAT(modelled("(x^2) |> dense(1)"), HasSubstr("mul %0, %0"));
  EXPECT_THAT(modelled("(abs(x)^0.5) |> dense(1)"), HasSubstr("sqrt"));
  EXPECT_THAT(modelled("(abs(x)^3.5) |> dense(1)"), HasSubstr("pow"));
}

TEST(CheckGraphsTest, SlicesAndIndices) {
  EXPECT_THAT(modelled("x[:, 1:] |> dense(1)"),
              HasSubstr("slice %0 {starts = [0, 1], strides = [1, 1]} : f32[batch, 2]"));
  EXPECT_THAT(modelled("x[:, ::2] |> dense(1)"), HasSubstr("strides = [1, 2]} : f32[batch, 2]"));
  EXPECT_THAT(modelled("x[..., -1:] |> dense(1)"),
              HasSubstr("starts = [0, 2], strides = [1, 1]} : f32[batch, 1]"));
  EXPECT_THAT(modelled("rearrange(\"b -> b 1\", x[:, -1]) |> dense(1)"),
              HasSubstr("slice %0 {starts = [0, 2]"));
  EXPECT_THAT(modelled("roll(x, 1, axis = 0) |> dense(1)"), HasSubstr("slice %0 {starts = [batch - 1, 0]"));
}

TEST(CheckGraphsTest, EinsumContractsTwoAtATime) {
  EXPECT_THAT(modelled("einsum(\"b i, b i -> b\", x, tanh(x)) |> rearrange(\"b -> b 1\") |> dense(1)"),
              HasSubstr("{lhs = [0, 1], rhs = [0, 1], out = [0]} : f32[batch]"));
  // An axis of one operand alone is summed first.
  std::string text = modelled("einsum(\"b i, b j -> b j\", x, tanh(x)) |> dense(1)");
  EXPECT_THAT(text, HasSubstr("reduce %0 {kind = \"sum\", axes = [1]} : f32[batch]"));
}

TEST(CheckGraphsTest, RearrangeIsReshapeAndTranspose) {
  EXPECT_THAT(modelled("rearrange(\"b (c d) -> b d c\", x, c = 3) |> flatten |> dense(1)"),
              HasSubstr("transpose"));
  std::string text = modelled("rearrange(\"b c -> b 1 c\", x) |> flatten |> dense(1)");
  EXPECT_THAT(text, Not(HasSubstr("transpose")));
  EXPECT_THAT(text, Not(HasSubstr("reshape %0"))); // there and back is nothing
}

TEST(CheckGraphsTest, AWeightedLossIsZeroWhereNothingWeighs) {
  std::string text =
      forward(Checked(withData("model net(x: float[batch, 3]) { x |> dense(1) |> rearrange(\"b 1 -> b\") }",
                               "loss mse(net(x), y) weight y > 0")));
  EXPECT_THAT(text, HasSubstr("compare"));
  EXPECT_THAT(text, HasSubstr("predicate = \"eq\""));
  EXPECT_THAT(text, HasSubstr("select"));
}

TEST(CheckGraphsTest, HyperParametersAreScalarsOfTheStep) {
  Checked checked(withData("model net(x: float[batch, 3]) { x |> dense(1) }", "loss net(x)",
                           "optimizer adam(lr = 1e-2)"));
  ASSERT_TRUE(checked.program) << checked.messages;
  std::vector<std::string> scalars;
  for (const core::ScalarExpr &scalar : checked.program->objectives[0].update.scalars)
    scalars.push_back(core::print(scalar));
  EXPECT_THAT(scalars, testing::UnorderedElementsAre("0.9", "(1 - 0.9)", "0.999", "(1 - 0.999)", "1e-08",
                                                     "(0.01 / (1 - (0.9 ^ (step + 1))))",
                                                     "(1 / sqrt((1 - (0.999 ^ (step + 1)))))"));
  // Another learning rate is the same graph.
  CheckOptions options;
  options.overrides.emplace_back("optimizer.lr", "0.1 * cosine(1, step / total_steps)");
  Checked other(
      withData("model net(x: float[batch, 3]) { x |> dense(1) }", "loss net(x)", "optimizer adam(lr = 1e-2)"),
      options);
  ASSERT_TRUE(other.program) << other.messages;
  EXPECT_EQ(core::print(checked.program->objectives[0].update.graph),
            core::print(other.program->objectives[0].update.graph));
}

TEST(CheckGraphsTest, GroupsOverrideByPattern) {
  Checked checked(withData("model net(x: float[batch, 3]) { x |> dense(1) }", "loss net(x)",
                           "optimizer sgd(lr = 0.1, decay = 0.5)\ngroup \"**.bias\" (decay = 0)"));
  ASSERT_TRUE(checked.program) << checked.messages;
  // One add for the decay of w, none for the bias.
  EXPECT_EQ(Checked::count(checked.program->objectives[0].update, "add"), 1);
}

TEST(CheckGraphsTest, StateIsWrittenInTrainingOnly) {
  Checked checked(withModel("x |> batch_norm |> dense(1)"));
  ASSERT_TRUE(checked.program) << checked.messages;
  EXPECT_EQ(checked.program->objectives[0].updatedStates.size(), 2u);
  EXPECT_EQ(checked.program->objectives[0].forward.graph.outputs.size(), 4u);
  EXPECT_EQ(checked.program->evaluate.graph.outputs.size(), 1u);
  // The running variance is unbiased: n / max(n - 1, 1).
  EXPECT_THAT(core::print(checked.program->objectives[0].forward.graph),
              HasSubstr("(batch / max((batch - 1), 1))"));
}

TEST(CheckGraphsTest, DropoutDrawsInTrainingOnly) {
  Checked checked(withModel("x |> dropout(0.5) |> dense(1)"));
  ASSERT_TRUE(checked.program) << checked.messages;
  EXPECT_EQ(Checked::count(checked.program->objectives[0].forward, "random"), 1);
  EXPECT_EQ(Checked::count(checked.program->evaluate, "random"), 0);
}

TEST(CheckGraphsTest, ClausesBecomeFunctionsInTrainingOnly) {
  Checked checked(
      withData("model net(x: float[batch, 3]) { x |> dense(5) }", "loss cross_entropy(net(x), k)"));
  ASSERT_TRUE(checked.program) << checked.messages;
  // Those of pick and softmax, which it and its clause call, and its own.
  ASSERT_EQ(checked.program->callees.size(), 3u);
  EXPECT_THAT(checked.program->callees.back().differentiable, testing::ElementsAre(true, false));
  EXPECT_EQ(checked.program->callees.back().vjp.inputs.size(), 3u);
  EXPECT_EQ(Checked::count(checked.program->objectives[0].forward, "call"), 1);
  EXPECT_EQ(Checked::count(checked.program->evaluate, "call"), 0);
  // The label is a class below 5.
  EXPECT_EQ(checked.program->fields[2].classes, 5);
}

TEST(CheckGraphsTest, DeclaredMetricsAddUpTheirStates) {
  Checked checked(withData("model net(x: float[batch, 3]) { x |> dense(1) |> rearrange(\"b 1 -> b\") }",
                           "loss mse(net(x), y)\nmetric f1(sigmoid(net(x)), y > 0)"));
  ASSERT_TRUE(checked.program) << checked.messages;
  EXPECT_EQ(checked.program->sums, 5);
  ASSERT_EQ(checked.program->figureNames.size(), 2u);
  EXPECT_EQ(checked.program->figureNames[1].name, "f1");
  EXPECT_EQ(Checked::count(checked.program->figures, "slice"), 5); // loss, weight, and three states
}

TEST(CheckGraphsTest, AStateOfAMetricMayBeginAsZeros) {
  auto figures = [](const std::string &zero, const std::string &more) {
    Checked checked(withData("metric counts[b](p: float[b]) {\n  state n: float[2] = " + zero +
                                 "\n  n <- n + " + more +
                                 "\n  n[1] - n[0]\n}\n"
                                 "model net(x: float[batch, 3]) { x |> dense(1) |> rearrange(\"b 1 -> b\") }",
                             "loss mse(net(x), y)\nmetric counts(net(x))"));
    return checked.program ? core::print(checked.program->objectives[0].forward.graph) +
                                 core::print(checked.program->evaluate.graph) +
                                 core::print(checked.program->figures.graph)
                           : checked.messages;
  };
  const std::string rows = "sum(stack(p, 2 * p, axis = 1), axes = 0)";
  const std::string plain = figures("0", rows);
  EXPECT_THAT(plain, HasSubstr("return"));
  // The zeros themselves are nobody's: what is added up is the same.
  EXPECT_THAT(figures("zeros()", rows), HasSubstr("return"));
  EXPECT_THAT(figures("ones()", rows), HasSubstr("begins at 0"));
  EXPECT_THAT(figures("normal()", rows), HasSubstr("begins at 0"));
  // What is added takes the state's type, too; here it is wrong for another reason.
  EXPECT_THAT(figures("0", "ones()"), HasSubstr("does not grow with their rows"));
}

TEST(CheckGraphsTest, GivenReplacesADraw) {
  Checked checked(withData("model net(x: float[batch, 3]) { x |> dense(1) }",
                           "let z: float[batch, 3] = normal()\nloss net(x + z)\npredict plain = net(x)\n"
                           "predict dream = net(z) given z"));
  ASSERT_TRUE(checked.program) << checked.messages;
  ASSERT_EQ(checked.program->given.size(), 1u);
  EXPECT_EQ(Checked::count(checked.program->predict, "random"), 0);
  EXPECT_EQ(Checked::count(checked.program->objectives[0].forward, "random"), 1);
}

TEST(CheckGraphsTest, ParametersNoLossReachesStayAsTheyAre) {
  Checked checked(withModel("param w: float[2] = ones()\nx |> dense(1)"));
  ASSERT_TRUE(checked.program) << checked.messages;
  EXPECT_EQ(checked.program->objectives[0].trainable.size(), 2u);
  EXPECT_THAT(checked.messages, HasSubstr("W0002"));
}

TEST(CheckGraphsTest, StaticChoicesTypeTheTakenBranchAlone) {
  EXPECT_THAT(modelled("(if 1 == 1 { x } else { x + [1, 2] }) |> dense(1)"), HasSubstr("contract"));
  EXPECT_THAT(modelled("(if 1 == 1 { x } else { nobody }) |> dense(1)"), HasSubstr("unknown name `nobody`"));
}

TEST(CheckGraphsTest, DoublePrecisionIsOneWord) {
  Checked checked("data d { train csv(\"d.csv\")\n x: float[3] = \"a\", \"b\", \"c\"\n}\n"
                  "model net(x: float[batch, 3]) { x |> dense(1) }\n"
                  "train t on d {\n loss net(x)\n optimizer sgd()\n precision f64\n}\n");
  ASSERT_TRUE(checked.program) << checked.messages;
  EXPECT_THAT(core::print(*checked.program), Not(HasSubstr("f32")));
}

} // namespace
