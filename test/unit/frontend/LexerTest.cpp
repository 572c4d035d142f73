#include "frontend/syntax/Lexer.h"

#include <gtest/gtest.h>

using namespace mlc::frontend;

namespace {

struct Lexed {
  SourceManager sources;
  DiagnosticEngine diagnostics{sources};
  std::vector<Token> tokens;

  explicit Lexed(std::string text) {
    Lexer lexer(sources.add("test.mlc", std::move(text)), diagnostics);
    while (tokens.empty() || tokens.back().kind != TokenKind::End)
      tokens.push_back(lexer.next());
  }
  /// The texts of the tokens, with blanks between them.
  std::string texts() const {
    std::string out;
    for (const Token &token : tokens)
      (out += sources.text(token.span)) += ' ';
    return out;
  }
};

TEST(LexerTest, TakesTheLongestSymbol) {
  Lexed lexed("a<-b a< -b x|>f a->b a<=b a==b s... 1:2 -x^2");
  EXPECT_EQ(lexed.texts(), "a <- b a < - b x |> f a -> b a <= b a == b s ... 1 : 2 - x ^ 2  ");
  EXPECT_FALSE(lexed.diagnostics.hasErrors());
}

TEST(LexerTest, KnowsReservedWordsAndLeavesOthersAsNames) {
  Lexed lexed("let letter float floats true true_ batch weight model");
  std::vector<TokenKind> kinds;
  kinds.reserve(lexed.tokens.size());
  for (const Token &token : lexed.tokens)
    kinds.push_back(token.kind);
  EXPECT_EQ(kinds, (std::vector<TokenKind>{TokenKind::Let, TokenKind::Name, TokenKind::Scalar,
                                           TokenKind::Name, TokenKind::True, TokenKind::Name, TokenKind::Name,
                                           TokenKind::Name, TokenKind::Name, TokenKind::End}));
}

TEST(LexerTest, ReadsNumbersExactly) {
  Lexed lexed("0 255 0.1 5e-4 1e9 1E+2 9007199254740993");
  std::vector<double> values;
  for (const Token &token : lexed.tokens)
    if (token.kind == TokenKind::Number)
      values.push_back(token.number);
  EXPECT_EQ(values, (std::vector<double>{0, 255, 0.1, 5e-4, 1e9, 100, 9007199254740992.0}));
  EXPECT_FALSE(lexed.diagnostics.hasErrors());
}

TEST(LexerTest, MarksTheFirstTokenOfALine) {
  Lexed lexed("a b // c\n  \r\n c\td");
  std::vector<bool> marks;
  marks.reserve(lexed.tokens.size());
  for (const Token &token : lexed.tokens)
    marks.push_back(token.newlineBefore);
  EXPECT_EQ(marks, (std::vector<bool>{true, false, true, false, true}));
  EXPECT_FALSE(lexed.diagnostics.hasErrors());
}

TEST(LexerTest, CommentsAndStringsHoldAnyText) {
  Lexed lexed("// \u00fcber alles\n\"\u00fcber // alles\" x");
  EXPECT_EQ(lexed.texts(), "\"\u00fcber // alles\" x  ");
  EXPECT_FALSE(lexed.diagnostics.hasErrors());
}

TEST(LexerTest, AByteOrderMarkIsNoText) {
  Lexed lexed("\xEF\xBB\xBFlet");
  EXPECT_EQ(lexed.texts(), "let  ");
  EXPECT_FALSE(lexed.diagnostics.hasErrors());
}

TEST(LexerTest, GoesOnAfterWhatIsNoToken) {
  Lexed lexed("a $ b \u00fc c # d\ne");
  EXPECT_EQ(lexed.texts(), "a b c e  ");
  EXPECT_EQ(lexed.diagnostics.errorCount(), 3u);
}

TEST(LexerTest, FindsWhatIsNotUtf8) {
  EXPECT_EQ(findInvalidUtf8("abc \u00fc \u20ac \U0001F600"), std::string_view::npos);
  EXPECT_EQ(findInvalidUtf8("ab\xff"), 2u);
  EXPECT_EQ(findInvalidUtf8("\xC3"), 0u);         // cut short
  EXPECT_EQ(findInvalidUtf8("\xC0\x80"), 0u);     // overlong
  EXPECT_EQ(findInvalidUtf8("\xED\xA0\x80"), 0u); // a surrogate
  EXPECT_EQ(findInvalidUtf8("\xF4\x90\x80\x80"), 0u);
}

} // namespace
