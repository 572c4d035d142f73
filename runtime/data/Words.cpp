#include "runtime/data/Words.h"

#include <algorithm>
#include <cstring>

namespace mlc {
namespace {

/// Words that are not in a vocabulary, and the first that is.
constexpr int32_t unknownCode = 1, firstCode = 2;

void appendCode(int32_t code, Column &column) {
  size_t at = column.bytes.size();
  column.bytes.resize(at + sizeof code);
  std::memcpy(column.bytes.data() + at, &code, sizeof code);
}

/// How many bytes at the front of `text` are one character of a word; 0: none is. `other` is set to the
/// length of the character that is none.
size_t wordCharacter(std::string_view text, size_t &other) {
  auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  unsigned c = byte(0);
  other = 1;
  if (c < 0x80)
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  if (c == 0xC2 && byte(1) >= 0x80 && byte(1) <= 0xBF) { // U+0080 to U+00BF
    other = 2;
    return 0;
  }
  if (c == 0xE2 && (byte(1) == 0x80 || (byte(1) == 0x81 && byte(2) <= 0xAF))) { // U+2000 to U+206F
    other = std::min<size_t>(3, text.size());
    return 0;
  }
  if (c == 0xE3 && byte(1) == 0x80) { // U+3000 to U+303F
    other = std::min<size_t>(3, text.size());
    return 0;
  }
  return 1; // the bytes that follow it are beyond ASCII, too
}

} // namespace

std::string takeWord(std::string_view &text) {
  std::string word;
  size_t other = 0;
  while (!text.empty()) {
    if (size_t bytes = wordCharacter(text, other)) {
      char c = text[0];
      word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      text.remove_prefix(bytes);
      continue;
    }
    text.remove_prefix(other);
    if (!word.empty())
      break;
  }
  return word;
}

uint64_t hashOfWord(std::string_view word) {
  uint64_t hash = 14695981039346656037U;
  for (char c : word)
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return hash ^ hash >> 32;
}

WordEncoder::WordEncoder(const FieldSpec &field, Vocabulary &vocabulary, bool learn)
    : field_(field), vocabulary_(vocabulary), learns_(learn && field.coding == Coding::Vocabulary),
      elements_(*checkedProduct(field.shape)) {
  if (learn || field.coding != Coding::Vocabulary)
    return;
  int32_t code = firstCode;
  for (const std::string &word : vocabulary[field.name])
    codes_.emplace(word, code++);
}

void WordEncoder::appendWord(std::string_view word, Column &column) {
  if (field_.coding == Coding::Hash) {
    uint64_t others = static_cast<uint64_t>(field_.categories) - 1;
    return appendCode(static_cast<int32_t>(1 + hashOfWord(word) % others), column);
  }
  if (!learns_) {
    auto known = codes_.find(std::string(word));
    return appendCode(known == codes_.end() ? unknownCode : known->second, column);
  }
  auto [known, isNew] = codes_.emplace(word, static_cast<int32_t>(codes_.size()) + 1);
  if (isNew)
    counts_.push_back(0);
  ++counts_[static_cast<size_t>(known->second - 1)];
  appendCode(known->second, column);
}

void WordEncoder::appendText(std::string_view text, Column &column) {
  int64_t count = 0;
  for (; count < elements_; ++count) {
    std::string word = takeWord(text);
    if (word.empty())
      break;
    appendWord(word, column);
  }
  appendNone(elements_ - count, column);
}

void WordEncoder::appendNone(int64_t count, Column &column) {
  column.bytes.resize(column.bytes.size() + static_cast<size_t>(count) * sizeof(int32_t), 0);
}

void WordEncoder::finish(Column &column) {
  if (!learns_)
    return;
  using Entry = std::unordered_map<std::string, int32_t>::value_type;
  std::vector<const Entry *> words;
  words.reserve(codes_.size());
  for (const Entry &entry : codes_)
    words.push_back(&entry);
  auto count = [&](const Entry *entry) { return counts_[static_cast<size_t>(entry->second - 1)]; };
  std::sort(words.begin(), words.end(), [&](const Entry *a, const Entry *b) {
    return count(a) != count(b) ? count(a) > count(b) : a->first < b->first;
  });
  words.resize(std::min(words.size(), static_cast<size_t>(field_.categories - firstCode)));
  std::vector<int32_t> renumbered(codes_.size() + 1, unknownCode);
  renumbered[0] = 0;
  std::vector<std::string> &kept = vocabulary_[field_.name];
  kept.clear();
  for (const Entry *entry : words) {
    renumbered[static_cast<size_t>(entry->second)] = firstCode + static_cast<int32_t>(kept.size());
    kept.push_back(entry->first);
  }
  for (size_t at = 0; at < column.bytes.size(); at += sizeof(int32_t)) {
    int32_t code;
    std::memcpy(&code, column.bytes.data() + at, sizeof code);
    std::memcpy(column.bytes.data() + at, &renumbered[static_cast<size_t>(code)], sizeof code);
  }
}

} // namespace mlc
