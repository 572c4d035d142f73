#include "runtime/data/Statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mlc {
namespace {

/// How many bytes of rows are looked at together.
constexpr int64_t pieceBytes = int64_t(1) << 20;

template <typename T>
Expected<std::vector<double>> compute(const Rows &rows, const Column &column, StatisticKind kind,
                                      size_t width) {
  int64_t pieceRows = std::max<int64_t>(pieceBytes / std::max<int64_t>(column.rowBytes, 1), 1);
  std::vector<T> piece(width * static_cast<size_t>(std::min(pieceRows, rows.size())));
  auto each = [&](auto visit) -> Status {
    for (int64_t first = 0; first < rows.size(); first += pieceRows) {
      int64_t count = std::min(pieceRows, rows.size() - first);
      MLC_TRY(column.copyRows(rows.numbers.data() + first, count, reinterpret_cast<uint8_t *>(piece.data())));
      const T *at = piece.data();
      for (int64_t row = 0; row < count; ++row)
        for (size_t i = 0; i < width; ++i, ++at)
          if (auto wide = static_cast<double>(*at); !std::isnan(wide))
            visit(i, wide);
    }
    return {};
  };
  std::vector<double> count(width, 0), result(width, 0);
  if (kind == StatisticKind::Min || kind == StatisticKind::Max) {
    double sign = kind == StatisticKind::Min ? 1 : -1;
    result.assign(width, std::numeric_limits<double>::infinity());
    MLC_TRY(each([&](size_t i, double value) {
      count[i] += 1;
      result[i] = std::fmin(result[i], sign * value);
    }));
    for (double &value : result)
      value *= sign;
  } else {
    MLC_TRY(each([&](size_t i, double value) {
      count[i] += 1;
      result[i] += value;
    }));
    for (size_t i = 0; i < width; ++i)
      result[i] /= count[i];
    if (kind == StatisticKind::Std) {
      std::vector<double> squares(width, 0);
      MLC_TRY(each([&](size_t i, double value) { squares[i] += (value - result[i]) * (value - result[i]); }));
      for (size_t i = 0; i < width; ++i)
        result[i] = std::sqrt(squares[i] / count[i]);
    }
  }
  for (size_t i = 0; i < width; ++i)
    if (count[i] == 0)
      result[i] = std::numeric_limits<double>::quiet_NaN();
  return result;
}

} // namespace

Expected<std::vector<double>> statisticOf(const Rows &rows, const Column &column, StatisticKind kind) {
  auto width = static_cast<size_t>(column.rowBytes / sizeOf(column.field.dtype));
  return visitDType(column.field.dtype, [&](auto element) {
    return compute<typename decltype(element)::Type>(rows, column, kind, width);
  });
}

} // namespace mlc
