// The signature of the step functions and how they fit together.
#include "frontend/emit/Emit.h"

#include "frontend/emit/EmitGraph.h"

#include "dialects/mlc/MlcOps.h"
#include "dialects/mlc/Roles.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/SetVector.h"

#include <map>
#include <set>

using namespace mlir;
using namespace mlc::frontend::core;

namespace mlc::frontend {
namespace {

/// How the tagged inputs of a StepGraph meet the arguments of a function.
enum class Signature {
  Step, ///< all states, used fields, scalars, stream
  Part  ///< just what the graph reads: a part of @train_step
};

class Emitter {
public:
  Emitter(const core::Program &program, const EmitOptions &options, const SourceManager &sources,
          MLIRContext &context)
      : program(program), options(options), builder(&context), graphs(builder, options.rows, sources) {}

  OwningOpRef<ModuleOp> run();

private:
  /// An argument of a step function, in the order of the signature.
  struct Argument {
    Input::Kind kind;
    int index;
    Type type;
    ir::RoleAttr role = {}; ///< null: a gradient, or a state as it was when the step began
  };

  using Tags = std::map<std::pair<int, int>, Value>; // argument by Input::Kind and index
  static Tags tagsOf(ArrayRef<Argument> arguments, ValueRange values);

  std::vector<Argument> arguments(ArrayRef<const StepGraph *> steps, Signature signature,
                                  ArrayRef<Type> gradients);
  std::vector<Argument> arguments(const StepGraph &step, Signature signature, ArrayRef<Type> gradients) {
    return arguments(ArrayRef<const StepGraph *>(&step), signature, gradients);
  }
  /// The forward graphs of all objectives.
  std::vector<const StepGraph *> forwards() const {
    std::vector<const StepGraph *> graphs;
    for (const Objective &objective : program.objectives)
      graphs.push_back(&objective.forward);
    return graphs;
  }
  /// "forward", or "forward.name" for an objective with a name.
  static std::string partName(StringRef part, const Objective &objective) {
    return (part + (objective.name.empty() ? "" : "." + objective.name)).str();
  }
  func::FuncOp function(StringRef name, ArrayRef<Argument> arguments, TypeRange results);
  /// Binds the graph's inputs to the block's arguments, taking run-time scalars out of their vector.
  void bind(const StepGraph &step, ArrayRef<Argument> arguments, ValueRange values,
            std::vector<Value> &bound);

  void emitCallees();
  void emitPart(StringRef name, const StepGraph &step, ArrayRef<Type> gradients);
  void emitInit();
  void emitForwards();
  void emitTrainStep();
  void emitGradients();
  std::vector<Type> gradientTypes(const Objective &objective);
  /// mlc.gradient of an objective's @forward by its trainable parameters, with arguments found by tag.
  Operation *gradientOfForward(const Objective &objective, const Tags &byTag, ArrayRef<Type> gradientTypes);
  void emitReader(StringRef name, const StepGraph &step, bool sums);
  void emitFigures();
  ir::RoleAttr role(ir::RoleKind kind, StringRef name = "") {
    return ir::RoleAttr::get(builder.getContext(), kind,
                             name.empty() ? StringAttr() : builder.getStringAttr(name));
  }
  /// The attributes of an argument or result with that role.
  DictionaryAttr with(ir::RoleAttr role) {
    return builder.getDictionaryAttr(role ? ArrayRef(builder.getNamedAttr(ir::roleAttr, role))
                                          : ArrayRef<NamedAttribute>());
  }

  const core::Program &program;
  const EmitOptions &options;
  OpBuilder builder;
  GraphEmitter graphs;
  ModuleOp module;
};

std::vector<Emitter::Argument> Emitter::arguments(ArrayRef<const StepGraph *> steps, Signature signature,
                                                  ArrayRef<Type> gradients) {
  std::vector<Argument> result;
  std::set<std::pair<int, int>> read; // by Input::Kind and index
  for (const StepGraph *step : steps)
    for (const Input &input : step->inputs)
      read.insert({input.kind, input.index});
  auto reads = [&](Input::Kind kind, int index) { return read.count({kind, index}) != 0; };
  auto readsAny = [&](Input::Kind kind) {
    auto first = read.lower_bound({kind, 0});
    return first != read.end() && first->first == kind;
  };
  bool whole = signature == Signature::Step;
  for (int i = 0, e = program.states.size(); i < e; ++i)
    if (whole || reads(Input::State, i))
      result.push_back({Input::State, i, graphs.tensorType(program.states[i].type),
                        role(ir::RoleKind::State, program.states[i].name)});
  for (int i = 0, e = program.states.size(); i < e && !whole; ++i)
    if (reads(Input::Before, i))
      result.push_back({Input::Before, i, graphs.tensorType(program.states[i].type)});
  if (!gradients.empty()) {
    for (int i = 0, e = gradients.size(); i < e; ++i)
      result.push_back({Input::Field, i, gradients[i]});
  } else {
    for (int i : fieldsRead(program, steps.vec())) {
      core::TensorType type = fieldAt(program, i).type;
      type.shape.insert(type.shape.begin(), Dim::batch());
      result.push_back(
          {Input::Field, i, graphs.tensorType(type), role(ir::RoleKind::Field, fieldAt(program, i).name)});
    }
  }
  if (whole || readsAny(Input::Scalar))
    result.push_back({Input::Scalar, 0, RankedTensorType::get({scalarCount(program)}, builder.getF64Type()),
                      role(ir::RoleKind::Scalars)});
  if (whole || readsAny(Input::Stream))
    result.push_back(
        {Input::Stream, 0, RankedTensorType::get({3}, builder.getI64Type()), role(ir::RoleKind::Stream)});
  return result;
}

func::FuncOp Emitter::function(StringRef name, ArrayRef<Argument> arguments, TypeRange results) {
  SmallVector<Type> types;
  for (const Argument &argument : arguments)
    types.push_back(argument.type);
  builder.setInsertionPointToEnd(module.getBody());
  auto func =
      func::FuncOp::create(builder, builder.getUnknownLoc(), name, builder.getFunctionType(types, results));
  // All at once: one at a time, each makes a list of all.
  SmallVector<DictionaryAttr> attributes;
  for (const Argument &argument : arguments)
    attributes.push_back(with(argument.role));
  func.setAllArgAttrs(attributes);
  builder.setInsertionPointToStart(func.addEntryBlock());
  return func;
}

void Emitter::bind(const StepGraph &step, ArrayRef<Argument> arguments, ValueRange values,
                   std::vector<Value> &bound) {
  const int64_t scalarBase = scalarsBefore(program, step);
  bound.assign(step.graph.types.size(), {});
  Tags byTag = tagsOf(arguments, values);
  Location loc = builder.getUnknownLoc();
  for (const Input &input : step.inputs) {
    if (input.kind != Input::Scalar) {
      bound[input.value] = byTag[{input.kind, input.index}];
      continue;
    }
    // One element of %scalars, rounded once to the number's dtype.
    Value scalars = byTag[{Input::Scalar, 0}];
    Type f64 = builder.getF64Type();
    Value one =
        builder
            .create(OperationState(
                loc, "mlc.slice", scalars, RankedTensorType::get({1}, f64),
                {builder.getNamedAttr("starts", builder.getDenseI64ArrayAttr(scalarBase + input.index)),
                 builder.getNamedAttr("strides", builder.getDenseI64ArrayAttr(1))}))
            ->getResult(0);
    Value scalar =
        builder.create(OperationState(loc, "mlc.reshape", one, RankedTensorType::get({}, f64)))->getResult(0);
    RankedTensorType wanted = graphs.tensorType(step.graph.types[input.value]);
    if (wanted.getElementType() != f64)
      scalar = builder.create(OperationState(loc, "mlc.convert", scalar, wanted))->getResult(0);
    bound[input.value] = scalar;
  }
}

void Emitter::emitCallees() {
  // `cotangentsOf`, for a vjp: the function of whose float inputs it returns the cotangents. Those that the
  // clause does not give are zero: mlc.call wants one for each.
  auto emitOne = [&](StringRef name, const Graph &graph, const Callee *cotangentsOf) {
    SmallVector<Type> inputs;
    for (ValueId input : graph.inputs)
      inputs.push_back(graphs.tensorType(graph.types[input]));
    builder.setInsertionPointToEnd(module.getBody());
    auto func =
        func::FuncOp::create(builder, builder.getUnknownLoc(), name, builder.getFunctionType(inputs, {}));
    func.setPrivate();
    Block *block = func.addEntryBlock();
    builder.setInsertionPointToStart(block);
    std::vector<Value> bound(graph.types.size());
    for (auto [id, value] : llvm::zip(graph.inputs, block->getArguments()))
      bound[id] = value;
    graphs.emit(graph, bound);
    std::vector<Value> results = graphs.outputs(graph, bound);
    if (cotangentsOf) {
      std::vector<Value> given;
      std::swap(given, results);
      size_t next = 0;
      for (auto [i, input] : llvm::enumerate(cotangentsOf->primal.inputs)) {
        RankedTensorType type = graphs.tensorType(cotangentsOf->primal.types[input]);
        if (cotangentsOf->differentiable[i])
          results.push_back(given[next++]);
        else if (isa<FloatType>(type.getElementType()))
          results.push_back(ir::ConstantOp::create(builder, builder.getUnknownLoc(), type, 0.0));
      }
    }
    func::ReturnOp::create(builder, builder.getUnknownLoc(), results);
    func.setFunctionType(builder.getFunctionType(inputs, ValueRange(results).getTypes()));
  };
  for (const Callee &callee : program.callees) {
    graphs.setCalledFrom(callee.calledFrom);
    emitOne(callee.name, callee.primal, nullptr);
    if (!callee.vjp.types.empty())
      emitOne(callee.name + ".vjp", callee.vjp, &callee);
  }
  graphs.setCalledFrom({});
}

void Emitter::emitPart(StringRef name, const StepGraph &step, ArrayRef<Type> gradients) {
  std::vector<Argument> args = arguments(step, Signature::Part, gradients);
  func::FuncOp func = function(name, args, graphs.outputTypes(step.graph));
  func.setPrivate();
  std::vector<Value> bound;
  bind(step, args, func.getArguments(), bound);
  graphs.emit(step.graph, bound);
  func::ReturnOp::create(builder, builder.getUnknownLoc(), graphs.outputs(step.graph, bound));
}

void Emitter::emitInit() {
  std::vector<Argument> args = arguments(program.init, Signature::Step, {});
  std::vector<Type> types;
  std::vector<std::string> names;
  for (const StateTensor &state : program.states)
    if (state.init >= 0) {
      types.push_back(graphs.tensorType(state.type));
      names.push_back(state.name);
    }
  func::FuncOp func = function("init", args, types);
  std::vector<Value> bound, results;
  bind(program.init, args, func.getArguments(), bound);
  graphs.emit(program.init.graph, bound);
  std::vector<Value> values = graphs.outputs(program.init.graph, bound);
  for (const StateTensor &state : program.states)
    if (state.init >= 0)
      results.push_back(values[state.init]);
  func::ReturnOp::create(builder, builder.getUnknownLoc(), results);
  func.setAllResultAttrs(
      llvm::map_to_vector(names, [&](StringRef name) { return with(role(ir::RoleKind::State, name)); }));
}

std::vector<Type> Emitter::gradientTypes(const Objective &objective) {
  std::vector<Type> types;
  for (int index : objective.trainable)
    types.push_back(graphs.tensorType(program.states[index].type));
  return types;
}

Operation *Emitter::gradientOfForward(const Objective &objective, const Tags &byTag,
                                      ArrayRef<Type> gradientTypes) {
  std::vector<Argument> args = arguments(objective.forward, Signature::Part, {});
  OperationState gradient(builder.getUnknownLoc(), "mlc.gradient");
  for (const Argument &argument : args)
    gradient.operands.push_back(byTag.at({argument.kind, argument.index}));
  std::map<int, int64_t> argumentOf; // by state
  for (auto [i, argument] : llvm::enumerate(args))
    if (argument.kind == Input::State)
      argumentOf[argument.index] = i;
  SmallVector<int64_t> wrt;
  for (int index : objective.trainable)
    if (auto found = argumentOf.find(index); found != argumentOf.end())
      wrt.push_back(found->second);
  gradient.addTypes(graphs.outputTypes(objective.forward.graph));
  gradient.addTypes(gradientTypes);
  gradient.addAttribute("callee",
                        FlatSymbolRefAttr::get(builder.getContext(), partName("forward", objective)));
  gradient.addAttribute("wrt", builder.getDenseI64ArrayAttr(wrt));
  return builder.create(gradient);
}

Emitter::Tags Emitter::tagsOf(ArrayRef<Argument> arguments, ValueRange values) {
  Tags tags;
  for (auto [argument, value] : llvm::zip(arguments, values))
    tags[{argument.kind, argument.index}] = value;
  return tags;
}

/// What an objective reads, by tag: states as they are now, and as they were when the step began.
static void addBefore(std::map<std::pair<int, int>, Value> &tags) {
  for (const auto &[tag, value] : std::map(tags))
    if (tag.first == Input::State)
      tags[{Input::Before, tag.second}] = value;
}

void Emitter::emitForwards() {
  for (const Objective &objective : program.objectives)
    emitPart(partName("forward", objective), objective.forward, {});
}

void Emitter::emitGradients() {
  if (!options.train)
    emitForwards();
  std::vector<Argument> args = arguments(forwards(), Signature::Step, {});
  std::vector<Type> types;
  for (const Objective &objective : program.objectives)
    llvm::append_range(types, gradientTypes(objective));
  func::FuncOp func = function("gradients", args, types);
  Tags byTag = tagsOf(args, func.getArguments());
  addBefore(byTag);
  std::vector<Value> results;
  SmallVector<DictionaryAttr> names;
  for (const Objective &objective : program.objectives) {
    Operation *forward = gradientOfForward(objective, byTag, gradientTypes(objective));
    for (int index : objective.trainable)
      names.push_back(with(role(ir::RoleKind::Gradient, program.states[index].name)));
    llvm::append_range(results, forward->getResults().take_back(objective.trainable.size()));
  }
  func.setAllResultAttrs(names);
  func::ReturnOp::create(builder, builder.getUnknownLoc(), results);
}

void Emitter::emitTrainStep() {
  emitForwards();
  // Each state that the step changes, once.
  llvm::SetVector<int> changed;
  for (const Objective &objective : program.objectives) {
    emitPart(partName("update", objective), objective.update, gradientTypes(objective));
    changed.insert(objective.moved.begin(), objective.moved.end());
    changed.insert(objective.updatedStates.begin(), objective.updatedStates.end());
  }

  // The step reads what the forward parts read; the updates read states, scalars and gradients only.
  std::vector<Argument> args = arguments(forwards(), Signature::Step, {});
  SmallVector<Type> types;
  for (int index : changed)
    types.push_back(graphs.tensorType(program.states[index].type));
  Type allSums = RankedTensorType::get({program.sums}, builder.getF64Type());
  types.push_back(allSums);
  Type allRanked = RankedTensorType::get({options.rows, program.ranked}, builder.getF64Type());
  if (program.ranked)
    types.push_back(allRanked);
  func::FuncOp func = function("train_step", args, types);

  Tags byTag = tagsOf(args, func.getArguments());
  addBefore(byTag);
  Location loc = builder.getUnknownLoc();
  SmallVector<Value> sums, ranked;
  for (const Objective &objective : program.objectives) {
    std::vector<Type> gradientTypes = this->gradientTypes(objective);
    Operation *forward = gradientOfForward(objective, byTag, gradientTypes);
    ValueRange gradients = forward->getResults().drop_front(objective.forward.graph.outputs.size());
    sums.push_back(forward->getResult(1));
    for (auto [i, index] : llvm::enumerate(objective.updatedStates))
      byTag[{Input::State, index}] = forward->getResult(2 + i);
    if (objective.ranked)
      ranked.push_back(forward->getResult(2 + objective.updatedStates.size()));
    SmallVector<Value> operands;
    for (const Argument &argument : arguments(objective.update, Signature::Part, gradientTypes))
      operands.push_back(argument.kind == Input::Field ? gradients[argument.index]
                                                       : byTag.at({argument.kind, argument.index}));
    auto update = func::CallOp::create(builder, loc, partName("update", objective),
                                       graphs.outputTypes(objective.update.graph), operands);
    for (auto [index, value] : llvm::zip_equal(objective.moved, update.getResults()))
      byTag[{Input::State, index}] = value;
  }
  SmallVector<Value> results;
  for (int index : changed)
    results.push_back(byTag.at({Input::State, index}));
  results.push_back(sums.size() == 1 ? sums[0]
                                     : ir::ConcatOp::create(builder, loc, allSums, sums, 0).getResult());
  if (program.ranked)
    results.push_back(ranked.size() == 1
                          ? ranked[0]
                          : ir::ConcatOp::create(builder, loc, allRanked, ranked, 1).getResult());
  func::ReturnOp::create(builder, loc, results);
  SmallVector<DictionaryAttr> names;
  for (int index : changed)
    names.push_back(with(role(ir::RoleKind::State, program.states[index].name)));
  names.push_back(with(role(ir::RoleKind::Sums)));
  if (program.ranked)
    names.push_back(with(role(ir::RoleKind::Ranked)));
  func.setAllResultAttrs(names);
}

void Emitter::emitReader(StringRef name, const StepGraph &step, bool sums) {
  std::vector<Argument> args = arguments(step, Signature::Step, {});
  func::FuncOp func = function(name, args, graphs.outputTypes(step.graph));
  std::vector<Value> bound;
  bind(step, args, func.getArguments(), bound);
  graphs.emit(step.graph, bound);
  func::ReturnOp::create(builder, builder.getUnknownLoc(), graphs.outputs(step.graph, bound));
  SmallVector<DictionaryAttr> names;
  if (sums) {
    names.push_back(with(role(ir::RoleKind::Sums)));
    if (program.ranked)
      names.push_back(with(role(ir::RoleKind::Ranked)));
  } else
    for (const std::string &predictName : program.predictNames)
      names.push_back(with(role(ir::RoleKind::Prediction, predictName)));
  func.setAllResultAttrs(names);
}

void Emitter::emitFigures() {
  const Graph &graph = program.figures.graph;
  Type sums = RankedTensorType::get({program.sums}, builder.getF64Type());
  builder.setInsertionPointToEnd(module.getBody());
  auto func = func::FuncOp::create(builder, builder.getUnknownLoc(), "figures",
                                   builder.getFunctionType(sums, graphs.outputTypes(graph)));
  func.setArgAttr(0, ir::roleAttr, role(ir::RoleKind::Sums));
  Block *block = func.addEntryBlock();
  builder.setInsertionPointToStart(block);
  std::vector<Value> bound(graph.types.size());
  bound[graph.inputs[0]] = block->getArgument(0);
  graphs.emit(graph, bound);
  func::ReturnOp::create(builder, builder.getUnknownLoc(), graphs.outputs(graph, bound));
  func.setAllResultAttrs(SmallVector<DictionaryAttr>{with(role(ir::RoleKind::Figures))});
}

OwningOpRef<ModuleOp> Emitter::run() {
  OwningOpRef<ModuleOp> owned = ModuleOp::create(builder.getUnknownLoc(), program.name);
  module = *owned;
  // What the runtime lets pass when it reads integers.
  SmallVector<NamedAttribute> below;
  for (const Field &field : program.fields) {
    int64_t bound = field.classes;
    if (field.categories && (!bound || field.categories < bound))
      bound = field.categories;
    if (bound)
      below.push_back(builder.getNamedAttr(field.name, builder.getI64IntegerAttr(bound)));
  }
  if (!below.empty())
    module->setAttr("mlc.below", builder.getDictionaryAttr(below));
  if (options.train || options.gradients || options.evaluate || options.predict || options.init)
    emitCallees();
  if (options.train)
    emitTrainStep();
  if (options.gradients)
    emitGradients();
  if (options.evaluate)
    emitReader("eval_step", program.evaluate, true);
  if (options.predict)
    emitReader("predict", program.predict, false);
  if (options.init)
    emitInit();
  if (options.figures)
    emitFigures();
  if (failed(verify(module)))
    return {};
  return owned;
}

} // namespace

std::vector<int> fieldsRead(const core::Program &program, const std::vector<const StepGraph *> &graphs) {
  std::vector<bool> read(program.fields.size() + program.given.size());
  for (const StepGraph *graph : graphs)
    for (const Input &input : graph->inputs)
      if (input.kind == Input::Field)
        read[input.index] = true;
  std::vector<int> fields;
  for (size_t i = 0; i < read.size(); ++i)
    if (read[i])
      fields.push_back(static_cast<int>(i));
  return fields;
}

const core::Field &fieldAt(const core::Program &program, int index) {
  int fields = static_cast<int>(program.fields.size());
  return index < fields ? program.fields[index] : program.given[index - fields];
}

/// All graphs that read scalars, in the order in which theirs lie.
static std::vector<const StepGraph *> graphsOf(const core::Program &program) {
  std::vector<const StepGraph *> graphs;
  for (const Objective &objective : program.objectives)
    graphs.insert(graphs.end(), {&objective.forward, &objective.update});
  graphs.insert(graphs.end(), {&program.evaluate, &program.predict, &program.init});
  return graphs;
}

std::vector<ScalarExpr> allScalars(const core::Program &program) {
  std::vector<ScalarExpr> result;
  for (const StepGraph *graph : graphsOf(program))
    result.insert(result.end(), graph->scalars.begin(), graph->scalars.end());
  return result;
}

int64_t scalarsBefore(const core::Program &program, const StepGraph &graph) {
  int64_t before = 0;
  for (const StepGraph *each : graphsOf(program)) {
    if (each == &graph)
      break;
    before += static_cast<int64_t>(each->scalars.size());
  }
  return before;
}

int64_t scalarCount(const core::Program &program) { return std::max<int64_t>(1, allScalars(program).size()); }

OwningOpRef<ModuleOp> emit(const core::Program &program, const EmitOptions &options,
                           const SourceManager &sources, MLIRContext &context) {
  context.loadDialect<func::FuncDialect, ir::MlcDialect>();
  return Emitter(program, options, sources, context).run();
}

} // namespace mlc::frontend
