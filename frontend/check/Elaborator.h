// Elaborates programs: evaluates the syntax tree with numbers, functions and tensors as values, where every
// operation on tensors adds a node to the graph at hand. Layers are instantiated at each call, generics by
// unification with the operands' types, `if` is decided on the spot.
//
// A train block is elaborated once for each phase (TrainBlock.cpp); parameters and states are registered by
// path when they are first met, and their initialisers go to the graph of Init at once.
#pragma once

#include "frontend/check/GraphBuilder.h"
#include "frontend/check/PathPattern.h"
#include "frontend/check/Value.h"
#include "frontend/syntax/Ast.h"
#include "frontend/syntax/Diagnostic.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace mlc::frontend {

/// One file of the program or the prelude: what its names mean.
struct File {
  const Program *ast = nullptr;
  std::shared_ptr<Scope> scope;
  std::map<std::string, const Item *> items;
  std::map<std::string, const DerivativeItem *> derivatives;
  std::vector<File *> imports;
  bool isPrelude = false;
  /// Where names are found from here, each in the first place that declares it: itself, imports, prelude.
  /// Made when all files are there.
  std::map<std::string, std::pair<File *, const Item *>> visible;
};

/// The types a place demands: of one tensor, or of a tuple.
struct Expected {
  std::vector<TensorType> types;
  bool isTuple = false;
};

struct Argument {
  Value value;
  Span span;
};

struct Arguments {
  std::vector<Argument> positional;
  std::vector<std::pair<Ident, Argument>> named;
};

/// A place that calls: what it adds to the instance path (nothing if empty), and to the path of random draws.
struct CallSite {
  Span span;
  Span calleeSpan;
  std::string component;
  std::string siteComponent;
};

/// A builtin's arguments after binding.
struct BuiltinCall {
  CallSite site;
  Env &env;
  const Expected *expected = nullptr;
  std::vector<Argument> operands;
  std::map<std::string, Argument> named;

  const Argument *find(const std::string &name) const {
    auto entry = named.find(name);
    return entry == named.end() ? nullptr : &entry->second;
  }
};

class Elaborator;
class Overrides;

/// A shape rule that the language cannot say. Signature for calls and errors, then the rule.
struct Builtin {
  const char *name;
  std::vector<const char *> operands; // required, by position; a last "..." takes any number
  std::vector<const char *> options;  // by name; "*" takes any name
  Value (*rule)(Elaborator &, BuiltinCall &);
  bool patternFirst = false; // a pipe's head goes second: einsum, rearrange
  bool preludeOnly = false;
};
const std::vector<Builtin> &builtins();
const Builtin *findBuiltin(const std::string &name);

struct Phase;

/// A graph being built, and how it gets at what is not computed in it. The graph of a function takes numbers
/// and the random stream from its caller; the body of a scan and a closure (a function that is
/// differentiated) take any value of the graph around them.
class GraphContext : public GraphBuilder {
public:
  enum Kind { Whole, Function, Scan, Closure };
  /// A number or the random stream that a function's graph takes from its caller.
  struct Capture {
    std::string key;
    TensorType type;
    bool isStream = false;
    Number number;
  };

  explicit GraphContext(Phase &phase) : kind(Whole), phase(phase), parent(nullptr) {}
  GraphContext(Kind kind, GraphContext &parent) : kind(kind), phase(parent.phase), parent(&parent) {
    remat = kind == Scan ? parent.remat : 0;
  }

  /// A run-time number as a scalar tensor.
  ValueId scalar(const Number &number, DType dtype);
  /// The random stream; in the body of a scan, that of the step.
  ValueId stream();
  /// This graph's value for one of `from`: that value, or in the body of a scan an input that stands for it.
  /// Nothing where the value cannot be had.
  std::optional<ValueId> bring(const GraphBuilder *from, ValueId value);

  const Kind kind;
  Phase &phase;
  GraphContext *parent;
  std::vector<Capture> captures;
  /// Of the graph of a function, the caller's value behind each operand; of a scan's body or a closure, the
  /// outer value behind what it reads, whole or slice by slice.
  std::map<ValueId, ValueId> outer;
  /// Of a scan's body: its number of steps, and its inputs that read outer values whole, or slice by slice.
  Dim steps;
  std::vector<ValueId> constants, slices;
  /// Of the graph of a function: operands used as classes, by position.
  std::vector<std::pair<ValueId, int64_t>> classes;

private:
  ValueId captured(const Capture &capture);
  /// Streams for the steps of a scan in this graph, stacked.
  ValueId streams(const Dim &steps);
};

/// One of the graphs of a train block.
struct Phase {
  enum Kind { Init, Forward, Update, Evaluate, Predict, Figures } kind;
  explicit Phase(Kind kind) : kind(kind), graph(*this) {}

  bool training() const { return kind == Forward; }

  GraphContext graph;
  core::StepGraph step;
  std::map<int, ValueId> states;    // current value by state
  std::map<int, ValueId> read;      // the value it came in with
  std::map<int, ValueId> before;    // the value at the begin of the step, where objectives moved it since
  std::map<ValueId, int> fieldOf;   // input that is a field
  std::map<std::string, int> draws; // random draws so far by site
  /// Results of functions that are no logits, with their names: see LossInputs.
  std::map<ValueId, std::string> activations;
};

/// The results of elaborating functions that have a derivative clause.
struct CalleeRecord {
  int index = 0; // in program.callees
  std::vector<GraphContext::Capture> captures;
  std::vector<std::pair<int, int64_t>> classes; // operand, number of classes
  TensorType result;
};

class Elaborator {
public:
  Elaborator(DiagnosticEngine &diagnostics) : diagnostics(diagnostics) {}
  ~Elaborator();
  Elaborator(const Elaborator &) = delete;

  /// A scope inside `parent`, or a copy of one. Functions and the scopes they stand in hold each other, so
  /// the elaborator empties them all in the end.
  std::shared_ptr<Scope> newScope(std::shared_ptr<Scope> parent);
  std::shared_ptr<Scope> copyOf(const Scope &scope);

  //===-- Diagnostics (Expressions.cpp) ------------------------------------------------------------===//

  /// Reports at `span`, or at the user's call if that lies in the prelude.
  DiagnosticBuilder report(DiagnosticCode code, Span span, std::string message);
  Value fail(DiagnosticCode code, Span span, std::string message, std::string label = {});
  /// What `made` of `operands`, or why there is none: they depend on `step` or `batch` in too many ways, or
  /// on both. `ofRun` is what the run knows of them, beside `batch`.
  Value numberOf(const std::optional<Number> &made, const std::vector<Number> &operands, Span span,
                 const char *ofRun = "step");
  /// `number` as an argument of the step. One that depends on `batch` is reported: `what` is a number of the
  /// run.
  std::optional<Number> atRunTime(const Number &number, Span span, const std::string &what);
  bool isOfPrelude(const Callable &callable) const;
  Span userSpan(Span span) const;
  /// Adds a note that says where a tensor's shape was made, unless that is the place of the error.
  void noteOrigin(DiagnosticBuilder &builder, const Value &value, Span primary);
  std::string text(const TensorType &type) const;
  std::string text(DType dtype) const;
  std::string describe(const Value &value) const;

  //===-- Expressions and statements (Expressions.cpp, Statements.cpp) -----------------------------===//

  Value expression(const Expr &expr, Env &env, const Expected *expected = nullptr);
  /// In a scope of its own.
  Value block(const Block &block, const Env &env, const Expected *expected = nullptr);
  Value statements(const Block &block, Env &env, const Expected *expected = nullptr);
  void bind(const Binding &binding, Env &env);
  void declare(Env &env, const Ident &name, Value value);
  void declareFunction(const Callable &function, Env &env);
  Variable *find(Env &env, const std::string &name) const;
  /// `isCalled`: of what is called, for the error where there is no such name.
  Value lookup(const std::string &name, Span span, Env &env, bool isCalled = false);
  /// Whether `lookup` would find the name.
  bool isKnown(const std::string &name, Env &env) const;
  /// All names, or those of the program alone.
  std::vector<std::string> namesInScope(Env &env, bool ownOnly = false) const;
  /// Reports an unknown name, with what it most likely means: a name of another library if something is
  /// called, or one that is spelt like it.
  DiagnosticBuilder unknownName(const std::string &name, Span span, Env &env, bool isCalled);
  /// For a call of a function of the prelude that does not fit: what another library's of the name is here.
  void helpBeside(DiagnosticBuilder &builder, const std::string &name) const;
  /// The way from one shape to the other where one has an axis of size 1 more; nothing otherwise.
  static std::optional<std::string> rearranged(const std::vector<Dim> &given, const std::vector<Dim> &wanted);

  //===-- Types (Types.cpp) ------------------------------------------------------------------------===//

  /// The type with every name known. Reports and gives nothing otherwise.
  std::optional<TensorType> resolve(const TypeExpr &type, Env &env);
  std::optional<Expected> resolveExpected(const TypeExpr &type, Env &env);
  /// Whether every generic in the type is bound.
  bool isBound(const TypeExpr &type, Env &env, const std::vector<Generic> &generics) const;
  /// Binds unbound generics so that `pattern` is `actual`. False if it cannot be, without a report.
  bool unify(const TypeExpr &pattern, const TensorType &actual, Env &env,
             const std::vector<Generic> &generics);
  DType dtype(ScalarKind kind) const;
  std::string typeText(const TypeExpr &type, Env &env, const std::vector<Generic> &generics);
  std::optional<Dim> size(const Value &value, Span span, const std::string &what);
  std::optional<int64_t> wholeNumber(const Value &value, Span span, const std::string &what);

  //===-- Tensors (Tensors.cpp, Operators.cpp, Axes.cpp) -------------------------------------------===//

  const TensorType &type(const Value &value) const { return value.graph->type(value.id); }
  /// Checks that the tensor belongs to the graph at hand.
  std::optional<ValueId> use(const Value &value, Span span);
  Value result(ValueId id) { return Value::tensor(*graph, id); }
  Value emit(const std::string &op, const std::vector<ValueId> &operands, Attrs attrs, const TensorType &type,
             Span span);
  bool checkSize(const TensorType &type, Span span);
  /// A number or list as a tensor of `type`; a tensor of `type` as it is. `what` names the place in errors.
  Value coerce(const Value &value, const TensorType &type, Span span, const std::string &what);
  /// A tensor; lists become float tensors. Anything else is an error.
  Value demandTensor(const Value &value, Span span, const std::string &what);
  std::optional<ValueId> toDtype(const Value &value, const TensorType &type, Span span);
  Value unary(UnaryOp op, const Value &operand, Span span, Span opSpan);
  Value binary(BinaryOp op, const Value &left, const Value &right, Span leftSpan, Span rightSpan,
               Span opSpan);
  Value elementwise(const std::string &op, const Value &left, const Value &right, Span leftSpan,
                    Span rightSpan, Span opSpan);
  Value matmul(const Value &left, const Value &right, Span leftSpan, Span rightSpan, Span opSpan);
  Value power(const Value &left, const Value &right, Span leftSpan, Span rightSpan, Span opSpan);
  Value castTo(ScalarKind kind, const Value &value, Span span);
  /// The operands (tensors, numbers, lists) broadcast to one shape and, from `firstTyped` on, one dtype.
  bool align(const std::vector<Argument> &operands, size_t firstTyped, Span opSpan, std::vector<ValueId> &ids,
             TensorType &common);
  bool broadcastShape(const Argument &a, const Argument &b, const std::vector<Dim> &shapeA,
                      const std::vector<Dim> &shapeB, Span opSpan, std::vector<Dim> &shape);
  Value contract(const Value &left, const Value &right, const std::vector<int> &lhs,
                 const std::vector<int> &rhs, const std::vector<int> &out, Span span);
  std::optional<int64_t> axis(const Value &value, size_t rank, Span span);
  std::optional<std::vector<int64_t>> axes(const Value &value, size_t rank, Span span);
  Value index(const IndexExpr &expr, Env &env);

  //===-- Calls (Calls.cpp, Derivative.cpp) --------------------------------------------------------===//

  Value call(const Call &call, Env &env, const Expected *expected, const Argument *piped, bool onlyStage);
  Value pipe(const PipeExpr &expr, Env &env, const Expected *expected);
  Value apply(const Function &function, Arguments arguments, const CallSite &site, Env &env,
              const Expected *expected);
  std::optional<Arguments> arguments(const std::vector<Arg> &args, Env &env);
  /// `layer name = value`: the function that shares one instance.
  Value instance(const LayerInstanceStmt &stmt, Env &env);
  /// Binds a declaration's parameters into `callee`. False after an error or when an argument is one.
  bool bindParameters(const Callable &declaration, Arguments &arguments, const CallSite &site, Env &callee,
                      const Expected *expected, bool &absent);
  /// The default of a hyper-parameter, or what --set says instead.
  Value defaultOf(const Callable &declaration, const Param &param, Env &callee);
  /// Whether the `require`s of a signature hold for these parameters (Requirements.cpp); false after a
  /// report.
  bool checkRequirements(const Callable &declaration, const CallSite &site, Env &callee);
  Value callWithDerivative(const Function &function, Env &callee, const Expected *expected,
                           const CallSite &site);

  //===-- Scans (Scan.cpp) -------------------------------------------------------------------------===//

  Value scan(const ScanExpr &expr, Env &env, const Expected *expected);
  /// Whether the graph at hand is, or is inside, the body of a scan, or a closure.
  bool inside(GraphContext::Kind kind) const;

  //===-- Parameters and states (Parameters.cpp) ---------------------------------------------------===//

  Value parameter(const Ident &name, const TypeExpr &type, const Expr &initial, core::StateTensor::Role role,
                  Env &env, int *index);
  /// Registers a tensor that lives between steps, with its initialiser. -1 after an error.
  int registerState(const std::string &path, core::StateTensor::Role role, const TensorType &type,
                    const Expr &initial, Env &env, Span span);
  /// The current value of a state in the graph at hand.
  ValueId stateValue(int state);
  int statistic(const std::string &field, const std::string &kind, const TensorType &type, Span span);

  DiagnosticEngine &diagnostics;
  std::deque<File> files; // prelude first
  File *prelude = nullptr;
  File *root = nullptr;

  DType computeType = DType::F32;
  int64_t batchRows = 32; // for bounds on sizes
  core::LeastRows leastRows;
  GraphContext *graph = nullptr;
  Phase *phase = nullptr;
  Phase *init = nullptr;
  std::vector<core::StateTensor> states;
  std::map<std::string, int> statesByPath;
  std::map<int, std::string> stateFirstSite;
  std::vector<core::Callee> callees;
  std::vector<core::RandomSite> randomSites;
  std::map<std::string, CalleeRecord> calleesByKey;
  std::set<std::string> calleesOpen; // being elaborated
  std::vector<core::InstanceInfo> instances;
  std::set<std::string> instancePaths;
  std::vector<core::Field> fields;
  std::string dataName;
  PathPatterns frozen; // of `freeze`
  /// Whether an instance or tensor is frozen: it does not learn, holds its state and is not `training`.
  bool isFrozen(const std::string &path) const;
  int64_t every = 1;                   // of the objective whose optimizer is elaborated: what `step` counts
  std::function<Value(Span)> gradNorm; // set while an optimizer is elaborated
  /// While the numbers of an optimizer are: whether there are validation rows, whose figures they may follow.
  std::optional<bool> validates;
  /// Reports and gives false where a number cannot follow them, which `what` does.
  bool checkFollowsFigures(const std::string &what, Span span);

  struct Frame {
    Span callSpan;
    std::string name;
  };
  std::vector<Frame> frames;
  Span currentSpan;
  /// The tensor behind a size that is being computed, for errors.
  Value blamed;
  std::string currentPath;
  std::vector<std::shared_ptr<Scope>> scopes; // all there are
  std::set<const Item *> evaluating;          // lets of files, against cycles
  /// Values of lets of files, in a phase that is training or not, for an objective that counts its own steps.
  std::map<std::tuple<const Item *, bool, int64_t>, Value> fileLets;
  size_t expressionDepth = 0;
  /// More operations than this is no program a person wrote, but layers that call layers that call layers.
  static constexpr size_t maxNodes = 150000;
  size_t nodeCount = 0, callCount = 0;
  bool tooLarge = false;
  /// Of `remat`, so far.
  int rematRegions = 0;

  /// Definitions that were called, or tried.
  std::set<const Callable *> elaborated;
  Overrides *overrides = nullptr; // of --set; null if nothing is set
  /// Lets of the person's files, and defaults of their models and layers, that were read, by what --set calls
  /// them.
  std::map<std::string, const Expr *> settable;
  /// Back to the state before anything was elaborated, but for the number of operations: it bounds the work
  /// for a whole file.
  void forget();

  /// Notes that what stands at `span` cannot be trained with fewer rows; `needs` ends the reason.
  void needRows(int64_t rows, Span span, const std::string &needs);
  /// Notes that a field is used as a class below `count`, if this value is one, and reports one that has more
  /// codes. True if nothing else can be this value.
  bool noteClasses(GraphContext *context, ValueId value, int64_t count, Span span);
  /// Puts the place of the nodes that follow into the graph.
  void locate();
  /// Appends the places of the calls that are open, from the inside.
  void appendCallers(std::vector<Span> &chain) const;
};

/// While it lives, the nodes of `graph` are in a `remat` region of their own; in one that is open already
/// they stay there, which says the same.
class RematRegion {
public:
  RematRegion(Elaborator &elaborator, GraphContext &graph, bool isWanted)
      : graph(graph), before(graph.remat) {
    if (isWanted && !before)
      graph.remat = ++elaborator.rematRegions;
  }
  ~RematRegion() { graph.remat = before; }
  RematRegion(const RematRegion &) = delete;

private:
  GraphContext &graph;
  int before;
};

std::string join(const std::string &path, const std::string &component);
/// Puts `callee_k` names together.
std::string componentName(const Call &call);

} // namespace mlc::frontend
