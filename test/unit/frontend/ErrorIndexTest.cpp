// The error index is true: every program of frontend/errors.md and of test/frontend/errors/ gets exactly the
// diagnostics that are written there, and every registered code has an entry and a failing program.
//
// With MLC_REWRITE_ERRORS=1 in the environment, what mlc says is written into these files instead; read the
// diff.
#include "frontend/check/Check.h"
#include "frontend/check/Definitions.h"
#include "frontend/syntax/Loader.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

using namespace mlc::frontend;

namespace {

std::filesystem::path root() { return MLC_SOURCE_DIR; }
// In a program of test/frontend/errors/, what follows this line is what mlc says, each line after "// ".
constexpr const char *separator = "// ---- expected\n";

std::string read(const std::filesystem::path &path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

bool rewriting() { return std::getenv("MLC_REWRITE_ERRORS") != nullptr; }

/// What mlc says about a program that lies in test/frontend/errors/.
std::string diagnose(const std::string &name, const std::string &program) {
  SourceManager sources;
  DiagnosticEngine diagnostics(sources);
  auto files =
      loadText(name, program, (root() / "test/frontend/errors" / name).string(), sources, diagnostics);
  // A first line `// --set NAME=VALUE` is an override; `// mlc check` asks for what no train block uses, too.
  CheckOptions options;
  CheckReport report;
  core::Settings settings;
  const std::string set = "// --set ";
  if (program.rfind(set, 0) == 0) {
    std::string line = program.substr(set.size(), program.find('\n') - set.size());
    std::size_t equals = line.find('=');
    options.overrides.emplace_back(line.substr(0, equals), line.substr(equals + 1));
  }
  bool isWhole = program.rfind("// mlc check\n", 0) == 0;
  if (!isWhole || files.empty() || !trainNames(files.back().program).empty())
    if (auto checked = check(sources, files, "", options, diagnostics, &report))
      settings = checked->settings;
  if (isWhole)
    checkDefinitions(sources, files, report.used, settings, diagnostics);
  return diagnostics.render();
}

std::string commented(const std::string &text) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    out += (line.empty() ? "//" : "// " + line) + "\n";
  return out;
}

/// The codes that a rendered text reports.
std::set<std::string> codesIn(const std::string &rendered) {
  std::set<std::string> codes;
  std::istringstream lines(rendered);
  for (std::string line; std::getline(lines, line);)
    for (const char *head : {"error[", "warning["})
      if (line.rfind(head, 0) == 0)
        codes.insert(line.substr(std::string(head).size(), line.find(']') - std::string(head).size()));
  return codes;
}

std::vector<std::filesystem::path> programs() {
  std::vector<std::filesystem::path> found;
  for (const auto &entry : std::filesystem::directory_iterator(root() / "test/frontend/errors"))
    if (entry.path().extension() == ".mlc")
      found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

/// An entry of errors.md: "## CODE: title", then maybe "```mlc\n" program "```\n```text\n" output "```\n",
/// then text.
struct Entry {
  std::string code, title, program, output, advice;
  bool hasProgram = false;
  std::size_t outputBegin = 0;
};

std::vector<Entry> entries(const std::string &index) {
  const std::string head = "\n## ", open = "```mlc\n", middle = "```\n```text\n", close = "```\n";
  std::vector<Entry> all;
  for (std::size_t at = index.find(head); at != std::string::npos;) {
    std::size_t next = index.find(head, at + 1);
    std::size_t end = next == std::string::npos ? index.size() : next;
    std::string section = index.substr(at + head.size(), end - at - head.size());
    Entry entry;
    std::string title = section.substr(0, section.find('\n'));
    entry.code = title.substr(0, title.find(':'));
    entry.title = title.substr(std::min(title.size(), entry.code.size() + 2));
    std::size_t begin = section.find(open), stop = section.find(middle);
    std::size_t rest = title.size();
    if (begin != std::string::npos && stop != std::string::npos) {
      entry.hasProgram = true;
      entry.program = section.substr(begin + open.size(), stop - begin - open.size());
      std::size_t outputBegin = stop + middle.size();
      rest = section.find(close, outputBegin);
      EXPECT_NE(rest, std::string::npos) << entry.code;
      entry.output = section.substr(outputBegin, rest - outputBegin);
      entry.outputBegin = at + head.size() + outputBegin;
      rest += close.size();
    }
    entry.advice = section.substr(rest);
    all.push_back(std::move(entry));
    at = next;
  }
  return all;
}

TEST(ErrorIndexTest, ProgramsOfTheIndexSayWhatIsWrittenThere) {
  std::filesystem::path path = root() / "frontend/errors.md";
  std::string index = read(path);
  std::vector<Entry> all = entries(index);
  ASSERT_FALSE(all.empty());
  for (auto entry = all.rbegin(); entry != all.rend(); ++entry) {
    if (!entry->hasProgram)
      continue;
    std::string said = diagnose("program.mlc", entry->program);
    if (rewriting())
      index.replace(entry->outputBegin, entry->output.size(), said);
    else
      EXPECT_EQ(said, entry->output) << entry->code;
    EXPECT_EQ(codesIn(said).count(entry->code), 1u) << entry->code << " says:\n" << said;
  }
  if (rewriting())
    std::ofstream(path, std::ios::binary) << index;
}

TEST(ErrorIndexTest, ProgramsOfTheFolderSayWhatIsWrittenThere) {
  std::vector<std::filesystem::path> files = programs();
  ASSERT_FALSE(files.empty());
  for (const std::filesystem::path &file : files) {
    std::string text = read(file);
    std::string program = text.substr(0, text.find(separator));
    std::string said = commented(diagnose(file.filename().string(), program));
    std::string code = file.stem().string().substr(0, 5);
    EXPECT_NE(said.find("[" + code + "]"), std::string::npos) << file << " says:\n" << said;
    if (rewriting())
      std::ofstream(file, std::ios::binary) << program << separator << said;
    else
      EXPECT_EQ(program + separator + said, text) << file;
  }
}

TEST(ErrorIndexTest, EveryCodeHasAnEntryAndAFailingProgram) {
  std::set<std::string> failing;
  for (const std::filesystem::path &file : programs())
    failing.insert(file.stem().string().substr(0, 5));
  std::set<std::string> known;
  std::vector<Entry> all = entries(read(root() / "frontend/errors.md"));
  for (DiagnosticCode code : allDiagnosticCodes()) {
    std::string name(codeName(code));
    known.insert(name);
    auto entry = std::find_if(all.begin(), all.end(), [&](const Entry &each) { return each.code == name; });
    ASSERT_NE(entry, all.end()) << name << " has no entry in frontend/errors.md";
    EXPECT_EQ(entry->title, codeTitle(code)) << name;
    EXPECT_GT(entry->advice.find_first_not_of("\n "), 0u);
    EXPECT_NE(entry->advice.find_first_not_of("\n "), std::string::npos)
        << name << " does not say what to do";
    EXPECT_TRUE(entry->hasProgram || failing.count(name)) << name << " has no failing program";
  }
  for (const Entry &entry : all)
    EXPECT_TRUE(known.count(entry.code)) << entry.code << " is not registered";
}

} // namespace
