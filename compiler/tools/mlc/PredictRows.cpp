// mlc predict: rows from files in, a line per row out; or text that goes on.
#include "compiler/tools/mlc/Load.h"
#include "compiler/tools/mlc/PredictTimes.h"
#include "runtime/data/PipedFiles.h"
#include "runtime/data/Reader.h"
#include "runtime/train/Generate.h"
#include "runtime/train/Predict.h"

#include <cstdio>

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
  const Manifest &manifest = run->session->manifest();
  PredictOptions predictOptions;
  if (!manifest.findFunction(predictOptions.function))
    return Status::usage(options.model +
                         " has nothing to predict: add a line `predict NAME = EXPRESSION` to the train "
                         "block and train again");
  Expected<std::vector<FieldSpec>> fields = predictFields(manifest, predictOptions.function);
  if (!fields)
    return fields.status();
  Vocabulary vocabulary = run->folder->config().vocabulary;
  // The files' names tell their reader, or they are like those of the training split.
  ReaderSpec reader = manifest.data.train.value_or(ReaderSpec{"idx", {}, {}});
  std::string kind = readerOf(options.inputs, reader.kind);
  if (kind != reader.kind)
    reader.options.clear();
  PipedFiles pipes(&stopSignal);
  std::vector<std::string> paths;
  for (const std::string &input : options.inputs) {
    Expected<std::string> path = pipes.open(input);
    if (!path)
      return path.status();
    paths.push_back(std::move(*path));
  }
  Expected<Dataset> data = readFiles(kind, paths, reader.options, *fields, vocabulary, /*learn=*/false);
  if (!data)
    return pipes.named(data.status());

  predictOptions.batch = manifest.train.batch;
  predictOptions.seed = options.seed.value_or(run->folder->config().manifest.train.seed);
  predictOptions.scalars = run->scalars.data();
  predictOptions.explainOutside = explainerOf(*run);
  predictOptions.format = options.json ? PredictFormat::JsonLines : PredictFormat::Csv;
  Rows rows = Rows::all(std::make_shared<const Dataset>(std::move(*data)));
  if (options.timeRows)
    return pipes.named(timeRows(*run, rows, predictOptions));
  Expected<int64_t> written = predict(*run->session, rows, predictOptions, writeOutput);
  if (!written)
    return pipes.named(written.status());
  return flushOutput();
}

} // namespace mlc::tool
