#include "TrainFixture.h"
#include "runtime/train/Evaluate.h"

#include <gmock/gmock.h>

#include <cmath>

using namespace mlc;
using namespace mlc::test;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

class TrainerTest : public TrainFixture {};

} // namespace

TEST_F(TrainerTest, LearnsAndReports) {
  options.train.epochs = 60;
  TrainResult result = train("run");
  ASSERT_TRUE(result.status.isOk()) << result.status.message();
  EXPECT_EQ(result.reason, StopReason::Finished);
  EXPECT_TRUE(result.state.finished);
  ASSERT_EQ(recorder.epochs.size(), 60u);
  EXPECT_LT(recorder.epochs.back().figures[0], 1e-3);
  EXPECT_LT((*recorder.epochs.back().validationFigures)[0], 1e-3);
  EXPECT_GT(recorder.epochs.front().figures[0], 1);
  EXPECT_EQ(recorder.ends, 1);
  // 36 rows in batches of 8: four and a ragged one of 4; the 9 validation rows: 8 and 1.
  ASSERT_EQ(recorder.steps.size(), 300u);
  EXPECT_EQ(program.rowsAskedFor, (std::set<int64_t>{1, 4, 8}));
  EXPECT_EQ(recorder.steps[4].samples, 36);
  EXPECT_EQ(recorder.steps[4].samplesOfEpoch, 36);
  EXPECT_EQ(recorder.steps[4].totalUpdates, 300u);
  EXPECT_EQ(recorder.steps.back().secondsLeft, 0);
  EXPECT_EQ(recorder.steps.back().epoch, 60);
}

TEST_F(TrainerTest, FiguresAreSumsOverTheEpoch) {
  options.scalars[1].value =
      ScalarExpr::literal(0); // nothing is learnt, so the order of rows is all that changes
  program.editManifest().data.validationFraction = 0;
  options.train.epochs = 2;
  ASSERT_TRUE(train("run").status.isOk());
  EXPECT_FALSE(recorder.epochs[0].validationFigures);
  EXPECT_NEAR(recorder.epochs[0].figures[1], std::sqrt(recorder.epochs[0].figures[0]), 1e-12);
  EXPECT_THAT(metrics("run"), HasSubstr("epoch,update,loss,rmse\n1,6,"));
}

TEST_F(TrainerTest, ThreadsChangeNoBit) {
  ASSERT_TRUE(train("one", false, 1).status.isOk());
  ASSERT_TRUE(train("two", false, 2).status.isOk());
  ASSERT_TRUE(train("three", false, 3).status.isOk());
  EXPECT_EQ(model("one"), model("two"));
  EXPECT_EQ(model("one"), model("three"));
  EXPECT_EQ(metrics("one"), metrics("three"));
  EXPECT_EQ(slots("one"), slots("three"));
}

TEST_F(TrainerTest, StoppingAnywhereAndResumingChangesNoBit) {
  ASSERT_TRUE(train("whole").status.isOk());
  uint64_t total = recorder.steps.size();
  ASSERT_EQ(total, 30u);
  for (uint64_t at = 1; at <= total; ++at) {
    std::string name = "stopped" + std::to_string(at);
    TrainResult result = trainStopped(name, at);
    ASSERT_EQ(result.reason, StopReason::Interrupted);
    EXPECT_EQ(result.signal, SIGTERM);
    EXPECT_EQ(result.status.code(), StatusCode::Interrupted);
    EXPECT_THAT(result.status.message(), HasSubstr("saved in "));
    result = train(name, true);
    ASSERT_EQ(result.reason, StopReason::Finished) << result.status.message();
    EXPECT_EQ(model(name), model("whole")) << at;
    EXPECT_EQ(slots(name), slots("whole")) << at;
    EXPECT_EQ(metrics(name), metrics("whole")) << at;
    EXPECT_EQ(folder.read(name + "/best/model.safetensors"), folder.read("whole/best/model.safetensors"));
    EXPECT_EQ(folder.read(name + "/trainer_state.json"), folder.read("whole/trainer_state.json"));
  }
}

TEST_F(TrainerTest, MoreEpochsContinueAFinishedRun) {
  options.scalars[1].value = ScalarExpr::literal(0.02); // a rate that does not look at total_steps
  ASSERT_TRUE(train("six").status.isOk());
  options.train.epochs = 2;
  ASSERT_TRUE(train("parts").status.isOk());
  options.train.epochs = 6;
  ASSERT_TRUE(train("parts", true).status.isOk());
  EXPECT_EQ(model("parts"), model("six"));
  EXPECT_EQ(metrics("parts"), metrics("six"));
  // Resuming what is finished does nothing and is fine.
  EXPECT_EQ(train("parts", true).reason, StopReason::Finished);
  EXPECT_EQ(model("parts"), model("six"));
}

TEST_F(TrainerTest, MoreUpdatesGoOnWithinTheEpochThatWasCut) {
  options.scalars[1].value = ScalarExpr::literal(0.02);
  options.train.epochs.reset();
  for (int64_t whole : {7, 13, 30}) { // five an epoch
    options.train.steps = whole;
    std::string straight = "straight" + std::to_string(whole);
    ASSERT_TRUE(train(straight).status.isOk());
    for (int64_t cut = 1; cut < whole; ++cut) {
      std::string name = "cut" + std::to_string(whole) + "_" + std::to_string(cut);
      options.train.steps = cut;
      TrainResult result = train(name);
      ASSERT_EQ(result.reason, StopReason::Finished) << result.status.message();
      EXPECT_TRUE(result.state.finished);
      EXPECT_EQ(result.state.position.epoch, cut / 5);
      EXPECT_EQ(result.state.position.row, cut % 5 * 8);
      // Its figures are there, of the rows that were seen, and it may be the best that eval takes.
      EXPECT_THAT(metrics(name),
                  HasSubstr("\n" + std::to_string((cut + 4) / 5) + "," + std::to_string(cut) + ","));
      std::string cutModel = model(name);
      EXPECT_EQ(train(name, true).reason, StopReason::Finished);
      EXPECT_EQ(model(name), cutModel) << "what is finished is left as it is";
      options.train.steps = whole;
      result = train(name, true);
      ASSERT_EQ(result.reason, StopReason::Finished) << result.status.message();
      EXPECT_EQ(model(name), model(straight)) << name;
      EXPECT_EQ(slots(name), slots(straight)) << name;
      EXPECT_EQ(metrics(name), metrics(straight)) << name;
      EXPECT_EQ(folder.read(name + "/trainer_state.json"), folder.read(straight + "/trainer_state.json"));
      EXPECT_EQ(folder.read(name + "/best/model.safetensors"),
                folder.read(straight + "/best/model.safetensors"))
          << name;
    }
  }
}

TEST_F(TrainerTest, TheBestOfACutEpochGivesWayToTheOneBefore) {
  // Better within the second epoch, worse at its end.
  auto at = [](int64_t step) {
    return ScalarExpr::binary(ScalarOp::Ge, ScalarExpr::leaf(ScalarOp::Step),
                              ScalarExpr::literal(static_cast<double>(step)));
  };
  options.scalars[1].value = ScalarExpr::select(at(7), ScalarExpr::literal(-0.05), ScalarExpr::literal(0.02));
  options.train.epochs.reset();
  options.train.steps = 10;
  ASSERT_TRUE(train("whole").status.isOk());
  EXPECT_FALSE(recorder.epochs[1].best);
  options.train.steps = 7;
  TrainResult result = train("cut");
  EXPECT_TRUE(recorder.epochs.back().best);
  EXPECT_EQ(recorder.epochs.back().samples, 16);
  EXPECT_EQ(recorder.epochs.back().samplesOfEpoch, 36);
  ASSERT_TRUE(result.state.best && result.state.before && result.state.before->best);
  EXPECT_EQ(result.state.best->epoch, 2);
  EXPECT_EQ(result.state.before->best->epoch, 1);
  EXPECT_NE(folder.read("cut/best/model.safetensors"), folder.read("whole/best/model.safetensors"));
  EXPECT_EQ(folder.read("cut/best/before.safetensors"), folder.read("whole/best/model.safetensors"));
  options.train.steps = 10;
  ASSERT_TRUE(train("cut", true).status.isOk());
  EXPECT_EQ(folder.read("cut/best/model.safetensors"), folder.read("whole/best/model.safetensors"));
  EXPECT_FALSE(folder.has("cut/best/before.safetensors"));
  EXPECT_EQ(metrics("cut"), metrics("whole"));
}

TEST_F(TrainerTest, CheckpointsWithinAnEpochChangeNoBit) {
  options.saveEvery = 1e9; // epochs that are short are saved together
  ASSERT_TRUE(train("whole").status.isOk());
  for (uint64_t every : {1, 2, 3, 7, 29}) {
    std::string name = "every" + std::to_string(every);
    options.checkpoints.updates = every;
    ASSERT_TRUE(train(name).status.isOk());
    EXPECT_EQ(model(name), model("whole"));
    EXPECT_EQ(slots(name), slots("whole"));
    EXPECT_EQ(metrics(name), metrics("whole"));
    EXPECT_EQ(folder.read(name + "/best/model.safetensors"), folder.read("whole/best/model.safetensors"));
    EXPECT_EQ(folder.read(name + "/trainer_state.json"), folder.read("whole/trainer_state.json"));
  }
  // At most so many updates are lost, whenever the process is killed.
  options.checkpoints.updates = 3;
  for (uint64_t at : {1, 2, 3, 4, 8, 11, 17, 23}) {
    std::string left = trainKilled("killed" + std::to_string(at), at);
    Expected<RunFolder> run = RunFolder::open(folder.file(left), false);
    ASSERT_TRUE(run);
    EXPECT_EQ(run->readState()->update, (at - 1) / 3 * 3) << at; // told before it is saved
    ASSERT_EQ(train(left, true).reason, StopReason::Finished);
    EXPECT_EQ(model(left), model("whole")) << at;
    EXPECT_EQ(metrics(left), metrics("whole")) << at;
  }
}

TEST_F(TrainerTest, CheckpointsWithinAnEpochByTime) {
  options.saveEvery = 1e9;
  options.checkpoints.seconds = 1e-9; // after every update
  recorder.killAt = 4;
  std::string saved;
  recorder.kill = [&] { saved = folder.read("run/trainer_state.json"); };
  ASSERT_TRUE(train("run").status.isOk());
  EXPECT_THAT(saved, HasSubstr("\"update\": 3,"));
  EXPECT_THAT(saved, HasSubstr("\"row\": 24,"));
  recorder.killAt = 0;
  options.checkpoints.seconds = 0;
  ASSERT_TRUE(train("never").status.isOk());
  EXPECT_EQ(model("run"), model("never"));
}

TEST_F(TrainerTest, ADivergingRunGoesBackToTheCheckpointWithinItsEpoch) {
  ScalarExpr late =
      ScalarExpr::binary(ScalarOp::Ge, ScalarExpr::leaf(ScalarOp::Step), ScalarExpr::literal(6));
  options.scalars[1].value = ScalarExpr::select(late, ScalarExpr::literal(1e30), ScalarExpr::literal(0.01));
  options.checkpoints.updates = 1;
  TrainResult result = train("run");
  EXPECT_EQ(result.reason, StopReason::Diverged);
  EXPECT_THAT(result.status.message(), HasSubstr("'net.w' became NaN or infinite in update 8 (epoch 2)"));
  EXPECT_THAT(result.status.message(), HasSubstr("the checkpoint after update 7 is kept"));
  ASSERT_TRUE(replayed && *replayed);
  EXPECT_EQ((**replayed).update, 7u);
  EXPECT_EQ((**replayed).rowNumbers, result.divergence->rows);
}

TEST_F(TrainerTest, ParametersThatAreNotFiniteAreNotSavedWithinAnEpoch) {
  ScalarExpr second =
      ScalarExpr::binary(ScalarOp::Eq, ScalarExpr::leaf(ScalarOp::Step), ScalarExpr::literal(1));
  options.scalars[1].value =
      ScalarExpr::select(second, ScalarExpr::literal(INFINITY), ScalarExpr::literal(0.01));
  options.checkpoints.updates = 1;
  TrainResult result = train("run");
  EXPECT_EQ(result.reason, StopReason::Diverged);
  EXPECT_THAT(result.status.message(), HasSubstr("'net.w' became NaN or infinite in update 2 (epoch 1)"));
  EXPECT_THAT(result.status.message(), HasSubstr("the checkpoint after update 1 is kept"));
  // Nor when a signal asks to save.
  options.checkpoints.updates = 0;
  result = trainStopped("stopped", 2);
  EXPECT_EQ(result.reason, StopReason::Diverged);
  EXPECT_THAT(result.status.message(), HasSubstr("the checkpoint after update 0 is kept"));
}

TEST_F(TrainerTest, FewerUpdatesThanWereMadeAreRefused) {
  ASSERT_TRUE(train("run").status.isOk());
  std::string config = folder.read("run/config.json");
  options.train.epochs = 4;
  Status status = train("run", true).status;
  EXPECT_EQ(status.code(), StatusCode::Usage);
  EXPECT_THAT(status.message(), HasSubstr("has made 30 updates, and 20 are asked for"));
  EXPECT_EQ(folder.read("run/config.json"), config);
}

TEST_F(TrainerTest, AnotherBatchBetweenTwoEpochs) {
  options.scalars[1].value = ScalarExpr::literal(0.02);
  options.train.epochs = 2;
  ASSERT_TRUE(train("whole").status.isOk());
  folder.copy("whole", "parts");
  options.train.batch = 5; // 8 updates an epoch, where it was 5
  options.train.epochs = 4;
  TrainResult result = train("whole", true);
  ASSERT_EQ(result.reason, StopReason::Finished) << result.status.message();
  EXPECT_EQ(result.state.update, 10u + 16);
  EXPECT_EQ(recorder.epochs.back().epoch, 4);
  ASSERT_EQ(trainStopped("parts", 13, true).reason, StopReason::Interrupted);
  options.train.batch = 8;
  Status status = train("parts", true).status;
  EXPECT_EQ(status.code(), StatusCode::Usage);
  EXPECT_THAT(status.message(), HasSubstr("the batch can change between epochs only, and"));
  EXPECT_THAT(status.message(), HasSubstr("is at row 15 of epoch 3"));
  options.train.batch = 5;
  ASSERT_EQ(train("parts", true).reason, StopReason::Finished);
  EXPECT_EQ(model("parts"), model("whole"));
  EXPECT_EQ(slots("parts"), slots("whole"));
  EXPECT_EQ(metrics("parts"), metrics("whole"));
  EXPECT_EQ(folder.read("parts/trainer_state.json"), folder.read("whole/trainer_state.json"));
  // By steps: they count from the beginning of the run.
  options.train.epochs.reset();
  options.train.steps = 30;
  result = train("parts", true);
  ASSERT_EQ(result.reason, StopReason::Finished) << result.status.message();
  EXPECT_EQ(result.state.update, 30u);
  EXPECT_EQ(result.state.position.epoch, 4);
  EXPECT_EQ(result.state.position.row, 20);
  EXPECT_EQ(recorder.epochs.back().epochs, 5);
}

TEST_F(TrainerTest, PatienceThatRanOutCanBeRaised) {
  options.scalars[1].value = ScalarExpr::literal(-0.01);
  options.train.epochs = 8;
  ASSERT_TRUE(train("whole").status.isOk());
  options.train.patience = 3;
  EXPECT_EQ(train("run").reason, StopReason::Patience);
  options.train.patience = 100;
  EXPECT_EQ(train("run", true).reason, StopReason::Finished);
  EXPECT_EQ(model("run"), model("whole"));
  EXPECT_EQ(metrics("run"), metrics("whole"));
}

TEST_F(TrainerTest, MetricsBeyondTheCheckpointAreDropped) {
  ASSERT_TRUE(train("whole").status.isOk());
  ASSERT_EQ(trainStopped("killed", 12).reason, StopReason::Interrupted);
  // As if the process had been killed after writing lines and before the checkpoint, the last line in the
  // middle.
  std::string lines = metrics("killed");
  folder.write("killed/metrics.csv", lines + "3,15,1,1,1,1\n4,2");
  ASSERT_TRUE(train("killed", true).status.isOk());
  EXPECT_EQ(metrics("killed"), metrics("whole"));
}

TEST_F(TrainerTest, StepsInsteadOfEpochs) {
  options.train.epochs.reset();
  options.train.steps = 7;
  TrainResult result = train("run");
  ASSERT_TRUE(result.status.isOk()) << result.status.message();
  EXPECT_EQ(result.state.update, 7u);
  ASSERT_EQ(recorder.epochs.size(), 2u);
  EXPECT_EQ(recorder.epochs[1].update, 7u);
  options.train.steps = 0;
  EXPECT_TRUE(train("none").status.isOk());
}

TEST_F(TrainerTest, KeepsTheBestModelAndStopsByPatience) {
  // Learning backwards after the first epoch: every epoch is worse.
  options.scalars[1].value = ScalarExpr::literal(-0.01);
  options.train.epochs = 50;
  options.train.patience = 3;
  TrainResult result = train("run");
  ASSERT_TRUE(result.status.isOk()) << result.status.message();
  EXPECT_EQ(result.reason, StopReason::Patience);
  ASSERT_EQ(recorder.epochs.size(), 4u);
  EXPECT_TRUE(recorder.epochs[0].best);
  EXPECT_FALSE(recorder.epochs[1].best);
  ASSERT_TRUE(result.state.best);
  EXPECT_EQ(result.state.best->epoch, 1);
  EXPECT_EQ(train("run", true).reason, StopReason::Patience);
  EXPECT_EQ(recorder.epochs.size(), 4u);

  auto session = Session::create(program, 1);
  Expected<RunFolder> run = RunFolder::open(folder.file("run"), false);
  ASSERT_TRUE(run);
  EXPECT_EQ(*run->loadModel(**session, true), 5u);
  EvaluateOptions evaluation;
  evaluation.batch = 5;
  Expected<Evaluation> best = evaluate(**session, *data.validation, evaluation);
  ASSERT_TRUE(best);
  EXPECT_EQ(best->samples, 9);
  EXPECT_NEAR(best->figures[0], result.state.best->figure, 1e-9);
  EXPECT_EQ(*run->loadModel(**session, false), 20u);
  EXPECT_GT(evaluate(**session, *data.validation, evaluation)->figures[0], best->figures[0]);
}

TEST_F(TrainerTest, BestCanBeTheLargest) {
  options.scalars[1].value = ScalarExpr::literal(-0.01);
  options.train.bestIsMax = true;
  TrainResult result = train("run");
  ASSERT_TRUE(result.state.best);
  EXPECT_EQ(result.state.best->epoch, 6);
}

TEST_F(TrainerTest, ADivergingRunKeepsItsCheckpointAndReplays) {
  // Fine for an epoch, then a rate that is far too high.
  ScalarExpr late =
      ScalarExpr::binary(ScalarOp::Ge, ScalarExpr::leaf(ScalarOp::Step), ScalarExpr::literal(6));
  options.scalars[1].value = ScalarExpr::select(late, ScalarExpr::literal(1e30), ScalarExpr::literal(0.01));
  TrainResult result = train("run");
  EXPECT_EQ(result.reason, StopReason::Diverged);
  EXPECT_EQ(result.status.code(), StatusCode::Diverged);
  EXPECT_THAT(result.status.message(), HasSubstr("the loss became NaN or infinite in update 9 (epoch 2)"));
  EXPECT_THAT(result.status.message(), HasSubstr("the checkpoint after update 5 is kept"));
  ASSERT_TRUE(result.divergence);
  EXPECT_EQ(result.divergence->update, 8u);
  EXPECT_EQ(result.divergence->rows.size(), 8u);
  ASSERT_TRUE(replayed);
  ASSERT_TRUE(*replayed) << replayed->status().message();
  const ReplayedStep &step = **replayed;
  EXPECT_EQ(step.update, 8u);
  EXPECT_EQ(step.rowNumbers, result.divergence->rows);
  EXPECT_THAT(step.fields, ElementsAre("x", "y"));
  EXPECT_EQ(step.inputs[0].size(), 8u * 12);
  EXPECT_EQ(step.scalars[1], 1e30);
  EXPECT_GT(std::fabs(replayedW[0]), 1e20); // the state that made the loss infinite
}

TEST_F(TrainerTest, ParametersThatAreNotFiniteAreNotSaved) {
  // The last update of the epoch does it: its own loss is still fine.
  ScalarExpr last =
      ScalarExpr::binary(ScalarOp::Eq, ScalarExpr::leaf(ScalarOp::Step), ScalarExpr::literal(4));
  options.scalars[1].value =
      ScalarExpr::select(last, ScalarExpr::literal(INFINITY), ScalarExpr::literal(0.01));
  TrainResult result = train("run");
  EXPECT_EQ(result.reason, StopReason::Diverged);
  EXPECT_THAT(result.status.message(), HasSubstr("'net.w' became NaN or infinite in update 5 (epoch 1)"));
  EXPECT_THAT(result.status.message(), HasSubstr("the checkpoint after update 0 is kept"));
  ASSERT_TRUE(replayed && *replayed);
  EXPECT_EQ((**replayed).update, 4u);
}

TEST_F(TrainerTest, AFullDiskLeavesTheOldCheckpointGood) {
  ASSERT_EQ(trainStopped("run", 10).reason, StopReason::Interrupted);
  std::string before = model("run");
  for (rlim_t bytes : {0, 1, 100, 300, 500, 900}) {
    FullDisk full(bytes);
    TrainResult result = train("run", true);
    if (bytes <= 300) // less than any checkpoint
      EXPECT_EQ(result.status.code(), StatusCode::IO) << bytes;
  }
  ASSERT_TRUE(train("run", true).status.isOk());
  ASSERT_TRUE(train("whole").status.isOk());
  EXPECT_EQ(model("run"), model("whole"));
  EXPECT_EQ(metrics("run"), metrics("whole"));
}

TEST_F(TrainerTest, ScalarsAreSetByName) {
  ASSERT_TRUE(overrideScalar(options.scalars, "optimizer.lr", 0.5).isOk());
  EXPECT_EQ(options.scalars[0].value.print(), "0.5");
  Status status = overrideScalar(options.scalars, "optimiser.lr", 1);
  EXPECT_EQ(status.code(), StatusCode::Usage);
  EXPECT_THAT(status.message(), HasSubstr("did you mean 'optimizer.lr'?"));
}

TEST_F(TrainerTest, ChangedDataIsNoticed) {
  ASSERT_EQ(trainStopped("run", 9).reason, StopReason::Interrupted);
  std::string good = folder.read("points.csv"), state = folder.read("run/trainer_state.json");
  std::string other = good;
  other[other.size() - 2] ^= 1; // a digit
  for (const auto &[text, what] : {std::pair(linearCsv(20), "points.csv had 45 rows and has 20"),
                                   std::pair(linearCsv(46), "points.csv had 45 rows and has 46"),
                                   std::pair(other, "points.csv has other values of field 'y'")}) {
    folder.write("points.csv", text);
    Status status = train("run", true).status;
    EXPECT_EQ(status.code(), StatusCode::BadData);
    EXPECT_THAT(status.message(), HasSubstr(what));
    EXPECT_EQ(folder.read("run/trainer_state.json"), state);
  }
  folder.write("points.csv", good);
  EXPECT_TRUE(train("run", true).status.isOk());
}

TEST_F(TrainerTest, ALastBatchOfTooFewRowsIsLeftOut) {
  // 36 rows in batches of 8: the last would have 4.
  options.train.leastRows = 5;
  options.train.leastRowsReason = "norm at net.mlc:8 needs at least 5 rows";
  EXPECT_EQ(leftOutText(options.train, 36),
            "the last batch of each epoch would have 4 rows, and norm at net.mlc:8 needs at least 5 rows: it "
            "is left "
            "out, other rows in each epoch; with another batch than 8 all are trained on");
  EXPECT_EQ(leftOutText(options.train, 37), "");
  EXPECT_EQ(leftOutText(options.train, 32), "");
  ASSERT_TRUE(train("whole").status.isOk());
  const int64_t epochs = *options.train.epochs;
  ASSERT_EQ(recorder.steps.size(), size_t(4 * epochs));
  EXPECT_EQ(recorder.steps[3].samples, 32);
  EXPECT_EQ(recorder.steps[3].samplesOfEpoch, 32);
  EXPECT_EQ(recorder.steps[3].totalUpdates, uint64_t(4 * epochs));
  EXPECT_EQ(recorder.steps.back().secondsLeft, 0);
  EXPECT_EQ(program.rowsAskedFor, (std::set<int64_t>{1, 8})); // evaluation takes every row: 8 and 1
  EXPECT_THAT(metrics("whole"), HasSubstr("\n2,8,"));
  // Within an epoch, at its end, and before the rows that are left out.
  for (uint64_t at : {1, 4, 5, 8}) {
    std::string name = "stopped" + std::to_string(at);
    ASSERT_EQ(trainStopped(name, at).reason, StopReason::Interrupted);
    ASSERT_EQ(train(name, true).reason, StopReason::Finished);
    EXPECT_EQ(model(name), model("whole")) << at;
    EXPECT_EQ(metrics(name), metrics("whole")) << at;
  }
  // Updates that end within an epoch.
  options.train.epochs.reset();
  options.train.steps = 6;
  TrainResult result = train("steps");
  ASSERT_TRUE(result.status.isOk());
  EXPECT_EQ(result.state.update, 6u);
  EXPECT_THAT(metrics("steps"), HasSubstr("\n1,4,"));
}

TEST_F(TrainerTest, BatchesThatAreAllTooSmallAreRefused) {
  options.train.leastRows = 9;
  options.train.leastRowsReason = "norm at net.mlc:8 needs at least 9 rows";
  Status status = train("batch").status;
  EXPECT_EQ(status.code(), StatusCode::Usage);
  EXPECT_THAT(status.message(),
              HasSubstr("a batch of 8 rows is too small: the model takes batches of 9 rows or more "
                        "(norm at net.mlc:8 needs at least 9 rows)"));
  options.train.batch = 64;
  options.train.leastRows = 37;
  status = train("rows").status;
  EXPECT_EQ(status.code(), StatusCode::BadData);
  EXPECT_THAT(status.message(), HasSubstr("and there are 36 rows"));
}

TEST_F(TrainerTest, ProgramsThatCannotTrainAreRefused) {
  program.editManifest().functions.erase(program.editManifest().functions.begin() + 1);
  EXPECT_THAT(train("run").status.message(), HasSubstr("the program has no train_step"));
  options.train.batch = 0;
  program = FakeProgram();
  EXPECT_EQ(train("other").status.code(), StatusCode::Usage);
}
