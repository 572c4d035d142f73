#include "runtime/data/CsvRecords.h"

namespace mlc {

int CsvRecords::get() {
  int c = peek();
  if (c >= 0)
    ++at_;
  if (c == '\n')
    ++line_;
  return c;
}

int CsvRecords::peek() {
  if (at_ == filled_) {
    buffer_.resize(size_t(1) << 16);
    Expected<size_t> got = file_.read(buffer_.data(), buffer_.size());
    if (!got) {
      failure_ = got.status();
      return -2;
    }
    at_ = 0;
    filled_ = *got;
    if (filled_ == 0)
      return -1;
  }
  return static_cast<unsigned char>(buffer_[at_]);
}

Status CsvRecords::bad(const std::string &what) const {
  return Status::badData(what + ", " + path() + " line " + std::to_string(recordLine_));
}

Expected<bool> CsvRecords::next(std::vector<Value> &values, bool keepEmpty) {
  if (!started_) {
    started_ = true;
    (void)peek();
    if (filled_ >= 3 && std::string_view(buffer_.data(), 3) == "\xef\xbb\xbf")
      at_ += 3;
  }
  if (!keepEmpty)
    for (int c = peek(); c == '\n' || c == '\r'; c = peek())
      (void)get();
  recordLine_ = line_;
  values.clear();
  if (peek() == -1)
    return false;
  while (true) {
    if (values.size() == maxValues)
      return bad("more than " + std::to_string(maxValues) + " values");
    values.emplace_back();
    Value &value = values.back();
    while (peek() != separator_ && (peek() == ' ' || peek() == '\t'))
      (void)get();
    if (peek() == '"') {
      value.quoted = true;
      (void)get();
      while (true) {
        int c = get();
        if (c == -2)
          return failure_;
        if (c == -1)
          return bad("a quote is opened and never closed");
        if (c == '"') {
          if (peek() != '"')
            break;
          (void)get();
        }
        if (value.text.size() == maxValueBytes)
          return bad("a value is longer than 1 MiB; is a quote missing?");
        value.text += static_cast<char>(c);
      }
      while (peek() != separator_ && (peek() == ' ' || peek() == '\t'))
        (void)get();
    }
    while (true) {
      int c = get();
      if (c == -2)
        return failure_;
      if (c == '\r' && peek() == '\n')
        c = get();
      if (c == -1 || c == '\n' || c == separator_) {
        while (!value.quoted && !value.text.empty() &&
               (value.text.back() == ' ' || value.text.back() == '\t'))
          value.text.pop_back();
        if (c != separator_)
          return true;
        break;
      }
      if (value.quoted)
        return bad("text follows a closing quote");
      if (c == '"')
        return bad("a quote in the middle of a value; quote the whole value and double the quotes in it");
      if (value.text.size() == maxValueBytes)
        return bad("a value is longer than 1 MiB");
      value.text += static_cast<char>(c);
    }
  }
}

} // namespace mlc
