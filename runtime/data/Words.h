// Text as codes of words: vocabulary(n) and hash(n).
#ifndef MLC_RUNTIME_DATA_WORDS_H
#define MLC_RUNTIME_DATA_WORDS_H

#include "runtime/data/Dataset.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace mlc {

/// Takes the first word off the front of `text`, which is UTF-8; empty when there is none left. A word is as
/// long a run as there is of ASCII letters, digits, `_` and characters beyond ASCII other than the blanks and
/// signs of Latin-1 (U+0080 to U+00BF), general punctuation (U+2000 to U+206F) and CJK punctuation (U+3000 to
/// U+303F). ASCII letters become small.
std::string takeWord(std::string_view &text);

/// A number for a word that is the same everywhere and always: FNV-1a of its bytes in 64 bits (offset
/// 14695981039346656037, prime 1099511628211), the upper 32 bits folded into the lower by exclusive or.
uint64_t hashOfWord(std::string_view word);

/// Turns values of a field with words into codes. A field of one number has the code of the whole value, as
/// it stands; one of T numbers those of the value's first T words.
///
/// Code 0: no word, that is, a missing value, and what is left of a row after the last word. hash(n): a word
/// has code 1 + hashOfWord(word) modulo (n - 1). vocabulary(n): code 1 is a word that is not in the
/// vocabulary; codes from 2 are the n - 2 most frequent words of the training split, the most frequent first,
/// of equally frequent ones the one whose bytes come first. `finish`, learning, notes them there.
class WordEncoder {
public:
  /// `field` and `vocabulary` must live as long as the encoder.
  WordEncoder(const FieldSpec &field, Vocabulary &vocabulary, bool learn);

  /// Appends the code of a value as it stands.
  void appendWord(std::string_view word, Column &column);
  /// Appends as many codes as the field has elements.
  void appendText(std::string_view text, Column &column);
  /// Appends `count` times code 0.
  static void appendNone(int64_t count, Column &column);
  void finish(Column &column);

private:
  const FieldSpec &field_;
  Vocabulary &vocabulary_;
  bool learns_;
  int64_t elements_;
  /// The code of each word. Learning: a number in order of appearance, from 1, and how often it occurs.
  std::unordered_map<std::string, int32_t> codes_;
  std::vector<int64_t> counts_;
};

} // namespace mlc
#endif
