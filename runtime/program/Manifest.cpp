// Lookups and the invariants of a manifest. The text form is in ManifestJson.cpp.
#include "runtime/program/Manifest.h"

#include "runtime/Date.h"
#include "runtime/Json.h"

#include <algorithm>
#include <numeric>
#include <set>

namespace mlc {

const StateTensor *Manifest::findState(std::string_view name) const {
  for (const StateTensor &tensor : state)
    if (tensor.name == name)
      return &tensor;
  return nullptr;
}

const FunctionSpec *Manifest::findFunction(FunctionKind kind) const {
  for (const FunctionSpec &function : functions)
    if (function.kind == kind)
      return &function;
  return nullptr;
}

const FieldSpec *Manifest::findField(std::string_view name) const {
  for (const FieldSpec &field : data.fields)
    if (field.name == name)
      return &field;
  return nullptr;
}

std::unordered_map<std::string_view, const StateTensor *> statesByName(const Manifest &manifest) {
  std::unordered_map<std::string_view, const StateTensor *> byName;
  for (const StateTensor &tensor : manifest.state)
    byName.emplace(tensor.name, &tensor);
  return byName;
}

std::unordered_map<std::string_view, const FieldSpec *> fieldsByName(const Manifest &manifest) {
  std::unordered_map<std::string_view, const FieldSpec *> byName;
  for (const FieldSpec &field : manifest.data.fields)
    byName.emplace(field.name, &field);
  return byName;
}

namespace {

using StatesByName = std::unordered_map<std::string_view, const StateTensor *>;
using FieldsByName = std::unordered_map<std::string_view, const FieldSpec *>;

template <typename Map> auto find(const Map &map, std::string_view name) -> typename Map::mapped_type {
  auto found = map.find(name);
  return found == map.end() ? nullptr : found->second;
}

// Far above any program, far below where sums of sizes overflow.
constexpr int64_t maxBytes = int64_t(1) << 46;

// Numbers collected of one row.
constexpr int64_t maxRanked = int64_t(1) << 24;

Status bad(const std::string &what) { return Status::badData("manifest: " + what); }

Status verifyState(const Manifest &manifest) {
  if (manifest.stateBytes < 0 || manifest.stateBytes > maxBytes)
    return bad("stateBytes is out of range");
  std::set<std::string_view> names;
  std::vector<const StateTensor *> byOffset;
  for (const StateTensor &tensor : manifest.state) {
    if (tensor.name.empty() || !names.insert(tensor.name).second)
      return bad("state tensor '" + tensor.name + "' has no name of its own");
    std::optional<int64_t> bytes = checkedProduct(tensor.shape, sizeOf(tensor.dtype));
    if (!bytes || *bytes != tensor.bytes)
      return bad("state tensor '" + tensor.name + "': bytes do not agree with its shape");
    if (tensor.panel < 0 ||
        (tensor.panel > 0 && (tensor.shape.size() != 2 || tensor.shape[1] % tensor.panel != 0)))
      return bad("state tensor '" + tensor.name + "' is no matrix of panels of " +
                 std::to_string(tensor.panel) + " columns");
    if (tensor.offset < 0 || tensor.offset % 64 != 0 || tensor.offset > manifest.stateBytes ||
        tensor.bytes > manifest.stateBytes - tensor.offset)
      return bad("state tensor '" + tensor.name + "' does not lie in the state, or not at a multiple of 64");
    byOffset.push_back(&tensor);
  }
  std::sort(byOffset.begin(), byOffset.end(), [](const StateTensor *a, const StateTensor *b) {
    return a->offset != b->offset ? a->offset < b->offset : a->bytes < b->bytes;
  });
  for (size_t i = 1; i < byOffset.size(); ++i)
    if (byOffset[i - 1]->offset + byOffset[i - 1]->bytes > byOffset[i]->offset)
      return bad("state tensors '" + byOffset[i - 1]->name + "' and '" + byOffset[i]->name + "' overlap");
  return {};
}

Status verifyCoding(const FieldSpec &field) {
  const bool isDate = field.coding == Coding::Date;
  int64_t least = field.coding == Coding::Vocabulary ? leastVocabulary
                  : field.coding == Coding::Hash     ? leastHash
                  : field.coding == Coding::Category ? 1
                                                     : 0;
  if (field.categories < least || field.categories > mostCodes || (least == 0 && field.categories != 0))
    return bad("field '" + field.name + "' has a number of codes that cannot be");
  const bool isReal = isFloat(field.dtype);
  if (isDate != !field.parts.empty() ||
      (isDate && (!isReal || static_cast<int64_t>(field.parts.size()) != *checkedProduct(field.shape))))
    return bad("field '" + field.name + "' has parts that do not make it");
  for (const std::string &part : field.parts)
    if (!datePartNamed(part))
      return bad("field '" + field.name + "' has the unknown part '" + part.substr(0, 32) + "' of a date");
  return {};
}

Status verifyFields(const DataSpec &data) {
  std::set<std::string_view> names;
  for (const FieldSpec &field : data.fields) {
    if (field.name.empty() || !names.insert(field.name).second)
      return bad("field '" + field.name + "' has no name of its own");
    std::optional<int64_t> bytes = checkedProduct(field.shape, sizeOf(field.dtype));
    if (!bytes || *bytes > maxBytes || *bytes == 0)
      return bad("field '" + field.name + "' has a size that cannot be");
    if (field.categories < 0 || field.classes < 0)
      return bad("field '" + field.name + "' has a negative number of values");
    if (field.categories > 0 && field.dtype != DType::I32)
      return bad("field '" + field.name + "' has categories but is not i32");
    MLC_TRY(verifyCoding(field));
    // One column may hold several numbers: that is for the reader to know.
    auto columns = static_cast<int64_t>(field.columns.size());
    if (columns > 1 && field.coding == Coding::Date)
      return bad("field '" + field.name + "' has several columns for a date");
    if (columns > 1 && columns != *checkedProduct(field.shape))
      return bad("field '" + field.name + "' has another number of columns than elements");
  }
  for (const ReaderSpec *reader :
       {data.train ? &*data.train : nullptr, data.validation ? &*data.validation : nullptr,
        data.test ? &*data.test : nullptr})
    if (reader && reader->kind.empty())
      return bad("a reader has no kind");
  if (!(data.validationFraction >= 0 && data.validationFraction < 1))
    return bad("the share of validation rows is not in [0, 1)");
  return {};
}

Status verifyStatistics(const Manifest &manifest, const StatesByName &states, const FieldsByName &fields) {
  for (const StatisticSpec &statistic : manifest.data.statistics) {
    const FieldSpec *field = find(fields, statistic.field);
    const StateTensor *tensor = find(states, statistic.tensor);
    if (!field || !tensor)
      return bad("statistic '" + statistic.tensor + "' names a field or tensor that is not there");
    if (tensor->role != Role::Statistic || tensor->shape != field->shape || !isFloat(tensor->dtype))
      return bad("statistic '" + statistic.tensor + "' has a tensor of another role, shape or type");
  }
  return {};
}

Status verifyPort(const FunctionSpec &function, const Port &port) {
  std::optional<int64_t> bytes = checkedProduct(port.shape, sizeOf(port.dtype));
  if (!bytes || *bytes > maxBytes)
    return bad(std::string(nameOf(function.kind)) + ": '" + port.name + "' has a size that cannot be");
  return {};
}

bool isVector(const std::vector<Port> &ports, int64_t length) {
  return ports.size() == 1 && ports[0].dtype == DType::F64 &&
         ports[0].shape == std::vector<int64_t>{length} && !ports[0].batched;
}

Status verifyFunction(const Manifest &manifest, const FieldsByName &fields, const FunctionSpec &function) {
  std::string name(nameOf(function.kind));
  for (const Port &port : function.inputs)
    MLC_TRY(verifyPort(function, port));
  for (const Port &port : function.outputs)
    MLC_TRY(verifyPort(function, port));
  FunctionKind kind = function.kind;
  if (kind == FunctionKind::Init && (!function.inputs.empty() || !function.outputs.empty()))
    return bad("init has inputs or outputs");
  int64_t sums = manifest.figures.sums;
  if (kind == FunctionKind::Figures &&
      (!isVector(function.inputs, sums) ||
       !isVector(function.outputs, static_cast<int64_t>(manifest.figures.names.size()))))
    return bad("figures does not turn the sums into the figures");
  if (kind == FunctionKind::TrainStep || kind == FunctionKind::EvalStep) {
    std::vector<Port> outputs = function.outputs;
    if (int64_t width = manifest.figures.rankedWidth(); width > 0) {
      const Port *last = outputs.empty() ? nullptr : &outputs.back();
      if (!last || last->dtype != DType::F64 || !last->batched || last->shape != std::vector<int64_t>{width})
        return bad(name + " does not give the scores to be ranked");
      outputs.pop_back();
    }
    if (!isVector(outputs, sums))
      return bad(name + " does not give the sums");
  }
  if (kind == FunctionKind::TrainStep || kind == FunctionKind::EvalStep || kind == FunctionKind::Predict) {
    for (const Port &port : function.inputs) {
      const FieldSpec *field = find(fields, port.name);
      if (!field && kind == FunctionKind::Predict && port.batched)
        continue; // `given`: known to whoever predicts only
      if (!field || field->dtype != port.dtype || field->shape != port.shape || !port.batched)
        return bad(name + ": input '" + port.name + "' is not a field of the data");
    }
  }
  return {};
}

Status verifyTraining(const Manifest &manifest) {
  const TrainSpec &train = manifest.train;
  if (train.batch < 1 || train.batch > (int64_t(1) << 31))
    return bad("batch is out of range");
  if (train.leastRows < 1 || train.leastRows > (int64_t(1) << 31))
    return bad("the fewest rows of a batch are out of range");
  if (train.epochs.has_value() == train.steps.has_value())
    return bad("exactly one of epochs and steps must be given");
  if ((train.epochs && *train.epochs < 0) || (train.steps && *train.steps < 0) || train.patience < 0)
    return bad("a length of training is negative");
  const auto &names = manifest.figures.names;
  if (manifest.figures.sums < 0 || manifest.figures.sums > (int64_t(1) << 24))
    return bad("the number of sums is out of range");
  for (const RankingSpec &ranking : manifest.figures.rankings)
    if (ranking.perRow < 1 || ranking.perRow > maxRanked || ranking.sums < 0 ||
        ranking.sums > manifest.figures.sums - 2)
      return bad("a ranking is out of range");
  if (manifest.figures.rankings.size() > maxRanked || manifest.figures.rankedWidth() > maxRanked)
    return bad("there are too many rankings");
  int64_t next = 0;
  for (const TableSpec &table : manifest.figures.tables) {
    std::optional<int64_t> count = checkedProduct(table.shape);
    if (!count || *count < 1 || table.first < next ||
        *count > static_cast<int64_t>(names.size()) - table.first)
      return bad("the table '" + table.name + "' is not among the figures");
    next = table.first + *count;
  }
  if (std::set<std::string>(names.begin(), names.end()).size() != names.size())
    return bad("two figures have one name");
  if (!names.empty() && std::find(names.begin(), names.end(), train.bestFigure) == names.end())
    return bad("the best checkpoint is chosen by '" + train.bestFigure + "', which is no figure");
  return {};
}

Status verifyImports(const Manifest &manifest, const StatesByName &states) {
  for (const ImportSpec &import : manifest.imports)
    for (const ImportTensor &tensor : import.tensors) {
      const StateTensor *own = find(states, tensor.tensor);
      if (!own || (own->role != Role::Param && own->role != Role::State))
        return bad("'" + tensor.tensor + "' is imported, and is no param or state");
      std::vector<int64_t> order = tensor.order, all(own->shape.size());
      std::sort(order.begin(), order.end());
      std::iota(all.begin(), all.end(), 0);
      if (!order.empty() && order != all)
        return bad("'" + tensor.tensor + "' is imported in an order that is none of its axes");
    }
  return {};
}

} // namespace

Status verifyManifest(const Manifest &manifest) {
  if (manifest.version != Manifest::currentVersion)
    return bad("version " + std::to_string(manifest.version) + " is not known here");
  MLC_TRY(verifyState(manifest));
  MLC_TRY(verifyFields(manifest.data));
  const StatesByName states = statesByName(manifest);
  const FieldsByName fields = fieldsByName(manifest);
  MLC_TRY(verifyStatistics(manifest, states, fields));
  MLC_TRY(verifyImports(manifest, states));
  MLC_TRY(verifyTraining(manifest));
  std::set<FunctionKind> kinds;
  for (const FunctionSpec &function : manifest.functions) {
    if (!kinds.insert(function.kind).second)
      return bad("a function appears twice");
    MLC_TRY(verifyFunction(manifest, fields, function));
  }
  for (size_t i = 0; i < manifest.scalars.size(); ++i)
    MLC_TRY(ScalarExpr::parse(manifest.scalars[i].value.print(), static_cast<int32_t>(i)).status());
  return {};
}

} // namespace mlc
