#include "frontend/syntax/ForeignNames.h"

#include <algorithm>

namespace mlc::frontend {

const std::vector<ForeignName> &foreignNames() {
  static const std::vector<ForeignName> rows = [] {
    std::vector<ForeignName> all;
    std::string_view section;
#define MLC_FOREIGN_SECTION(title) section = title;
#define MLC_FOREIGN(pytorch, keras, jax, ours, note)                                                         \
  all.push_back({section, pytorch, keras, jax, ours, note});
#define MLC_FOREIGN_OTHER(library, names, ours, note)                                                        \
  all.push_back({section, "", "", "", ours, note, library, names});
#include "frontend/syntax/ForeignNames.def"
    return all;
  }();
  return rows;
}

static std::string_view afterDot(std::string_view name) {
  std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

/// `Conv2D`, `conv2d` and `conv_2d` are one name.
static std::string key(std::string_view name) {
  std::string result;
  for (char c : afterDot(name))
    if (c != '_')
      result += (c >= 'A' && c <= 'Z') ? char(c - 'A' + 'a') : c;
  return result;
}

namespace {
/// A name in a cell of the table, and how well it fits: 1 but for case and underscores, 2 after the dot, 3
/// with what stands before it.
struct Match {
  std::string_view name;
  int fit = 0;
};
} // namespace

static Match find(std::string_view cell, std::string_view name) {
  Match found;
  const std::string wanted = key(name);
  while (!cell.empty()) {
    std::string_view each = cell.substr(0, cell.find(' '));
    cell.remove_prefix(std::min(cell.size(), each.size() + 1));
    int fit = each == name ? 3 : afterDot(each) == afterDot(name) ? 2 : key(each) == wanted ? 1 : 0;
    if (fit > found.fit)
      found = {each, fit};
  }
  return found;
}

static bool mentions(std::string_view text, std::string_view word) {
  auto isWord = [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    std::size_t end = at + word.size();
    if ((at == 0 || !isWord(text[at - 1])) && (end == text.size() || !isWord(text[end])))
      return true;
  }
  return false;
}

static std::vector<std::string> helps(std::string_view name, bool isBeside) {
  // Longer than any name there is; a hostile one costs nothing.
  if (name.size() > 100)
    return {};
  std::vector<std::string> whole, others;
  for (const ForeignName &row : foreignNames()) {
    const std::pair<std::string_view, std::string_view> libraries[] = {
        {"PyTorch", row.pytorch}, {"Keras", row.keras}, {"JAX", row.jax}, {row.library, row.names}};
    std::string_view library;
    Match best;
    for (const auto &[each, cell] : libraries)
      if (Match match = find(cell, name); match.fit > best.fit) {
        library = each;
        best = match;
      }
    if (library.empty() || (isBeside && mentions(row.ours, name)))
      continue;
    std::string text = std::string(library) + "'s `" + std::string(best.name) + "`";
    if (!row.ours.empty())
      text += " is `" + std::string(row.ours) + "` here";
    if (!row.note.empty())
      text += ": " + std::string(row.note);
    (best.fit == 3 ? whole : others).push_back(std::move(text));
  }
  return whole.empty() ? others : whole;
}

std::vector<std::string> foreignHelps(std::string_view name) { return helps(name, false); }

std::vector<std::string> foreignHelpsBeside(std::string_view name) { return helps(name, true); }

namespace {
struct Row {
  std::string_view theirs, ours, note;
};
} // namespace

/// What the first row that has this name says: what it is called here, where it is one of those `known`.
template <std::size_t N>
static std::optional<std::string> argumentHelp(const Row (&rows)[N], std::string_view name,
                                               const std::vector<std::string> &known) {
  for (const Row &row : rows) {
    if (find(row.theirs, name).fit < 2)
      continue;
    if (row.ours.empty())
      return std::string(row.note);
    if (std::find(known.begin(), known.end(), row.ours) != known.end())
      return "it is called `" + std::string(row.ours) + "` here";
  }
  return std::nullopt;
}

std::optional<std::string> foreignArgumentHelp(std::string_view name, const std::vector<std::string> &known) {
  static const Row rows[] = {
#define MLC_FOREIGN_ARGUMENT(theirs, ours, note) {theirs, ours, note},
#include "frontend/syntax/ForeignNames.def"
  };
  return name.size() > 100 ? std::nullopt : argumentHelp(rows, name, known);
}

std::optional<std::string> foreignReaderHelp(std::string_view name) {
  static const Row rows[] = {
#define MLC_FOREIGN_READER(theirs, ours, note) {theirs, ours, note},
#include "frontend/syntax/ForeignNames.def"
  };
  for (const Row &row : rows)
    if (name.size() <= 100 && find(row.theirs, name).fit)
      return row.ours.empty() ? std::string(row.note)
                              : "it is called `" + std::string(row.ours) + "` here" +
                                    (row.note.empty() ? std::string() : ": " + std::string(row.note));
  return std::nullopt;
}

std::optional<std::string> foreignOptionHelp(std::string_view name, const std::vector<std::string> &known) {
  static const Row rows[] = {
#define MLC_FOREIGN_OPTION(theirs, ours, note) {theirs, ours, note},
#include "frontend/syntax/ForeignNames.def"
  };
  return name.size() > 100 ? std::nullopt : argumentHelp(rows, name, known);
}

namespace {
struct Begin {
  std::string_view theirs, ours;
};
} // namespace

template <std::size_t N>
static std::optional<std::string_view> begin(const Begin (&rows)[N], std::string_view word) {
  for (const Begin &row : rows)
    if (key(row.theirs) == key(word))
      return row.ours;
  return std::nullopt;
}

std::optional<std::string> foreignClauseHelp(std::string_view word) {
  static const Begin rows[] = {
#define MLC_FOREIGN_CLAUSE(theirs, ours) {theirs, ours},
#include "frontend/syntax/ForeignNames.def"
  };
  std::optional<std::string_view> ours = begin(rows, word);
  return ours ? std::optional("write `" + std::string(*ours) + "`") : std::nullopt;
}

std::optional<std::string> foreignWordHelp(std::string_view word) {
  static const Begin rows[] = {
#define MLC_FOREIGN_WORD(theirs, note) {theirs, note},
#include "frontend/syntax/ForeignNames.def"
  };
  std::optional<std::string_view> note = begin(rows, word);
  return note ? std::optional(std::string(*note)) : std::nullopt;
}

std::optional<std::string> foreignTypeHelp(std::string_view name, bool isField) {
  struct Row {
    std::string_view theirs, ours, note;
    bool isField;
  };
  static const Row rows[] = {
#define MLC_FOREIGN_FIELD_TYPE(theirs, note) {theirs, "", note, true},
#include "frontend/syntax/ForeignNames.def"
#define MLC_FOREIGN_TYPE(theirs, ours, note) {theirs, ours, note, false},
#include "frontend/syntax/ForeignNames.def"
  };
  if (name.size() > 100)
    return std::nullopt;
  for (const Row &row : rows) {
    if ((row.isField && !isField) || !find(row.theirs, name).fit)
      continue;
    if (row.ours.empty())
      return std::string(row.note);
    std::string help = "did you mean `" + std::string(row.ours) + "`?";
    return row.note.empty() ? help : help + " " + std::string(row.note);
  }
  return std::nullopt;
}

} // namespace mlc::frontend
