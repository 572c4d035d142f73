// What a run tells of: how a step went, the figures of so many updates, those of an epoch. And the lines that
// it leaves of them in metrics.csv and updates.csv.
#include "runtime/Number.h"
#include "runtime/train/Trainer.h"

#include <algorithm>
#include <string>

namespace mlc {

void Trainer::report(Clock &clock, Clock::Instant now, bool force) {
  if (!force && Clock::seconds(clock.lastReport, now) < options_.reportEvery)
    return;
  clock.lastReport = now;
  StepReport report;
  report.epoch = state_.position.epoch + 1;
  report.epochs = totalEpochs();
  report.update = state_.update;
  report.totalUpdates = totalUpdates();
  report.samples = state_.position.row;
  report.samplesOfEpoch = epochRows();
  report.secondsWaited = clock.waited;
  double elapsed = Clock::seconds(clock.begin, now);
  if (elapsed > 0 && clock.samples > 0) {
    report.samplesPerSecond = static_cast<double>(clock.samples) / elapsed;
    double samplesLeft = static_cast<double>(report.totalUpdates - report.update) *
                         static_cast<double>(std::min(options_.train.batch, data_.train.size()));
    report.secondsLeft = samplesLeft / report.samplesPerSecond;
  }
  if (Expected<std::vector<double>> figures = figuresOf(session_, state_.split, /*ranks=*/false))
    report.figures = std::move(*figures);
  observer_.onStep(report);
}

std::string Trainer::figureNames(const char *prefix) const {
  std::string names;
  for (const std::string &name : session_.manifest().figures.names)
    names += std::string(",") + prefix + name;
  return names;
}

std::string Trainer::metricsHeader() const {
  return "epoch,update" + figureNames("") + (data_.validation ? figureNames("validation_") : "");
}

void Trainer::addToLog(const StepResults &given, int64_t rows) {
  if (options_.logEvery == 0)
    return;
  given.addTo(state_.logged->split, rows);
  state_.logged->samples += rows;
}

Status Trainer::log(Clock &clock, Clock::Instant now) {
  if (options_.logEvery == 0 || state_.update % options_.logEvery != 0)
    return {};
  Expected<std::vector<double>> figures = figuresOf(session_, state_.logged->split);
  if (!figures)
    return figures.status();
  LogReport report;
  report.update = state_.update;
  report.totalUpdates = totalUpdates();
  report.samples = state_.logged->samples;
  report.figures = std::move(*figures);
  report.seconds = Clock::seconds(clock.lastLog, now);
  clock.lastLog = now;
  state_.logged = LoggedWindow{0, SplitSums(session_.manifest().figures)};
  updatesLines_ += std::to_string(report.update) + "," + std::to_string(report.samples);
  for (double figure : report.figures)
    updatesLines_ += "," + printNumber(figure);
  updatesLines_ += "\n";
  observer_.onLog(report);
  return {};
}

void Trainer::addMetrics(const EpochReport &report) {
  metricsLines_ += std::to_string(report.epoch) + "," + std::to_string(report.update);
  for (double figure : report.figures)
    metricsLines_ += "," + printNumber(figure);
  if (report.validationFigures)
    for (double figure : *report.validationFigures)
      metricsLines_ += "," + printNumber(figure);
  metricsLines_ += "\n";
}

void Trainer::tell(EpochReport &report, Clock &clock) {
  Clock::Instant now = Clock::now();
  report.seconds = Clock::seconds(clock.epochBegin, now);
  clock.epochBegin = now;
  observer_.onEpoch(report);
}

} // namespace mlc
