// Program text and places in it: every token, node and diagnostic points here with a Span.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace mlc::frontend {

using SourceId = std::uint32_t;

/// The bytes [begin, end) of one source. An empty span marks a place between two bytes.
struct Span {
  SourceId source = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  std::uint32_t size() const { return end - begin; }
};

inline bool operator==(Span a, Span b) {
  return a.source == b.source && a.begin == b.begin && a.end == b.end;
}
inline bool operator!=(Span a, Span b) { return !(a == b); }

/// From the start of `first` to the end of `last`; both lie in the same source.
inline Span join(Span first, Span last) { return Span{first.source, first.begin, last.end}; }

/// The empty span at the end of `span`.
inline Span endOf(Span span) { return Span{span.source, span.end, span.end}; }

/// Line and column of a byte, both from 1. Columns count code points, so that they match what an editor
/// shows.
struct LineColumn {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

/// The offset of the first byte that is not well-formed UTF-8, or npos.
std::size_t findInvalidUtf8(std::string_view text);

/// What an errno value means, in lower case.
std::string systemError(int number);

/// Where a text came from; errors inside the prelude are shown at the user's call instead. RunSetting: a
/// `--set` that no compiled code depends on.
enum class SourceOrigin { User, Prelude, RunSetting };

/// One text and its line table. Immutable, at most `maxBytes` long.
class Source {
public:
  static constexpr std::size_t maxBytes = std::size_t(16) << 20;

  /// `name` is what diagnostics print. A text longer than `maxBytes` is cut there; `truncated` tells.
  Source(std::string name, std::string text, SourceOrigin origin = SourceOrigin::User);

  const std::string &name() const { return sourceName; }
  std::string_view text() const { return contents; }
  SourceOrigin origin() const { return sourceOrigin; }
  bool truncated() const { return cut; }

  /// Any offset is fine; one past the end means the end.
  LineColumn lineColumn(std::uint32_t offset) const;
  /// The text of a line (from 1) without its line ending; empty for a line that does not exist.
  std::string_view line(std::uint32_t number) const;
  /// The offset of the first byte of a line (from 1).
  std::uint32_t lineBegin(std::uint32_t number) const;

private:
  std::string sourceName;
  std::string contents;
  SourceOrigin sourceOrigin;
  bool cut = false;
  std::vector<std::uint32_t> lineStarts;
  /// Code points before every `countedBytes` bytes: a line may be as long as the text.
  static constexpr std::uint32_t countedBytes = 256;
  std::vector<std::uint32_t> codePoints;

  std::uint32_t codePointsBefore(std::uint32_t offset) const;
};

/// Owns the sources of one compilation; ids and references stay valid for its lifetime.
class SourceManager {
public:
  SourceId add(std::string name, std::string text, SourceOrigin origin = SourceOrigin::User);

  /// Reads a regular file of at most `Source::maxBytes`; `name` is what diagnostics print.
  /// On failure returns false and says why in `error` (lower case, no full stop, without the file name).
  bool addFile(const std::string &path, std::string name, SourceId &id, std::string &error);

  const Source &get(SourceId id) const { return sources[id]; }
  std::size_t size() const { return sources.size(); }

  /// The bytes of a span.
  std::string_view text(Span span) const;

private:
  std::deque<Source> sources;
};

} // namespace mlc::frontend
