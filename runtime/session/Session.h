// A program with its memory: state, arena, scratch and workers, ready to be called.
#ifndef MLC_RUNTIME_SESSION_SESSION_H
#define MLC_RUNTIME_SESSION_SESSION_H

#include "runtime/Buffer.h"
#include "runtime/ThreadPool.h"
#include "runtime/profile/Profiler.h"
#include "runtime/program/Program.h"

#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace mlc {

/// What a call is told about where it is in the run.
struct CallPosition {
  uint64_t seed = 0;
  uint64_t update = 0; ///< updates made before; 0 in evaluation
  uint64_t row = 0;    ///< number in the split of the batch's first row; 0 in training
};

/// What a call saw, for an interpreter to look at again.
struct ReplayedStep {
  uint64_t seed = 0, update = 0, row = 0; ///< see CallPosition
  int64_t rows = 0;
  std::vector<std::string> fields;
  std::vector<std::vector<uint8_t>> inputs; ///< one per field, dense
  std::vector<int64_t> rowNumbers;
  std::vector<double> scalars;
};

/// Says which index of a call of `id` was out of range: a status with the index, its row and its line. The
/// session's state is the one before the call.
using ExplainOutside = std::function<Status(FunctionKind id, const ReplayedStep &step)>;

/// Owns the state of one model. Not copyable; used from one thread. `program` outlives it.
class Session {
public:
  static Expected<std::unique_ptr<Session>> create(Program &program, int threads);

  const Manifest &manifest() const { return program_.manifest(); }
  uint8_t *state() { return state_.data(); }
  const uint8_t *state() const { return state_.data(); }
  /// The bytes of a tensor in the state, as they lie there: maybe in panels.
  uint8_t *bytesOf(const StateTensor &tensor) { return state_.data() + tensor.offset; }
  const uint8_t *bytesOf(const StateTensor &tensor) const { return state_.data() + tensor.offset; }

  /// Copies a tensor, row by row, out of the state.
  void read(const StateTensor &tensor, void *to) const;
  /// And into it.
  void write(const StateTensor &tensor, const void *from);

  /// Calls a function, having it compiled if it was not yet. `scalars` may be null for a function that has no
  /// use for them. Inputs and outputs are in manifest order; outputs may be anything the program's ports say.
  /// If an index was out of range this is an error (BadData), and `isOutside` says that it is that one: what
  /// the call wrote is meaningless then.
  Status call(FunctionKind id, int64_t rows, const std::vector<const void *> &inputs,
              const std::vector<void *> &outputs, const CallPosition &position,
              const double *scalars = nullptr);

  /// Whether an index was out of range in the last call.
  bool isOutside() const { return outside_ != 0; }

  /// Allocates now what calls with up to `arena` and `scratch` bytes need; else each call sees to its own.
  Status reserve(int64_t arena, int64_t scratch);

  /// Runs init with the seed: params, slots and states get their first values. The rest of the state is
  /// zeroed.
  Status initialise(uint64_t seed);

  /// Turns sums into figures, in the order of manifest().figures.names.
  Expected<std::vector<double>> figures(const std::vector<double> &sums);

  /// The name of the first param, slot or state tensor (f32 or f64) with a value that is not finite, or
  /// empty.
  std::string firstNonFinite() const;

  /// From here on calls are profiled. `profiler` outlives the session.
  void profile(Profiler &profiler) { profiler_ = &profiler; }
  /// Null when calls are not profiled.
  Profiler *profiler() { return profiler_; }
  ThreadPool &pool() { return *pool_; }

private:
  explicit Session(Program &program) : program_(program) {}

  Program &program_;
  Buffer state_, arena_;
  std::unique_ptr<ThreadPool> pool_;
  Profiler *profiler_ = nullptr;
  double outside_ = 0;           ///< indices out of range in the last call
  std::vector<void *> pointers_; ///< of a call's outputs
};

} // namespace mlc
#endif
