// mlc eval: the figures of a run's model over a split.
#include "compiler/run/Evaluate.h"

#include "compiler/tools/mlc/Figures.h"
#include "compiler/tools/mlc/Progress.h"
#include "compiler/tools/mlc/Requests.h"
#include "compiler/tools/mlc/Summary.h"

#include <fmt/format.h>

namespace mlc::tool {
namespace {

class EvaluationTeller : public Teller {
public:
  void onEvaluated(const std::string &split, int64_t rows, int64_t of) override {
    line.show(fmt::format("{} {:3.0f}%", split, 100.0 * rows / of));
  }

private:
  LiveLine line; // cleared in the end
};

Expected<run::SplitFigures> evaluated(const Options &options, run::LoadedRun &run) {
  EvaluationTeller teller;
  return run::evaluateSplit(run, {options.split, options.data, unknownOf(options), options.stop}, teller);
}

} // namespace

Status runEval(const Options &options) {
  Teller teller;
  Expected<run::LoadedRun> run = run::openRun(openRequestOf(options), teller);
  if (!run)
    return run.status();
  Expected<run::SplitFigures> of = evaluated(options, *run);
  if (!of)
    return of.status();
  const FiguresSpec &figures = run->session->manifest().figures;
  if (options.json)
    return writeOutput(figuresJson({of->split, of->samples}, of->figures, figures));
  return writeOutput(fmt::format("{} ({} rows, {} model)  {}\n{}", of->split, grouped(of->samples),
                                 of->best ? "best" : "last", figuresText(figures, of->figures),
                                 tablesText(figures, of->figures)));
}

} // namespace mlc::tool
