#include "runtime/session/Session.h"

#include "runtime/FloatMode.h"
#include "runtime/Panels.h"

#include <cmath>
#include <cstring>

namespace mlc {

Expected<std::unique_ptr<Session>> Session::create(Program &program, int threads) {
  std::unique_ptr<Session> session(new Session(program));
  MLC_TRY(verifyManifest(program.manifest()));
  Expected<Buffer> state = Buffer::allocate(program.manifest().stateBytes, "the state of the model");
  if (!state)
    return state.status();
  session->state_ = std::move(*state);
  Expected<std::unique_ptr<ThreadPool>> pool = ThreadPool::create(threads);
  if (!pool)
    return pool.status();
  session->pool_ = std::move(*pool);
  return session;
}

static PanelShape panelShape(const StateTensor &tensor) {
  return {tensor.shape[0], tensor.shape[1], tensor.panel, sizeOf(tensor.dtype)};
}

void Session::read(const StateTensor &tensor, void *to) const {
  if (tensor.panel == 0)
    std::memcpy(to, bytesOf(tensor), static_cast<size_t>(tensor.bytes));
  else
    rowsFromPanels(panelShape(tensor), bytesOf(tensor), 0, tensor.shape[0], static_cast<uint8_t *>(to));
}

void Session::write(const StateTensor &tensor, const void *from) {
  if (tensor.panel == 0)
    std::memcpy(bytesOf(tensor), from, static_cast<size_t>(tensor.bytes));
  else
    panelsFromRows(panelShape(tensor), static_cast<const uint8_t *>(from), bytesOf(tensor));
}

Status Session::reserve(int64_t arena, int64_t scratch) {
  MLC_TRY(pool_->reserveScratch(scratch));
  if (arena_.data() && arena_.size() >= arena)
    return {};
  arena_ = Buffer(); // first give back what is too small
  Expected<Buffer> larger = Buffer::allocate(arena, "the intermediate values of a step");
  if (!larger)
    return larger.status();
  arena_ = std::move(*larger);
  return {};
}

Status Session::call(FunctionKind id, int64_t rows, const std::vector<const void *> &inputs,
                     const std::vector<void *> &outputs, const CallPosition &position,
                     const double *scalars) {
  Expected<const Function *> function = program_.function(id, rows);
  if (!function)
    return function.status();
  MLC_TRY(reserve((*function)->arenaBytes, (*function)->scratchBytes));
  mlc_call call;
  call.state = state_.data();
  call.arena = arena_.data();
  call.scratch = pool_->callerScratch();
  call.inputs = inputs.data();
  pointers_ = outputs;
  pointers_.push_back(&outside_);
  outside_ = 0;
  call.outputs = pointers_.data();
  call.scalars = scalars;
  call.seed = position.seed;
  call.update = position.update;
  call.row = position.row;
  call.parallel_for = &ThreadPool::parallelFor;
  call.context = pool_.get();
  FloatMode mode;
  if (profiler_)
    profiler_->run(id, rows, **function, call, *pool_);
  else
    (*function)->entry(&call);
  if (isOutside())
    return Status::badData("an index is out of range");
  return {};
}

Status Session::initialise(uint64_t seed) {
  std::memset(state_.data(), 0, static_cast<size_t>(state_.size()));
  return call(FunctionKind::Init, 0, {}, {}, {seed, 0, 0});
}

Expected<std::vector<double>> Session::figures(const std::vector<double> &sums) {
  std::vector<double> result(manifest().figures.names.size(), 0);
  if (result.empty())
    return result;
  MLC_TRY(call(FunctionKind::Figures, 0, {sums.data()}, {result.data()}, {}));
  return result;
}

template <typename T> static bool allFinite(const uint8_t *bytes, int64_t count) {
  // Any NaN or infinity makes the sum of x * 0 a NaN; the loop has no branch and vectorises.
  decltype(T() * 0.0f) sum = 0;
  for (int64_t i = 0; i < count / static_cast<int64_t>(sizeof(T)); ++i) {
    T value;
    std::memcpy(&value, bytes + static_cast<size_t>(i) * sizeof(T), sizeof value);
    sum += value * 0.0f;
  }
  return sum == 0;
}

std::string Session::firstNonFinite() const {
  for (const StateTensor &tensor : manifest().state) {
    if (tensor.role == Role::Statistic)
      continue;
    bool finite = visitDType(tensor.dtype, [&](auto element) {
      if constexpr (element.isFloat)
        return allFinite<typename decltype(element)::Type>(bytesOf(tensor), tensor.bytes);
      else
        return true;
    });
    if (!finite)
      return tensor.name;
  }
  return {};
}

} // namespace mlc
