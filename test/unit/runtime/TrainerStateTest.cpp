// trainer_state.json, changed by hand: every number of it is held against the others.
#include "runtime/checkpoint/TrainerState.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

using namespace mlc;
using testing::HasSubstr;

namespace {

/// 43 rows in batches of 4 are 11 updates an epoch; 5 epochs.
RunFacts facts() {
  RunFacts facts;
  facts.seed = 7;
  facts.rows = 43;
  facts.batch = 4;
  facts.totalUpdates = 55;
  facts.sums = 2;
  facts.scoresPerRow = {1, 2};
  return facts;
}

/// Within the third epoch, the first was the best.
TrainerState good() {
  TrainerState state;
  state.seed = 7;
  state.split.scores = {{0.5, 1}, std::vector<double>(48, -1)};
  state.update = 25;
  state.position = {2, 12};
  state.split.sums = {1.5, 12};
  state.best = BestEpoch{0.25, 1, 11};
  state.epochsWithoutBetter = 1;
  state.validationFigures = {0.25, std::nan("")};
  state.logged = LoggedWindow{7, {}};
  state.logged->split.sums = {0.5, 7};
  state.logged->split.scores = {{0.5, 1}, {}};
  return state;
}

constexpr int64_t most = std::numeric_limits<int64_t>::max();

struct Change {
  const char *member;
  std::function<void(TrainerState &)> make;
};

} // namespace

TEST(TrainerState, WhatTrainingWritesIsGood) {
  EXPECT_TRUE(checkState(good(), facts(), "f").isOk());
  TrainerState begun;
  begun.seed = 7;
  begun.split.sums = {0, 0};
  begun.split.scores = {{}, {}};
  EXPECT_TRUE(checkState(begun, facts(), "f").isOk());
  TrainerState ended = good(); // saved before its last epoch was evaluated
  ended.update = 55;
  ended.position = {4, 43};
  ended.validationFigures.resize(4, 1);
  ended.epochsWithoutBetter = 3;
  EXPECT_TRUE(checkState(ended, facts(), "f").isOk());
  ended.position = {5, 0};
  ended.validationFigures.resize(5, 1);
  ended.split.sums = {0, 0};
  ended.split.scores = {{}, {}};
  ended.epochsWithoutBetter = 4;
  ended.finished = true;
  EXPECT_TRUE(checkState(ended, facts(), "f").isOk());
  TrainerState patience = good();
  patience.update = 33;
  patience.position = {3, 0};
  patience.validationFigures.resize(3, 1);
  patience.split.sums = {0, 0};
  patience.split.scores = {{}, {}};
  patience.epochsWithoutBetter = 2;
  patience.finished = true;
  RunFacts impatient = facts();
  impatient.patience = 2;
  EXPECT_TRUE(checkState(patience, impatient, "f").isOk());
  RunFacts cut = facts(); // by `steps 25`
  cut.totalUpdates = 25;
  TrainerState cutShort = good();
  cutShort.finished = true;
  EXPECT_TRUE(checkState(cutShort, cut, "f").isOk());
  RunFacts few = facts(); // a batch holds them all
  few.rows = 3;
  few.totalUpdates = 5;
  TrainerState small = begun;
  small.update = 4;
  small.position = {4, 0};
  small.epochsWithoutBetter = 4;
  EXPECT_TRUE(checkState(small, few, "f").isOk());
}

TEST(TrainerState, WhatContradictsTheOthersIsNamed) {
  const Change changes[] = {
      {"seed", [](TrainerState &s) { s.seed = 8; }},
      {"epoch", [](TrainerState &s) { s.position.epoch = 100; }},
      {"epoch", [](TrainerState &s) { s.position.epoch = int64_t(1) << 62; }},
      {"epoch", [](TrainerState &s) { s.position.epoch = most; }},
      {"epoch", [](TrainerState &s) { s.position.epoch = -1; }},
      {"update", [](TrainerState &s) { s.position.epoch = 1; }},
      {"update", [](TrainerState &s) { s.position.epoch = 5; }},
      {"row", [](TrainerState &s) { s.position.row = 5; }},
      {"row", [](TrainerState &s) { s.position.row = 44; }},
      {"row", [](TrainerState &s) { s.position.row = 943; }},
      {"row", [](TrainerState &s) { s.position.row = most; }},
      {"row", [](TrainerState &s) { s.position.row = -4; }},
      {"update", [](TrainerState &s) { s.position.row = 8; }},
      {"update", [](TrainerState &s) { s.position.row = 43; }},
      {"update", [](TrainerState &s) { s.update = 26; }},
      {"update", [](TrainerState &s) { s.update = 0; }},
      {"update", [](TrainerState &s) { s.update = ~uint64_t(0); }},
      {"sums", [](TrainerState &s) { s.split.sums.pop_back(); }},
      {"sums", [](TrainerState &s) { s.split.sums.push_back(0); }},
      {"sums", [](TrainerState &s) { s.split.sums[1] = std::nan(""); }},
      {"sums", [](TrainerState &s) { s.split.sums[0] = INFINITY; }},
      {"sums",
       [](TrainerState &s) {
         s.position.row = 0;
         s.update = 22;
       }},
      {"scores", [](TrainerState &s) { s.split.scores.pop_back(); }},
      {"scores", [](TrainerState &s) { s.split.scores[0].assign(26, 1); }},
      {"scores", [](TrainerState &s) { s.split.scores[1].resize(50, 1); }},
      {"logged.samples", [](TrainerState &s) { s.logged->samples = -1; }},
      {"logged.samples", [](TrainerState &s) { s.logged->samples = 25 * 43 + 1; }},
      {"logged.sums", [](TrainerState &s) { s.logged->samples = 0; }},
      {"logged.sums", [](TrainerState &s) { s.logged->split.sums.pop_back(); }},
      {"logged.sums", [](TrainerState &s) { s.logged->split.sums[0] = INFINITY; }},
      {"logged.scores", [](TrainerState &s) { s.logged->split.scores.clear(); }},
      {"logged.scores", [](TrainerState &s) { s.logged->split.scores[0].assign(16, 1); }},
      {"validation_figures", [](TrainerState &s) { s.validationFigures.pop_back(); }},
      {"best.figure", [](TrainerState &s) { s.best->figure = std::nan(""); }},
      {"best.epoch", [](TrainerState &s) { s.best->epoch = 0; }},
      {"best.epoch", [](TrainerState &s) { s.best->epoch = 3; }},
      {"best.epoch", [](TrainerState &s) { s.best->epoch = most; }},
      {"best.update", [](TrainerState &s) { s.best->update = 12; }},
      {"best.update", [](TrainerState &s) { s.best->epoch = 2; }},
      {"epochs_without_better", [](TrainerState &s) { s.epochsWithoutBetter = 0; }},
      {"epochs_without_better", [](TrainerState &s) { s.epochsWithoutBetter = most; }},
      {"epochs_without_better", [](TrainerState &s) { s.best.reset(); }},
      {"finished", [](TrainerState &s) { s.finished = true; }},
  };
  for (size_t i = 0; i < std::size(changes); ++i) {
    TrainerState state = good();
    changes[i].make(state);
    Status status = checkState(state, facts(), "run/trainer_state.json");
    EXPECT_EQ(status.code(), StatusCode::BadData) << i;
    EXPECT_THAT(status.message(), HasSubstr("run/trainer_state.json." + std::string(changes[i].member) + " "))
        << i;
  }
  RunFacts shorter = facts(); // config.json says less than was made
  shorter.totalUpdates = 24;
  EXPECT_THAT(checkState(good(), shorter, "f").message(),
              HasSubstr("f.update is 25, and the run ends after 24"));
}

TEST(TrainerState, TheBestMayBeOfACutEpoch) {
  RunFacts run = facts();
  run.totalUpdates = 25;
  TrainerState state = good();
  state.finished = true;
  state.before = BestBefore{state.best};
  state.best = BestEpoch{0.125, 3, 25};
  EXPECT_TRUE(checkState(state, run, "f").isOk()) << checkState(state, run, "f").message();
  Expected<TrainerState> back = parseState(printState(state), "f");
  ASSERT_TRUE(back && back->before && back->before->best);
  EXPECT_EQ(printState(*back), printState(state));
  state.best->update = 24;
  EXPECT_THAT(checkState(state, run, "f").message(), HasSubstr("f.best_before is there"));
  state.best->update = 25;
  state.before->best->epoch = 3;
  EXPECT_THAT(checkState(state, run, "f").message(), HasSubstr("f.best_before.epoch is 3"));
  state.before->best.reset();
  EXPECT_THAT(checkState(state, run, "f").message(), HasSubstr("f.epochs_without_better is 1"));
  state.epochsWithoutBetter = 2;
  EXPECT_TRUE(checkState(state, run, "f").isOk());
  state.before.reset();
  EXPECT_THAT(checkState(state, run, "f").message(), HasSubstr("f.best.epoch is 3"));
}

TEST(TrainerState, AfterAnotherBatch) {
  // Two epochs of batches of 2 rows, 22 updates each; then 11 each.
  RunFacts run = facts();
  run.since = {2, 44};
  run.totalUpdates = 44 + 3 * 11;
  TrainerState state = good();
  state.update = 44 + 3;
  state.best->update = 22;
  EXPECT_TRUE(checkState(state, run, "f").isOk());
  state.best->update = 44;
  EXPECT_THAT(checkState(state, run, "f").message(),
              HasSubstr("f.best.update is 44, and epoch 1 ended before"));
  state.best = BestEpoch{0.5, 2, 44};
  state.epochsWithoutBetter = 0;
  EXPECT_TRUE(checkState(state, run, "f").isOk());
  state.position.epoch = 1;
  EXPECT_THAT(checkState(state, run, "f").message(), HasSubstr("f.epoch is 1"));
  run.since.update = most;
  EXPECT_EQ(checkState(state, run, "f").code(), StatusCode::BadData);
}

TEST(TrainerState, ReadsWhatItWrites) {
  for (const TrainerState &state : {good(), TrainerState()}) {
    std::string text = printState(state);
    Expected<TrainerState> back = parseState(text, "f");
    ASSERT_TRUE(back) << back.status().message();
    EXPECT_EQ(printState(*back), text);
  }
}
