#include "compiler/tools/mlc/Arguments.h"

#include "runtime/Number.h"
#include "runtime/cache/DiskCache.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <thread>

namespace mlc::tool {

CLI::Validator Arguments::wholeNumber(int64_t least, int64_t most) {
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

void Arguments::addModel(CLI::App *sub) {
  sub->add_option("model", options.model, "the model file")->required()->type_name("MODEL.mlc");
  sub->add_option("--train", options.train, "which train block, when the file has several")
      ->type_name("NAME");
  sub->add_option("--set", rawSets,
                  "another value for a setting, a let, or a default of a model: optimizer.lr=3e-4, width=64")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  sub->add_option("--epochs", options.epochs, "passes over the data instead of what the model says")
      ->check(wholeNumber(0, mostUpdates));
  sub->add_option("--steps", options.steps, "updates instead of epochs")->check(wholeNumber(0, mostUpdates));
  sub->add_option("--batch", options.batch, "rows of a batch instead of what the model says")
      ->check(wholeNumber(1, int64_t(1) << 24));
  addSeed(sub);
}

void Arguments::addSeed(CLI::App *sub) {
  sub->add_option("--seed", options.seed, "seed of everything random")
      ->check(wholeNumber(0, 9'000'000'000'000'000));
}

void Arguments::addData(CLI::App *sub) {
  sub->add_option("--data", options.data, "the folder that holds the data files")->type_name("DIR");
  sub->add_option("--threads", options.threads, "threads to compute on; the results do not depend on it")
      ->check(wholeNumber(1, 1024));
}

void Arguments::addRun(CLI::App *sub) {
  sub->add_option("run", options.model, "a run folder that `mlc train` left")->required()->type_name("RUN");
  sub->add_option("--checkpoint", options.checkpoint, "best (what else is asked for is the last)")
      ->check(CLI::IsMember({"best", "last"}));
  addData(sub);
  sub->add_flag("--json", options.json, "print JSON");
  addQuiet(sub);
}

void Arguments::addQuiet(CLI::App *sub) {
  sub->add_flag("-q,--quiet", options.quiet, "say nothing but warnings and errors; data are printed");
}

void Arguments::addUnknown(CLI::App *sub) {
  sub->add_option("--unknown", options.unknown,
                  "a category that the training rows do not have: error (default), missing, or skip the row")
      ->check(CLI::IsMember({"error", "missing", "skip"}));
}

void Arguments::addTraining(CLI::App *sub) {
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
}

void Arguments::addPrediction(CLI::App *sub) {
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
}

Status Arguments::completeOptions() {
  for (const std::string &text : rawSets) {
    size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      return Status::usage("--set takes NAME=VALUE, as in --set optimizer.lr=3e-4; got `" + text + "`");
    options.sets.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  if (options.threads == 0)
    options.threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  return DiskCache::userLimit().status();
}

} // namespace mlc::tool
