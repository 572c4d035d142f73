// mlc train: what is said before, during and after training.
#include "compiler/tools/mlc/Train.h"

#include "compiler/run/Train.h"
#include "compiler/tools/mlc/Figures.h"
#include "compiler/tools/mlc/ProfileTable.h"
#include "compiler/tools/mlc/Progress.h"
#include "compiler/tools/mlc/Requests.h"
#include "compiler/tools/mlc/Summary.h"
#include "runtime/files/AtomicFile.h"
#include "runtime/profile/Trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <optional>

namespace mlc::tool {
namespace {

/// Where the run is, and what is other than it was.
void sayResumed(const std::string &folder, const run::Resumed &resumed) {
  const TrainerState &state = resumed.state;
  if (resumed.isDone) {
    bool patience = state.update < resumed.totalUpdates;
    say(fmt::format("{} is finished: {} epochs, {} updates; {}\n", folder, grouped(state.position.epoch),
                    grouped(static_cast<int64_t>(state.update)),
                    patience ? "stopped because no figure was better for " +
                                   std::to_string(state.epochsWithoutBetter) +
                                   " epochs; to go on, give a larger --set patience=N"
                             : "to go on, ask for more with --epochs or --steps"));
    return;
  }
  say(fmt::format("resuming {} after update {}, in epoch {} of {}\n", folder,
                  grouped(static_cast<int64_t>(state.update)), grouped(state.position.epoch + 1),
                  grouped(resumed.totalEpochs)));
  for (const std::string &change : resumed.changes)
    say("  from here on " + change + "\n");
}

/// "  57 kernels: 12 compiled in 3.4 s, 45 from the cache"
std::string kernelsText(const compiler::CompileStatistics &statistics) {
  std::string text = fmt::format("  {} kernels: ", grouped(statistics.kernels));
  if (statistics.compiled == 0)
    return text + "all from the cache\n";
  return text + fmt::format("{} compiled in {}, {} from the cache\n", grouped(statistics.compiled),
                            durationText(statistics.milliseconds / 1000), grouped(statistics.cached));
}

/// A word as a shell takes it.
std::string quoted(const std::string &word) {
  const bool plain = std::all_of(word.begin(), word.end(), [](unsigned char c) {
    return std::isalnum(c) || std::string_view("_-./=+:,@%").find(static_cast<char>(c)) != std::string::npos;
  });
  if (plain && !word.empty())
    return word;
  std::string text = "'";
  for (char c : word)
    text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

/// What goes on from the last checkpoint; the run knows its settings.
std::string resumeCommand(const Options &options, const std::string &folder) {
  return "mlc train " + quoted(options.model) + " --resume --out " + quoted(folder);
}

/// Says how to go on after a stop, or after a checkpoint that could not be written.
Status withResumeCommand(const run::Training::Outcome &outcome, const std::string &folder,
                         const Options &options) {
  const Status &status = outcome.status;
  if (outcome.isResumable && status.code() == StatusCode::Interrupted)
    return Status::interrupted(status.message() + "; continue with `" + resumeCommand(options, folder) + "`");
  if (outcome.isResumable && outcome.kept)
    return Status::io(fmt::format("{}\nthe checkpoint after update {} is kept in {}; continue with `{}`",
                                  status.message(), *outcome.kept, folder, resumeCommand(options, folder)));
  return status;
}

/// With --json also the figures of the validation split: a person saw them after each epoch.
Status finalFigures(run::Training &training, const Options &options) {
  const FiguresSpec &figures = training.manifest().figures;
  return training.evaluate(options.json, [&](const run::SplitFigures &of) -> Status {
    if (of.split == "test") {
      say(fmt::format("{} ({} rows, {} model)  {}\n", of.split, grouped(of.samples),
                      of.best ? "best" : "last", figuresText(figures, of.figures)));
      say(tablesText(figures, of.figures));
    }
    return options.json ? writeOutput(figuresJson({of.split, of.samples}, of.figures, figures))
                        : Status::ok();
  });
}

/// Which value of a field of two classes has which code: "  churned: 0 is no, 1 is yes".
std::string classesText(const Manifest &manifest, const Vocabulary &vocabulary) {
  std::string text;
  for (const FieldSpec &field : manifest.data.fields) {
    auto values = vocabulary.find(field.name);
    if (field.coding == Coding::Category && !field.optional && values != vocabulary.end() &&
        values->second.size() == 2)
      text += fmt::format("  {}: 0 is {}, 1 is {}\n", field.name, values->second[0], values->second[1]);
  }
  return text;
}

/// Prints progress once the figures are known, and calls `each`, if there is one, with every report of steps.
class TrainingTeller : public Teller {
public:
  explicit TrainingTeller(const StepListener &each) : each(each) {}

  std::optional<Progress> progress; ///< set before training

  void onStep(const StepReport &report) override {
    if (each)
      each(report);
    progress->onStep(report);
  }
  void onLog(const LogReport &report) override { progress->onLog(report); }
  void onEpoch(const EpochReport &report) override { progress->onEpoch(report); }
  void onEnd(const TrainResult &result) override { progress->onEnd(result); }

private:
  const StepListener &each;
};

/// Says before training what would be a pity to say after it.
Status checkProfile(const std::string &path) {
  if (path.empty())
    return Status::ok();
  if (std::filesystem::path(path).extension() == ".mlc")
    return Status::usage("--profile takes the name of a trace, and " + path +
                         " is a model; name a file that may be written, as in --profile trace.json");
  std::error_code error; // nothing may be there
  std::filesystem::file_status there = std::filesystem::status(path, error);
  if (std::filesystem::exists(there) && !std::filesystem::is_regular_file(there))
    return Status::io("cannot write " + path + ": it is not a regular file");
  return FileWriter::replacing(path).status(); // gone again at once
}

/// Prints the table, and writes the trace if one was asked for.
Status reportProfile(const Options &options, run::Training &training) {
  int64_t allocated = Buffer::peakBytes(); // before measuring takes some
  Expected<Peak> peak = measurePeak(training.session().pool());
  if (!peak)
    return peak.status();
  say(profileText(training.profiler(), Trace::spans(), *peak, training.planned().memory, allocated));
  if (options.profile->empty())
    return Status::ok();
  MLC_TRY(Trace::write(*options.profile, *peak));
  say(fmt::format("wrote {}; open it with ui.perfetto.dev\n", *options.profile));
  return Status::ok();
}

} // namespace

Status runTrain(const Options &options) { return train(options); }

Status train(const Options &options, const StepListener &onStep) {
  if (options.profile) {
    Trace::start();
    MLC_TRY(checkProfile(*options.profile));
  }
  TrainingTeller teller(onStep);
  Expected<std::unique_ptr<run::Training>> begun = run::Training::begin(trainRequestOf(options), teller);
  if (!begun)
    return begun.status();
  run::Training &training = **begun;
  training.compileInBackground(); // what may be wrong with the data is said whatever comes of this
  MLC_TRY(training.readData());
  MLC_TRY(training.compile());
  const Manifest &manifest = training.manifest();
  say(summaryText(*training.loaded().program, manifest, &training.planned()) +
      kernelsText(training.program().statistics()) + classesText(manifest, training.data().vocabulary));
  if (std::string left = leftOutText(manifest.train, training.data().train.size()); !left.empty())
    say(fmt::format("  {}\n", left));

  teller.progress.emplace(manifest.figures);
  if (options.json)
    teller.progress->writeJson();
  const run::Training::Outcome outcome =
      training.train([&](const run::Resumed &resumed) { sayResumed(training.folder(), resumed); });
  MLC_TRY(withResumeCommand(outcome, training.folder(), options));
  MLC_TRY(teller.progress->written());
  MLC_TRY(finalFigures(training, options));
  say(fmt::format("saved {}\n", training.folder()));
  return options.profile ? reportProfile(options, training) : Status::ok();
}

} // namespace mlc::tool
