// mlc train: check, compile, read, train, say how good it is.
#include "compiler/model/Interpret.h"
#include "compiler/tools/mlc/Command.h"
#include "compiler/tools/mlc/Load.h"
#include "compiler/tools/mlc/Parity.h"
#include "compiler/tools/mlc/Progress.h"
#include "compiler/tools/mlc/Summary.h"
#include "runtime/checkpoint/Import.h"
#include "runtime/data/Reader.h"
#include "runtime/train/Evaluate.h"
#include "runtime/train/Trainer.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>

namespace mlc::tool {
namespace {

using compiler::JitProgram;

/// A run that --resume continues was made with settings of its own; the command line changes them again.
TrainSpec trainSpec(const Options &options, const TrainSpec &fromModel) {
  TrainSpec spec = fromModel;
  if (options.epochs) {
    spec.epochs = options.epochs;
    spec.steps.reset();
  }
  if (options.steps) {
    spec.steps = options.steps;
    spec.epochs.reset();
  }
  if (options.seed)
    spec.seed = *options.seed;
  return spec;
}

/// Compiles what training calls, the ragged last batches included, before the first step.
Status compileAll(JitProgram &jit, const TrainingData &data, const std::optional<Rows> &test,
                  const TrainSpec &spec) {
  const FunctionId init{FunctionKind::Init, ""}, figures{FunctionKind::Figures, ""};
  const FunctionId train{FunctionKind::TrainStep, ""}, eval{FunctionKind::EvalStep, ""};
  MLC_TRY(jit.prepare({init, figures}, 0));
  int64_t batch = spec.batch;
  if (data.train.size() >= batch)
    MLC_TRY(jit.prepare({train}, batch));
  if (data.train.size() % batch)
    MLC_TRY(jit.prepare({train}, data.train.size() % batch));
  for (const std::optional<Rows> *split : {&data.validation, &test}) {
    if (!*split)
      continue;
    if ((*split)->size() >= batch)
      MLC_TRY(jit.prepare({eval}, batch));
    if ((*split)->size() % batch)
      MLC_TRY(jit.prepare({eval}, (*split)->size() % batch));
  }
  return Status::ok();
}

/// "  57 kernels: 12 compiled in 3.4 s, 45 from the cache"
std::string kernelsText(const compiler::CompileStatistics &statistics) {
  std::string text = fmt::format("  {} kernels: ", grouped(statistics.kernels));
  if (statistics.compiled == 0)
    return text + "all from the cache\n";
  return text + fmt::format("{} compiled in {}, {} from the cache\n", grouped(statistics.compiled),
                            durationText(statistics.milliseconds / 1000), grouped(statistics.cached));
}

/// A checkpoint that could not be written leaves the one before it whole; the person should know.
Status withKeptCheckpoint(const Status &status, const RunFolder &run) {
  if (status.code() != StatusCode::IO)
    return status;
  Expected<TrainerState> kept = run.readState();
  if (!kept)
    return status;
  return Status::io(fmt::format("{}\nthe checkpoint after update {} is kept in {}; continue with --resume",
                                status.message(), kept->update, run.path()));
}

/// The figures of the test split, if the model has one, by the model that `mlc eval` would take.
Status testFigures(Session &session, const RunFolder &run, const TrainingData &data,
                   const std::optional<Rows> &test, const Options &options) {
  const Manifest &manifest = session.manifest();
  if (!test)
    return Status::ok();
  bool best = data.validation && run.hasBest();
  Expected<uint64_t> updates = run.loadModel(session, best);
  if (!updates)
    return updates.status();
  EvaluateOptions evaluateOptions;
  evaluateOptions.batch = manifest.train.batch;
  evaluateOptions.seed = manifest.train.seed;
  evaluateOptions.stop = &stopSignal;
  std::vector<double> scalars;
  evaluateScalars(manifest.scalars, static_cast<double>(*updates), static_cast<double>(*updates), scalars);
  evaluateOptions.scalars = scalars.data();
  Expected<Evaluation> evaluation = evaluate(session, *test, evaluateOptions);
  if (!evaluation)
    return evaluation.status();
  if (evaluation->interrupted)
    return Status::ok();
  say(fmt::format("test ({} rows, {} model)  {}\n", grouped(evaluation->samples), best ? "best" : "last",
                  figuresText(manifest.figures.names, evaluation->figures)));
  if (options.json)
    MLC_TRY(writeOutput(fmt::format("{}\n", figuresJson("test", *evaluation, manifest.figures.names))));
  return Status::ok();
}

} // namespace

Status runTrain(const Options &options) {
  Expected<std::unique_ptr<Loaded>> loaded = load(options);
  if (!loaded)
    return loaded.status();
  Expected<std::unique_ptr<JitProgram>> jit =
      JitProgram::create(*(*loaded)->program, (*loaded)->sources, options.threads);
  if (!jit)
    return jit.status();
  const Manifest &manifest = (*jit)->manifest();
  TrainSpec spec = trainSpec(options, manifest.train);

  std::string out = options.out.empty() ? "runs/" + manifest.program : options.out;
  DataFolders folders{std::filesystem::absolute(options.model).parent_path().string(), ""};
  if (!options.data.empty())
    folders.dataFolder = std::filesystem::absolute(options.data).string();

  // Everything that can be wrong with the data is said before anything is compiled.
  Expected<TrainingData> data = readTrainingData(manifest, folders);
  if (!data)
    return data.status();
  std::optional<Rows> test;
  if (manifest.data.test) {
    Expected<Rows> rows = readEvaluationRows(manifest, "test", folders, data->vocabulary);
    if (!rows)
      return rows.status();
    test = std::move(*rows);
  }
  if (!options.resume)
    MLC_TRY(checkImports(manifest, folders.modelFolder));
  if (!options.dumpRandom.empty()) {
    MLC_TRY(dumpRandom(options, **loaded, *data, spec));
    if (options.dumpParity.empty())
      return Status::ok();
  }
  MLC_TRY(compileAll(**jit, *data, test, spec));
  const compiler::CompiledFunction *step =
      (*jit)->description({FunctionKind::TrainStep, ""}, std::min(spec.batch, data->train.size()));
  say(summaryText(*(*loaded)->program, manifest, step ? step->description : compiler::StepFunction()) +
      kernelsText((*jit)->statistics()));

  Expected<std::unique_ptr<Session>> session = Session::create(**jit, options.threads);
  if (!session)
    return session.status();
  if (!options.dumpParity.empty())
    return dumpParity(options, **loaded, **jit, **session, *data, spec);

  RunConfig config;
  config.manifest = manifest;
  config.manifest.train = spec;
  config.vocabulary = data->vocabulary;
  config.modelFolder = folders.modelFolder;
  config.dataFolder = folders.dataFolder;
  config.settings = settingsOf(options);
  Expected<RunFolder> run = options.resume
                                ? RunFolder::open(out, /*toResume=*/true)
                                : RunFolder::create(out, config, (*loaded)->texts(), /*overwrite=*/true);
  if (!run)
    return run.status();
  if (options.resume)
    MLC_TRY(run->checkProgram(manifest));

  TrainerOptions trainerOptions;
  trainerOptions.train = spec;
  trainerOptions.scalars = manifest.scalars;
  trainerOptions.stop = &stopSignal;
  trainerOptions.saveEvery = 1;
  Progress progress(manifest.figures.names);
  if (!options.stepTimes.empty())
    MLC_TRY(progress.writeStepTimes(options.stepTimes));
  Trainer trainer(**session, *data, *run, trainerOptions, progress);
  MLC_TRY(options.resume ? trainer.resume() : trainer.start());
  TrainResult result = trainer.run();
  if (result.reason == StopReason::Diverged && result.divergence)
    return compiler::explainDivergence(trainer, **session, *result.divergence, result.status,
                                       *(*loaded)->program, (*loaded)->sources);
  if (!result.status.isOk())
    return withKeptCheckpoint(result.status, *run);
  if (result.reason == StopReason::Patience)
    say(fmt::format("stopped: no better {} for {} epochs\n", spec.bestFigure, spec.patience));
  MLC_TRY(testFigures(**session, *run, *data, test, options));
  say(fmt::format("saved {}\n", out));
  return Status::ok();
}

} // namespace mlc::tool
