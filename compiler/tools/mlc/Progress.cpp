#include "compiler/tools/mlc/Progress.h"

#include "compiler/tools/mlc/Command.h"
#include "compiler/tools/mlc/Summary.h"
#include "compiler/tools/mlc/Terminal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>

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

std::string figuresText(const FiguresSpec &figures, const std::vector<double> &values, bool knownOnly) {
  std::string text;
  auto table = figures.tables.begin();
  for (size_t i = 0; i < std::min(figures.names.size(), values.size()); ++i) {
    if (table != figures.tables.end() && static_cast<int64_t>(i) == table->first) {
      i += static_cast<size_t>(*checkedProduct(table->shape)) - 1;
      ++table;
      continue;
    }
    if (!knownOnly || !std::isnan(values[i]))
      text += fmt::format("{}{} {:.4f}", text.empty() ? "" : "  ", figures.names[i], values[i]);
  }
  return text;
}

std::string tablesText(const FiguresSpec &figures, const std::vector<double> &values) {
  std::string text;
  for (const TableSpec &table : figures.tables) {
    int64_t count = *checkedProduct(table.shape), columns = table.shape.back();
    const double *elements = values.data() + table.first;
    bool isWhole = std::all_of(elements, elements + count, [](double value) {
      return std::trunc(value) == value && std::fabs(value) < 1e15;
    });
    auto number = [&](double value) { return fmt::format(isWhole ? "{:.0f}" : "{:.4f}", value); };
    size_t width = std::to_string(columns - 1).size();
    for (int64_t i = 0; i < count; ++i)
      width = std::max(width, number(elements[i]).size());
    // The first column holds the places along the axes before the last.
    std::vector<std::string> heads;
    size_t headWidth = table.name.size();
    for (int64_t row = 0; row < count / columns; ++row) {
      std::string head;
      for (size_t axis = table.shape.size() - 1, left = static_cast<size_t>(row); axis-- > 0;) {
        auto extent = static_cast<size_t>(table.shape[axis]);
        head = std::to_string(left % extent) + (head.empty() ? "" : " ") + head;
        left /= extent;
      }
      headWidth = std::max(headWidth, head.size());
      heads.push_back(head);
    }
    text += fmt::format("{:<{}}", table.name, headWidth);
    for (int64_t column = 0; column < columns; ++column)
      text += fmt::format("  {:>{}}", column, width);
    for (int64_t i = 0; i < count; ++i) {
      if (i % columns == 0)
        text += fmt::format("\n{:>{}}", heads[static_cast<size_t>(i / columns)], headWidth);
      text += fmt::format("  {:>{}}", number(elements[i]), width);
    }
    text += "\n";
  }
  return text;
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

Status Progress::writeStepTimes(const std::string &path) {
  stepTimes.reset(std::fopen(path.c_str(), "we"));
  if (!stepTimes)
    return Status::io(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  return Status::ok();
}

void Progress::onStep(const StepReport &report) {
  if (stepTimes) {
    std::chrono::duration<double> now = std::chrono::steady_clock::now().time_since_epoch();
    fmt::print(stepTimes.get(), "{} {:.9f} {:.9f}\n", report.update, now.count(), report.secondsWaited);
    std::fflush(stepTimes.get()); // who measures reads along
  }
  line.show(stepText(report, figures, terminalColumns()));
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
  last = report;
}

void Progress::onEnd(const TrainResult &) {
  if (!last || figures.tables.empty())
    return;
  say(fmt::format("{} after epoch {}\n{}", last->validationFigures ? "validation" : "train", last->epoch,
                  tablesText(figures, last->validationFigures ? *last->validationFigures : last->figures)));
}

} // namespace mlc::tool
