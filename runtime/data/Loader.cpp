#include "runtime/data/Loader.h"

#include "runtime/data/Shuffle.h"

#include <algorithm>
#include <chrono>
#include <new>
#include <system_error>
#include <unordered_map>

namespace mlc {

int64_t rowsOfEpoch(int64_t rows, int64_t batch, int64_t leastRows) {
  int64_t last = rows % batch;
  return last < leastRows ? rows - last : rows;
}

Expected<std::unique_ptr<Loader>> Loader::start(Rows rows, LoaderPlan plan) {
  std::unique_ptr<Loader> loader(new Loader(std::move(rows), std::move(plan)));
  MLC_TRY(loader->prepare());
  if (loader->gathers_)
    return loader;
  try {
    loader->thread_ = std::thread([self = loader.get()] { self->work(); });
  } catch (const std::system_error &) {
    return Status::failed("cannot start the thread that prepares batches");
  }
  return loader;
}

Status Loader::prepare() {
  std::unordered_map<std::string_view, const Column *> columns;
  for (const Column &column : rows_.data->columns)
    columns.emplace(column.field.name, &column);
  for (const std::string &field : plan_.fields) {
    auto found = columns.find(field);
    if (found == columns.end())
      return Status::failed("the data has no field '" + field + "'");
    columns_.push_back(found->second);
  }
  at_ = plan_.start;
  epochRows_ = rowsOfEpoch(rows_.size(), plan_.batch, plan_.leastRows);
  slots_.resize(static_cast<size_t>(slotsOf(plan_)));
  int64_t rows = std::max(std::min(plan_.batch, rows_.size()), plan_.room);
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
  int64_t bytes = 0; // of a batch; they were allocated, so the sum is in range
  for (const Buffer &buffer : slots_.front().buffers)
    bytes += buffer.size();
  gathers_ =
      bytes <= plan_.gathered && std::none_of(columns_.begin(), columns_.end(),
                                              [](const Column *column) { return bool(column->source); });
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
  if (gathers_)
    return gather();
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

const Batch *Loader::gather() {
  if (!status_.isOk())
    return nullptr;
  try {
    Expected<bool> filled = fill(slots_.front());
    if (filled)
      return *filled ? &slots_.front().batch : nullptr;
    status_ = filled.status();
  } catch (const std::bad_alloc &) {
    status_ = Status::failed("out of memory while preparing batches");
  }
  return nullptr;
}

Expected<bool> Loader::fill(Slot &slot) {
  if (at_.row >= epochRows_) { // a position may be saved at the end of its epoch
    at_ = {at_.epoch + 1, 0};
    order_.clear();
  }
  if (at_.epoch >= plan_.epochs || epochRows_ == 0)
    return false;
  if (order_.empty()) {
    order_ = rows_.numbers;
    if (plan_.shuffled)
      shuffle(order_, plan_.seed, OrderUse::Epoch, static_cast<uint64_t>(at_.epoch));
  }
  Batch &batch = slot.batch;
  auto first = static_cast<size_t>(at_.row);
  auto count = static_cast<size_t>(std::min(plan_.batch, epochRows_ - at_.row));
  batch.at = at_;
  batch.rows = static_cast<int64_t>(count);
  batch.lastOfEpoch = at_.row + batch.rows == epochRows_;
  batch.rowNumbers.assign(order_.begin() + static_cast<int64_t>(first),
                          order_.begin() + static_cast<int64_t>(first + count));
  for (size_t c = 0; c < columns_.size(); ++c)
    MLC_TRY(columns_[c]->copyRows(batch.rowNumbers.data(), batch.rows, slot.buffers[c].data()));
  at_.row += batch.rows;
  return true;
}

Status Loader::status() {
  std::lock_guard<std::mutex> lock(mutex_);
  return status_;
}

void Loader::work() {
  Status status;
  try {
    status = deliver();
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

Status Loader::deliver() {
  while (true) {
    Slot *slot;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait(lock, [&] { return stop_ || made_ + 1 < taken_ + slots_.size(); });
      if (stop_)
        return {};
      slot = &slots_[made_ % slots_.size()];
    }
    Expected<bool> filled = fill(*slot);
    if (!filled)
      return filled.status();
    if (!*filled)
      return {};
    {
      std::lock_guard<std::mutex> lock(mutex_);
      ++made_;
    }
    changed_.notify_all();
  }
}

} // namespace mlc
