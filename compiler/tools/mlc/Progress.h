// What a person sees while a model trains: one live line on a terminal, a line per epoch anywhere.
#pragma once

#include "runtime/train/Trainer.h"

#include <optional>
#include <string>
#include <vector>

namespace mlc::tool {

/// A line on stderr that is drawn over itself; on anything but a terminal it draws nothing.
class LiveLine {
public:
  LiveLine();
  ~LiveLine() { clear(); }
  bool isDrawn() const { return terminal; }
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

  /// From now on, each epoch is also a line of JSON for each split, on standard output at once.
  void writeJson() { json = true; }
  /// Whether that went well. Training goes on if nobody reads.
  const Status &written() const { return writing; }

  void onStep(const StepReport &report) override;
  /// A line each, on a terminal as long as it is wide.
  void onLog(const LogReport &report) override;
  void onEpoch(const EpochReport &report) override;
  /// The tables of the last epoch: in each line they would be in the way.
  void onEnd(const TrainResult &result) override;

private:
  void write(const std::string &line);

  FiguresSpec figures;
  bool json = false;
  Status writing;
  std::optional<EpochReport> last;
  LiveLine line;
};

} // namespace mlc::tool
