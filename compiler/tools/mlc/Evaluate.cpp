// mlc eval: the figures of a run's model over a split.
#include "compiler/tools/mlc/Figures.h"
#include "compiler/tools/mlc/Load.h"
#include "compiler/tools/mlc/Progress.h"
#include "runtime/data/Fingerprint.h"
#include "runtime/data/Reader.h"

#include <fmt/format.h>

namespace mlc::tool {

/// Which rows were trained on and which were held out is known of the data that the run was begun with.
static void sayWhatChanged(const DataSpec &spec, const std::string &split, const Rows &rows,
                           const RunConfig &config) {
  bool cut = split == "validation" && !spec.validation;
  auto was = config.data.find(cut ? "train" : split);
  const std::optional<ReaderSpec> &reader = split == "validation" && !cut ? spec.validation : spec.train;
  if (split == "test" || was == config.data.end() || !reader)
    return;
  Expected<Fingerprint> is = fingerprintOf(*rows.data, *reader);
  std::string difference = is ? differenceOf(was->second, *is) : std::string();
  if (!difference.empty())
    warn(fmt::format("warning: {}, since the run was begun; its {} rows were others\n", difference, split));
}

Status runEval(const Options &options) {
  Expected<LoadedRun> run = loadRun(options);
  if (!run)
    return run.status();
  const RunConfig &config = run->folder->config();
  // Which rows are held out follows from the run's own seed and fraction, not from what the model's text says
  // now.
  const Manifest &manifest = config.manifest;
  bool validated = manifest.data.validation || manifest.data.validationFraction > 0;
  std::string split = options.split;
  if (split.empty())
    split = manifest.data.test ? "test" : validated ? "validation" : "train";
  Expected<UnknownCategory> unknown = unknownOf(options, manifest.data.fields);
  if (!unknown)
    return unknown.status();
  Expected<Rows> rows =
      readEvaluationRows(manifest, split, foldersOf(options, config), config.vocabulary, *unknown);
  if (!rows)
    return rows.status();
  saySkipped(*rows->data, " of the " + split + " split");

  sayWhatChanged(manifest.data, split, *rows, config);

  LiveLine line;
  EvaluateOptions evaluateOptions;
  evaluateOptions.batch = manifest.train.batch;
  evaluateOptions.seed = manifest.train.seed;
  evaluateOptions.scalars = run->scalars.data();
  evaluateOptions.stop = &stopSignal;
  evaluateOptions.explainOutside = explainerOf(*run);
  evaluateOptions.onBatch = [&](int64_t samples) {
    line.show(fmt::format("{} {:3.0f}%", split, 100.0 * samples / rows->size()));
  };
  Expected<Evaluation> evaluation = evaluate(*run->session, *rows, evaluateOptions);
  line.clear();
  if (!evaluation)
    return evaluation.status();
  if (evaluation->interrupted)
    return Status::interrupted("stopped before all rows were seen; there are no figures");
  const FiguresSpec &figures = run->session->manifest().figures;
  if (options.json)
    MLC_TRY(writeOutput(figuresJson({split, evaluation->samples}, evaluation->figures, figures)));
  else
    MLC_TRY(writeOutput(fmt::format("{} ({} rows, {} model)  {}\n{}", split, grouped(evaluation->samples),
                                    run->best ? "best" : "last", figuresText(figures, evaluation->figures),
                                    tablesText(figures, evaluation->figures))));
  return Status::ok();
}

} // namespace mlc::tool
