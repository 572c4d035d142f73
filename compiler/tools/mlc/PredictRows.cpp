// mlc predict: rows from files in, a line per row out; or text that goes on.
#include "compiler/run/Predict.h"

#include "compiler/tools/mlc/Requests.h"

namespace mlc::tool {

static Status generateText(const Options &options, run::LoadedRun &run) {
  if (!options.inputs.empty())
    return Status::usage("--generate begins with --prompt and takes no files");
  if (options.json)
    return Status::usage("--generate writes bytes, not JSON");
  const run::GenerateRequest request = {*options.generate, options.prompt, options.temperature,
                                        options.topK,      options.seed,   options.stop};
  return run::generateText(run, request, [](std::string_view text) {
    MLC_TRY(writeOutput(text));
    return flushOutput();
  });
}

Status runPredict(const Options &options) {
  if (!options.generate && options.inputs.empty())
    return Status::usage("predict needs files to read rows from, or --generate N");
  if (!options.generate && (!options.prompt.empty() || options.topK != 0 || options.temperature != 1))
    return Status::usage("--prompt, --temperature and --top-k belong to --generate N");
  Teller teller;
  Expected<run::LoadedRun> run = run::openRun(openRequestOf(options), teller);
  if (!run)
    return run.status();
  if (options.generate)
    return generateText(options, *run);
  MLC_TRY(run::predictRows(*run, predictRequestOf(options), teller, writeOutput));
  return flushOutput();
}

} // namespace mlc::tool
