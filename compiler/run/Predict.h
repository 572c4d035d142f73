// What a run's model says about rows, and the text with which it goes on.
#pragma once

#include "compiler/run/OpenRun.h"
#include "runtime/data/Reader.h"
#include "runtime/train/Generate.h"
#include "runtime/train/Predict.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlc::run {

struct PredictRequest {
  std::vector<std::string> inputs; ///< files; "-": standard input
  std::vector<std::string> keep;   ///< columns that are passed on
  std::string separator;           ///< of the columns of CSV; empty: as in training
  std::string names;               ///< the field whose categories name what is predicted
  UnknownCategory unknown = UnknownCategory::Error;
  std::optional<uint64_t> seed; ///< for a model whose predictions are random; the run's
  PredictFormat format = PredictFormat::Csv;
  const std::atomic<int> *stop = nullptr; ///< ends the wait for a pipe when it is not 0
};

using Write = std::function<Status(std::string_view)>;

/// Writes a line for each row of the inputs, in order, through `write`, whose failure ends it.
Status predictRows(LoadedRun &run, const PredictRequest &request, Observer &observer, const Write &write);

using UseRows = std::function<Status(const Rows &rows, const PredictOptions &options)>;

/// Reads the inputs as predictRows does and calls `use` once, with the rows and how they are predicted; what
/// goes wrong there is told of the files as they were named.
Status withRowsToPredict(LoadedRun &run, const PredictRequest &request, const UseRows &use);

/// The function that predicts; a usage error if the program has none.
Expected<const FunctionSpec *> predictFunction(const LoadedRun &run);

struct GenerateRequest {
  int64_t bytes = 0;
  std::string prompt;
  double temperature = 1;
  int64_t topK = 0;
  std::optional<uint64_t> seed = {}; ///< of the draws; the run's
  const std::atomic<int> *stop = nullptr;
};

/// See GenerateOptions.
Status generateText(LoadedRun &run, const GenerateRequest &request, const Write &write);

} // namespace mlc::run
