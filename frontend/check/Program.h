// What Check hands to Emit: a train block elaborated to primitives. No names to resolve, no generics, no
// layers; shapes are polynomials in the one symbolic dimension, `batch`.
#pragma once

#include "frontend/check/Dim.h"
#include "frontend/syntax/Source.h"
#include "runtime/DType.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace mlc::frontend::core {

using mlc::DType;

struct TensorType {
  DType dtype = DType::F32;
  std::vector<Dim> shape; // empty: a scalar
};

/// Index of a value of a Graph.
using ValueId = uint32_t;

/// A number that is not known while checking: a literal, `step`, `total_steps`, `epoch`, `validation_figure`,
/// a size, or an operator over such. In StepGraph::scalars (no sizes in there) the runtime evaluates it in
/// f64 before each call; in the attribute "value" of a constant (sizes and literals only) Emit does, see
/// `evaluate`. Operator names are those of runtime/Scalar.h: add sub mul div pow min max neg exp expm1 log
/// log1p sqrt rsqrt sin cos tanh erf floor ceil abs sign eq ne lt le gt ge and or not select; and plateaus,
/// which the run alone knows.
struct ScalarExpr {
  enum Kind { Literal, Step, TotalSteps, Epoch, ValidationFigure, Size, Op } kind = Literal;
  double value = 0;
  Dim size; // of Size
  std::string op;
  std::vector<ScalarExpr> operands;
};

/// The value for a batch of `rows`; nothing for an unknown operator or when it holds what the run alone
/// knows.
std::optional<double> evaluate(const ScalarExpr &expr, int64_t rows);
/// One of the operators above on numbers; nothing for an unknown name or a wrong number of operands.
std::optional<double> evaluateOperator(const std::string &op, const std::vector<double> &operands);

/// Attribute of a primitive. Lists of Dims may hold `batch` (slices, broadcasts); Emit makes them numbers.
/// int64 -> i64 attribute, double -> f64, string -> string, bool -> bool, vector<Dim> -> dense i64 array.
/// The attribute "value" of "constant" (double, or a ScalarExpr that holds sizes: evaluate it for the batch
/// at hand) becomes a splat of the result type, rounded once; "values" (vector<double>) its elements.
using AttrValue =
    std::variant<bool, int64_t, double, std::string, std::vector<Dim>, std::vector<double>, ScalarExpr>;

/// Where a node comes from: innermost first, the user's own call last (what errors and profiles show).
struct Origin {
  std::vector<Span> chain;
  std::string path; // instance path, e.g. "lenet.conv_1"; keys random sites
};

struct Graph;

/// One primitive: becomes the dialect op "mlc." + op.
struct Node {
  std::string op;
  std::vector<ValueId> operands;
  std::vector<std::pair<std::string, AttrValue>> attrs;
  std::vector<ValueId> results;                // fresh values
  std::vector<std::unique_ptr<Graph>> regions; // bodies (scan); isolated: their inputs are their own values
  Origin origin;
  int remat = 0; // the region of a `remat`, from 1; 0: none
};

/// A straight list of nodes in SSA order. Inputs come first among the values.
struct Graph {
  std::vector<TensorType> types; // by ValueId
  std::vector<ValueId> inputs;
  std::vector<Node> nodes;
  std::vector<ValueId> outputs;
};

/// A function with a `derivative` clause, or one that a node "gradient" differentiates (it has no vjp: its
/// types are empty). `primal` and `vjp` are graphs of their own; a node with op "call"
/// and attribute "callee" = name refers to it. vjp inputs: the primal's inputs, then one cotangent per
/// result; outputs: one cotangent per input that is differentiable (in order), in the inputs' types.
struct Callee {
  std::string name; // unique per instantiation
  Graph primal, vjp;
  std::vector<bool> differentiable; // by input
  /// The places of the call that was the first: what the chain of each node's origin ends with. Others call
  /// the same graphs from elsewhere.
  std::vector<Span> calledFrom;
};

/// A tensor that lives between steps.
struct StateTensor {
  enum Role { Param, State, Slot, Statistic } role = Param;
  std::string name; // logical path: "lenet.conv_1.w", "objective.lenet.conv_1.w.m"
  TensorType type;
  bool frozen = false; // a parameter no objective updates
  int of = -1;         // Slot: index of the parameter whose it is
  int init = -1;       // index of the output of Init that holds its first value; -1 for Statistic
  // Statistic: what the runtime measures over the training split.
  std::string field, kind; // kind: mean std min max
  Span span;
};

/// Tensors whose first values are those of another file.
struct Import {
  struct Tensor {
    int state = 0;              // index
    std::string theirs;         // its name in the file
    std::vector<int64_t> order; // axis i of ours is axis order[i] of theirs; empty: as it is
  };
  std::string file; // as written: safetensors, or the folder of a run
  std::vector<Tensor> tensors;
  Span span;
};

/// One input of a step function.
struct Input {
  /// Before: a state as it was when the step began, where an objective has moved it since.
  enum Kind { State, Field, Scalar, Stream, Before } kind = Field;
  int index = 0; // into states, fields, or scalars (a rank-0 tensor of the number's dtype); Stream: i64[3]
  ValueId value = 0;
};

/// One of Init, Train, Evaluate, Predict: a graph whose inputs are tagged.
struct StepGraph {
  Graph graph;
  std::vector<Input> inputs;
  std::vector<ScalarExpr>
      scalars; // what Input::Scalar refers to; constants are literals in the graph instead
};

struct Field {
  std::string name;
  TensorType type;                                 // per row, without batch; of codes: i32
  std::string coding;                              // category vocabulary hash date; empty: numbers
  int64_t categories = 0;                          // codes are below; 0: it has none
  std::vector<std::string> parts;                  // of a date
  std::optional<std::vector<std::string>> missing; // what stands for a missing value, if the data block says
  /// Where the field itself is used as a class or a row (pick, one_hot, gather): the smallest number of
  /// classes among those uses; the runtime refuses other values. 0: unbounded.
  int64_t classes = 0;
  bool optional = false;
  std::vector<std::string> columns; // CSV names
  Span span;
};

struct Reader {
  std::string kind; // idx csv ...
  std::vector<std::string> files;
  std::vector<std::pair<std::string, double>> options;
  std::vector<std::pair<std::string, std::string>> texts; // options that are no numbers
  Span span;
};

struct Settings {
  int64_t batch = 32;
  int64_t epochs = 1;
  std::optional<int64_t> steps; // instead of epochs
  uint64_t seed = 0;
  double validation = 0;
  int64_t accumulate = 1;
  int64_t patience = 0; // 0: never stop early
  std::string best;     // figure name; empty: validation loss
  bool bestIsMax = false;
  std::string precision = "f32"; // the name of a float type that the language has
  /// As what `float` stands for.
  DType computeType() const {
    std::optional<DType> type = dtypeNamed(precision);
    return type && isFloat(*type) && isOfLanguage(*type) ? *type : DType::F32;
  }
  /// What is said of the numbers that are not compiled in, for a person: "optimizer.lr" is "0.1 * step".
  std::map<std::string, std::string> numbers;
};

/// The fewest rows that a batch of training may have, and who needs them: "batch_norm at net.mlc:8 needs at
/// least 2 values of each channel".
struct LeastRows {
  int64_t rows = 1;
  std::string reason; // empty for one row
};

/// A loss or metric line: where its numbers are among the sums and figures.
struct Figure {
  std::string name;
  bool isLoss = false;
  std::vector<int64_t> shape; // empty: a number
};

/// Scores that are kept of all rows of a split and put in order after the last: of each row of a batch
/// `perRow` scores, then as many weights, below 0 where the score's label is false.
struct Ranking {
  int64_t perRow = 1;
  int64_t sums = 0; // where the two numbers made of them are among the sums
};

/// Instance of the summary: a layer or model with what goes in and out.
struct InstanceInfo {
  std::string path, callee;
  std::vector<TensorType> outputs;
  int64_t parameters = 0;
};

/// What is minimised at once. The objectives of a program run in order, each seeing the states as those
/// before it left them.
struct Objective {
  std::string name;               // empty: the train block's own
  std::vector<int> trainable;     // indices of states the forward graph is differentiated by
  std::vector<int> updatedStates; // indices of states that the forward graph rewrites
  std::vector<int> moved;         // indices of states that the update graph rewrites, in order of its outputs
  int64_t ranked = 0;             // numbers it collects of each row
  StepGraph forward, update;
};

/// A place where the program draws random numbers.
struct RandomSite {
  int64_t key;      // `site` of the op
  std::string name; // "lenet.dropout_1#0": the path of calls, and which draw there
};

/// Outputs of the graphs:
///   init       one value per state tensor with init >= 0
///   forward    of an objective (training): [0] the scalar to differentiate (in the compute type), [1] its
///              sums, which are joined in the order of the objectives, then the new value of each state in
///              `updatedStates`, then f64[batch, ranked] if it collects any
///   update     of an objective: its optimizer. Inputs: States, per trainable parameter its gradient
///              (Input::Field with index = position in `trainable`), Scalars. Outputs: the new value of each
///              state in `moved`
///   evaluate   [0] sums, then f64[batch, ranked] if the program collects any
///   predict    one value per predict line
///   figures    input: sums; output: one f64 vector, the elements of each figure in order
struct Program {
  std::string name;     // of the train block
  std::string dataName; // of the data block
  std::vector<Field> fields;
  std::vector<std::pair<std::string, Reader>> splits; // "train" "validation" "test"
  Settings settings;

  std::vector<StateTensor> states;   // params, states, slots, statistics; order = declaration order by path
  std::vector<Objective> objectives; // at least one
  std::vector<Import> imports;       // after Init

  StepGraph init, evaluate, predict, figures;
  std::vector<std::string> predictNames;
  std::vector<Figure> figureNames;
  /// Inputs of predict that are no fields of the data (`given z`): per row, without batch. In predict,
  /// Input::Field with index fields.size() + i is the i-th of them.
  std::vector<Field> given;
  int64_t sums = 0;              // f64 numbers a step adds up
  std::vector<Ranking> rankings; // in the order in which a row of `ranked` numbers holds them
  int64_t ranked = 0;
  LeastRows leastRows;
  std::vector<Callee> callees;
  std::vector<RandomSite> randomSites;
  std::vector<InstanceInfo> instances;
};

/// The nodes of all graphs of a program.
int64_t countOperations(const Program &program);

} // namespace mlc::frontend::core
