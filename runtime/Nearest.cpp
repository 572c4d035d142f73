#include "runtime/Nearest.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>

namespace mlc {
namespace {

constexpr size_t maxLetters = 256;
/// Comparisons of letters that a suggestion is worth, half a second's: names may come from a file with a
/// million of them.
constexpr size_t mostComparisons = size_t(1) << 27;

/// Half points: 2 for an insertion, a deletion, a replacement or an exchange of neighbours, 1 for a change of
/// case; or something larger than `limit` as soon as it is known to be. Both have at most maxLetters. Adds to
/// `comparisons`.
size_t distance(std::string_view a, std::string_view b, size_t limit, size_t &comparisons) {
  auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  // Two letters shorter or longer are two insertions; nor can a path stray farther from the diagonal.
  const size_t band = limit / 2;
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > band)
    return limit + 1;
  // The row of this letter of a, of the one before and of the one before that.
  std::array<std::array<size_t, maxLetters + 1>, 3> rows;
  for (auto &row : rows)
    std::fill_n(row.begin(), b.size() + 1, limit + 1);
  size_t leastBefore = 0;
  for (size_t i = 0; i <= a.size(); ++i) {
    auto &row = rows[i % 3], &above = rows[(i + 2) % 3], &before = rows[(i + 1) % 3];
    size_t first = i > band ? i - band : 0, last = std::min(b.size(), i + band), least = limit + 1;
    // Beside the band is nothing.
    if (first > 0)
      row[first - 1] = limit + 1;
    comparisons += last - first + 1;
    for (size_t j = first; j <= last; ++j) {
      if (i == 0 || j == 0) {
        row[j] = 2 * (i + j);
      } else {
        size_t change = a[i - 1] == b[j - 1] ? 0 : lower(a[i - 1]) == lower(b[j - 1]) ? 1 : 2;
        row[j] = std::min({above[j] + 2, row[j - 1] + 2, above[j - 1] + change});
        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
          row[j] = std::min(row[j], before[j - 2] + 2);
      }
      least = std::min(least, row[j]);
    }
    if (last < b.size())
      row[last + 1] = limit + 1;
    // An exchange reaches back two rows.
    if (std::min(least, leastBefore) > limit)
      return limit + 1;
    leastBefore = least;
  }
  return rows[a.size() % 3][b.size()];
}

} // namespace

std::string nearestName(std::string_view name, const std::vector<std::string> &candidates) {
  std::string nearest;
  size_t least = SIZE_MAX, comparisons = 0;
  if (name.size() > maxLetters)
    return nearest;
  for (const std::string &candidate : candidates) {
    if (candidate.size() > maxLetters)
      continue;
    if (comparisons > mostComparisons)
      break;
    // A third of the letters, in half points; and less than the nearest so far.
    size_t limit = std::min(2 * std::max<size_t>(3, std::max(candidate.size(), name.size())) / 3, least - 1);
    size_t d = distance(name, candidate, limit, comparisons);
    if (d <= limit) {
      least = d;
      nearest = candidate;
    }
    if (least == 0)
      break;
  }
  return nearest;
}

std::string didYouMean(std::string_view name, const std::vector<std::string> &candidates) {
  std::string nearest = nearestName(name, candidates);
  return nearest.empty() ? "" : "; did you mean '" + nearest + "'?";
}

} // namespace mlc
