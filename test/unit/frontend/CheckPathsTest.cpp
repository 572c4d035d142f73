// Names of parameters: checkpoints depend on every one of them.
#include "CheckedProgram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

using namespace mlc::frontend;
using testing::Contains;
using testing::ElementsAre;
using testing::Not;

namespace {

std::string programText(const std::string &name) {
  std::ifstream in(std::string(MLC_SOURCE_DIR) + "/test/frontend/programs/" + name);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(CheckPathsTest, AnonymousInstancesAreNumberedByCallee) {
  Checked lenet(programText("14_predict.mlc"));
  ASSERT_TRUE(lenet.program) << lenet.messages;
  EXPECT_THAT(lenet.params(),
              ElementsAre("lenet.conv_1.w", "lenet.conv_1.bias", "lenet.conv_2.w", "lenet.conv_2.bias",
                          "lenet.dense_1.w", "lenet.dense_1.bias", "lenet.dense_2.w", "lenet.dense_2.bias",
                          "lenet.dense_3.w", "lenet.dense_3.bias"));
}

TEST(CheckPathsTest, NamedInstancesUseTheirNameAndRepeatItsIndex) {
  Checked gpt(programText("02_gpt.mlc"));
  ASSERT_TRUE(gpt.program) << gpt.messages;
  EXPECT_THAT(gpt.params(), Contains("gpt.blocks.3.attention_1.dense_2.bias"));
  EXPECT_THAT(gpt.params(), Contains("gpt.blocks.0.dense_2.w"));
  EXPECT_THAT(gpt.params(), Contains("gpt.layer_norm_1.scale"));
  EXPECT_THAT(gpt.params(), Not(Contains("gpt.blocks.4.dense_1.w")));
}

TEST(CheckPathsTest, AOneStagePipeAddsNothing) {
  Checked resnet(programText("01_resnet18.mlc"));
  ASSERT_TRUE(resnet.program) << resnet.messages;
  EXPECT_THAT(resnet.names(core::StateTensor::State),
              Contains("resnet18.stage_2.repeat_1.0.unit_1.batch_norm_1.mean"));
  EXPECT_THAT(resnet.params(), Contains("resnet18.stage_1.block_1.unit_2.conv_1.w"));
  // The skip's unit is the third in the text, taken or not.
  EXPECT_THAT(resnet.params(), Contains("resnet18.stage_2.block_1.unit_3.conv_1.w"));
  EXPECT_THAT(resnet.params(), Not(Contains("resnet18.stage_1.block_1.unit_3.conv_1.w")));
}

TEST(CheckPathsTest, AnAppliedFunctionParameterIsNumbered) {
  Checked one(withModel("x |> residual(|> dense(3)) |> dense(1)"));
  ASSERT_TRUE(one.program) << one.messages;
  EXPECT_THAT(one.params(), ElementsAre("net.residual_1.f_1.w", "net.residual_1.f_1.bias", "net.dense_2.w",
                                        "net.dense_2.bias"));
  Checked two(withModel("x |> residual(|> dense(4) |> dense(3)) |> dense(1)"));
  ASSERT_TRUE(two.program) << two.messages;
  EXPECT_THAT(two.params(), Contains("net.residual_1.f_1.dense_2.w"));
}

TEST(CheckPathsTest, InsertingAnActivationRenamesNothing) {
  Checked plain(withModel("x |> dense(4) |> dense(1)")), with(withModel("x |> dense(4) |> relu |> dense(1)"));
  ASSERT_TRUE(plain.program && with.program);
  EXPECT_EQ(plain.params(), with.params());
}

TEST(CheckPathsTest, NamedInstancesAndModelsAreShared) {
  Checked layers(withModel("layer d = dense(3)\nx |> d |> d |> dense(1)"));
  ASSERT_TRUE(layers.program) << layers.messages;
  EXPECT_THAT(layers.params(), ElementsAre("net.d.w", "net.d.bias", "net.dense_2.w", "net.dense_2.bias"));
  Checked models(withData("model net(x: float[batch, 3]) { x |> dense(1) }", "loss net(x) + net(2 * x)"));
  ASSERT_TRUE(models.program) << models.messages;
  EXPECT_THAT(models.params(), ElementsAre("net.dense_1.w", "net.dense_1.bias"));
}

TEST(CheckPathsTest, SlotsLieUnderTheObjective) {
  Checked sgd(withData("model net(x: float[batch, 3]) { x |> dense(1, bias = false) }", "loss net(x)",
                       "optimizer sgd(momentum = 0.9)"));
  ASSERT_TRUE(sgd.program) << sgd.messages;
  EXPECT_THAT(sgd.names(core::StateTensor::Slot), ElementsAre("objective.net.dense_1.w.m"));
}

TEST(CheckPathsTest, RandomSitesDependOnThePathAlone) {
  auto sites = [](const Checked &checked) {
    std::vector<int64_t> found;
    for (const core::Node &node : checked.program->init.graph.nodes)
      for (const auto &[name, value] : node.attrs)
        if (name == "site")
          found.push_back(std::get<int64_t>(value));
    return found;
  };
  Checked small(withModel("x |> dense(4) |> dense(1)"));
  Checked large(withModel("x |> dense(4) |> layer_norm |> dense(1)"));
  ASSERT_TRUE(small.program && large.program);
  EXPECT_EQ(sites(small), sites(large));
  EXPECT_EQ(sites(small).size(), 2u);
  EXPECT_NE(sites(small)[0], sites(small)[1]);
}

} // namespace
