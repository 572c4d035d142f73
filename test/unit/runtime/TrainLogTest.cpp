// Figures of so many updates: what the lines are of, and that stopping, cutting and killing lose and double
// none of them.
#include "TrainFixture.h"

#include <gmock/gmock.h>

using namespace mlc;
using namespace mlc::test;
using testing::HasSubstr;

namespace {

class TrainLogTest : public TrainFixture {
protected:
  std::string updates(const std::string &run) { return folder.read(run + "/updates.csv"); }
};

} // namespace

TEST_F(TrainLogTest, AsManyUpdatesAsAnEpochGiveItsFigures) {
  options.logEvery = 5; // of 8, 8, 8, 8 and 4 rows
  ASSERT_TRUE(train("run").status.isOk());
  ASSERT_EQ(recorder.logs.size(), 6u);
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(recorder.logs[i].figures, recorder.epochs[i].figures);
    EXPECT_EQ(recorder.logs[i].samples, 36);
    EXPECT_EQ(recorder.logs[i].update, 5 * (i + 1));
    EXPECT_EQ(recorder.logs[i].totalUpdates, 30u);
  }
}

TEST_F(TrainLogTest, LinesGoOnOverTheEndsOfEpochs) {
  options.train.epochs = 2;
  options.logEvery = 4;
  ASSERT_TRUE(train("four").status.isOk());
  ASSERT_EQ(recorder.logs.size(), 2u); // the last two updates wait for two more
  EXPECT_EQ(recorder.logs[0].samples, 32);
  EXPECT_EQ(recorder.logs[1].samples, 4 + 3 * 8);
  std::vector<LogReport> fours = std::move(recorder.logs);
  options.logEvery = 1;
  recorder = Recorder();
  ASSERT_TRUE(train("one").status.isOk());
  ASSERT_EQ(recorder.logs.size(), 10u);
  double squares = 0;
  for (int i = 4; i < 8; ++i)
    squares += recorder.logs[i].figures[0] * static_cast<double>(recorder.logs[i].samples);
  EXPECT_NEAR(fours[1].figures[0], squares / 28, 1e-12);
  EXPECT_THAT(updates("four"), HasSubstr("update,samples,loss,rmse\n4,32,"));
  EXPECT_THAT(updates("four"), HasSubstr("\n8,28,"));
}

TEST_F(TrainLogTest, TheyChangeNoBitOfTheRun) {
  ASSERT_TRUE(train("without").status.isOk());
  options.logEvery = 3;
  ASSERT_TRUE(train("with").status.isOk());
  EXPECT_EQ(model("with"), model("without"));
  EXPECT_EQ(slots("with"), slots("without"));
  EXPECT_EQ(metrics("with"), metrics("without"));
  EXPECT_EQ(folder.read("with/best/model.safetensors"), folder.read("without/best/model.safetensors"));
}

TEST_F(TrainLogTest, StoppedAnywhereAndResumed) {
  options.logEvery = 4;
  ASSERT_TRUE(train("whole").status.isOk());
  for (uint64_t at = 1; at <= 30; ++at) {
    std::string name = "stopped" + std::to_string(at);
    ASSERT_EQ(trainStopped(name, at).reason, StopReason::Interrupted);
    ASSERT_EQ(train(name, true).reason, StopReason::Finished);
    EXPECT_EQ(updates(name), updates("whole")) << at;
    EXPECT_EQ(folder.read(name + "/trainer_state.json"), folder.read("whole/trainer_state.json")) << at;
  }
}

TEST_F(TrainLogTest, CutShortAndMadeLonger) {
  options.scalars[1].value = ScalarExpr::literal(0.02); // a rate that does not look at total_steps
  options.logEvery = 4;
  options.train.epochs.reset();
  options.train.steps = 13;
  ASSERT_TRUE(train("whole").status.isOk());
  for (int64_t cut = 1; cut < 13; ++cut) {
    std::string name = "cut" + std::to_string(cut);
    options.train.steps = cut;
    ASSERT_EQ(train(name).reason, StopReason::Finished);
    options.train.steps = 13;
    ASSERT_EQ(train(name, true).reason, StopReason::Finished);
    EXPECT_EQ(updates(name), updates("whole")) << cut;
    EXPECT_EQ(metrics(name), metrics("whole")) << cut;
  }
}

TEST_F(TrainLogTest, KilledAfterACheckpointWithinAnEpoch) {
  options.logEvery = 2;
  options.checkpoints.updates = 3;
  ASSERT_TRUE(train("whole").status.isOk());
  for (uint64_t at = 4; at <= 30; ++at) {
    std::string left = trainKilled("killed" + std::to_string(at), at);
    ASSERT_TRUE(train(left, true).status.isOk());
    EXPECT_EQ(updates(left), updates("whole")) << at;
  }
}

TEST_F(TrainLogTest, AskedForLaterAndNoLonger) {
  options.scalars[1].value = ScalarExpr::literal(0.02);
  options.train.epochs = 1;
  ASSERT_TRUE(train("run").status.isOk());
  options.logEvery = 4;
  options.train.epochs = 2;
  ASSERT_TRUE(train("run", true).status.isOk());
  EXPECT_THAT(updates("run"), HasSubstr("update,samples,loss,rmse\n8,24,")); // updates 6, 7 and 8
  EXPECT_THAT(folder.read("run/trainer_state.json"), HasSubstr("\"logged\""));
  std::string before = updates("run");
  options.logEvery = 0;
  options.train.epochs = 3;
  ASSERT_TRUE(train("run", true).status.isOk());
  EXPECT_EQ(updates("run"), before);
  EXPECT_THAT(folder.read("run/trainer_state.json"), Not(HasSubstr("\"logged\"")));
}
