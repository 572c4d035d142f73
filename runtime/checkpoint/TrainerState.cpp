#include "runtime/checkpoint/TrainerState.h"

#include "runtime/Json.h"
#include "runtime/Number.h"

namespace mlc {

static constexpr int64_t formatVersion = 1;

std::string printState(const TrainerState &state) {
  Json json = {{"version", formatVersion},  {"seed", state.seed},
               {"update", state.update},    {"epoch", state.position.epoch},
               {"row", state.position.row}, {"sums", Json::array()},
               {"best", nullptr},           {"epochs_without_better", state.epochsWithoutBetter},
               {"finished", state.finished}};
  for (double sum : state.sums)
    json["sums"].push_back(printNumber(sum));
  if (state.best)
    json["best"] = {{"figure", jsonNumber(state.best->figure)},
                    {"epoch", state.best->epoch},
                    {"update", state.best->update}};
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
  for (const std::string &sum : object.texts("sums")) {
    std::optional<double> value = parseF64(sum);
    if (!value)
      object.fail("sums", "holds something that is not a number");
    state.sums.push_back(value.value_or(0));
  }
  if (object.has("best") && !(*json)["best"].is_null()) {
    JsonObject best = object.object("best");
    state.best = BestEpoch{best.number("figure"), best.integer("epoch"), best.natural("update")};
  }
  state.epochsWithoutBetter = object.integer("epochs_without_better");
  state.finished = object.boolean("finished");
  MLC_TRY(status);
  return state;
}

} // namespace mlc
