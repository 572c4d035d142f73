// The command line of mlc: what was asked for, and one function per subcommand.
#pragma once

#include "runtime/Status.h"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mlc::tool {

/// Every option of every subcommand; each subcommand offers those it understands.
struct Options {
  std::string model; ///< a .mlc file, or for eval and predict a run folder
  std::string train; ///< name of the train block, when the file has several
  std::string data;  ///< --data
  std::string out;   ///< --out
  std::optional<int64_t> epochs, steps, batch;
  std::optional<uint64_t> seed;
  int threads = 0; ///< 0: one per core
  std::vector<std::pair<std::string, std::string>> sets;
  std::vector<std::string> unsets; ///< train --resume: settings of the run that no longer count
  bool json = false;
  bool quiet = false;
  bool resume = false;
  bool overwrite = false;          ///< train: a run that is in the run folder is replaced
  std::string saveEvery;           ///< train: updates or time between checkpoints
  std::optional<int64_t> logEvery; ///< train: updates between lines of figures
  bool plan = false;               ///< check: a step of a large program, too
  bool verify = false;
  bool settable = false;           ///< check
  std::string emit;                ///< compile --emit
  std::string target = "host";     ///< compile --target
  std::string function;            ///< compile --only: a function or kernel
  std::string split;               ///< eval --split
  std::vector<std::string> inputs; ///< predict, fmt: files
  bool inPlace = false;            ///< fmt -i
  bool checkOnly = false;          ///< fmt --check
  std::optional<int64_t> generate; ///< predict: bytes to generate
  double temperature = 1;          ///< predict --generate
  int64_t topK = 0;                ///< predict --generate
  std::string prompt;              ///< predict --generate
  std::string level;               ///< graph --level: instance or op
  std::string after;               ///< graph --after: mlc or grad
  std::optional<int64_t> depth;    ///< graph: layers within each other that are opened; what fits a page
  std::string checkpoint;          ///< eval, predict: best or last
  std::vector<std::string> only;   ///< predict: names of `predict` lines; empty: all
  std::vector<std::string> keep;   ///< predict: columns that are passed on
  std::string separator;           ///< predict: what separates the columns of its CSV; empty: as in training
  std::string unknown = "error";   ///< what becomes of categories that training has not seen
  std::string names;               ///< predict: the field whose categories name what is predicted
  const std::atomic<int> *stop = nullptr; ///< not 0: a signal's number, and time to end
  std::optional<std::string> profile;     ///< train: where the trace goes; empty: only the table
};

Status runTrain(const Options &options);
Status runEval(const Options &options);
Status runPredict(const Options &options);
Status runCompile(const Options &options);
Status runCheck(const Options &options);
Status runFmt(const Options &options);
Status runGraph(const Options &options);

/// Writes data to standard output. Not an error worth a message: a reader, like `head`, that has seen enough.
Status writeOutput(std::string_view text);
/// Makes sure that all of it arrived.
Status flushOutput();
/// Writes a message to standard error. That nobody reads it is no reason to stop.
void say(std::string_view text);
/// The same for what must be known: --quiet does not hold it back.
void warn(std::string_view text);
/// From now on `say` says nothing.
void beQuiet();

} // namespace mlc::tool
