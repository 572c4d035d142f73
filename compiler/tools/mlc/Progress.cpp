#include "compiler/tools/mlc/Progress.h"

#include "compiler/tools/mlc/Command.h"
#include "compiler/tools/mlc/Figures.h"
#include "compiler/tools/mlc/Summary.h"
#include "compiler/tools/mlc/Terminal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace mlc::tool {

LiveLine::LiveLine() : terminal(canRedraw()) {}

void LiveLine::show(const std::string &text) {
  if (!terminal)
    return;
  const size_t columns = terminalColumns();
  // A line that wraps could not be drawn over. The text is ASCII but for the bar, three bytes a cell.
  std::string cut;
  size_t cells = 0;
  for (char c : text) {
    cells += (c & 0xC0) != 0x80;
    if (cells >= columns)
      break;
    cut += c;
  }
  say("\r\033[K" + cut);
  std::fflush(stderr);
  shown = true;
}

void LiveLine::clear() {
  if (shown)
    say("\r\033[K");
  shown = false;
}

static std::string bar(double share) {
  constexpr int cells = 24;
  int full = static_cast<int>(std::clamp(share, 0.0, 1.0) * cells);
  std::string text;
  for (int i = 0; i < cells; ++i)
    text += i < full ? "━" : "┄";
  return text;
}

/// What fits: a narrow terminal keeps the first figure, which is the loss, and the time that is left.
static std::string stepText(const StepReport &report, const FiguresSpec &spec, size_t columns) {
  double share =
      report.samplesOfEpoch ? double(report.samples) / static_cast<double>(report.samplesOfEpoch) : 0;
  std::string epoch = fmt::format("epoch {}/{}", report.epoch, report.epochs);
  std::string percent = fmt::format("{:3.0f}%", 100 * share);
  std::string speed = grouped(static_cast<int64_t>(report.samplesPerSecond)) + "/s";
  std::string figures = figuresText(spec, report.figures, /*knownOnly=*/true);
  std::string left = durationText(report.secondsLeft) + " left";
  std::string loss = figures.substr(0, figures.find("  "));
  const std::string most[] = {
      fmt::format("{} {} {}  {}  {}  {}", epoch, bar(share), percent, speed, figures, left),
      fmt::format("{} {}  {}  {}  {}", epoch, percent, speed, figures, left),
      fmt::format("{} {}  {}  {}", epoch, percent, figures, left),
      fmt::format("{} {}  {}  {}", epoch, percent, loss, left)};
  for (const std::string &text : most)
    if (width(text) < columns)
      return text;
  return fmt::format("{}  {}", loss, left);
}

void Progress::onStep(const StepReport &report) {
  if (line.isDrawn())
    line.show(stepText(report, figures, terminalColumns()));
}

void Progress::onLog(const LogReport &report) {
  line.clear();
  std::string total = grouped(static_cast<int64_t>(report.totalUpdates));
  std::string update =
      fmt::format("update {:>{}}/{}", grouped(static_cast<int64_t>(report.update)), total.size(), total);
  std::string all = figuresText(figures, report.figures), loss = all.substr(0, all.find("  "));
  std::string text = fmt::format("{}  {:>7}  train {}", update, durationText(report.seconds), all);
  for (const std::string &shorter :
       {fmt::format("{}  train {}", update, all), fmt::format("{}  {}", update, loss), loss})
    if (canRedraw() && width(text) > terminalColumns())
      text = shorter;
  say(text + "\n");
  if (json) {
    FiguresOf of{"train", report.samples};
    of.update = report.update;
    write(figuresJson(of, report.figures, figures));
  }
}

void Progress::onEpoch(const EpochReport &report) {
  line.clear();
  size_t digits = std::to_string(report.epochs).size();
  std::string text = fmt::format("epoch {:>{}}/{}  {:>7}  train {}", report.epoch, digits, report.epochs,
                                 durationText(report.seconds), figuresText(figures, report.figures));
  if (report.validationFigures)
    text += "  validation " + figuresText(figures, *report.validationFigures);
  if (report.best && report.validationFigures)
    text += "  best";
  if (report.samples < report.samplesOfEpoch)
    text += fmt::format("  ({} of {} rows)", grouped(report.samples), grouped(report.samplesOfEpoch));
  say(text + "\n");
  if (json) {
    write(figuresJson({"train", report.samples, report.epoch, report.update}, report.figures, figures));
    if (report.validationFigures)
      write(figuresJson({"validation", report.validationSamples, report.epoch, report.update, report.best},
                        *report.validationFigures, figures));
  }
  last = report;
}

void Progress::write(const std::string &line) {
  if (writing.isOk())
    writing = writeOutput(line);
  if (writing.isOk())
    writing = flushOutput(); // who reads along wants it now
}

void Progress::onEnd(const TrainResult &) {
  if (!last || figures.tables.empty())
    return;
  say(fmt::format("{} after epoch {}\n{}", last->validationFigures ? "validation" : "train", last->epoch,
                  tablesText(figures, last->validationFigures ? *last->validationFigures : last->figures)));
}

} // namespace mlc::tool
