// mlc train: check, compile, read, train, say how good it is.
#include "compiler/tools/mlc/Train.h"
#include "compiler/model/ExplainDivergence.h"
#include "compiler/model/Interpret.h"
#include "compiler/tools/mlc/Command.h"
#include "compiler/tools/mlc/Figures.h"
#include "compiler/tools/mlc/Load.h"
#include "compiler/tools/mlc/ProfileTable.h"
#include "compiler/tools/mlc/Progress.h"
#include "compiler/tools/mlc/Resume.h"
#include "compiler/tools/mlc/Summary.h"
#include "runtime/checkpoint/Import.h"
#include "runtime/data/Fingerprint.h"
#include "runtime/data/Reader.h"
#include "runtime/files/AtomicFile.h"
#include "runtime/profile/Trace.h"
#include "runtime/train/Evaluate.h"
#include "runtime/train/Trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <functional>
#include <optional>
#include <utility>

namespace mlc::tool {
namespace {

using compiler::JitProgram;

/// What is to be trained: the text with its settings, and the run that is gone on with, if there is one.
struct Job {
  Settings settings;
  std::optional<RunFolder> run;
  std::unique_ptr<Loaded> loaded;
};

/// With --resume the run's settings hold, unless the command line gives them anew.
Expected<Job> readJob(const Options &options) {
  Job job;
  Expected<Settings> given = Settings::ofCommand(options);
  if (!given)
    return given.status();
  job.settings = std::move(*given);
  std::string remembered; // settings that are the run's alone
  std::string name = options.resume && options.out.empty() ? trainBlockOf(options.model, options.train) : "";
  if (options.resume && (!options.out.empty() || !name.empty())) {
    Expected<RunFolder> run =
        RunFolder::open(options.out.empty() ? "runs/" + name : options.out, /*toResume=*/true);
    if (!run)
      return run.status();
    Expected<Settings> kept = Settings::ofRun(run->config()).without(options.unsets, run->path());
    if (!kept)
      return kept.status();
    remembered = kept->setsBeside(job.settings);
    job.settings = kept->with(job.settings);
    job.run.emplace(std::move(*run));
  }
  Expected<std::unique_ptr<Loaded>> loaded = load(options.model, job.settings);
  if (!loaded && loaded.status().code() == StatusCode::Usage && !remembered.empty())
    return Status::usage(loaded.status().message() + "; " + job.run->path() + " was begun with " +
                         remembered + ", which --unset NAME takes back");
  if (!loaded)
    return loaded.status();
  job.loaded = std::move(*loaded);
  if (options.resume && !job.run)
    return Status::usage("which run is to be resumed? name its folder with --out");
  return job;
}

/// What changes when the run is resumed; an error if it must not.
Expected<std::vector<std::string>> resumedWith(const Options &options, const Job &job,
                                               const Manifest &manifest) {
  // With nothing given and nothing edited, what differs was changed in the folder.
  Expected<Settings> given = Settings::ofCommand(options);
  if (given && given->empty() && hasTexts(*job.run, job.loaded->texts()))
    MLC_TRY(checkOwnProgram(*job.run, manifest));
  return changesOf(*job.run, manifest);
}

/// By split: what the data are.
Expected<std::map<std::string, Fingerprint>> fingerprintsOf(const DataSpec &spec, const TrainingData &data,
                                                            const std::optional<Rows> &test) {
  std::map<std::string, Fingerprint> result;
  auto add = [&](const char *split, const Rows &rows, const std::optional<ReaderSpec> &reader) -> Status {
    if (!reader)
      return {};
    Expected<Fingerprint> fingerprint = fingerprintOf(*rows.data, *reader);
    if (fingerprint)
      result[split] = std::move(*fingerprint);
    return fingerprint.status();
  };
  MLC_TRY(add("train", data.train, spec.train));
  if (data.validation)
    MLC_TRY(add("validation", *data.validation, spec.validation));
  if (test)
    MLC_TRY(add("test", *test, spec.test));
  return result;
}

/// Where the run is, and what is other than it was.
void sayResumed(const Trainer &trainer, const RunFolder &run, const std::vector<std::string> &changes) {
  const TrainerState &state = trainer.state();
  if (trainer.isDone()) {
    bool patience = state.update < trainer.totalUpdates();
    say(fmt::format("{} is finished: {} epochs, {} updates; {}\n", run.path(), grouped(state.position.epoch),
                    grouped(static_cast<int64_t>(state.update)),
                    patience ? "stopped because no figure was better for " +
                                   std::to_string(state.epochsWithoutBetter) +
                                   " epochs; to go on, give a larger --set patience=N"
                             : "to go on, ask for more with --epochs or --steps"));
    return;
  }
  say(fmt::format("resuming {} after update {}, in epoch {} of {}\n", run.path(),
                  grouped(static_cast<int64_t>(state.update)), grouped(state.position.epoch + 1),
                  grouped(trainer.totalEpochs())));
  for (const std::string &change : changes)
    say("  from here on " + change + "\n");
}

/// What training calls after its first step: the ragged last batches, evaluation.
std::vector<compiler::FunctionSet> laterFunctions(const TrainingData &data, const std::optional<Rows> &test,
                                                  const TrainSpec &spec) {
  const int64_t batch = spec.batch, rest = rowsOfEpoch(data.train.size(), batch, spec.leastRows) % batch;
  const FunctionKind train = FunctionKind::TrainStep, eval = FunctionKind::EvalStep;
  std::vector<compiler::FunctionSet> sets;
  if (data.train.size() > batch && rest)
    sets.push_back({{train}, rest});
  for (const std::optional<Rows> *split : {&data.validation, &test}) {
    if (!*split)
      continue;
    if ((*split)->size() >= batch)
      sets.push_back({{eval}, batch});
    if ((*split)->size() % batch)
      sets.push_back({{eval}, (*split)->size() % batch});
  }
  return sets;
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
std::string resumeCommand(const Options &options, const RunFolder &run) {
  return "mlc train " + quoted(options.model) + " --resume --out " + quoted(run.path());
}

/// Says how to go on after a stop. A checkpoint that could not be written leaves the one before it whole; the
/// person should know.
Status withKeptCheckpoint(const Status &status, const RunFolder &run, const Options &options) {
  if (status.code() == StatusCode::Interrupted)
    return Status::interrupted(status.message() + "; continue with `" + resumeCommand(options, run) + "`");
  if (status.code() != StatusCode::IO)
    return status;
  Expected<TrainerState> kept = run.readState();
  if (!kept)
    return status;
  return Status::io(fmt::format("{}\nthe checkpoint after update {} is kept in {}; continue with `{}`",
                                status.message(), kept->update, run.path(), resumeCommand(options, run)));
}

/// The figures of the test split, by the model that `mlc eval` would take; with --json those of the
/// validation split by the same model, too, which the last line of an epoch need not be. Batches get memory
/// for `room` rows.
Status finalFigures(Session &session, const RunFolder &run, const TrainingData &data,
                    const std::optional<Rows> &test, int64_t room, const Options &options,
                    const ExplainOutside &explainOutside) {
  const Manifest &manifest = session.manifest();
  const bool validates = options.json && data.validation;
  if (!test && !validates)
    return Status::ok();
  Expected<bool> hasBest = run.hasBest();
  if (!hasBest)
    return hasBest.status();
  bool best = data.validation && *hasBest;
  Expected<uint64_t> updates = run.loadModel(session, best);
  if (!updates)
    return updates.status();
  EvaluateOptions evaluateOptions;
  evaluateOptions.batch = manifest.train.batch;
  evaluateOptions.room = room;
  evaluateOptions.seed = manifest.train.seed;
  evaluateOptions.stop = &stopSignal;
  std::vector<double> scalars;
  const auto step = static_cast<double>(*updates);
  evaluateScalars(manifest.scalars, {step, step}, scalars);
  evaluateOptions.scalars = scalars.data();
  evaluateOptions.explainOutside = explainOutside;
  auto figuresOf = [&](const char *split, const Rows &rows, bool isSaid) -> Status {
    Expected<Evaluation> evaluation = evaluate(session, rows, evaluateOptions);
    if (!evaluation)
      return evaluation.status();
    if (evaluation->interrupted)
      return Status::ok();
    if (isSaid) {
      say(fmt::format("{} ({} rows, {} model)  {}\n", split, grouped(evaluation->samples),
                      best ? "best" : "last", figuresText(manifest.figures, evaluation->figures)));
      say(tablesText(manifest.figures, evaluation->figures));
    }
    if (!options.json)
      return Status::ok();
    return writeOutput(figuresJson({split, evaluation->samples}, evaluation->figures, manifest.figures));
  };
  if (validates) // a person saw them after each epoch
    MLC_TRY(figuresOf("validation", *data.validation, /*isSaid=*/false));
  return test ? figuresOf("test", *test, /*isSaid=*/true) : Status::ok();
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

/// Progress that calls `afterFirst` when the first step is made: what is to be done beside training would
/// only delay that. Then `each`, if there is one, with every report.
class ProgressOfSteps : public Progress {
public:
  ProgressOfSteps(FiguresSpec figures, std::function<void()> afterFirst, const StepListener &each)
      : Progress(std::move(figures)), afterFirst(std::move(afterFirst)), each(each) {}

  void onStep(const StepReport &report) override {
    if (afterFirst)
      std::exchange(afterFirst, nullptr)();
    if (each)
      each(report);
    Progress::onStep(report);
  }

private:
  std::function<void()> afterFirst;
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
Status reportProfile(const Options &options, const Profiler &profiler, const MemoryPlan &memory,
                     Session &session) {
  int64_t allocated = Buffer::peakBytes(); // before measuring takes some
  Expected<Peak> peak = measurePeak(session.pool());
  if (!peak)
    return peak.status();
  say(profileText(profiler, Trace::spans(), *peak, memory, allocated));
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
  Phase checkPhase("check the program");
  Expected<Job> job = readJob(options);
  if (!job)
    return job.status();
  const Loaded &loaded = *job->loaded;
  Expected<std::unique_ptr<JitProgram>> jit =
      JitProgram::create(*loaded.program, loaded.sources, options.threads);
  if (!jit)
    return jit.status();
  const Manifest &manifest = (*jit)->manifest();
  const TrainSpec &spec = manifest.train;
  std::vector<std::string> changes;
  if (job->run) {
    Expected<std::vector<std::string>> found = resumedWith(options, *job, manifest);
    if (!found)
      return found.status();
    changes = std::move(*found);
  }
  checkPhase.finish();

  std::string out = options.out.empty() ? "runs/" + manifest.program : options.out;
  DataFolders folders = foldersOf(options);
  if (job->run && options.data.empty())
    folders.dataFolder = job->run->config().dataFolder;
  if (!options.resume) // not after the data were read
    MLC_TRY(RunFolder::checkCreate(out, loaded.texts(), options.overwrite));

  // While data are read; what may be wrong with them is said whatever comes of this.
  const std::vector<FunctionKind> first = {FunctionKind::Init, FunctionKind::Figures};
  const std::vector<FunctionKind> step = {FunctionKind::TrainStep};
  if (options.profile)
    (*jit)->profile();
  (*jit)->prepareInBackground({{step, spec.batch}, {first, 0}});
  Phase dataPhase("read the data");
  Expected<UnknownCategory> unknown = unknownOf(options, manifest.data.fields);
  if (!unknown)
    return unknown.status();
  Expected<TrainingData> data = readTrainingData(manifest, folders, *unknown);
  if (!data)
    return data.status();
  if (data->validation)
    saySkipped(*data->validation->data, " of the validation split");
  std::optional<Rows> test;
  if (manifest.data.test) {
    Expected<Rows> rows = readEvaluationRows(manifest, "test", folders, data->vocabulary, *unknown);
    if (!rows)
      return rows.status();
    saySkipped(*rows->data, " of the test split");
    test = std::move(*rows);
  }
  // While the first functions are compiled.
  Expected<std::map<std::string, Fingerprint>> fingerprints = fingerprintsOf(manifest.data, *data, test);
  if (!fingerprints)
    return fingerprints.status();
  dataPhase.finish();
  MLC_TRY(checkBatch(spec, data->train.size()));
  if (!options.resume) {
    std::string note;
    Status imports = checkImports(manifest, folders.modelFolder, note);
    say(note);
    MLC_TRY(imports);
  }
  Phase compilePhase("compile");
  int64_t rows = std::min(spec.batch, data->train.size());
  MLC_TRY((*jit)->prepare(step, rows));
  MLC_TRY((*jit)->prepare(first, 0));
  compilePhase.finish();
  Expected<compiler::TrainingPlan> plan = (*jit)->planTraining(rows);
  if (!plan)
    return plan.status();
  const PlannedTraining planned = {
      rows, plan->step, planMemory(manifest, rows, options.threads, plan->arenaBytes, plan->scratchBytes)};
  const MemoryPlan &memory = planned.memory;
  say(summaryText(*loaded.program, manifest, &planned) + kernelsText((*jit)->statistics()) +
      classesText(manifest, data->vocabulary));
  if (std::string left = leftOutText(spec, data->train.size()); !left.empty())
    say(fmt::format("  {}\n", left));

  Profiler profiler; // outlives the session
  Expected<std::unique_ptr<Session>> session = Session::create(**jit, options.threads);
  if (!session)
    return session.status();
  MLC_TRY((*session)->reserve(memory.arena, memory.scratch));
  if (options.profile)
    (*session)->profile(profiler);

  Phase folderPhase("make the run folder");
  RunConfig config;
  config.manifest = manifest;
  config.vocabulary = data->vocabulary;
  config.modelFolder = folders.modelFolder;
  config.dataFolder = folders.dataFolder;
  config.settings = job->settings.kept();
  config.data = std::move(*fingerprints);
  if (!job->run) {
    Expected<RunFolder> made = RunFolder::create(out, config, loaded.texts(), options.overwrite);
    if (!made)
      return made.status();
    job->run.emplace(std::move(*made));
  }
  RunFolder &run = *job->run;
  folderPhase.finish();
  TrainerOptions trainerOptions;
  trainerOptions.train = spec;
  trainerOptions.scalars = manifest.scalars;
  trainerOptions.stop = &stopSignal;
  trainerOptions.saveEvery = 1;
  trainerOptions.logEvery = job->settings.logEvery();
  trainerOptions.checkpoints = job->settings.checkpoints();
  trainerOptions.explainOutside = [&](FunctionKind id, const ReplayedStep &step) {
    return compiler::explainOutside(**session, id, step, Status::badData("in an evaluation"), *loaded.program,
                                    loaded.sources);
  };
  ProgressOfSteps progress(
      manifest.figures, [&] { (*jit)->prepareInBackground(laterFunctions(*data, test, spec)); }, onStep);
  if (options.json)
    progress.writeJson();
  Trainer trainer(**session, *data, run, trainerOptions, progress);
  if (!options.resume) {
    if (Status started = trainer.start(); !started.isOk())
      return withKeptCheckpoint(started, run, options);
  } else {
    MLC_TRY(trainer.resume());
    if (std::string test = differenceOf(run.config().data, config.data, "test"); !test.empty())
      changes.push_back("the test split is another: " + test);
    sayResumed(trainer, run, changes);
    config.batchSince = trainer.batchSince();
    if (!trainer.isDone())
      MLC_TRY(run.amend(config, loaded.texts()));
  }
  const bool wasDone = options.resume && trainer.isDone();
  TrainResult result = trainer.run();
  if (result.reason == StopReason::Outside && result.divergence)
    return compiler::explainOutside(trainer, **session, *result.divergence, result.status, *loaded.program,
                                    loaded.sources);
  if (result.reason == StopReason::Diverged && result.divergence)
    return compiler::explainDivergence(
        trainer, **session, *result.divergence, result.status, *loaded.program, loaded.sources,
        [&](int64_t row) { return placeOfRow(*manifest.data.train, folders, row); });
  if (!result.status.isOk())
    return withKeptCheckpoint(result.status, run, options);
  if (result.reason == StopReason::Patience && !wasDone)
    say(fmt::format("stopped: no better {} for {} epochs\n", spec.bestFigure, spec.patience));
  MLC_TRY(progress.written());
  MLC_TRY(finalFigures(**session, run, *data, test, rows, options, trainerOptions.explainOutside));
  say(fmt::format("saved {}\n", out));
  return options.profile ? reportProfile(options, profiler, memory, **session) : Status::ok();
}

} // namespace mlc::tool
