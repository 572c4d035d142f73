// Batches prepared ahead of the step by a thread of their own; small ones when the step asks for them.
#ifndef MLC_RUNTIME_DATA_LOADER_H
#define MLC_RUNTIME_DATA_LOADER_H

#include "runtime/Buffer.h"
#include "runtime/data/Dataset.h"

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace mlc {

/// Where in its data a run is. Together with the seed it says everything: the order of an epoch is a function
/// of both, so a position that was saved continues with exactly the batches that were to come.
struct DataPosition {
  int64_t epoch = 0; ///< from 0
  int64_t row = 0;   ///< rows of the epoch that were delivered
};

/// What a loader delivers.
struct LoaderPlan {
  std::vector<std::string> fields; ///< inputs of a batch, in this order
  int64_t batch = 1;
  bool shuffled = false; ///< by the seed, every epoch anew; else in the order of the rows
  uint64_t seed = 0;
  DataPosition start;
  int64_t epochs = 1;    ///< delivers epochs start.epoch .. epochs - 1
  int64_t leastRows = 1; ///< a last batch of fewer is left out
  int64_t ahead = 3;     ///< batches prepared ahead at most
  /// Batches of at most so many bytes, of fields in memory, are gathered by the thread that asks for them: to
  /// hand them over would take longer.
  int64_t gathered = 16 << 10;
  /// Each batch gets memory for so many rows; 0: for as many as there are at most. Then what is allocated
  /// does not depend on the number of rows.
  int64_t room = 0;
};

/// Rows of an epoch that are delivered: all of `rows` but a last batch of fewer than `leastRows`.
int64_t rowsOfEpoch(int64_t rows, int64_t batch, int64_t leastRows);

/// A batch; `inputs` are dense, aligned to 64, and valid until the next call of Loader::next.
struct Batch {
  DataPosition at;  ///< of its first row
  int64_t rows = 0; ///< the last of an epoch may have fewer than the plan says
  bool lastOfEpoch = false;
  std::vector<const void *> inputs;
  std::vector<int64_t> rowNumbers; ///< in the dataset, for messages and replay
};

class Loader {
public:
  /// Fails if a field is not there or memory for the batches is not to be had. Keeps the dataset alive.
  static Expected<std::unique_ptr<Loader>> start(Rows rows, LoaderPlan plan);
  /// Batches that have memory: those prepared ahead, and the one in use.
  static int64_t slotsOf(const LoaderPlan &plan) { return (plan.ahead < 1 ? 1 : plan.ahead) + 1; }
  /// Stops the thread without waiting for it to finish its work.
  ~Loader();

  /// The next batch; null after the last, or when the thread failed: then status() says why. Called from one
  /// thread.
  const Batch *next();
  /// How long next() has waited for the other thread so far.
  double secondsWaited() const { return waited_; }
  /// Of the thread that prepares batches; to be asked when next() gave null.
  Status status();

private:
  struct Slot {
    Batch batch;
    std::vector<Buffer> buffers;
  };
  Loader(Rows rows, LoaderPlan plan) : rows_(std::move(rows)), plan_(std::move(plan)) {}
  Status prepare();
  void work();
  Status deliver();
  const Batch *gather();
  /// Fills the slot with the batch at `at_` and moves on. False: there is none left.
  Expected<bool> fill(Slot &slot);

  Rows rows_;
  LoaderPlan plan_;
  std::vector<const Column *> columns_;
  int64_t epochRows_ = 0; ///< rowsOfEpoch
  bool gathers_ = false;  ///< there is no thread
  /// What comes next, and the order of that epoch's rows, empty before its first batch; of the thread that
  /// fills.
  DataPosition at_;
  std::vector<int64_t> order_;
  /// A ring: slots [taken_, made_) are ready, slot taken_ - 1 is in the caller's hands.
  std::vector<Slot> slots_;
  uint64_t made_ = 0, taken_ = 0;
  double waited_ = 0; ///< seconds
  bool done_ = false, stop_ = false;
  Status status_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::thread thread_;
};

} // namespace mlc
#endif
