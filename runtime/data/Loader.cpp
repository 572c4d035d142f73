#include "runtime/data/Loader.h"

#include "runtime/data/Shuffle.h"

#include <algorithm>
#include <chrono>
#include <new>
#include <system_error>

namespace mlc {

Expected<std::unique_ptr<Loader>> Loader::start(Rows rows, LoaderPlan plan) {
  std::unique_ptr<Loader> loader(new Loader(std::move(rows), std::move(plan)));
  MLC_TRY(loader->prepare());
  try {
    loader->thread_ = std::thread([self = loader.get()] { self->work(); });
  } catch (const std::system_error &) {
    return Status::failed("cannot start the thread that prepares batches");
  }
  return loader;
}

Status Loader::prepare() {
  for (const std::string &field : plan_.fields) {
    columns_.push_back(rows_.data->find(field));
    if (!columns_.back())
      return Status::failed("the data has no field '" + field + "'");
  }
  // One more than are prepared ahead: the one in use.
  slots_.resize(static_cast<size_t>(std::max<int64_t>(plan_.ahead, 1)) + 1);
  int64_t rows = std::min(plan_.batch, rows_.size());
  for (Slot &slot : slots_) {
    for (const Column *column : columns_) {
      int64_t bytes;
      if (__builtin_mul_overflow(rows, column->rowBytes, &bytes))
        return Status::failed("a batch is too large; use a smaller batch");
      Expected<Buffer> buffer = Buffer::allocate(bytes, "a batch");
      if (!buffer)
        return buffer.status();
      slot.buffers.push_back(std::move(*buffer));
      slot.batch.inputs.push_back(slot.buffers.back().data());
    }
  }
  return {};
}

Loader::~Loader() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable())
    thread_.join();
}

const Batch *Loader::next() {
  std::unique_lock<std::mutex> lock(mutex_);
  if (taken_ == made_ && !done_) {
    auto begin = std::chrono::steady_clock::now();
    changed_.wait(lock, [&] { return taken_ < made_ || done_; });
    waited_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
  if (taken_ == made_)
    return nullptr;
  const Batch *batch = &slots_[taken_ % slots_.size()].batch;
  ++taken_;
  lock.unlock();
  changed_.notify_all();
  return batch;
}

Status Loader::fill(Slot &slot, const std::vector<int64_t> &order, DataPosition at) const {
  Batch &batch = slot.batch;
  auto first = static_cast<size_t>(at.row);
  size_t count = std::min(static_cast<size_t>(plan_.batch), order.size() - first);
  batch.at = at;
  batch.rows = static_cast<int64_t>(count);
  batch.lastOfEpoch = first + count == order.size();
  batch.rowNumbers.assign(order.begin() + static_cast<int64_t>(first),
                          order.begin() + static_cast<int64_t>(first + count));
  for (size_t c = 0; c < columns_.size(); ++c)
    MLC_TRY(columns_[c]->copyRows(batch.rowNumbers.data(), batch.rows, slot.buffers[c].data()));
  return {};
}

Status Loader::status() {
  std::lock_guard<std::mutex> lock(mutex_);
  return status_;
}

void Loader::work() {
  Status status;
  try {
    status = deliverEpochs();
  } catch (const std::bad_alloc &) {
    status = Status::failed("out of memory while preparing batches");
  }
  {
    std::lock_guard<std::mutex> lock(mutex_);
    done_ = true;
    status_ = std::move(status);
  }
  changed_.notify_all();
}

Status Loader::deliverEpochs() {
  DataPosition at = plan_.start;
  for (; at.epoch < plan_.epochs; ++at.epoch, at.row = 0) {
    std::vector<int64_t> order = rows_.numbers;
    if (plan_.shuffled)
      shuffle(order, plan_.seed, OrderUse::Epoch, static_cast<uint64_t>(at.epoch));
    while (at.row < static_cast<int64_t>(order.size())) {
      Slot *slot;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [&] { return stop_ || made_ + 1 < taken_ + slots_.size(); });
        if (stop_)
          return {};
        slot = &slots_[made_ % slots_.size()];
      }
      MLC_TRY(fill(*slot, order, at));
      at.row += slot->batch.rows;
      {
        std::lock_guard<std::mutex> lock(mutex_);
        ++made_;
      }
      changed_.notify_all();
    }
  }
  return {};
}

} // namespace mlc
