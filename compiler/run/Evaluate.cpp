#include "compiler/run/Evaluate.h"

#include "runtime/data/Fingerprint.h"
#include "runtime/train/Evaluate.h"

#include <fmt/format.h>

#include <utility>

namespace mlc::run {

/// Which rows were trained on and which were held out is known of the data that the run was begun with.
static void warnOfChanges(const DataSpec &spec, const std::string &split, const Rows &rows,
                          const RunConfig &config, Observer &observer) {
  bool cut = split == "validation" && !spec.validation;
  auto was = config.data.find(cut ? "train" : split);
  const std::optional<ReaderSpec> &reader = split == "validation" && !cut ? spec.validation : spec.train;
  if (split == "test" || was == config.data.end() || !reader)
    return;
  Expected<Fingerprint> is = fingerprintOf(*rows.data, *reader);
  std::string difference = is ? differenceOf(was->second, *is) : std::string();
  if (!difference.empty())
    observer.onWarning(
        fmt::format("warning: {}, since the run was begun; its {} rows were others\n", difference, split));
}

Expected<SplitFigures> evaluateSplit(LoadedRun &run, const EvaluateRequest &request, Observer &observer) {
  const RunConfig &config = run.folder->config();
  // Which rows are held out follows from the run's own seed and fraction, not from what the model's text says
  // now.
  const Manifest &manifest = config.manifest;
  bool validated = manifest.data.validation || manifest.data.validationFraction > 0;
  std::string split = request.split;
  if (split.empty())
    split = manifest.data.test ? "test" : validated ? "validation" : "train";
  MLC_TRY(checkUnknown(request.unknown, manifest.data.fields));
  Expected<Rows> rows = readEvaluationRows(manifest, split, foldersOf(request.data, config),
                                           config.vocabulary, request.unknown);
  if (!rows)
    return rows.status();
  noteSkipped(*rows->data, " of the " + split + " split", observer);
  warnOfChanges(manifest.data, split, *rows, config, observer);

  EvaluateOptions options;
  options.batch = manifest.train.batch;
  options.seed = manifest.train.seed;
  options.scalars = run.scalars.data();
  options.stop = request.stop;
  options.explainOutside = explainerOf(run);
  options.onBatch = [&](int64_t samples) { observer.onEvaluated(split, samples, rows->size()); };
  Expected<Evaluation> evaluation = evaluate(*run.session, *rows, options);
  if (!evaluation)
    return evaluation.status();
  if (evaluation->interrupted)
    return Status::interrupted("stopped before all rows were seen; there are no figures");
  return SplitFigures{split, evaluation->samples, std::move(evaluation->figures), run.best};
}

} // namespace mlc::run
