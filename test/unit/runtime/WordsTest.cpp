// Words of a text, the hash that is the same everywhere, and a vocabulary that training rows make.
#include "runtime/data/Words.h"
#include "TempFolder.h"

#include <gmock/gmock.h>

using namespace mlc;
using namespace mlc::test;
using testing::ElementsAre;

namespace {

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> result;
  for (std::string word = takeWord(text); !word.empty(); word = takeWord(text))
    result.push_back(word);
  return result;
}

FieldSpec field(Coding coding, int64_t codes, std::vector<int64_t> shape = {}) {
  FieldSpec spec;
  spec.name = "note";
  spec.dtype = DType::I32;
  spec.shape = std::move(shape);
  spec.categories = codes;
  spec.coding = coding;
  return spec;
}

std::vector<int32_t> encode(const FieldSpec &spec, Vocabulary &vocabulary, bool learn,
                            const std::vector<std::string> &texts) {
  Column column = Column::of(spec);
  WordEncoder encoder(spec, vocabulary, learn);
  for (const std::string &text : texts)
    spec.shape.empty() ? encoder.appendWord(text, column) : encoder.appendText(text, column);
  encoder.finish(column);
  return valuesOf<int32_t>(column.bytes);
}

} // namespace

TEST(WordsTest, WordsOfAText) {
  EXPECT_THAT(words("The quick, BROWN fox_2 (don't)!"),
              ElementsAre("the", "quick", "brown", "fox_2", "don", "t"));
  EXPECT_THAT(words("  "), ElementsAre());
  EXPECT_THAT(words("caf\u00e9 \u65e5\u672c\u8a9e"), ElementsAre("caf\u00e9", "\u65e5\u672c\u8a9e"));
  // Quotes, dashes, a no-break blank, CJK punctuation.
  EXPECT_THAT(words("\u201csame\u201d\u2014or\u00a0\u00bfother\u3002new"),
              ElementsAre("same", "or", "other", "new"));
  EXPECT_THAT(words("cut \xe2\x80"), ElementsAre("cut"));
}

TEST(WordsTest, TheHashIsFnv1aFolded) {
  // FNV-1a of these is 0xcbf29ce484222325, 0xaf63dc4c8601ec8c and 0x85944171f73967e8 by its authors.
  EXPECT_EQ(hashOfWord(""), 0xcbf29ce484222325U ^ 0xcbf29ce4U);
  EXPECT_EQ(hashOfWord("a"), 0xaf63dc4c8601ec8cU ^ 0xaf63dc4cU);
  EXPECT_EQ(hashOfWord("foobar"), 0x85944171f73967e8U ^ 0x85944171U);
  // A char may be signed or not.
  EXPECT_EQ(hashOfWord("\xff"), (((14695981039346656037U ^ 0xffU) * 1099511628211U) >> 32 ^
                                 ((14695981039346656037U ^ 0xffU) * 1099511628211U)));
}

TEST(WordsTest, HashNeedsNoState) {
  Vocabulary vocabulary;
  FieldSpec whole = field(Coding::Hash, 1000);
  // 1 + (hash mod 999): computed with Python.
  EXPECT_THAT(encode(whole, vocabulary, true, {"a", "foobar", "A"}), ElementsAre(533, 743, 1));
  EXPECT_THAT(encode(field(Coding::Hash, 1000, {3}), vocabulary, false, {"A foobar!", ""}),
              ElementsAre(533, 743, 0, 0, 0, 0));
  EXPECT_TRUE(vocabulary.empty());
}

TEST(WordsTest, AVocabularyHasTheMostFrequentWords) {
  Vocabulary vocabulary;
  FieldSpec spec = field(Coding::Vocabulary, 4, {3});
  EXPECT_THAT(encode(spec, vocabulary, true, {"b a c", "A d", "", "b c a x"}),
              ElementsAre(3, 2, 1, 2, 1, 0, 0, 0, 0, 3, 1, 2));
  EXPECT_THAT(vocabulary["note"], ElementsAre("a", "b")); // twice each, as c, but first
  EXPECT_THAT(encode(spec, vocabulary, false, {"new b", "a"}), ElementsAre(1, 3, 0, 2, 0, 0));
  // Fewer words than there is room for.
  FieldSpec wide = field(Coding::Vocabulary, 100);
  EXPECT_THAT(encode(wide, vocabulary, true, {"New York", "Rome", "New York"}), ElementsAre(2, 3, 2));
  EXPECT_THAT(vocabulary["note"], ElementsAre("New York", "Rome"));
}
