#include "runtime/data/NpyHeader.h"

#include <limits>
#include <optional>

namespace mlc {
namespace {

/// Reads the one literal that a header may be.
class Literal {
public:
  explicit Literal(std::string_view text) : text_(text) {}

  bool has(char c) {
    skip();
    if (at_ == text_.size() || text_[at_] != c)
      return false;
    ++at_;
    return true;
  }
  bool atEnd() {
    skip();
    return at_ == text_.size();
  }

  std::optional<std::string> string() {
    char quote = has('\'') ? '\'' : has('"') ? '"' : '\0';
    if (quote == '\0')
      return std::nullopt;
    size_t end = text_.find(quote, at_);
    if (end == std::string_view::npos)
      return std::nullopt;
    std::string value(text_.substr(at_, end - at_));
    at_ = end + 1;
    return value;
  }

  bool word(std::string_view word) {
    skip();
    if (text_.substr(at_, word.size()) != word)
      return false;
    at_ += word.size();
    return true;
  }

  std::optional<int64_t> number() {
    skip();
    size_t begin = at_;
    int64_t value = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_)
      if (__builtin_mul_overflow(value, 10, &value) ||
          __builtin_add_overflow(value, text_[at_] - '0', &value))
        return std::nullopt;
    return at_ == begin ? std::nullopt : std::optional<int64_t>(value);
  }

private:
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n'))
      ++at_;
  }

  std::string_view text_;
  size_t at_ = 0;
};

std::optional<NpyType> typeOf(std::string_view descr) {
  std::optional<StoredType> stored = descr.empty() ? std::nullopt : storedTypeOfNumpy(descr.substr(1));
  if (!stored || (descr[0] == '|' ? sizeOf(*stored) != 1 : std::string_view("<>=").find(descr[0]) > 2))
    return std::nullopt;
  return NpyType{*stored, descr[0] == '>'};
}

/// The shape's numbers, after its parenthesis.
bool parseShape(Literal &literal, std::vector<int64_t> &shape) {
  if (!literal.has('('))
    return false;
  while (!literal.has(')')) {
    std::optional<int64_t> dim = literal.number();
    if (!dim || shape.size() == 32)
      return false;
    shape.push_back(*dim);
    if (!literal.has(',')) {
      // (3) is a number in Python, not a shape.
      return shape.size() > 1 && literal.has(')');
    }
  }
  return true;
}

std::string parse(std::string_view text, NpyHeader &header) {
  constexpr const char *broken = "the array's header is damaged";
  Literal literal(text);
  bool type = false, order = false, shape = false;
  if (!literal.has('{'))
    return broken;
  while (!literal.has('}')) {
    std::optional<std::string> key = literal.string();
    if (!key || !literal.has(':'))
      return broken;
    if (*key == "descr" && !type) {
      std::optional<std::string> descr = literal.string();
      if (!descr)
        return literal.has('[') ? "the array is of records; give each field an array of its own" : broken;
      std::optional<NpyType> known = typeOf(*descr);
      if (!known)
        return "arrays of dtype '" + *descr + "' cannot be read; bool, int, uint and float can";
      header.type = *known;
      type = true;
    } else if (*key == "fortran_order" && !order) {
      header.fortran = literal.word("True");
      if (!header.fortran && !literal.word("False"))
        return broken;
      order = true;
    } else if (*key == "shape" && !shape) {
      if (!parseShape(literal, header.shape))
        return broken;
      shape = true;
    } else {
      return broken;
    }
    if (!literal.has(',')) {
      if (!literal.has('}'))
        return broken;
      break;
    }
  }
  return type && order && shape && literal.atEnd() ? std::string() : broken;
}

} // namespace

std::string NpyHeaderReader::take(std::string_view bytes) {
  const std::string magic = "\x93NUMPY";
  if (part_ == Part::Magic && (bytes.size() < magic.size() || bytes.substr(0, magic.size()) != magic))
    return "not a numpy array (.npy)";
  if (bytes.size() < wanted_)
    return "the array's header is cut off";
  taken_ += static_cast<int64_t>(bytes.size());
  if (part_ == Part::Magic) {
    auto version = static_cast<unsigned char>(bytes[6]);
    if (version < 1 || version > 3)
      return "arrays of format " + std::to_string(version) + " cannot be read; 1, 2 and 3 can";
    wanted_ = version == 1 ? 2 : 4;
    part_ = Part::Length;
    return {};
  }
  if (part_ == Part::Length) {
    size_t length = 0;
    for (size_t i = bytes.size(); i-- > 0;)
      length = length << 8 | static_cast<unsigned char>(bytes[i]);
    if (length == 0 || length > maxBytes)
      return "the array's header is damaged";
    wanted_ = length;
    part_ = Part::Text;
    return {};
  }
  wanted_ = 0;
  return parse(bytes, header_);
}

} // namespace mlc
