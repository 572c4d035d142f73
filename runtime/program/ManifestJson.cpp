// The manifest as JSON: one function prints it, one reads it back, in the same order.
#include "runtime/Json.h"
#include "runtime/program/Manifest.h"

#include <array>

namespace mlc {
namespace {

constexpr std::array<std::string_view, 4> roleNames = {"param", "slot", "state", "statistic"};
constexpr std::array<std::string_view, 5> functionNames = {"init", "train_step", "eval_step", "predict",
                                                           "figures"};
constexpr std::array<std::string_view, 4> statisticNames = {"mean", "std", "min", "max"};
constexpr std::array<std::string_view, 5> codingNames = {"number", "category", "vocabulary", "hash", "date"};

template <typename Enum, size_t N>
Enum enumNamed(const std::array<std::string_view, N> &names, JsonObject &object, const char *key) {
  std::string name = object.text(key);
  for (size_t i = 0; i < N; ++i)
    if (names[i] == name)
      return static_cast<Enum>(i);
  object.fail(key, "has the unknown value '" + name.substr(0, 32) + "'");
  return static_cast<Enum>(0);
}

DType readDType(JsonObject &object) {
  std::string name = object.text("dtype");
  std::optional<DType> dtype = dtypeNamed(name);
  if (!dtype)
    object.fail("dtype", "has the unknown value '" + name.substr(0, 32) + "'");
  return dtype.value_or(DType::F32);
}

Json print(const StateTensor &tensor) {
  return {{"name", tensor.name},           {"role", nameOf(tensor.role)}, {"dtype", nameOf(tensor.dtype)},
          {"shape", tensor.shape},         {"offset", tensor.offset},     {"bytes", tensor.bytes},
          {"trainable", tensor.trainable}, {"panel", tensor.panel}};
}

StateTensor readStateTensor(JsonObject object) {
  StateTensor tensor;
  tensor.name = object.text("name");
  tensor.role = enumNamed<Role>(roleNames, object, "role");
  tensor.dtype = readDType(object);
  tensor.shape = object.integers("shape");
  tensor.offset = object.integer("offset");
  tensor.bytes = object.integer("bytes");
  tensor.trainable = object.boolean("trainable");
  if (object.has("panel")) // runs of before have none
    tensor.panel = object.integer("panel");
  return tensor;
}

Json print(const std::vector<Port> &ports) {
  Json list = Json::array();
  for (const Port &port : ports)
    list.push_back({{"name", port.name},
                    {"dtype", nameOf(port.dtype)},
                    {"shape", port.shape},
                    {"batched", port.batched}});
  return list;
}

std::vector<Port> readPorts(JsonObject &object, const char *key) {
  std::vector<Port> ports;
  object.each(key, [&](JsonObject entry) {
    Port port;
    port.name = entry.text("name");
    port.dtype = readDType(entry);
    port.shape = entry.integers("shape");
    port.batched = entry.boolean("batched");
    ports.push_back(std::move(port));
  });
  return ports;
}

Json print(const FunctionSpec &function) {
  return {{"kind", nameOf(function.kind)},
          {"inputs", print(function.inputs)},
          {"outputs", print(function.outputs)}};
}

FunctionSpec readFunction(JsonObject object) {
  FunctionSpec function;
  function.kind = enumNamed<FunctionKind>(functionNames, object, "kind");
  function.inputs = readPorts(object, "inputs");
  function.outputs = readPorts(object, "outputs");
  return function;
}

Json print(const ReaderSpec &reader) {
  Json options = Json::object();
  for (const auto &[name, value] : reader.options)
    options[name] = value;
  return {{"kind", reader.kind}, {"files", reader.files}, {"options", std::move(options)}};
}

std::optional<ReaderSpec> readReader(JsonObject &data, const char *split) {
  if (!data.has(split))
    return std::nullopt;
  JsonObject object = data.object(split);
  ReaderSpec reader;
  reader.kind = object.text("kind");
  reader.files = object.texts("files");
  reader.options = object.textMap("options");
  return reader;
}

Json print(const FieldSpec &field) {
  Json json = {{"name", field.name},       {"dtype", nameOf(field.dtype)},   {"shape", field.shape},
               {"columns", field.columns}, {"categories", field.categories}, {"optional", field.optional},
               {"classes", field.classes}, {"coding", nameOf(field.coding)}};
  if (!field.parts.empty())
    json["parts"] = field.parts;
  if (field.missing)
    json["missing"] = *field.missing;
  return json;
}

FieldSpec readField(JsonObject object) {
  FieldSpec field;
  field.name = object.text("name");
  field.dtype = readDType(object);
  field.shape = object.integers("shape");
  field.columns = object.texts("columns");
  field.categories = object.integer("categories");
  field.optional = object.boolean("optional");
  field.classes = object.integer("classes");
  if (object.has("coding"))
    field.coding = enumNamed<Coding>(codingNames, object, "coding");
  else if (field.categories > 0) // runs of before do not say
    field.coding = Coding::Category;
  if (object.has("parts"))
    field.parts = object.texts("parts");
  if (object.has("missing"))
    field.missing = object.texts("missing");
  return field;
}

Json print(const DataSpec &data) {
  Json json = {{"name", data.name}};
  if (data.train)
    json["train"] = print(*data.train);
  if (data.validation)
    json["validation"] = print(*data.validation);
  if (data.test)
    json["test"] = print(*data.test);
  json["fields"] = Json::array();
  for (const FieldSpec &field : data.fields)
    json["fields"].push_back(print(field));
  json["statistics"] = Json::array();
  for (const StatisticSpec &statistic : data.statistics)
    json["statistics"].push_back(
        {{"field", statistic.field}, {"kind", nameOf(statistic.kind)}, {"tensor", statistic.tensor}});
  json["validation_fraction"] = jsonNumber(data.validationFraction);
  return json;
}

DataSpec readData(JsonObject object) {
  DataSpec data;
  data.name = object.text("name");
  data.train = readReader(object, "train");
  data.validation = readReader(object, "validation");
  data.test = readReader(object, "test");
  object.each("fields", [&](JsonObject entry) { data.fields.push_back(readField(entry)); });
  object.each("statistics", [&](JsonObject entry) {
    StatisticSpec statistic;
    statistic.field = entry.text("field");
    statistic.kind = enumNamed<StatisticKind>(statisticNames, entry, "kind");
    statistic.tensor = entry.text("tensor");
    data.statistics.push_back(std::move(statistic));
  });
  data.validationFraction = object.number("validation_fraction");
  return data;
}

Json print(const ImportSpec &import) {
  Json tensors = Json::array();
  for (const ImportTensor &tensor : import.tensors)
    tensors.push_back({{"tensor", tensor.tensor}, {"source", tensor.source}, {"order", tensor.order}});
  return {{"file", import.file}, {"tensors", std::move(tensors)}};
}

ImportSpec readImport(JsonObject object) {
  ImportSpec import;
  import.file = object.text("file");
  object.each("tensors", [&](JsonObject entry) {
    import.tensors.push_back({entry.text("tensor"), entry.text("source"), entry.integers("order")});
  });
  return import;
}

Json print(const TrainSpec &train) {
  Json json = {{"batch", train.batch}};
  if (train.epochs)
    json["epochs"] = *train.epochs;
  if (train.steps)
    json["steps"] = *train.steps;
  json["seed"] = train.seed;
  json["patience"] = train.patience;
  json["best_figure"] = train.bestFigure;
  json["best_is_max"] = train.bestIsMax;
  if (train.leastRows > 1) {
    json["least_rows"] = train.leastRows;
    json["least_rows_reason"] = train.leastRowsReason;
  }
  json["precision"] = train.precision;
  json["numbers"] = Json::object();
  for (const auto &[name, value] : train.numbers)
    json["numbers"][name] = value;
  return json;
}

TrainSpec readTrain(JsonObject object) {
  TrainSpec train;
  train.batch = object.integer("batch");
  if (object.has("epochs"))
    train.epochs = object.integer("epochs");
  if (object.has("steps"))
    train.steps = object.integer("steps");
  train.seed = object.natural("seed");
  train.patience = object.integer("patience");
  train.bestFigure = object.text("best_figure");
  train.bestIsMax = object.boolean("best_is_max");
  if (object.has("least_rows")) { // not in runs of older versions
    train.leastRows = object.integer("least_rows");
    train.leastRowsReason = object.text("least_rows_reason");
  }
  if (object.has("precision")) { // not in runs of older versions
    train.precision = object.text("precision");
    train.numbers = object.textMap("numbers");
  }
  return train;
}

} // namespace

std::string_view nameOf(Role role) { return roleNames[static_cast<size_t>(role)]; }
std::string_view nameOf(FunctionKind kind) { return functionNames[static_cast<size_t>(kind)]; }
std::string_view nameOf(StatisticKind kind) { return statisticNames[static_cast<size_t>(kind)]; }
std::string_view nameOf(Coding coding) { return codingNames[static_cast<size_t>(coding)]; }

std::string printManifest(const Manifest &manifest) {
  Json json = {{"version", manifest.version},
               {"program", manifest.program},
               {"model_hash", manifest.modelHash},
               {"training_hash", manifest.trainingHash}};
  json["state"] = Json::array();
  for (const StateTensor &tensor : manifest.state)
    json["state"].push_back(print(tensor));
  json["state_bytes"] = manifest.stateBytes;
  json["functions"] = Json::array();
  for (const FunctionSpec &function : manifest.functions)
    json["functions"].push_back(print(function));
  json["scalars"] = Json::array();
  for (const ScalarSpec &scalar : manifest.scalars)
    json["scalars"].push_back({{"name", scalar.name}, {"value", scalar.value.print()}});
  json["figures"] = {{"names", manifest.figures.names}, {"sums", manifest.figures.sums}};
  for (const TableSpec &table : manifest.figures.tables)
    json["figures"]["tables"].push_back(
        {{"name", table.name}, {"first", table.first}, {"shape", table.shape}});
  for (const RankingSpec &ranking : manifest.figures.rankings)
    json["figures"]["rankings"].push_back({{"per_row", ranking.perRow}, {"sums", ranking.sums}});
  json["data"] = print(manifest.data);
  json["imports"] = Json::array();
  for (const ImportSpec &import : manifest.imports)
    json["imports"].push_back(print(import));
  json["train"] = print(manifest.train);
  return printJson(json);
}

Expected<Manifest> parseManifest(std::string_view text, std::string_view where) {
  Expected<Json> json = parseJson(text, where);
  if (!json)
    return json.status();
  Status status;
  JsonObject object(*json, std::string(where), status);
  Manifest manifest;
  manifest.version = object.integer("version");
  manifest.program = object.text("program");
  manifest.modelHash = object.text("model_hash");
  if (object.has("training_hash")) // not in runs of older versions
    manifest.trainingHash = object.text("training_hash");
  object.each("state", [&](JsonObject entry) { manifest.state.push_back(readStateTensor(entry)); });
  manifest.stateBytes = object.integer("state_bytes");
  object.each("functions", [&](JsonObject entry) { manifest.functions.push_back(readFunction(entry)); });
  object.each("scalars", [&](JsonObject entry) {
    ScalarSpec scalar;
    scalar.name = entry.text("name");
    Expected<ScalarExpr> value =
        ScalarExpr::parse(entry.text("value"), static_cast<int32_t>(manifest.scalars.size()));
    if (value)
      scalar.value = std::move(*value);
    else
      entry.fail("value", "is wrong: " + value.status().message());
    manifest.scalars.push_back(std::move(scalar));
  });
  JsonObject figures = object.object("figures");
  manifest.figures.names = figures.texts("names");
  manifest.figures.sums = figures.integer("sums");
  if (figures.has("tables"))
    figures.each("tables", [&](JsonObject entry) {
      manifest.figures.tables.push_back(
          {entry.text("name"), entry.integer("first"), entry.integers("shape")});
    });
  if (figures.has("rankings"))
    figures.each("rankings", [&](JsonObject entry) {
      manifest.figures.rankings.push_back({entry.integer("per_row"), entry.integer("sums")});
    });
  manifest.data = readData(object.object("data"));
  if (object.has("imports")) // not in runs of older versions
    object.each("imports", [&](JsonObject entry) { manifest.imports.push_back(readImport(entry)); });
  manifest.train = readTrain(object.object("train"));
  MLC_TRY(status);
  if (Status verified = verifyManifest(manifest); !verified.isOk())
    return Status::badData(verified.message() + ", " + std::string(where));
  return manifest;
}

} // namespace mlc
