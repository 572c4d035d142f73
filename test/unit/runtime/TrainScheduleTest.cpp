// Rates that follow epochs and validation figures: they go on from a checkpoint, wherever it is, and are
// repeated after a divergence, as they were.
#include "TrainFixture.h"

#include <gmock/gmock.h>

#include <cmath>

using namespace mlc;
using namespace mlc::test;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

class TrainScheduleTest : public TrainFixture {
protected:
  void rate(const std::string &text) {
    Expected<ScalarExpr> parsed = ScalarExpr::parse(text, 1);
    ASSERT_TRUE(parsed) << parsed.status().message();
    options.scalars[1].value = *parsed;
  }
};

/// Halved after each epoch that does not make the figure a tenth: after some of them.
constexpr const char *plateau = "0.02 0.5 0 0.9 0 plateaus pow mul epoch 100 div 1 add mul";

} // namespace

TEST_F(TrainScheduleTest, StoppedAnywhereAndResumed) {
  rate(plateau);
  ASSERT_TRUE(train("whole").status.isOk());
  std::string state = folder.read("whole/trainer_state.json");
  EXPECT_THAT(state, HasSubstr("validation_figures"));
  ASSERT_EQ(recorder.epochs.size(), 6u);
  for (uint64_t at = 1; at <= 30; ++at) {
    std::string name = "stopped" + std::to_string(at);
    ASSERT_EQ(trainStopped(name, at).reason, StopReason::Interrupted);
    ASSERT_EQ(train(name, true).reason, StopReason::Finished);
    EXPECT_EQ(model(name), model("whole")) << at;
    EXPECT_EQ(slots(name), slots("whole")) << at;
    EXPECT_EQ(folder.read(name + "/trainer_state.json"), state) << at;
  }
  rate("0.02");
  ASSERT_TRUE(train("constant").status.isOk());
  EXPECT_NE(model("constant"), model("whole"));
}

TEST_F(TrainScheduleTest, KilledAndResumed) {
  rate(plateau);
  options.checkpoints.updates = 3;
  ASSERT_TRUE(train("whole").status.isOk());
  for (uint64_t at = 4; at <= 30; at += 3) {
    std::string left = trainKilled("killed" + std::to_string(at), at);
    ASSERT_TRUE(train(left, true).status.isOk());
    EXPECT_EQ(model(left), model("whole")) << at;
    EXPECT_EQ(metrics(left), metrics("whole")) << at;
  }
}

TEST_F(TrainScheduleTest, AReplayGoesThroughTheEndsOfEpochs) {
  // From the third epoch on, or after two figures that are no better than a thousandth of the first.
  for (const char *text : {"epoch 2 ge 1e30 0.01 select", "0 0.999 0 plateaus 2 ge 1e30 0.01 select"}) {
    rate(text);
    options.saveEvery = 1000; // the last checkpoint is that of the beginning
    std::string name = text[0] == 'e' ? "epochs" : "plateaus";
    TrainResult result = train(name);
    ASSERT_EQ(result.reason, StopReason::Diverged);
    ASSERT_TRUE(result.divergence);
    EXPECT_GT(result.divergence->update, 10u);
    ASSERT_TRUE(replayed && *replayed);
    EXPECT_EQ((**replayed).scalars[1], 1e30);
    EXPECT_GT(std::fabs(replayedW[0]), 1e20); // the state that made the loss infinite
  }
}

TEST_F(TrainScheduleTest, FiguresOfAllEpochsAreNeeded) {
  options.train.epochs = 2;
  ASSERT_TRUE(train("run").status.isOk());
  // What a version left that did not keep them.
  std::string text = folder.read("run/trainer_state.json");
  size_t begin = text.find("\"validation_figures\""), end = text.find(']', begin);
  ASSERT_NE(begin, std::string::npos);
  size_t comma = text.rfind(',', begin);
  text.erase(comma, end + 1 - comma);
  folder.write("run/trainer_state.json", text);
  options.train.epochs = 4;
  rate(plateau);
  Status refused = train("run", true).status;
  EXPECT_EQ(refused.code(), StatusCode::Usage);
  EXPECT_THAT(refused.message(), HasSubstr("follows the validation figures of all epochs, and"));
  EXPECT_THAT(refused.message(), HasSubstr("begin another run with --out"));
  rate("0.02");
  EXPECT_TRUE(train("run", true).status.isOk()); // nothing follows them
}
