#include "compiler/run/Predict.h"

#include "runtime/Nearest.h"
#include "runtime/data/PipedFiles.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

namespace mlc::run {

Expected<const FunctionSpec *> predictFunction(const LoadedRun &run) {
  if (const FunctionSpec *function = run.session->manifest().findFunction(FunctionKind::Predict))
    return function;
  const std::string &folder = run.folder->path();
  return Status::usage(folder +
                       " has nothing to predict: add a line `predict NAME = EXPRESSION` to the train "
                       "block, and take it over with `mlc train MODEL.mlc --resume --out " +
                       folder + " --epochs N`");
}

/// What the outputs are called after: the field of --names, or the field of the same name.
static Status setNames(const PredictRequest &request, const LoadedRun &run, PredictOptions &options) {
  const Manifest &manifest = run.session->manifest();
  const Vocabulary &vocabulary = run.folder->config().vocabulary;
  std::vector<std::string> known;
  for (const FieldSpec &field : manifest.data.fields)
    if (auto found = vocabulary.find(field.name);
        found != vocabulary.end() && field.coding != Coding::Vocabulary)
      known.push_back(field.name);
  if (!request.names.empty() && std::find(known.begin(), known.end(), request.names) == known.end())
    return Status::usage("the data of " + run.folder->path() + " has no categories '" + request.names + "'" +
                         didYouMean(request.names, known));
  bool used = false;
  for (const Port &port : manifest.findFunction(FunctionKind::Predict)->outputs) {
    std::string field = request.names;
    if (std::find(known.begin(), known.end(), port.name) != known.end())
      field = port.name;
    if (field.empty())
      continue;
    CodeNames names = codeNamesOf(*manifest.findField(field), vocabulary.at(field));
    used = used || field == request.names;
    options.names[port.name] = std::move(names);
  }
  if (!request.names.empty() && !used)
    return Status::usage("nothing that is predicted is about '" + request.names + "'");
  return Status::ok();
}

/// The rows of all files, one file after the other where the reader takes one.
static Expected<Dataset> readRows(const PredictRequest &request, const std::string &kind,
                                  const std::vector<std::string> &paths,
                                  const std::map<std::string, std::string> &readerOptions,
                                  const std::vector<FieldSpec> &fields, Vocabulary &vocabulary) {
  const Keep keep{request.keep, request.format == PredictFormat::JsonLines};
  if (!takesOneFile(kind) || paths.size() == 1)
    return readFiles(kind, paths, readerOptions, fields, vocabulary, /*learn=*/false, keep);
  Dataset all;
  for (size_t i = 0; i < paths.size(); ++i) {
    Expected<Dataset> read =
        readFiles(kind, {paths[i]}, readerOptions, fields, vocabulary, /*learn=*/false, keep);
    if (!read)
      return read;
    if (i == 0)
      all = std::move(*read);
    else
      all.append(std::move(*read));
  }
  return all;
}

Status withRowsToPredict(LoadedRun &run, const PredictRequest &request, const UseRows &use) {
  const Manifest &manifest = run.session->manifest();
  PredictOptions options;
  Expected<const FunctionSpec *> function = predictFunction(run);
  if (!function)
    return function.status();
  Expected<std::vector<FieldSpec>> fields = predictFields(manifest);
  if (!fields)
    return fields.status();
  MLC_TRY(checkUnknown(request.unknown, *fields));
  *fields = withUnknown(std::move(*fields), request.unknown);
  Vocabulary vocabulary = run.folder->config().vocabulary;
  options.format = request.format;
  MLC_TRY(setNames(request, run, options));
  MLC_TRY(checkColumns(manifest, options, request.keep));
  // The files' names tell their reader, or they are like those of the training split.
  ReaderSpec reader = manifest.data.train.value_or(ReaderSpec{"idx", {}, {}});
  std::string kind = readerOf(request.inputs, reader.kind);
  if (kind != reader.kind)
    reader.options.clear();
  if (!request.separator.empty() && kind != "csv")
    return Status::usage("--separator is of CSV, and these rows are read by `" + kind + "`");
  if (!request.separator.empty())
    reader.options["separator"] = request.separator;
  PipedFiles pipes(request.stop);
  std::vector<std::string> paths;
  for (const std::string &input : request.inputs) {
    Expected<std::string> path = pipes.open(input);
    if (!path)
      return path.status();
    paths.push_back(std::move(*path));
  }
  Expected<Dataset> data = readRows(request, kind, paths, reader.options, *fields, vocabulary);
  if (!data)
    return pipes.named(data.status());

  options.batch = manifest.train.batch;
  options.seed = request.seed.value_or(run.folder->config().manifest.train.seed);
  options.scalars = run.scalars.data();
  options.explainOutside = explainerOf(run);
  Rows rows = Rows::all(std::make_shared<const Dataset>(std::move(*data)));
  return pipes.named(use(rows, options));
}

Status predictRows(LoadedRun &run, const PredictRequest &request, Observer &observer, const Write &write) {
  return withRowsToPredict(run, request, [&](const Rows &rows, const PredictOptions &options) -> Status {
    Expected<int64_t> written = predict(*run.session, rows, options, write);
    if (written)
      noteSkipped(*rows.data, "", observer);
    return written.status();
  });
}

Status generateText(LoadedRun &run, const GenerateRequest &request, const Write &write) {
  GenerateOptions options;
  options.bytes = request.bytes;
  options.prompt = request.prompt;
  options.temperature = request.temperature;
  options.topK = request.topK;
  options.seed = request.seed.value_or(run.folder->config().manifest.train.seed);
  options.scalars = run.scalars.data();
  options.stop = request.stop;
  return generate(*run.session, options, write);
}

} // namespace mlc::run
