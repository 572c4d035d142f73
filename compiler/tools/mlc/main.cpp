// Parses the command line, runs one subcommand, turns its status into an exit code.
#include "compiler/tools/mlc/Command.h"

#include "runtime/Nearest.h"
#include "runtime/Number.h"
#include "runtime/cache/DiskCache.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <unistd.h>

using namespace mlc;
using namespace mlc::tool;

std::atomic<int> mlc::tool::stopSignal{0};

namespace {

constexpr const char *topExamples = R"(examples:
  mlc train examples/fashion/lenet.mlc            train, evaluate, leave a run folder
  mlc train model.mlc --set optimizer.lr=3e-4     the same with another learning rate
  mlc train model.mlc --resume                    go on where the last run stopped
  mlc eval runs/lenet_fashion --json              how good it is, for a script
  mlc predict runs/lenet_fashion pictures.idx.gz  a line of CSV for each picture
  mlc predict runs/churn - --keep id < new.csv    the same of a table's rows, from a pipe
  mlc check model.mlc                             shapes, parameters, memory: without touching data
  mlc compile model.mlc --emit=grad               the program after differentiation)";

constexpr const char *exitCodes =
    "exit codes: 0 fine, 1 failed, 2 usage, 3 diverged, 65 bad model or data, 74 input/output,"
    " 130/143 stopped by a signal\n"
    "MLC_CACHE_SIZE: how much of what was compiled and decoded is kept, as in 4G (1G); 0: nothing";

/// Help as a person reads it: what it is, examples (CLI11 calls them the footer), and only then what can be
/// said.
class ExamplesFirst : public CLI::Formatter {
public:
  std::string make_help(const CLI::App *app, std::string name, CLI::AppFormatMode mode) const override {
    std::string text = app->get_description() + "\n\n" + app->get_footer() + "\n\n" + make_usage(app, name) +
                       make_positionals(app) + make_groups(app, mode) + make_subcommands(app, mode);
    return app->get_parent() ? text : text + "\n" + exitCodes + "\n";
  }
};

/// Ctrl-C once: finish the step, save, leave. Twice: leave at once.
extern "C" void onStop(int signal) {
  if (stopSignal)
    _exit(128 + signal);
  stopSignal = signal;
}

void catchSignals() {
  struct sigaction action = {};
  action.sa_handler = onStop;
  action.sa_flags = SA_RESTART; // a write that waits for its reader goes on
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
}

class CommandLine {
public:
  CommandLine() {
    app.require_subcommand(1);
    app.formatter(std::make_shared<ExamplesFirst>()); // subcommands take it over
    app.footer(topExamples);
    app.set_version_flag("--version", "mlc " MLC_VERSION);
    addTrain();
    addEval();
    addPredict();
    addCheck();
    addCompile();
    addFmt();
    addGraph();
    addHelp();
  }

  int run(int argc, char **argv) {
    // Before --help is seen, which would be answered for a command that there is not.
    if (std::string text = argc > 1 ? unknownCommand(argv[1]) : ""; !text.empty())
      return usage(text, "mlc");
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
      return usage(error);
    }
    if (selected == nullptr)
      return help();
    if (options.quiet)
      beQuiet();
    if (options.threads == 0)
      options.threads = std::max(1u, std::thread::hardware_concurrency());
    Status status = Status::ok();
    if (Status sets = splitSets(); !sets.isOk())
      status = sets;
    else if (Expected<int64_t> limit = DiskCache::userLimit(); !limit)
      status = limit.status();
    else
      status = selected(options);
    if (status.isOk())
      status = flushOutput();
    if (status.isOk())
      return 0;
    if (!status.message().empty())
      std::fprintf(stderr, "mlc: %s\n", status.message().c_str());
    if (status.code() == StatusCode::Interrupted && stopSignal)
      return 128 + stopSignal;
    return static_cast<int>(status.code());
  }

private:
  CLI::App app{"mlc trains models that are written on one page."};
  Options options;
  std::vector<std::string> rawSets;
  /// As in the language.
  static constexpr int64_t mostUpdates = 1'000'000'000'000'000;
  Status (*selected)(const Options &) = nullptr; ///< null: help
  std::string helpFor;

  static CLI::Validator wholeNumber(int64_t least, int64_t most) {
    return CLI::Validator(
        [=](std::string &text) {
          std::optional<int64_t> number = parseI64(text);
          if (number && *number >= least && *number <= most)
            return std::string();
          return "a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
                 " is needed, not `" + text + "`";
        },
        "N", "whole number");
  }

  CLI::App *subcommand(const char *name, const char *help, Status (*function)(const Options &)) {
    CLI::App *sub = app.add_subcommand(name, help);
    sub->callback([this, function] { selected = function; });
    return sub;
  }

  void addModel(CLI::App *sub) {
    sub->add_option("model", options.model, "the model file")->required()->type_name("MODEL.mlc");
    sub->add_option("--train", options.train, "which train block, when the file has several")
        ->type_name("NAME");
    sub->add_option(
           "--set", rawSets,
           "another value for a setting, a let, or a default of a model: optimizer.lr=3e-4, width=64")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
    sub->add_option("--epochs", options.epochs, "passes over the data instead of what the model says")
        ->check(wholeNumber(0, mostUpdates));
    sub->add_option("--steps", options.steps, "updates instead of epochs")
        ->check(wholeNumber(0, mostUpdates));
    sub->add_option("--batch", options.batch, "rows of a batch instead of what the model says")
        ->check(wholeNumber(1, int64_t(1) << 24));
    addSeed(sub);
  }
  void addSeed(CLI::App *sub) {
    sub->add_option("--seed", options.seed, "seed of everything random")
        ->check(wholeNumber(0, 9'000'000'000'000'000));
  }
  void addData(CLI::App *sub) {
    sub->add_option("--data", options.data, "the folder that holds the data files")->type_name("DIR");
    sub->add_option("--threads", options.threads, "threads to compute on; the results do not depend on it")
        ->check(wholeNumber(1, 1024));
  }
  void addRun(CLI::App *sub) {
    sub->add_option("run", options.model, "a run folder that `mlc train` left")->required()->type_name("RUN");
    sub->add_option("--checkpoint", options.checkpoint, "best (what else is asked for is the last)")
        ->check(CLI::IsMember({"best", "last"}));
    addData(sub);
    sub->add_flag("--json", options.json, "print JSON");
    addQuiet(sub);
  }
  void addQuiet(CLI::App *sub) {
    sub->add_flag("-q,--quiet", options.quiet, "say nothing but warnings and errors; data are printed");
  }

  void addUnknown(CLI::App *sub) {
    sub->add_option(
           "--unknown", options.unknown,
           "a category that the training rows do not have: error (default), missing, or skip the row")
        ->check(CLI::IsMember({"error", "missing", "skip"}));
  }

  void addTrain() {
    CLI::App *sub = subcommand("train", "train a model and leave a run folder", runTrain);
    addModel(sub);
    addData(sub);
    sub->add_option("--out", options.out, "the run folder (default: runs/NAME of the train block)")
        ->type_name("DIR");
    CLI::Option *resume = sub->add_flag(
        "--resume", options.resume,
        "go on from the run folder's last checkpoint, with its settings but for those given here");
    sub->add_option("--unset", options.unsets,
                    "with --resume: what a --set of the run said no longer counts, the text does")
        ->type_name("NAME")
        ->allow_extra_args(false)
        ->needs(resume);
    sub->add_flag("--overwrite", options.overwrite,
                  "replace the run in the run folder once the new one has its first checkpoint")
        ->excludes(resume);
    sub->add_option(
           "--save-every", options.saveEvery,
           "checkpoints within epochs: after so many updates, or so much time as in 30s, 10m, 2h (10m)")
        ->type_name("N|TIME");
    sub->add_option("--log-every", options.logEvery,
                    "figures of so many updates at a time: a line here, a row of updates.csv; 0: none")
        ->check(wholeNumber(0, mostUpdates));
    addUnknown(sub);
    sub->add_flag("--json", options.json, "print the figures as JSON, a line for each epoch and split");
    addQuiet(sub);
    sub->add_option("--profile", options.profile,
                    "print what took the time; with FILE also write a trace for Perfetto")
        ->expected(0, 1)
        ->type_name("[FILE]");
    sub->add_option("--dump-parity", options.dumpParity)->group("");
    sub->add_option("--step-times", options.stepTimes)->group("");
    sub->add_option("--dump-random", options.dumpRandom,
                    "do not train: write the numbers that the first steps would draw at random")
        ->type_name("DIR");
    sub->footer("examples:\n  mlc train examples/fashion/lenet.mlc\n"
                "  mlc train model.mlc --epochs 20 --set optimizer.lr=3e-4 --out runs/slow\n"
                "  mlc train model.mlc --resume --out runs/slow --epochs 40\n"
                "  mlc train model.mlc --overwrite --out runs/slow\n"
                "  mlc train model.mlc --epochs 1 --profile trace.json");
  }
  void addEval() {
    CLI::App *sub = subcommand("eval", "evaluate a run on the test split", runEval);
    addRun(sub);
    sub->add_option("--split", options.split, "train, validation or test (default: test if there is one)")
        ->check(CLI::IsMember({"train", "validation", "test"}));
    addUnknown(sub);
    sub->footer("examples:\n  mlc eval runs/lenet_fashion\n  mlc eval runs/iris --split validation --json");
  }
  void addPredict() {
    CLI::App *sub = subcommand("predict", "what a trained model says of new rows", runPredict);
    addRun(sub);
    sub->add_option("input", options.inputs,
                    "files as the model's reader takes them, or CSV, npz, npy, IDX, JPEG, PNG by their names;"
                    " - is standard input")
        ->type_name("FILE...");
    sub->add_option("--only", options.only, "this `predict` line and what it needs; may be given again")
        ->type_name("NAME")
        ->allow_extra_args(false);
    sub->add_option("--keep", options.keep, "pass this column of the CSV on, before what is predicted")
        ->type_name("COLUMN")
        ->allow_extra_args(false);
    sub->add_option("--separator", options.separator,
                    "what separates columns of CSV: a character, or tab (default: as in training)")
        ->type_name("C");
    sub->add_option("--names", options.names,
                    "call what is predicted by the categories of this field, instead of by their codes")
        ->type_name("FIELD");
    addUnknown(sub);
    addSeed(sub);
    sub->add_option("--generate", options.generate, "go on with --prompt for so many bytes: models of text")
        ->check(wholeNumber(0, mostUpdates))
        ->type_name("N");
    sub->add_flag("--time-rows", options.timeRows)->group("");
    sub->add_option("--prompt", options.prompt, "what the generated text begins with")->type_name("TEXT");
    sub->add_option("--temperature", options.temperature,
                    "below 1 the likely becomes likelier; 0: always the likeliest (1)")
        ->check(CLI::Range(0.0, 1e6))
        // NaN is in no range, but neither below nor above one.
        ->check([](const std::string &text) {
          return std::isnan(std::strtod(text.c_str(), nullptr)) ? "a number is needed, not " + text : "";
        })
        ->type_name("T");
    sub->add_option("--top-k", options.topK, "draw from the K likeliest bytes only")
        ->check(wholeNumber(1, mostUpdates))
        ->type_name("K");
    sub->footer("examples:\n  mlc predict runs/lenet_fashion t10k-images-idx3-ubyte.gz > probs.csv\n"
                "  mlc predict runs/iris flowers.csv --json\n"
                "  mlc predict runs/iris may.csv june.csv --keep id --names species --unknown skip\n"
                "  cat flowers.csv | mlc predict runs/iris -\n"
                "  mlc predict runs/gpt_book --generate 500 --temperature 0.8 --prompt 'The shell'");
  }
  void addCheck() {
    CLI::App *sub =
        subcommand("check", "check a model and print its summary, without touching data", runCheck);
    addModel(sub);
    addData(sub);
    sub->add_flag("--verify", options.verify,
                  "run one batch compiled and interpreted, and compare (reads the data)");
    sub->add_flag("--plan", options.plan,
                  "what a step takes, also of a program of more than 25,000 operations");
    sub->add_flag("--settable", options.settable, "list what --set can change, and what it is");
    sub->add_flag("--json", options.json, "print JSON");
    sub->footer(
        "examples:\n  mlc check model.mlc\n  mlc check model.mlc --settable\n  mlc check model.mlc --verify");
  }
  void addCompile() {
    CLI::App *sub = subcommand("compile", "compile a model; --emit prints it after a phase", runCompile);
    addModel(sub);
    sub->add_option("--emit", options.emit, "the phase to stop after")
        ->check(
            CLI::IsMember({"ast", "mlc", "grad", "step", "fuse", "plan", "kernels", "llvm", "asm", "obj"}))
        ->required();
    sub->add_option("--only", options.function,
                    "one function or kernel: train_step, k_3 (mlc, grad, step, fuse, kernels)")
        ->type_name("NAME");
    sub->add_option("-o,--out", options.out, "write here instead of standard output")->type_name("FILE");
    sub->footer("examples:\n  mlc compile model.mlc --emit=mlc     what the model means, as primitives\n"
                "  mlc compile model.mlc --emit=grad    with its derivative\n"
                "  mlc compile model.mlc --emit=step --only=train_step    a training step as one function\n"
                "  mlc compile model.mlc --emit=kernels --only=k_3\n"
                "  mlc compile model.mlc --emit=plan    every buffer, with its lifetime");
  }

  void addFmt() {
    CLI::App *sub = subcommand("fmt", "lay out the text of programs", runFmt);
    sub->add_option("input", options.inputs, "programs (default: standard input)")->type_name("FILE...");
    sub->add_flag("-i", options.inPlace, "write back to the files instead of to standard output");
    sub->add_flag("--check", options.checkOnly,
                  "name the files that would change, and exit with 1 if there are any");
    sub->footer("examples:\n  mlc fmt model.mlc\n  mlc fmt -i *.mlc\n  mlc fmt --check examples/*/*.mlc");
  }

  void addGraph() {
    CLI::App *sub = subcommand("graph", "draw a model as SVG", runGraph);
    addModel(sub);
    sub->add_option("-o,--out", options.out, "write here instead of standard output")->type_name("FILE");
    sub->add_option("--level", options.level, "instance: layers and calls (default); op: every primitive")
        ->check(CLI::IsMember({"instance", "op"}));
    sub->add_option("--after", options.after, "with --level=op: mlc (default), or grad, with the derivative")
        ->check(CLI::IsMember({"mlc", "grad"}));
    sub->add_option("--depth", options.depth,
                    "open so many levels of layers; 0: models are boxes (default: what fits a page)")
        ->check(wholeNumber(0, 1000))
        ->type_name("N");
    sub->footer("examples:\n  mlc graph model.mlc -o model.svg\n"
                "  mlc graph model.mlc --depth 1 -o overview.svg\n"
                "  mlc graph model.mlc --level=op --after=grad -o derivative.svg");
  }

  void addHelp() {
    CLI::App *sub = app.add_subcommand("help", "what a command does: mlc help train");
    sub->add_option("command", helpFor)->type_name("COMMAND");
    sub->footer("examples:\n  mlc help\n  mlc help train");
  }

  Status splitSets() {
    for (const std::string &text : rawSets) {
      size_t equals = text.find('=');
      if (equals == std::string::npos || equals == 0)
        return Status::usage("--set takes NAME=VALUE, as in --set optimizer.lr=3e-4; got `" + text + "`");
      options.sets.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    return Status::ok();
  }

  /// What to say of a first argument that is no command, or empty.
  std::string unknownCommand(const std::string &name) const {
    std::vector<std::string> known;
    for (const CLI::App *sub : app.get_subcommands([](const CLI::App *) { return true; }))
      known.push_back(sub->get_name());
    if (name.empty() || name[0] == '-' || std::find(known.begin(), known.end(), name) != known.end())
      return {};
    return "there is no command '" + name + "'" + didYouMean(name, known);
  }

  /// What to say of the first option that `sub` does not have, or empty.
  static std::string unknownOption(const CLI::App &sub) {
    for (const std::string &text : sub.remaining()) {
      if (text.size() < 2 || text[0] != '-')
        continue;
      std::string name = text.substr(0, text.find('='));
      std::vector<std::string> known;
      for (const CLI::Option *option : sub.get_options())
        for (const std::string &spelling : option->get_lnames())
          if (!option->get_group().empty())
            known.push_back("--" + spelling);
      return "'mlc " + sub.get_name() + "' has no option '" + name + "'" + didYouMean(name, known);
    }
    return {};
  }

  int help() {
    if (std::string text = unknownCommand(helpFor); !text.empty())
      return usage(text, "mlc");
    const CLI::App *about = helpFor.empty() ? &app : app.get_subcommand(helpFor);
    // App::help would answer for the subcommand that was parsed, which is this one.
    Status status = writeOutput(about->get_formatter()->make_help(
        about, helpFor.empty() ? "mlc" : "mlc " + helpFor, CLI::AppFormatMode::Normal));
    return status.isOk() && flushOutput().isOk() ? 0 : static_cast<int>(StatusCode::IO);
  }

  /// CLI11's own exit prints help and messages; its codes become ours.
  int usage(const CLI::ParseError &error) {
    if (error.get_exit_code() == 0)
      return app.exit(error);
    const CLI::App *where = &app;
    for (const CLI::App *sub : app.get_subcommands())
      where = sub;
    std::string text = where == &app ? "" : unknownOption(*where);
    return usage(text.empty() ? error.what() : text, where == &app ? "mlc" : "mlc " + where->get_name());
  }

  static int usage(const std::string &text, const std::string &command) {
    std::fprintf(stderr, "mlc: %s\nsee `%s --help`\n", text.c_str(), command.c_str());
    return static_cast<int>(StatusCode::Usage);
  }
};

} // namespace

int main(int argc, char **argv) {
  catchSignals();
  return CommandLine().run(argc, argv);
}
