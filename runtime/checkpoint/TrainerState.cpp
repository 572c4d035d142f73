#include "runtime/checkpoint/TrainerState.h"

#include "runtime/Json.h"
#include "runtime/Number.h"

#include <algorithm>
#include <cmath>

namespace mlc {

static constexpr int64_t formatVersion = 1;

static Json print(const BestEpoch &best) {
  return {{"figure", jsonNumber(best.figure)}, {"epoch", best.epoch}, {"update", best.update}};
}

static std::optional<BestEpoch> readBest(JsonObject &object, const Json &json, const char *member) {
  if (!object.has(member) || json[member].is_null())
    return std::nullopt;
  JsonObject best = object.object(member);
  return BestEpoch{best.number("figure"), best.integer("epoch"), best.natural("update")};
}

static void print(const SplitSums &split, Json &to) {
  to["sums"] = Json::array();
  for (double sum : split.sums)
    to["sums"].push_back(printNumber(sum));
  // An epoch that has just begun has none.
  for (const std::vector<double> &scores : split.scores) {
    Json row = Json::array();
    for (double number : scores)
      row.push_back(printNumber(number));
    to["scores"].push_back({{"scores_and_weights", row}});
  }
}

static std::vector<double> readNumbers(JsonObject &from, const char *key) {
  std::vector<double> result;
  for (const std::string &text : from.texts(key)) {
    std::optional<double> value = parseF64(text);
    if (!value)
      from.fail(key, "holds something that is not a number");
    result.push_back(value.value_or(0));
  }
  return result;
}

static SplitSums readSplit(JsonObject &object) {
  SplitSums split;
  split.sums = readNumbers(object, "sums");
  if (object.has("scores"))
    object.each("scores", [&](JsonObject entry) {
      split.scores.push_back(readNumbers(entry, "scores_and_weights"));
      if (split.scores.back().size() % 2 != 0)
        entry.fail("scores_and_weights", "has a score without a weight");
    });
  return split;
}

std::string printState(const TrainerState &state) {
  Json json = {{"version", formatVersion},
               {"seed", state.seed},
               {"update", state.update},
               {"epoch", state.position.epoch},
               {"row", state.position.row},
               {"best", nullptr},
               {"epochs_without_better", state.epochsWithoutBetter},
               {"finished", state.finished}};
  print(state.split, json);
  for (double figure : state.validationFigures)
    json["validation_figures"].push_back(printNumber(figure));
  if (state.logged) {
    json["logged"] = {{"samples", state.logged->samples}};
    print(state.logged->split, json["logged"]);
  }
  if (state.best)
    json["best"] = print(*state.best);
  if (state.before)
    json["best_before"] = state.before->best ? print(*state.before->best) : Json();
  return printJson(json);
}

Expected<TrainerState> parseState(const std::string &text, const std::string &where) {
  Expected<Json> json = parseJson(text, where);
  if (!json)
    return json.status();
  Status status;
  JsonObject object(*json, where, status);
  TrainerState state;
  if (object.integer("version") != formatVersion)
    object.fail("version", "is not known here");
  state.seed = object.natural("seed");
  state.update = object.natural("update");
  state.position.epoch = object.integer("epoch");
  state.position.row = object.integer("row", 0, maxRows);
  state.split = readSplit(object);
  if (object.has("validation_figures"))
    state.validationFigures = readNumbers(object, "validation_figures");
  if (object.has("logged")) {
    JsonObject logged = object.object("logged");
    state.logged = LoggedWindow{logged.integer("samples"), readSplit(logged)};
  }
  state.best = readBest(object, *json, "best");
  if (object.has("best_before"))
    state.before = BestBefore{readBest(object, *json, "best_before")};
  state.epochsWithoutBetter = object.integer("epochs_without_better");
  state.finished = object.boolean("finished");
  MLC_TRY(status);
  return state;
}

/// The best of the finished epochs, which is the member `name`.
static Status checkBest(const std::optional<BestEpoch> &best, const char *name, const TrainerState &state,
                        const BatchSince &since, uint64_t updatesOfEpoch, const std::string &where) {
  int64_t passed = state.position.epoch;
  if (best) {
    const std::string member = where + "." + name;
    if (std::isnan(best->figure))
      return Status::badData(member + ".figure is not a number");
    if (best->epoch < 1 || best->epoch > state.position.epoch)
      return Status::badData(member + ".epoch is " + std::to_string(best->epoch) + ", and " +
                             std::to_string(state.position.epoch) + " epochs are finished");
    bool known = best->epoch >= since.epoch; // before, its batches were others
    uint64_t update = since.update +
                      static_cast<uint64_t>(std::max<int64_t>(best->epoch - since.epoch, 0)) * updatesOfEpoch;
    if (known ? best->update != update : best->update >= since.update)
      return Status::badData(member + ".update is " + std::to_string(best->update) + ", and epoch " +
                             std::to_string(best->epoch) +
                             (known ? " ended after update " : " ended before update ") +
                             std::to_string(update));
    passed -= best->epoch;
  }
  if (state.epochsWithoutBetter != passed)
    return Status::badData(where + ".epochs_without_better is " + std::to_string(state.epochsWithoutBetter) +
                           ", and " + std::to_string(passed) + " epochs have passed since the best");
  return {};
}

/// Sums over `rows` rows; `none` says why those of none are 0.
static Status checkSplit(const SplitSums &split, int64_t rows, const char *none, const RunFacts &run,
                         const std::string &where) {
  auto wrong = [&](const char *member, const std::string &is, const std::string &other) {
    return Status::badData(where + "." + member + " is " + is + ", and " + other);
  };
  if (split.sums.size() != run.sums)
    return wrong("sums", std::to_string(split.sums.size()) + " numbers",
                 "the model has " + std::to_string(run.sums));
  for (double sum : split.sums) {
    if (!std::isfinite(sum))
      return Status::badData(where + ".sums holds a number that is not finite");
    if (rows == 0 && sum != 0)
      return wrong("sums", "not 0", none);
  }
  if (split.scores.size() != run.scoresPerRow.size())
    return wrong("scores", "of " + std::to_string(split.scores.size()) + " metrics",
                 "the model has " + std::to_string(run.scoresPerRow.size()) + " that need them");
  for (size_t i = 0; i < run.scoresPerRow.size(); ++i)
    if (int64_t count = static_cast<int64_t>(split.scores[i].size() / 2);
        count > rows && (count - 1) / run.scoresPerRow[i] >= rows)
      return wrong("scores", std::to_string(count) + " and their weights",
                   "the metric takes " + std::to_string(run.scoresPerRow[i]) + " of each of " +
                       std::to_string(rows) + " rows");
  return {};
}

Status checkState(const TrainerState &state, const RunFacts &run, const std::string &where) {
  auto wrong = [&](const char *member, const std::string &is, const std::string &other) {
    return Status::badData(where + "." + member + " is " + is + ", and " + other);
  };
  auto updatesOfEpoch = static_cast<uint64_t>((run.rows + run.batch - 1) / run.batch);
  auto [epoch, row] = state.position;
  if (run.since.epoch < 0 || run.since.update > run.totalUpdates)
    return Status::badData(where +
                           " and config.json contradict each other: batch_since is after the last update");
  if (state.seed != run.seed)
    return wrong("seed", std::to_string(state.seed), "config.json says " + std::to_string(run.seed));
  if (epoch < run.since.epoch ||
      static_cast<uint64_t>(epoch - run.since.epoch) > (run.totalUpdates - run.since.update) / updatesOfEpoch)
    return wrong("epoch", std::to_string(epoch),
                 "the run ends after " + std::to_string(run.totalUpdates) + " updates, " +
                     std::to_string(updatesOfEpoch) + " an epoch");
  if (row < 0 || row > run.rows)
    return wrong("row", std::to_string(row), "an epoch has " + std::to_string(run.rows) + " rows");
  if (row % run.batch != 0 && row != run.rows)
    return wrong("row", std::to_string(row), "no batch of " + std::to_string(run.batch) + " rows ends there");
  // Neither product nor sum can overflow: they are at most the updates of the run and of one epoch.
  uint64_t update = run.since.update + static_cast<uint64_t>(epoch - run.since.epoch) * updatesOfEpoch +
                    static_cast<uint64_t>((row + run.batch - 1) / run.batch);
  if (state.update != update)
    return wrong("update", std::to_string(state.update),
                 "epoch " + std::to_string(epoch) + " and row " + std::to_string(row) + " make " +
                     std::to_string(update));
  if (update > run.totalUpdates)
    return wrong("update", std::to_string(update), "the run ends after " + std::to_string(run.totalUpdates));
  MLC_TRY(checkSplit(state.split, row, "its epoch has just begun", run, where));
  if (!state.validationFigures.empty() &&
      state.validationFigures.size() != static_cast<size_t>(state.position.epoch))
    return wrong("validation_figures", std::to_string(state.validationFigures.size()) + " numbers",
                 std::to_string(state.position.epoch) + " epochs are finished");
  if (state.logged) {
    int64_t samples = state.logged->samples;
    if (samples < 0 || (samples > 0 && static_cast<uint64_t>((samples - 1) / run.rows) >= update))
      return wrong("logged.samples", std::to_string(samples),
                   std::to_string(update) + " updates were made, of at most " + std::to_string(run.rows) +
                       " rows");
    MLC_TRY(checkSplit(state.logged->split, samples, "no row is in them", run, where + ".logged"));
  }
  if (state.before && (!state.best || state.best->epoch != epoch + 1 || state.best->update != update ||
                       row == 0 || !state.finished))
    return wrong("best_before", "there",
                 "the best is not of an epoch that was cut short at update " + std::to_string(update));
  const std::optional<BestEpoch> &best = state.before ? state.before->best : state.best;
  MLC_TRY(checkBest(best, state.before ? "best_before" : "best", state, run.since, updatesOfEpoch, where));
  bool patient = run.patience == 0 || state.epochsWithoutBetter < run.patience;
  if (state.finished && patient && update < run.totalUpdates)
    return wrong("finished", "true", std::to_string(run.totalUpdates - update) + " updates are left");
  return {};
}

} // namespace mlc
