#include "compiler/run/OpenRun.h"

#include "compiler/model/Interpret.h"
#include "compiler/run/Resume.h"
#include "frontend/check/SelectPredictions.h"
#include "runtime/Nearest.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace mlc::run {

/// Leaves the `predict` lines that --only names.
static Status selectLines(const OpenRequest &request, frontend::core::Program &program) {
  const std::vector<std::string> known = program.predictNames;
  for (const std::string &name : request.only)
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      std::string all;
      for (const std::string &each : known)
        all += (all.empty() ? "" : ", ") + each;
      return Status::usage(request.folder + " has no line `predict " + name + "`" +
                           (all.empty() ? "" : " (it has " + all + ")") + didYouMean(name, known));
    }
  frontend::selectPredictions(program, request.only);
  return Status::ok();
}

Expected<LoadedRun> openRun(const OpenRequest &request, Observer &observer) {
  LoadedRun run;
  Expected<RunFolder> folder = RunFolder::open(request.folder, /*toResume=*/false);
  if (!folder)
    return folder.status();
  run.folder = std::make_unique<RunFolder>(std::move(*folder));
  if (!run.folder->note().empty())
    observer.onWarning(run.folder->note());

  Expected<std::string> text = run.folder->modelFile();
  if (!text)
    return text.status();
  Expected<std::unique_ptr<Loaded>> loaded = load({*text}, Settings::ofRun(run.folder->config()), observer);
  if (!loaded)
    return loaded.status();
  run.loaded = std::move(*loaded);
  if (!request.only.empty())
    MLC_TRY(selectLines(request, *run.loaded->program));
  auto program = compiler::JitProgram::create(*run.loaded->program, run.loaded->sources, request.threads);
  if (!program)
    return program.status();
  run.program = std::move(*program);
  MLC_TRY(run.folder->checkProgram(run.program->manifest()));
  MLC_TRY(checkOwnProgram(*run.folder, run.program->manifest()));
  auto session = Session::create(*run.program, request.threads);
  if (!session)
    return session.status();
  run.session = std::move(*session);

  const DataSpec &data = run.folder->config().manifest.data;
  bool validated = data.validation || data.validationFraction > 0;
  Expected<bool> hasBest = run.folder->hasBest();
  if (!hasBest)
    return hasBest.status();
  run.best = request.checkpoint == Checkpoint::Best ||
             (request.checkpoint == Checkpoint::Usual && validated && *hasBest);
  if (run.best && !*hasBest)
    return Status::usage(request.folder + " has no best checkpoint yet: it is written after the first epoch");
  Expected<uint64_t> updates = run.folder->loadModel(*run.session, run.best);
  if (!updates)
    return updates.status();
  run.updates = *updates;
  auto step = static_cast<double>(*updates);
  evaluateScalars(run.program->manifest().scalars, {step, step}, run.scalars);
  return run;
}

ExplainOutside explainerOf(const LoadedRun &run) {
  return [&run](FunctionKind id, const ReplayedStep &step) {
    std::string what = id == FunctionKind::Predict ? "in a prediction" : "in an evaluation";
    return compiler::explainOutside(*run.session, id, step, Status::badData(what), *run.loaded->program,
                                    run.loaded->sources);
  };
}

Status checkUnknown(UnknownCategory unknown, const std::vector<FieldSpec> &fields) {
  if (unknown != UnknownCategory::Missing)
    return {};
  const FieldSpec *strict = nullptr;
  for (const FieldSpec &field : fields) {
    if (field.coding != Coding::Category)
      continue;
    if (field.optional)
      return {}; // in the others a value that training has not seen is an error
    strict = &field;
  }
  if (!strict)
    return {};
  return Status::usage("--unknown missing has no code to stand for it in `" + strict->name +
                       "`, which is no `category(" + std::to_string(strict->categories) +
                       ")?`; --unknown skip leaves such rows out");
}

void noteSkipped(const Dataset &dataset, const std::string &what, Observer &observer) {
  if (dataset.skipped > 0)
    observer.onNote(fmt::format("{} {}{} left out: a category that training has not seen\n", dataset.skipped,
                                dataset.skipped == 1 ? "row" : "rows",
                                what + (dataset.skipped == 1 ? " was" : " were")));
}

static std::string absolute(const std::string &path) { return std::filesystem::absolute(path).string(); }

DataFolders foldersOf(const std::string &data, const RunConfig &run) {
  return {run.modelFolder, data.empty() ? run.dataFolder : absolute(data)};
}

DataFolders foldersOf(const std::string &data, const ModelText &model) {
  return {std::filesystem::absolute(model.path).parent_path().string(),
          data.empty() ? std::string() : absolute(data)};
}

} // namespace mlc::run
