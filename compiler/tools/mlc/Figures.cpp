#include "compiler/tools/mlc/Figures.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace mlc::tool {

std::string figuresText(const FiguresSpec &figures, const std::vector<double> &values, bool knownOnly) {
  std::string text;
  auto table = figures.tables.begin();
  for (size_t i = 0; i < std::min(figures.names.size(), values.size()); ++i) {
    if (table != figures.tables.end() && static_cast<int64_t>(i) == table->first) {
      i += static_cast<size_t>(*checkedProduct(table->shape)) - 1;
      ++table;
      continue;
    }
    if (!knownOnly || !std::isnan(values[i]))
      text += fmt::format("{}{} {:.4f}", text.empty() ? "" : "  ", figures.names[i], values[i]);
  }
  return text;
}

std::string tablesText(const FiguresSpec &figures, const std::vector<double> &values) {
  std::string text;
  for (const TableSpec &table : figures.tables) {
    int64_t count = *checkedProduct(table.shape), columns = table.shape.back();
    const double *elements = values.data() + table.first;
    bool isWhole = std::all_of(elements, elements + count, [](double value) {
      return std::trunc(value) == value && std::fabs(value) < 1e15;
    });
    auto number = [&](double value) { return fmt::format(isWhole ? "{:.0f}" : "{:.4f}", value); };
    size_t width = std::to_string(columns - 1).size();
    for (int64_t i = 0; i < count; ++i)
      width = std::max(width, number(elements[i]).size());
    // The first column holds the places along the axes before the last.
    std::vector<std::string> heads;
    size_t headWidth = table.name.size();
    for (int64_t row = 0; row < count / columns; ++row) {
      std::string head;
      for (size_t axis = table.shape.size() - 1, left = static_cast<size_t>(row); axis-- > 0;) {
        auto extent = static_cast<size_t>(table.shape[axis]);
        head = std::to_string(left % extent) + (head.empty() ? "" : " ") + head;
        left /= extent;
      }
      headWidth = std::max(headWidth, head.size());
      heads.push_back(head);
    }
    text += fmt::format("{:<{}}", table.name, headWidth);
    for (int64_t column = 0; column < columns; ++column)
      text += fmt::format("  {:>{}}", column, width);
    for (int64_t i = 0; i < count; ++i) {
      if (i % columns == 0)
        text += fmt::format("\n{:>{}}", heads[static_cast<size_t>(i / columns)], headWidth);
      text += fmt::format("  {:>{}}", number(elements[i]), width);
    }
    text += "\n";
  }
  return text;
}

/// The elements of a table from `values` on, by its axes from `axis` on.
static nlohmann::ordered_json tableJson(const std::vector<int64_t> &shape, size_t axis,
                                        const double *&values) {
  if (axis == shape.size()) {
    double value = *values++;
    return std::isfinite(value) ? nlohmann::ordered_json(value)
                                : nlohmann::ordered_json(nullptr); // no NaN in JSON
  }
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (int64_t i = 0; i < shape[axis]; ++i)
    list.push_back(tableJson(shape, axis + 1, values));
  return list;
}

std::string figuresJson(const FiguresOf &of, const std::vector<double> &values, const FiguresSpec &figures) {
  nlohmann::ordered_json json;
  json["split"] = of.split;
  if (of.epoch)
    json["epoch"] = *of.epoch;
  if (of.update)
    json["update"] = *of.update;
  json["samples"] = of.samples;
  if (of.best)
    json["best"] = *of.best;
  const double *next = values.data();
  auto table = figures.tables.begin();
  for (const double *end = next + values.size(); next != end;) {
    int64_t place = next - values.data();
    if (table != figures.tables.end() && table->first == place) {
      json[table->name] = tableJson(table->shape, 0, next);
      ++table;
    } else {
      json[figures.names[static_cast<size_t>(place)]] = tableJson({}, 0, next);
    }
  }
  return json.dump() + "\n";
}

} // namespace mlc::tool
