// Programs with a few tokens changed go through `mlc check`, and some through the compiler to the kernels.
// Each ends in a program or in errors at a line: exit code 0, 2 or 65, never a message that asks to report a
// bug, in 2 seconds and 1 GiB. Each has a process of its own, so that a crash is one of that program.
//
// Program i depends on i alone. MLC_FUZZ_COUNT says how many there are, MLC_FUZZ_FIRST which is the first.
#include "test/unit/frontend/FuzzRuns.h"
#include "test/unit/frontend/ProgramMutator.h"
#include "test/unit/oracle/FunctionRow.h"

#include "compiler/tools/mlc/Command.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace mlc;

namespace {

std::filesystem::path root() { return MLC_SOURCE_DIR; }

std::string read(const std::filesystem::path &path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// With `all`, also the programs at the limit of operations, which take seconds as they are.
std::vector<std::string> corpus(bool all) {
  std::vector<std::filesystem::path> paths;
  for (const char *folder : {"examples", "frontend/prelude", "test/frontend/programs"})
    for (const auto &entry : std::filesystem::recursive_directory_iterator(root() / folder))
      // The largest take most of the time and say little that others do not.
      if (entry.path().extension() == ".mlc" &&
          entry.path().stem().string().find("resnet") == std::string::npos)
        paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> texts;
  for (const auto &path : paths)
    texts.push_back(read(path));
  for (const test::Row &row : test::readRows(MLC_FUNCTION_ROWS))
    texts.push_back(test::programText(row, "f32"));
  // The programs of the error index lean on the limits.
  std::string index = read(root() / "frontend/errors.md");
  for (std::size_t at = index.find("## E02"); (at = index.find("```mlc\n", at)) != std::string::npos;) {
    std::size_t end = index.find("```\n", at + 7);
    std::string program = index.substr(at + 7, end - at - 7);
    if (all || program.find("repeat(100") == std::string::npos)
      texts.push_back(program);
    at = end;
  }
  return texts;
}

struct Outcome {
  int status = 0; // of waitpid
  double seconds = 0;
  long kibibytes = 0;
  std::string said;
};

/// Checks the program at `path`, and compiles it to `phase` if that is not empty, in a process of its own.
Outcome run(const std::filesystem::path &path, const std::string &phase) {
  std::string output = path.string() + ".out";
  pid_t child = fork();
  if (child == 0) {
    int file = open(output.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    int nothing = open("/dev/null", O_WRONLY);
    dup2(nothing, STDOUT_FILENO);
    dup2(file, STDERR_FILENO);
    // Long after the test has failed; it must end, too.
    rlimit seconds{60, 60};
    setrlimit(RLIMIT_CPU, &seconds);
    tool::Options options;
    options.model = path;
    options.threads = 1;
    Status status = tool::runCheck(options);
    if (status.isOk() && !phase.empty()) {
      options.emit = phase;
      // A file without a train block has no phases.
      Status compiled = tool::runCompile(options);
      if (compiled.code() != StatusCode::BadData)
        status = compiled;
    }
    if (!status.isOk())
      std::fprintf(stderr, "%s\n", status.message().c_str());
    std::fflush(nullptr);
    _exit(static_cast<int>(status.code()));
  }
  Outcome outcome;
  rusage used{};
  wait4(child, &outcome.status, 0, &used);
  auto time = [](const timeval &value) { return double(value.tv_sec) + double(value.tv_usec) * 1e-6; };
  outcome.seconds = time(used.ru_utime) + time(used.ru_stime);
  outcome.kibibytes = used.ru_maxrss;
  outcome.said = read(output);
  return outcome;
}

std::string wrong(const Outcome &outcome) {
  if (WIFSIGNALED(outcome.status))
    return "ended by signal " + std::to_string(WTERMSIG(outcome.status));
  int code = WEXITSTATUS(outcome.status);
  if (code != 0 && code != 2 && code != 65)
    return "exit code " + std::to_string(code);
  if (outcome.said.find("bug in mlc") != std::string::npos)
    return "asks to report a bug";
  if (code == 65 && outcome.said.find("^") == std::string::npos)
    return "names no place";
  if (outcome.kibibytes > 1 << 20)
    return "took " + std::to_string(outcome.kibibytes >> 10) + " MiB";
  if (outcome.seconds > 2)
    return "took " + std::to_string(outcome.seconds) + " s";
  return "";
}

TEST(MutatedProgramsTest, EndInAProgramOrInErrorsAtALine) {
  // Beside the data of a program nothing is read.
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("mutated-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const unsigned count = test::fuzzRuns(150), first = test::fuzzFirst();
  const test::ProgramMutator mutator(corpus(/*all=*/count > 1000));
  unsigned good = 0, failures = 0;
  double slowest = 0;
  long largest = 0;
  for (unsigned i = first; i < first + count && failures < 50; ++i) {
    std::mt19937 random(i); // NOLINT(bugprone-random-generator-seed): the same programs each time
    std::string text = mutator.mutate(random);
    // Some are libraries.
    if (i % 5 == 4)
      text = text.substr(0, text.find("\ntrain ")) + "\n";
    std::filesystem::path path = folder / ("program-" + std::to_string(i) + ".mlc");
    std::ofstream(path, std::ios::binary) << text;
    Outcome outcome = run(path, i % 50 == 0 ? "kernels" : i % 10 == 0 ? "fuse" : "");
    std::string what = wrong(outcome);
    good += outcome.status == 0;
    slowest = std::max(slowest, outcome.seconds);
    largest = std::max(largest, outcome.kibibytes);
    if (!what.empty()) {
      ++failures;
      ADD_FAILURE() << "program " << i << " " << what << ":\n"
                    << text << "\n----\n"
                    << outcome.said.substr(0, 2000);
    }
  }
  std::printf("%u programs, %u of them without errors; at most %.2f s and %ld MiB\n", count, good, slowest,
              largest >> 10);
  EXPECT_GT(good, count / 20);
  std::filesystem::remove_all(folder);
}

} // namespace
