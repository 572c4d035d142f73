#include "runtime/data/Statistics.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace mlc {
namespace {

template <typename T>
std::vector<double> compute(const Rows &rows, const Column &column, StatisticKind kind, size_t width) {
  auto each = [&](auto visit) {
    for (int64_t row : rows.numbers) {
      const uint8_t *at = column.row(row);
      for (size_t i = 0; i < width; ++i, at += sizeof(T)) {
        T value;
        std::memcpy(&value, at, sizeof value);
        auto wide = static_cast<double>(value);
        if (!std::isnan(wide))
          visit(i, wide);
      }
    }
  };
  std::vector<double> count(width, 0), result(width, 0);
  each([&](size_t i, double) { count[i] += 1; });
  if (kind == StatisticKind::Min || kind == StatisticKind::Max) {
    double sign = kind == StatisticKind::Min ? 1 : -1;
    result.assign(width, std::numeric_limits<double>::infinity());
    each([&](size_t i, double value) { result[i] = std::fmin(result[i], sign * value); });
    for (double &value : result)
      value *= sign;
  } else {
    each([&](size_t i, double value) { result[i] += value; });
    for (size_t i = 0; i < width; ++i)
      result[i] /= count[i];
    if (kind == StatisticKind::Std) {
      std::vector<double> squares(width, 0);
      each([&](size_t i, double value) { squares[i] += (value - result[i]) * (value - result[i]); });
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

std::vector<double> statisticOf(const Rows &rows, const Column &column, StatisticKind kind) {
  auto width = static_cast<size_t>(column.rowBytes / sizeOf(column.field.dtype));
  switch (column.field.dtype) {
  case DType::F32:
    return compute<float>(rows, column, kind, width);
  case DType::F64:
    return compute<double>(rows, column, kind, width);
  case DType::I32:
    return compute<int32_t>(rows, column, kind, width);
  case DType::I64:
    return compute<int64_t>(rows, column, kind, width);
  case DType::U8:
  case DType::Bool:
    return compute<uint8_t>(rows, column, kind, width);
  }
  return {};
}

} // namespace mlc
