// mlc-bench: training and prediction as mlc does them, with what bench/ measures and compares written down.
#include "compiler/tools/mlc-bench/Parity.h"
#include "compiler/tools/mlc-bench/PredictTimes.h"
#include "compiler/tools/mlc-bench/StepTimes.h"
#include "compiler/tools/mlc/Arguments.h"

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <string>

using namespace mlc;
using namespace mlc::tool;

namespace {

class CommandLine : Arguments {
public:
  CommandLine() {
    app.require_subcommand(1);
    CLI::App *train = app.add_subcommand("train", "as `mlc train`, and one of --step-times and the dumps");
    addTraining(train);
    CLI::Option *times = train->add_option(
        "--step-times", stepTimes, "a line a report of steps: updates, clock, seconds waited for data");
    CLI::Option *parity = train->add_option("--dump-parity", dumps.steps,
                                            "no training: what the first steps saw and made, in this folder");
    CLI::Option *random = train->add_option(
        "--dump-random", dumps.draws, "no training: what the first steps draw at random, in this folder");
    times->type_name("FILE")->excludes(parity)->excludes(random);
    parity->type_name("DIR");
    random->type_name("DIR");
    CLI::App *predict = app.add_subcommand("predict", "as `mlc predict`, and --time-rows");
    addPrediction(predict);
    predict
        ->add_flag("--time-rows", timesRows,
                   "for so many seconds as a line of standard input says, rows one by one")
        ->required();
  }

  int run(int argc, char **argv) {
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
      return error.get_exit_code() == 0 ? app.exit(error) : fail(Status::usage(error.what()));
    }
    if (options.quiet)
      beQuiet();
    Status status = completeOptions();
    if (status.isOk())
      status = timesRows ? timeRows(options) : train();
    if (status.isOk())
      status = flushOutput();
    return status.isOk() ? 0 : fail(status);
  }

private:
  Status train() {
    if (!dumps.steps.empty() || !dumps.draws.empty())
      return dump(options, dumps);
    if (stepTimes.empty())
      return Status::usage(
          "one of --step-times, --dump-parity and --dump-random is needed; without any, use mlc");
    return trainWithTimes(options, stepTimes);
  }

  static int fail(const Status &status) {
    if (!status.message().empty())
      std::fprintf(stderr, "mlc-bench: %s\n", status.message().c_str());
    return static_cast<int>(status.code());
  }

  CLI::App app{"mlc-bench does what mlc does, and writes down what bench/ measures and compares."};
  DumpFolders dumps;
  std::string stepTimes;
  bool timesRows = false;
};

} // namespace

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN); // a status says so
  signal(SIGXFSZ, SIG_IGN);
  return CommandLine().run(argc, argv);
}
