// What a compiled program says about itself: where state lies, what each function takes and gives, which
// scalars change from step to step, what data it learns from and how it is trained. The compiler writes it,
// everything that runs programs reads it. As text it is JSON with keys in a fixed order.
#ifndef MLC_RUNTIME_PROGRAM_MANIFEST_H
#define MLC_RUNTIME_PROGRAM_MANIFEST_H

#include "runtime/DType.h"
#include "runtime/Scalar.h"
#include "runtime/Status.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mlc {

/// What a state tensor is for; decides which file of a run folder holds it.
enum class Role {
  Param,    ///< learnt by an optimizer: model.safetensors
  Slot,     ///< optimizer state, "objective.path.m": optimizer.safetensors
  State,    ///< layer state such as running statistics: model.safetensors
  Statistic ///< of a field over the training split, "train_mean.age": model.safetensors
};

struct StateTensor {
  std::string name; ///< logical and unique: "lenet.conv_1.w"
  Role role = Role::Param;
  DType dtype = DType::F32;
  std::vector<int64_t> shape;
  int64_t offset = 0; ///< in the state buffer; a multiple of 64
  int64_t bytes = 0;  ///< product of the shape times the element size
  bool trainable = false;
  /// A matrix may lie in panels of so many columns (runtime/Panels.h); 0: row by row. Files hold rows.
  int64_t panel = 0;
};

enum class FunctionKind {
  Init,      ///< no inputs, no outputs: writes params, states and slots (not statistics)
  TrainStep, ///< inputs: fields; outputs: sums, ranked (if any); updates the state in place
  EvalStep,  ///< inputs: fields; outputs: sums, ranked (if any); leaves the state alone
  Predict,   ///< inputs: fields; outputs: the predict lines
  Figures    ///< inputs: sums (f64[S]); outputs: figures (f64[K]); no batch
};

/// An input or output. `shape` leaves out the leading batch of a batched one.
/// The inputs of train_step, eval_step and predict are fields of the data, by name.
struct Port {
  std::string name;
  DType dtype = DType::F32;
  std::vector<int64_t> shape;
  bool batched = false;
};

struct FunctionSpec {
  FunctionKind kind = FunctionKind::Init;
  std::vector<Port> inputs;
  std::vector<Port> outputs;
};

/// Scores that are collected of all rows of a split and put in order after the last
/// (runtime/session/Ranking.h).
struct RankingSpec {
  int64_t perRow = 1; ///< scores of a row of a batch, and as many weights
  int64_t sums = 0;   ///< place among the sums of the two numbers made of them; steps give 0 there
};

/// A figure that is an array of numbers, such as a matrix.
struct TableSpec {
  std::string name;
  int64_t first = 0; ///< place of its first element among the names
  std::vector<int64_t> shape;
};

/// What the sums of a split turn into.
struct FiguresSpec {
  /// In the order of the figures function's output; "loss" is always there. An element of a table is called
  /// "confusion.0.1".
  std::vector<std::string> names;
  std::vector<TableSpec> tables;     ///< in the order of their places
  std::vector<RankingSpec> rankings; ///< in the order of the "ranked" output
  int64_t sums = 0;                  ///< number of f64 sums that train_step and eval_step give

  /// Numbers that train_step and eval_step give of each row, as the output "ranked"; 0: there is no such one.
  int64_t rankedWidth() const {
    int64_t width = 0;
    for (const RankingSpec &ranking : rankings)
      width += 2 * ranking.perRow;
    return width;
  }
};

/// Where the rows of a split come from.
struct ReaderSpec {
  std::string kind;               ///< idx, csv, host
  std::vector<std::string> files; ///< relative; where they are found says runtime/data/DataFile.h
  std::map<std::string, std::string> options;
};

/// What the elements of a field are made of: numbers as they stand, or text.
enum class Coding {
  Number,
  Category,   ///< codes of the sorted values of the training split
  Vocabulary, ///< codes of its most frequent words
  Hash,       ///< codes that a word has anywhere
  Date        ///< parts of a date
};

/// What becomes of a row with a category that training has not seen.
enum class UnknownCategory {
  Error,
  Missing, ///< the field, which must be optional, has no value there
  Skip     ///< the row is left out
};

/// The fewest codes that vocabulary(n) and hash(n) may have, so that one is left for words, and the most.
constexpr int64_t leastVocabulary = 3, leastHash = 2, mostCodes = int64_t(1) << 24;

/// One field of the data; readers' outputs bind in order, CSV columns by name.
struct FieldSpec {
  std::string name;
  DType dtype = DType::F32;
  std::vector<int64_t> shape;       ///< of one row; empty for a scalar
  std::vector<std::string> columns; ///< CSV: the columns that make the value; empty: the one called `name`
  /// Codes of category(N), vocabulary(N) and hash(N) are below N, and dtype is i32; 0 for anything else.
  int64_t categories = 0;
  /// `?`: a missing value is NaN (f32, f64) or code 0 (categories, whose first value then has code 1).
  bool optional = false;
  /// If not 0, an integer field must lie in [0, classes): the compiler sets it where the field is used as a
  /// label.
  int64_t classes = 0;
  Coding coding = Coding::Number;
  std::vector<std::string> parts = {}; ///< of a date, one for each element: see runtime/Date.h
  /// What stands for a missing value, as written, instead of what runtime/data/Missing.h says.
  std::optional<std::vector<std::string>> missing = std::nullopt;
  /// Of rows to predict, and in no file.
  UnknownCategory unknown = UnknownCategory::Error;
};

enum class StatisticKind { Mean, Std, Min, Max };

/// A statistic of a field over the training split (after the validation rows are cut off), computed by the
/// runtime before the first step and written into a state tensor with role Statistic. Element by element of
/// the row, so the tensor has the field's row shape; dtype f32 or f64. NaN values are left out.
struct StatisticSpec {
  std::string field;
  StatisticKind kind = StatisticKind::Mean;
  std::string tensor; ///< name of the state tensor
};

struct DataSpec {
  std::string name;
  std::optional<ReaderSpec> train, validation, test;
  std::vector<FieldSpec> fields;
  std::vector<StatisticSpec> statistics;
  /// Share of the training rows held out by the seed when there is no validation reader; in [0, 1).
  double validationFraction = 0;
};

/// A tensor whose first value is another file's.
struct ImportTensor {
  std::string tensor;         ///< name of a param or state
  std::string source;         ///< its name in the file
  std::vector<int64_t> order; ///< axis i of the tensor is axis order[i] of the source; empty: as it is
};

/// `from "file" ...`: see runtime/checkpoint/Import.h.
struct ImportSpec {
  std::string file; ///< relative
  std::vector<ImportTensor> tensors;
};

struct TrainSpec {
  int64_t batch = 1;
  std::optional<int64_t> epochs; ///< exactly one of epochs and steps
  std::optional<int64_t> steps;  ///< updates
  uint64_t seed = 0;
  /// Epochs without a better figure after which training stops; 0: never.
  int64_t patience = 0;
  /// What the best checkpoint is chosen by: a figure of the validation split (of training if there is none).
  std::string bestFigure = "loss";
  bool bestIsMax = false;
  /// A last batch of fewer rows is left out of an epoch, and why: "batch_norm at net.mlc:8 needs at least 2
  /// values of each channel". Empty for one row.
  int64_t leastRows = 1;
  std::string leastRowsReason;
  std::string precision = "f32"; ///< f32, f64
  /// What the program says of the numbers that are not compiled in, for a person: "optimizer.lr": "0.1".
  /// Their values are among Manifest::scalars.
  std::map<std::string, std::string> numbers;
};

struct Manifest {
  static constexpr int64_t currentVersion = 1;
  int64_t version = currentVersion;
  std::string program;   ///< name of the train block
  std::string modelHash; ///< hex digits that change whenever the meaning of the program does
  /// Likewise, with all that a run must keep to be gone on with: what is learnt, from which fields, how.
  /// Numbers that are not compiled in may change. Empty in runs of older versions.
  std::string trainingHash;
  std::vector<StateTensor> state;
  int64_t stateBytes = 0;
  std::vector<FunctionSpec> functions;
  std::vector<ScalarSpec> scalars;
  FiguresSpec figures;
  DataSpec data;
  std::vector<ImportSpec> imports;
  TrainSpec train;

  const StateTensor *findState(std::string_view name) const;
  const FunctionSpec *findFunction(FunctionKind kind) const;
  const FieldSpec *findField(std::string_view name) const;
};

/// The state tensors or the fields by name, for whoever looks for many; as long as the manifest is not
/// changed. Of equal names, which verifyManifest does not let pass, the first.
std::unordered_map<std::string_view, const StateTensor *> statesByName(const Manifest &manifest);
std::unordered_map<std::string_view, const FieldSpec *> fieldsByName(const Manifest &manifest);

std::string_view nameOf(Role role);
std::string_view nameOf(FunctionKind kind);
std::string_view nameOf(StatisticKind kind);
std::string_view nameOf(Coding coding);

/// Deterministic: equal manifests give equal text. Ends with a newline.
std::string printManifest(const Manifest &manifest);

/// Reads what printManifest wrote, or anything that claims to be it: the text may come from a hostile folder.
/// `where` names the origin in messages. The result satisfies verifyManifest.
Expected<Manifest> parseManifest(std::string_view text, std::string_view where);

/// Holds the invariants: unique names, state tensors that fit, are aligned and do not overlap, ports that
/// name fields, statistics that name tensors of their shape, sane numbers. The compiler calls it on what it
/// builds.
Status verifyManifest(const Manifest &manifest);

} // namespace mlc
#endif
