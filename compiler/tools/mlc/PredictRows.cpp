// mlc predict: rows from files in, a line per row out; or text that goes on.
#include "compiler/tools/mlc/PredictRows.h"

#include "runtime/Nearest.h"
#include "runtime/data/PipedFiles.h"
#include "runtime/data/Reader.h"
#include "runtime/train/Generate.h"
#include "runtime/train/Predict.h"

#include <fmt/format.h>

#include <algorithm>

namespace mlc::tool {

static Status generateText(const Options &options, LoadedRun &run) {
  if (!options.inputs.empty())
    return Status::usage("--generate begins with --prompt and takes no files");
  if (options.json)
    return Status::usage("--generate writes bytes, not JSON");
  GenerateOptions generateOptions;
  generateOptions.bytes = *options.generate;
  generateOptions.prompt = options.prompt;
  generateOptions.temperature = options.temperature;
  generateOptions.topK = options.topK;
  generateOptions.seed = options.seed.value_or(run.folder->config().manifest.train.seed);
  generateOptions.scalars = run.scalars.data();
  generateOptions.stop = &stopSignal;
  return generate(*run.session, generateOptions, [](std::string_view text) {
    MLC_TRY(writeOutput(text));
    return flushOutput();
  });
}

/// What the outputs are called after: the field of --names, or the field of the same name.
static Status setNames(const Options &options, const Manifest &manifest, const Vocabulary &vocabulary,
                       PredictOptions &predictOptions) {
  std::vector<std::string> known;
  for (const FieldSpec &field : manifest.data.fields)
    if (auto found = vocabulary.find(field.name);
        found != vocabulary.end() && field.coding != Coding::Vocabulary)
      known.push_back(field.name);
  if (!options.names.empty() && std::find(known.begin(), known.end(), options.names) == known.end())
    return Status::usage("the data of " + options.model + " has no categories '" + options.names + "'" +
                         didYouMean(options.names, known));
  bool used = false;
  for (const Port &port : manifest.findFunction(FunctionKind::Predict)->outputs) {
    std::string field = options.names;
    if (std::find(known.begin(), known.end(), port.name) != known.end())
      field = port.name;
    if (field.empty())
      continue;
    CodeNames names = codeNamesOf(*manifest.findField(field), vocabulary.at(field));
    used = used || field == options.names;
    predictOptions.names[port.name] = std::move(names);
  }
  if (!options.names.empty() && !used)
    return Status::usage("nothing that is predicted is about '" + options.names + "'");
  return Status::ok();
}

/// The rows of all files, one file after the other where the reader takes one.
static Expected<Dataset> readRows(const Options &options, const std::string &kind,
                                  const std::vector<std::string> &paths,
                                  const std::map<std::string, std::string> &readerOptions,
                                  const std::vector<FieldSpec> &fields, Vocabulary &vocabulary) {
  const Keep keep{options.keep, options.json};
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

Status withRowsToPredict(const Options &options, LoadedRun &run, const UseRows &use) {
  const Manifest &manifest = run.session->manifest();
  PredictOptions predictOptions;
  if (!manifest.findFunction(FunctionKind::Predict))
    return Status::usage(options.model +
                         " has nothing to predict: add a line `predict NAME = EXPRESSION` to the train "
                         "block, and take it over with `mlc train MODEL.mlc --resume --out " +
                         options.model + " --epochs N`");
  Expected<std::vector<FieldSpec>> fields = predictFields(manifest);
  if (!fields)
    return fields.status();
  Expected<UnknownCategory> unknown = unknownOf(options, *fields);
  if (!unknown)
    return unknown.status();
  *fields = withUnknown(std::move(*fields), *unknown);
  Vocabulary vocabulary = run.folder->config().vocabulary;
  predictOptions.format = options.json ? PredictFormat::JsonLines : PredictFormat::Csv;
  MLC_TRY(setNames(options, manifest, vocabulary, predictOptions));
  MLC_TRY(checkColumns(manifest, predictOptions, options.keep));
  // The files' names tell their reader, or they are like those of the training split.
  ReaderSpec reader = manifest.data.train.value_or(ReaderSpec{"idx", {}, {}});
  std::string kind = readerOf(options.inputs, reader.kind);
  if (kind != reader.kind)
    reader.options.clear();
  if (!options.separator.empty() && kind != "csv")
    return Status::usage("--separator is of CSV, and these rows are read by `" + kind + "`");
  if (!options.separator.empty())
    reader.options["separator"] = options.separator;
  PipedFiles pipes(&stopSignal);
  std::vector<std::string> paths;
  for (const std::string &input : options.inputs) {
    Expected<std::string> path = pipes.open(input);
    if (!path)
      return path.status();
    paths.push_back(std::move(*path));
  }
  Expected<Dataset> data = readRows(options, kind, paths, reader.options, *fields, vocabulary);
  if (!data)
    return pipes.named(data.status());

  predictOptions.batch = manifest.train.batch;
  predictOptions.seed = options.seed.value_or(run.folder->config().manifest.train.seed);
  predictOptions.scalars = run.scalars.data();
  predictOptions.explainOutside = explainerOf(run);
  Rows rows = Rows::all(std::make_shared<const Dataset>(std::move(*data)));
  return pipes.named(use(rows, predictOptions));
}

/// The rows of options.inputs, and what the run says of them.
static Status predictRows(const Options &options, LoadedRun &run) {
  return withRowsToPredict(
      options, run, [&](const Rows &rows, const PredictOptions &predictOptions) -> Status {
        Expected<int64_t> written = predict(*run.session, rows, predictOptions, writeOutput);
        if (written)
          saySkipped(*rows.data, "");
        return written.status();
      });
}

Status runPredict(const Options &options) {
  if (!options.generate && options.inputs.empty())
    return Status::usage("predict needs files to read rows from, or --generate N");
  if (!options.generate && (!options.prompt.empty() || options.topK != 0 || options.temperature != 1))
    return Status::usage("--prompt, --temperature and --top-k belong to --generate N");
  Expected<LoadedRun> run = loadRun(options);
  if (!run)
    return run.status();
  if (options.generate)
    return generateText(options, *run);
  MLC_TRY(predictRows(options, *run));
  return flushOutput();
}

} // namespace mlc::tool
