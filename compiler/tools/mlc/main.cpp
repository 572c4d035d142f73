// Parses the command line, runs one subcommand, turns its status into an exit code.
#include "compiler/target/Target.h"
#include "compiler/tools/mlc/Arguments.h"

#include "runtime/Nearest.h"
#include "runtime/cache/DiskCache.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <unistd.h>

using namespace mlc;
using namespace mlc::tool;

namespace {

/// Set by SIGINT and SIGTERM: the signal's number, else 0.
std::atomic<int> stopSignal{0};

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

class CommandLine : Arguments {
public:
  CommandLine() {
    options.stop = &stopSignal;
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
    Status status = completeOptions();
    if (status.isOk())
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
  Status (*selected)(const Options &) = nullptr; ///< null: help
  std::string helpFor;

  CLI::App *subcommand(const char *name, const char *help, Status (*function)(const Options &)) {
    CLI::App *sub = app.add_subcommand(name, help);
    sub->callback([this, function] { selected = function; });
    return sub;
  }

  void addTrain() {
    CLI::App *sub = subcommand("train", "train a model and leave a run folder", runTrain);
    addTraining(sub);
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
    addPrediction(sub);
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
    sub->add_option("--target", options.target,
                    "the processor to compile for, from fuse on: " + compiler::Target::names())
        ->type_name("NAME");
    sub->add_option("--only", options.function,
                    "one function or kernel: train_step, k_3 (mlc, grad, step, fuse, kernels)")
        ->type_name("NAME");
    sub->add_option("-o,--out", options.out, "write here instead of standard output")->type_name("FILE");
    sub->footer("examples:\n  mlc compile model.mlc --emit=mlc     what the model means, as primitives\n"
                "  mlc compile model.mlc --emit=grad    with its derivative\n"
                "  mlc compile model.mlc --emit=step --only=train_step    a training step as one function\n"
                "  mlc compile model.mlc --emit=kernels --only=k_3\n"
                "  mlc compile model.mlc --emit=asm --target=avx512    what another processor would run\n"
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
