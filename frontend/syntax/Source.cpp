#include "frontend/syntax/Source.h"

#include "runtime/files/Uninterrupted.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace mlc::frontend;

Source::Source(std::string name, std::string text, SourceOrigin origin)
    : sourceName(std::move(name)), contents(std::move(text)), sourceOrigin(origin) {
  if (contents.size() > maxBytes) {
    contents.resize(maxBytes);
    cut = true;
  }
  lineStarts.push_back(0);
  std::uint32_t counted = 0;
  for (std::size_t i = 0; i < contents.size(); ++i) {
    if (i % countedBytes == 0)
      codePoints.push_back(counted);
    counted += (static_cast<unsigned char>(contents[i]) & 0xC0) != 0x80;
    if (contents[i] == '\n')
      lineStarts.push_back(static_cast<std::uint32_t>(i + 1));
  }
  codePoints.push_back(counted);
}

std::uint32_t Source::codePointsBefore(std::uint32_t offset) const {
  std::uint32_t begin = offset / countedBytes * countedBytes;
  std::uint32_t count = codePoints[offset / countedBytes];
  for (std::uint32_t i = begin; i < offset; ++i)
    count += (static_cast<unsigned char>(contents[i]) & 0xC0) != 0x80;
  return count;
}

LineColumn Source::lineColumn(std::uint32_t offset) const {
  offset = std::min<std::uint32_t>(offset, static_cast<std::uint32_t>(contents.size()));
  auto after = std::upper_bound(lineStarts.begin(), lineStarts.end(), offset);
  LineColumn place;
  place.line = static_cast<std::uint32_t>(after - lineStarts.begin());
  place.column += codePointsBefore(offset) - codePointsBefore(*(after - 1));
  return place;
}

std::uint32_t Source::lineBegin(std::uint32_t number) const {
  if (number == 0 || number > lineStarts.size())
    return static_cast<std::uint32_t>(contents.size());
  return lineStarts[number - 1];
}

std::string_view Source::line(std::uint32_t number) const {
  std::uint32_t begin = lineBegin(number);
  std::string_view rest = text().substr(begin);
  std::string_view found = rest.substr(0, rest.find('\n'));
  if (!found.empty() && found.back() == '\r')
    found.remove_suffix(1);
  return found;
}

std::string mlc::frontend::systemError(int number) {
  std::string text = std::generic_category().message(number);
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z')
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

SourceId SourceManager::add(std::string name, std::string text, SourceOrigin origin) {
  sources.emplace_back(std::move(name), std::move(text), origin);
  return static_cast<SourceId>(sources.size() - 1);
}

bool SourceManager::addFile(const std::string &path, std::string name, SourceId &id, std::string &error) {
  // Opening a pipe or device must not wait for it.
  int descriptor =
      mlc::uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC); });
  if (descriptor < 0) {
    error = systemError(errno);
    return false;
  }
  struct stat status;
  bool isKnown = mlc::uninterrupted([&] { return fstat(descriptor, &status); }) == 0;
  if (!isKnown || !S_ISREG(status.st_mode)) {
    error = isKnown ? "not a regular file" : systemError(errno);
    ::close(descriptor);
    return false;
  }
  // One byte more than allowed, so that a longer file is seen to be one whatever its size claims.
  std::string text(std::min<std::size_t>(static_cast<std::size_t>(status.st_size), Source::maxBytes + 1),
                   '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    ssize_t got =
        mlc::uninterrupted([&] { return ::read(descriptor, text.data() + size, text.size() - size); });
    if (got < 0) {
      error = systemError(errno);
      ::close(descriptor);
      return false;
    }
    if (got == 0)
      break;
    size += static_cast<std::size_t>(got);
  }
  ::close(descriptor);
  if (size > Source::maxBytes) {
    error = "larger than 16 MiB";
    return false;
  }
  text.resize(size);
  id = add(std::move(name), std::move(text));
  return true;
}

std::string_view SourceManager::text(Span span) const {
  std::string_view all = get(span.source).text();
  std::size_t begin = std::min<std::size_t>(span.begin, all.size());
  std::size_t end = std::max<std::size_t>(begin, std::min<std::size_t>(span.end, all.size()));
  return all.substr(begin, end - begin);
}

std::size_t mlc::frontend::findInvalidUtf8(std::string_view text) {
  std::size_t i = 0;
  auto byte = [&](std::size_t offset) { return static_cast<unsigned char>(text[offset]); };
  while (i < text.size()) {
    unsigned char lead = byte(i);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || i + length > text.size())
      return i;
    for (std::size_t k = 1; k < length; ++k)
      if ((byte(i + k) & 0xC0) != 0x80)
        return i;
    // Overlong forms, surrogates, and past U+10FFFF.
    unsigned char second = byte(i + 1);
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
        (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F))
      return i;
    i += length;
  }
  return std::string_view::npos;
}
