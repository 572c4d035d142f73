#include "compiler/model/BuildManifest.h"

#include "compiler/model/WeightPanels.h"
#include "frontend/emit/Emit.h"

using namespace mlc::frontend;

namespace mlc::compiler {
namespace {

/// A shape without `batch`; a leading `batch` is dropped and reported in `batched`.
std::vector<int64_t> rowShape(const std::vector<Dim> &shape, bool &batched) {
  std::vector<int64_t> result;
  batched = !shape.empty() && shape.front() == Dim::batch();
  for (size_t i = batched; i < shape.size(); ++i)
    result.push_back(shape[i].at(1));
  return result;
}

Role convert(core::StateTensor::Role role) {
  switch (role) {
  case core::StateTensor::Param:
    return Role::Param;
  case core::StateTensor::State:
    return Role::State;
  case core::StateTensor::Slot:
    return Role::Slot;
  case core::StateTensor::Statistic:
    return Role::Statistic;
  }
  return Role::Param;
}

mlc::Coding convertCoding(const std::string &coding) {
  using mlc::Coding;
  for (Coding each : {Coding::Category, Coding::Vocabulary, Coding::Hash, Coding::Date})
    if (coding == nameOf(each))
      return each;
  return Coding::Number;
}

StatisticKind statisticKind(const std::string &kind) {
  if (kind == "std")
    return StatisticKind::Std;
  if (kind == "min")
    return StatisticKind::Min;
  if (kind == "max")
    return StatisticKind::Max;
  return StatisticKind::Mean;
}

/// The postfix form of an expression of the frontend.
Expected<ScalarExpr> convert(const core::ScalarExpr &expr) {
  switch (expr.kind) {
  case core::ScalarExpr::Literal:
    return ScalarExpr::literal(expr.value);
  case core::ScalarExpr::Step:
    return ScalarExpr::leaf(ScalarOp::Step);
  case core::ScalarExpr::TotalSteps:
    return ScalarExpr::leaf(ScalarOp::TotalSteps);
  case core::ScalarExpr::Epoch:
    return ScalarExpr::leaf(ScalarOp::Epoch);
  case core::ScalarExpr::ValidationFigure:
    return ScalarExpr::leaf(ScalarOp::ValidationFigure);
  case core::ScalarExpr::Size: // does not occur among run-time scalars
  case core::ScalarExpr::Op:
    break;
  }
  std::vector<ScalarExpr> operands;
  for (const core::ScalarExpr &operand : expr.operands) {
    Expected<ScalarExpr> converted = convert(operand);
    if (!converted)
      return converted.status();
    operands.push_back(*converted);
  }
  for (int i = 0; i <= static_cast<int>(ScalarOp::Select); ++i) {
    auto op = static_cast<ScalarOp>(i);
    if (nameOf(op) != expr.op || arityOf(op) != static_cast<int>(operands.size()))
      continue;
    if (operands.size() == 1)
      return ScalarExpr::unary(op, operands[0]);
    if (operands.size() == 2)
      return ScalarExpr::binary(op, operands[0], operands[1]);
    if (operands.size() == 3)
      return ScalarExpr::ternary(op, operands[0], operands[1], operands[2]);
  }
  return Status::failed("the run-time number `" + expr.op + "` is not one the runtime can evaluate");
}

void addState(const core::Program &program, Manifest &manifest) {
  int64_t offset = 0;
  std::vector<int64_t> panels = panelsOf(program);
  for (const core::StateTensor &state : program.states) {
    StateTensor tensor;
    tensor.name = state.name;
    tensor.role = convert(state.role);
    tensor.dtype = state.type.dtype;
    for (const Dim &dim : state.type.shape)
      tensor.shape.push_back(dim.at(1));
    tensor.bytes = sizeOf(tensor.dtype);
    for (int64_t dim : tensor.shape)
      tensor.bytes *= dim;
    tensor.panel = panels[manifest.state.size()];
    tensor.offset = offset;
    offset = (offset + tensor.bytes + 63) / 64 * 64;
    if (state.role == core::StateTensor::Statistic)
      manifest.data.statistics.push_back({state.field, statisticKind(state.kind), state.name});
    manifest.state.push_back(tensor);
  }
  for (const core::Objective &objective : program.objectives)
    for (int index : objective.trainable)
      manifest.state[index].trainable = true;
  manifest.stateBytes = offset;
}

void addFunctions(const core::Program &program, Manifest &manifest) {
  auto fieldPorts = [&](const std::vector<const core::StepGraph *> &steps) {
    std::vector<Port> ports;
    for (int index : fieldsRead(program, steps)) {
      const core::Field &field = fieldAt(program, index);
      bool batched = false;
      ports.push_back({field.name, field.type.dtype, rowShape(field.type.shape, batched), true});
    }
    return ports;
  };
  Port sums{"sums", mlc::DType::F64, {program.sums}, false};
  std::vector<Port> given = {sums};
  if (program.ranked)
    given.push_back({"ranked", mlc::DType::F64, {program.ranked}, true});
  Port figures{"figures", mlc::DType::F64, {static_cast<int64_t>(manifest.figures.names.size())}, false};

  std::vector<const core::StepGraph *> forwards;
  for (const core::Objective &objective : program.objectives)
    forwards.push_back(&objective.forward);
  manifest.functions.push_back({FunctionKind::Init, {}, {}});
  manifest.functions.push_back({FunctionKind::TrainStep, fieldPorts(forwards), given});
  manifest.functions.push_back({FunctionKind::EvalStep, fieldPorts({&program.evaluate}), given});
  if (!program.predictNames.empty()) {
    std::vector<Port> outputs;
    for (size_t i = 0; i < program.predictNames.size(); ++i) {
      const core::TensorType &type = program.predict.graph.types[program.predict.graph.outputs[i]];
      bool batched = false;
      std::vector<int64_t> shape = rowShape(type.shape, batched);
      outputs.push_back({program.predictNames[i], type.dtype, shape, batched});
    }
    manifest.functions.push_back({FunctionKind::Predict, fieldPorts({&program.predict}), outputs});
  }
  manifest.functions.push_back({FunctionKind::Figures, {sums}, {figures}});
}

void addFigures(const core::Program &program, Manifest &manifest) {
  FiguresSpec &figures = manifest.figures;
  figures.sums = program.sums;
  for (const core::Ranking &ranking : program.rankings)
    figures.rankings.push_back({ranking.perRow, ranking.sums});
  for (const core::Figure &figure : program.figureNames) {
    if (figure.shape.empty()) {
      figures.names.push_back(figure.name);
      continue;
    }
    figures.tables.push_back({figure.name, static_cast<int64_t>(figures.names.size()), figure.shape});
    // Elements in order, the last axis fastest.
    std::vector<int64_t> at(figure.shape.size(), 0);
    for (bool more = true; more;) {
      std::string name = figure.name;
      for (int64_t place : at)
        name += "." + std::to_string(place);
      figures.names.push_back(name);
      more = false;
      for (size_t axis = at.size(); axis-- > 0 && !more;) {
        more = ++at[axis] < figure.shape[axis];
        if (!more)
          at[axis] = 0;
      }
    }
  }
}

void addData(const core::Program &program, Manifest &manifest) {
  DataSpec &data = manifest.data;
  data.name = program.dataName;
  for (const auto &[split, reader] : program.splits) {
    ReaderSpec spec;
    spec.kind = reader.kind;
    spec.files = reader.files;
    for (const auto &[name, value] : reader.options)
      spec.options[name] = ScalarExpr::literal(value).print();
    for (const auto &[name, value] : reader.texts)
      spec.options[name] = value;
    (split == "train" ? data.train : split == "validation" ? data.validation : data.test) = spec;
  }
  for (const core::Field &field : program.fields) {
    FieldSpec spec;
    spec.name = field.name;
    spec.dtype = field.type.dtype;
    for (const Dim &dim : field.type.shape)
      spec.shape.push_back(dim.at(1));
    spec.columns = field.columns;
    spec.categories = field.categories;
    spec.coding = convertCoding(field.coding);
    spec.parts = field.parts;
    spec.missing = field.missing;
    spec.classes = field.classes;
    spec.optional = field.optional;
    data.fields.push_back(spec);
  }
  data.validationFraction = program.settings.validation;
}

void addImports(const core::Program &program, Manifest &manifest) {
  for (const core::Import &import : program.imports) {
    ImportSpec spec{import.file, {}};
    for (const core::Import::Tensor &tensor : import.tensors)
      spec.tensors.push_back({program.states[tensor.state].name, tensor.theirs, tensor.order});
    manifest.imports.push_back(std::move(spec));
  }
}

void addTraining(const core::Program &program, Manifest &manifest) {
  const core::Settings &settings = program.settings;
  TrainSpec &train = manifest.train;
  train.batch = settings.batch * settings.accumulate;
  if (settings.steps)
    train.steps = settings.steps;
  else
    train.epochs = settings.epochs;
  train.seed = settings.seed;
  train.patience = settings.patience;
  if (!settings.best.empty())
    train.bestFigure = settings.best;
  train.bestIsMax = settings.bestIsMax;
  train.leastRows = program.leastRows.rows;
  train.leastRowsReason = program.leastRows.reason;
  train.precision = settings.precision;
  train.numbers = settings.numbers;
}

} // namespace

bool readsField(const core::StepGraph &step, int index) {
  for (const core::Input &input : step.inputs)
    if (input.kind == core::Input::Field && input.index == index)
      return true;
  return false;
}

Expected<Manifest> buildManifest(const core::Program &program, ProgramHashes hashes) {
  Manifest manifest;
  manifest.program = program.name;
  manifest.modelHash = std::move(hashes.model);
  manifest.trainingHash = std::move(hashes.training);
  addState(program, manifest);
  addFigures(program, manifest);
  addFunctions(program, manifest);
  for (const core::ScalarExpr &expr : allScalars(program)) {
    Expected<ScalarExpr> converted = convert(expr);
    if (!converted)
      return converted.status();
    manifest.scalars.push_back({"scalar_" + std::to_string(manifest.scalars.size()), *converted});
  }
  addData(program, manifest);
  addImports(program, manifest);
  addTraining(program, manifest);
  if (Status status = verifyManifest(manifest); !status.isOk())
    return status;
  return manifest;
}

StateLayout layoutOf(const Manifest &manifest) {
  StateLayout layout;
  for (const StateTensor &state : manifest.state) {
    StatePlace place{state.name, state.dtype, state.shape, state.offset, state.bytes, state.panel};
    if (state.panel)
      place.shape = {state.shape[1] / state.panel, state.shape[0], state.panel};
    layout.places.push_back(std::move(place));
  }
  layout.bytes = manifest.stateBytes;
  return layout;
}

} // namespace mlc::compiler
