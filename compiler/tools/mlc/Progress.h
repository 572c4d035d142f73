// What a person sees while a model trains: one live line on a terminal, a line per epoch anywhere.
#pragma once

#include "runtime/train/Trainer.h"

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace mlc::tool {

/// A line on stderr that is drawn over itself; on anything but a terminal it draws nothing.
class LiveLine {
public:
  LiveLine();
  ~LiveLine() { clear(); }
  void show(const std::string &text);
  void clear();

private:
  bool terminal;
  bool shown = false;
};

/// Prints the figures of training, each epoch as a row of a table.
class Progress : public TrainObserver {
public:
  explicit Progress(std::vector<std::string> figureNames) : names(std::move(figureNames)) {}

  /// From now on, each report of steps adds a line to the file at `path`, which is made anew: updates made,
  /// the monotonic clock's seconds, and those of them that the step has waited for data so far. For a program
  /// that measures speed without what comes before the first step.
  Status writeStepTimes(const std::string &path);

  void onStep(const StepReport &report) override;
  void onEpoch(const EpochReport &report) override;

private:
  struct Close {
    void operator()(std::FILE *file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> stepTimes;
  std::vector<std::string> names;
  LiveLine line;
};

/// "loss 0.4312   accuracy 0.8431"
std::string figuresText(const std::vector<std::string> &names, const std::vector<double> &values);

} // namespace mlc::tool
