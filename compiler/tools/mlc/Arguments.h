// What the commands take: the options that several of them share, and those of training and prediction.
#pragma once

#include "compiler/tools/mlc/Command.h"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace mlc::tool {

/// Fills `options` from what CLI11 parses.
class Arguments {
protected:
  Options options;

  /// As in the language.
  static constexpr int64_t mostUpdates = 1'000'000'000'000'000;
  static CLI::Validator wholeNumber(int64_t least, int64_t most);

  /// A model file with its settings.
  void addModel(CLI::App *sub);
  void addSeed(CLI::App *sub);
  /// Where the data are; threads.
  void addData(CLI::App *sub);
  /// A run folder with its checkpoint, its data and how it is printed.
  void addRun(CLI::App *sub);
  void addQuiet(CLI::App *sub);
  void addUnknown(CLI::App *sub);
  /// All of `mlc train`.
  void addTraining(CLI::App *sub);
  /// All of `mlc predict`.
  void addPrediction(CLI::App *sub);

  /// After parsing: what follows from what was given, or what is wrong with it.
  Status completeOptions();

private:
  std::vector<std::string> rawSets;
};

} // namespace mlc::tool
