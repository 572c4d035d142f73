// What a person sees while a model trains: one live line on a terminal, a line per epoch anywhere.
#pragma once

#include "runtime/train/Trainer.h"

#include <cstdio>
#include <memory>
#include <optional>
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
  explicit Progress(FiguresSpec figures) : figures(std::move(figures)) {}

  /// From now on, each report of steps adds a line to the file at `path`, which is made anew: updates made,
  /// the monotonic clock's seconds, and those of them that the step has waited for data so far. For a program
  /// that measures speed without what comes before the first step.
  Status writeStepTimes(const std::string &path);

  void onStep(const StepReport &report) override;
  void onEpoch(const EpochReport &report) override;
  /// The tables of the last epoch: in each line they would be in the way.
  void onEnd(const TrainResult &result) override;

private:
  struct Close {
    void operator()(std::FILE *file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> stepTimes;
  FiguresSpec figures;
  std::optional<EpochReport> last;
  LiveLine line;
};

/// "loss 0.4312  accuracy 0.8431": the figures that are numbers. `knownOnly` leaves out NaN, which some are
/// until the last row of a split was seen.
std::string figuresText(const FiguresSpec &figures, const std::vector<double> &values,
                        bool knownOnly = false);

/// Those that are none, each as lines with a head; empty without such.
std::string tablesText(const FiguresSpec &figures, const std::vector<double> &values);

} // namespace mlc::tool
