#include "runtime/train/Predict.h"

#include "runtime/Elements.h"
#include "runtime/Json.h"
#include "runtime/Number.h"
#include "runtime/data/Loader.h"
#include "runtime/train/Evaluate.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <unordered_map>
#include <unordered_set>

namespace mlc {
namespace {

template <typename T> T load(const uint8_t *at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <typename T> std::string printFloat(T value, PredictFormat format) {
  if (format == PredictFormat::JsonLines && !std::isfinite(value))
    return "null";
  return printNumber(value);
}

std::string printElement(DType dtype, const uint8_t *at, PredictFormat format) {
  if (dtype == DType::Bool && format == PredictFormat::JsonLines)
    return *at ? "true" : "false";
  return visitDType(dtype, [&](auto element) {
    using T = typename decltype(element)::Type;
    if constexpr (element.dtype == DType::Bool)
      return std::string(*at ? "1" : "0");
    else if constexpr (element.isFloat)
      return printFloat(load<T>(at), format);
    else
      return std::to_string(load<T>(at));
  });
}

std::string quoteCsv(const std::string &text) {
  bool blank = !text.empty() &&
               (text.front() == ' ' || text.front() == '\t' || text.back() == ' ' || text.back() == '\t');
  if (!blank && text.find_first_of(",\"\r\n") == std::string::npos)
    return text;
  std::string quoted = "\"";
  for (char c : text)
    quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

std::string quoteJson(const std::string &text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// The names of an output's codes, if there are any that it can use.
const CodeNames *namesOf(const Port &port, const PredictOptions &options) {
  auto found = options.names.find(port.name);
  if (found == options.names.end())
    return nullptr;
  bool isCode = port.shape.empty() && (port.dtype == DType::I32 || port.dtype == DType::I64);
  bool isVector = port.shape.size() == 1 && port.shape[0] == static_cast<int64_t>(found->second.size());
  return isCode || isVector ? &found->second : nullptr;
}

/// The name of a code, or its number.
std::string codeName(const CodeNames &names, int64_t code) {
  bool known = code >= 0 && code < static_cast<int64_t>(names.size());
  if (known && !names[static_cast<size_t>(code)].empty())
    return names[static_cast<size_t>(code)];
  std::string number = std::to_string(code);
  return known || std::find(names.begin(), names.end(), number) == names.end() ? number : "code " + number;
}

int64_t codeAt(const Port &port, const uint8_t *at) {
  return visitElement(storedAs(port.dtype), at, [](auto value) { return static_cast<int64_t>(value); });
}

/// The column names of a port: "p", or "p.0.0", "p.0.1", ..., or "p.cat", "p.dog".
std::vector<std::string> columnNames(const Port &port, const CodeNames *names) {
  std::vector<std::string> columns;
  int64_t elements = *checkedProduct(port.shape);
  for (int64_t i = 0; i < elements; ++i) {
    std::string index;
    int64_t rest = i;
    for (size_t d = port.shape.size(); d-- > 0;) {
      index = "." + std::to_string(rest % port.shape[d]) + index;
      rest /= port.shape[d];
    }
    if (names && !port.shape.empty())
      index = "." + codeName(*names, i);
    columns.push_back(port.name + index);
  }
  return columns;
}

/// Appends a tensor as nested lists. `depth` is at most the rank, which the program has, not a file.
const uint8_t *appendJson(const Port &port, size_t depth, const uint8_t *at, std::string &line) {
  if (depth == port.shape.size()) {
    line += printElement(port.dtype, at, PredictFormat::JsonLines);
    return at + sizeOf(port.dtype);
  }
  line += '[';
  for (int64_t i = 0; i < port.shape[depth]; ++i) {
    line += i ? "," : "";
    at = appendJson(port, depth + 1, at, line);
  }
  line += ']';
  return at;
}

/// Appends one output of a row as a value of JSON.
void appendJsonOutput(const Port &port, const CodeNames *names, const uint8_t *at, std::string &line) {
  if (!names) {
    appendJson(port, 0, at, line);
    return;
  }
  if (port.shape.empty()) {
    line += quoteJson(codeName(*names, codeAt(port, at)));
    return;
  }
  for (size_t i = 0; i < names->size(); ++i)
    line +=
        (i ? "," : "{") + quoteJson(codeName(*names, static_cast<int64_t>(i))) + ":" +
        printElement(port.dtype, at + i * static_cast<size_t>(sizeOf(port.dtype)), PredictFormat::JsonLines);
  line += '}';
}

/// Appends one output of a row as values of CSV.
void appendCsvOutput(const Port &port, const CodeNames *names, const uint8_t *at, std::string &line) {
  const int64_t size = sizeOf(port.dtype);
  for (int64_t i = 0; i < *checkedProduct(port.shape); ++i)
    line += (line.empty() ? "" : ",") + (names && port.shape.empty()
                                             ? quoteCsv(codeName(*names, codeAt(port, at)))
                                             : printElement(port.dtype, at + i * size, PredictFormat::Csv));
}

} // namespace

CodeNames codeNamesOf(const FieldSpec &field, const std::vector<std::string> &values) {
  CodeNames names(field.optional ? 1 : 0);
  if (field.optional)
    names[0] = "missing";
  names.insert(names.end(), values.begin(), values.end());
  if (field.categories > static_cast<int64_t>(names.size()))
    names.resize(static_cast<size_t>(field.categories));
  // What a value is called already is no other code: `missing`, or the number of a code without a value.
  const std::unordered_set<std::string> taken(values.begin(), values.end());
  for (size_t code = 0; code < names.size(); ++code) {
    const bool isValue = !names[code].empty() && !(field.optional && code == 0);
    if (isValue || !taken.count(names[code].empty() ? std::to_string(code) : names[code]))
      continue;
    names[code] = "code " + std::to_string(code);
    while (taken.count(names[code]))
      names[code] = "code " + names[code];
  }
  return names;
}

Status checkColumns(const Manifest &manifest, const PredictOptions &options,
                    const std::vector<std::string> &keep) {
  const FunctionSpec *spec = manifest.findFunction(FunctionKind::Predict);
  if (!spec)
    return predictFields(manifest).status();
  std::unordered_map<std::string, const Port *> printed;
  for (const Port &port : spec->outputs) {
    std::vector<std::string> columns = {port.name};
    if (options.format == PredictFormat::Csv)
      columns = columnNames(port, namesOf(port, options));
    for (const std::string &column : columns)
      printed.emplace(column, &port);
  }
  std::unordered_set<std::string> kept;
  for (const std::string &name : keep) {
    if (auto found = printed.find(name); found != printed.end())
      return Status::usage("--keep " + name + " has the name of what `predict " + found->second->name +
                           "` gives: call the column otherwise in the first line of the file, and here" +
                           (spec->outputs.size() > 1 ? "; or leave `predict " + found->second->name +
                                                           "` out: name the other lines with --only"
                                                     : ""));
    if (!kept.insert(name).second)
      return Status::usage("--keep " + name + " is given twice, and once is enough");
  }
  return {};
}

Expected<std::vector<FieldSpec>> predictFields(const Manifest &manifest) {
  const FunctionSpec *spec = manifest.findFunction(FunctionKind::Predict);
  if (!spec)
    return Status::usage("the model has no `predict` line; add one to its train block");
  const auto known = fieldsByName(manifest);
  std::vector<FieldSpec> fields;
  for (const Port &port : spec->inputs)
    if (auto field = known.find(port.name); field != known.end()) {
      fields.push_back(*field->second);
    } else { // `given`: a column or file of its own
      FieldSpec given;
      given.name = port.name;
      given.dtype = port.dtype;
      given.shape = port.shape;
      fields.push_back(given);
    }
  return fields;
}

Expected<int64_t> predict(Session &session, const Rows &rows, const PredictOptions &options,
                          const std::function<Status(std::string_view)> &write) {
  const FunctionSpec *spec = session.manifest().findFunction(FunctionKind::Predict);
  if (!spec)
    return predictFields(session.manifest()).status();
  LoaderPlan plan;
  for (const Port &port : spec->inputs)
    plan.fields.push_back(port.name);
  plan.batch = options.batch;
  int64_t batchRows = std::min(plan.batch, rows.size());
  Expected<std::unique_ptr<Loader>> loader = Loader::start(rows, std::move(plan));
  if (!loader)
    return loader.status();

  std::vector<Buffer> buffers;
  std::vector<void *> outputs;
  std::vector<int64_t> rowBytes;
  std::string header;
  const std::vector<KeptColumn> &kept = rows.data->kept;
  for (const KeptColumn &column : kept)
    header += (header.empty() ? "" : ",") + quoteCsv(column.name);
  std::vector<const CodeNames *> names;
  for (const Port &port : spec->outputs) {
    names.push_back(namesOf(port, options));
    rowBytes.push_back(*checkedProduct(port.shape, sizeOf(port.dtype)));
    int64_t bytes;
    if (__builtin_mul_overflow(rowBytes.back(), port.batched ? batchRows : 1, &bytes))
      return Status::failed("the predictions of a batch are too large; use a smaller batch");
    Expected<Buffer> buffer = Buffer::allocate(bytes, "the predictions of a batch");
    if (!buffer)
      return buffer.status();
    buffers.push_back(std::move(*buffer));
    outputs.push_back(buffers.back().data());
    for (const std::string &column : columnNames(port, names.back()))
      header += (header.empty() ? "" : ",") + quoteCsv(column);
  }
  if (options.format == PredictFormat::Csv)
    MLC_TRY(write(header + "\n"));

  int64_t done = 0;
  std::string text;
  while (const Batch *batch = (*loader)->next()) {
    CallPosition position{options.seed, 0, static_cast<uint64_t>(batch->at.row)};
    Status called =
        session.call(FunctionKind::Predict, batch->rows, batch->inputs, outputs, position, options.scalars);
    if (session.isOutside() && options.explainOutside)
      return options.explainOutside(FunctionKind::Predict, whatCallSaw(session, FunctionKind::Predict, *batch,
                                                                       position, options.scalars));
    MLC_TRY(called);
    text.clear();
    for (int64_t row = 0; row < batch->rows; ++row) {
      std::string line;
      const auto number = static_cast<size_t>(batch->rowNumbers[static_cast<size_t>(row)]);
      const bool isJson = options.format == PredictFormat::JsonLines;
      for (const KeptColumn &column : kept) {
        const std::string &value = column.values[number];
        line += isJson ? (line.empty() ? "" : ",") + quoteJson(column.name) + ":" + quoteJson(value)
                       : (&column == kept.data() ? "" : ",") + quoteCsv(value);
      }
      // An empty value of one column is a line without a letter, and yet a value.
      if (!isJson && kept.size() == 1 && line.empty())
        line = "\"\"";
      for (size_t o = 0; o < spec->outputs.size(); ++o) {
        const Port &port = spec->outputs[o];
        const uint8_t *at = buffers[o].data() + (port.batched ? row * rowBytes[o] : 0);
        if (isJson) {
          line += (line.empty() ? "" : ",") + quoteJson(port.name) + ":";
          appendJsonOutput(port, names[o], at, line);
        } else {
          appendCsvOutput(port, names[o], at, line);
        }
      }
      text += options.format == PredictFormat::JsonLines ? "{" + line + "}\n" : line + "\n";
    }
    MLC_TRY(write(text));
    done += batch->rows;
  }
  MLC_TRY((*loader)->status());
  return done;
}

} // namespace mlc
