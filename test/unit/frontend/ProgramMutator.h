// Programs with a few tokens changed, most of which still parse: for tests that let no input through that
// ends otherwise than in a program or in errors.
#pragma once

#include <algorithm>
#include <cctype>
#include <random>
#include <string>
#include <vector>

namespace mlc::test {

/// Words, numbers, strings and signs, with what separates them.
inline std::vector<std::string> tokensOf(const std::string &text) {
  std::vector<std::string> result;
  auto isWord = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.'; };
  for (std::size_t i = 0; i < text.size();) {
    std::size_t begin = i;
    if (isWord(text[i]))
      while (i < text.size() && isWord(text[i]))
        ++i;
    else if (text[i] == '"')
      i = std::min(text.find('"', i + 1), text.size() - 1) + 1;
    else
      ++i;
    result.push_back(text.substr(begin, i - begin));
  }
  return result;
}

/// Changes programs of a corpus. What it makes depends on the corpus and on `random` alone.
class ProgramMutator {
public:
  explicit ProgramMutator(const std::vector<std::string> &corpus) {
    for (const std::string &text : corpus) {
      programs.push_back(tokensOf(text));
      for (const std::string &token : programs.back())
        if (kindOf(token) != Blank)
          pool.push_back(token);
    }
  }

  /// One of the programs after one change, or up to four.
  std::string mutate(std::mt19937 &random) const {
    std::vector<std::string> program = programs[random() % programs.size()];
    unsigned edits = random() % 3 ? 1 : random() % 4 + 1;
    for (; edits && !program.empty(); --edits)
      change(program, random);
    std::string text;
    for (const std::string &token : program)
      text += token;
    return text;
  }

private:
  enum Kind { Number, Word, String, Blank, Sign };
  static Kind kindOf(const std::string &token) {
    auto first = static_cast<unsigned char>(token[0]);
    return std::isdigit(first)   ? Number
           : std::isalpha(first) ? Word
           : first == '"'        ? String
           : std::isspace(first) ? Blank
                                 : Sign;
  }

  /// A place with a token of that kind, or any place if there is none near.
  static std::size_t place(const std::vector<std::string> &program, Kind kind, std::mt19937 &random) {
    std::size_t at = random() % program.size();
    for (int tries = 0; tries < 200 && kindOf(program[at]) != kind; ++tries)
      at = random() % program.size();
    return at;
  }

  void change(std::vector<std::string> &program, std::mt19937 &random) const {
    // Where sizes end: of an axis, of kernels' counters, of int64 and of numbers; and what is no number at
    // all.
    static const char *const edges[] = {"0",
                                        "1",
                                        "-1",
                                        "2",
                                        "7",
                                        "0.5",
                                        "-0.5",
                                        "65536",
                                        "16777216",
                                        "2147483647",
                                        "2147483648",
                                        "4294967296",
                                        "1099511627776",
                                        "9007199254740993",
                                        "9223372036854775808",
                                        "1e308",
                                        "1e-308",
                                        "(1 / 0)",
                                        "(0 / 0)",
                                        "batch",
                                        "step",
                                        "(batch - 1)"};
    static const char letters[] = "abhwc1()->., ";
    switch (random() % 12) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 9:
    case 10:
      program[place(program, Number, random)] = edges[random() % std::size(edges)];
      return;
    case 4: { // Names swapped.
      std::size_t a = place(program, Word, random), b = place(program, Word, random);
      std::swap(program[a], program[b]);
      return;
    }
    case 5: { // A letter of a pattern.
      std::string &token = program[place(program, String, random)];
      if (token.empty())
        return; // an earlier change has taken its only letter
      std::size_t at = random() % token.size();
      if (random() % 3 == 0)
        token.erase(at, 1);
      else
        token.insert(at, 1, letters[random() % (sizeof(letters) - 1)]);
      break;
    }
    case 6:
      program.erase(program.begin() + random() % program.size());
      return;
    case 7:
      program.insert(program.begin() + random() % program.size(), pool[random() % pool.size()]);
      return;
    case 8: { // A line twice, or not at all.
      std::size_t end = place(program, Blank, random), begin = end;
      while (begin > 0 && program[begin - 1] != "\n")
        --begin;
      while (end < program.size() && program[end] != "\n")
        ++end;
      std::vector<std::string> line(program.begin() + begin, program.begin() + end);
      if (random() % 2) {
        line.push_back("\n");
        program.insert(program.begin() + begin, line.begin(), line.end());
      } else {
        program.erase(program.begin() + begin, program.begin() + end);
      }
      return;
    }
    default: { // A word for a word, a number for a number.
      Kind kind = static_cast<Kind>(random() % 3);
      std::size_t at = place(program, kind, random);
      const std::string *other = &pool[random() % pool.size()];
      for (int tries = 0; tries < 100 && kindOf(*other) != kindOf(program[at]); ++tries)
        other = &pool[random() % pool.size()];
      program[at] = *other;
    }
    }
  }

  std::vector<std::vector<std::string>> programs;
  std::vector<std::string> pool;
};

} // namespace mlc::test
