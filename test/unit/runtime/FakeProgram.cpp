#include "FakeProgram.h"

#include <cmath>
#include <utility>

namespace mlc::test {
namespace {

constexpr int features = FakeProgram::features;

/// The state, laid out as the manifest says.
struct State {
  alignas(64) float w[features];
  alignas(64) float b[1];
  alignas(64) float wMomentum[features];
  alignas(64) float bMomentum[1];
  alignas(64) double seen;
  alignas(64) float mean[features];
};

State &stateOf(const mlc_call *call) { return *reinterpret_cast<State *>(call->state); }

void init(const mlc_call *call) {
  State &state = stateOf(call);
  for (int i = 0; i < features; ++i)
    state.w[i] = 0.1f * static_cast<float>((call->seed + static_cast<uint64_t>(i)) % 7);
  state.b[0] = 0;
  for (int i = 0; i < features; ++i)
    state.wMomentum[i] = 0;
  state.bMomentum[0] = 0;
  state.seen = 0;
}

/// One chunk per row: args are x, y, state, errors.
void rowError(void *const *args, int64_t row, void *scratch) {
  auto *x = static_cast<const float *>(args[0]) + row * features;
  auto *y = static_cast<const float *>(args[1]) + row;
  auto *state = static_cast<const State *>(args[2]);
  auto *centred = static_cast<float *>(scratch);
  float sum = state->b[0];
  for (int i = 0; i < features; ++i) {
    centred[i] = x[i] - state->mean[i];
    sum += state->w[i] * centred[i];
  }
  static_cast<float *>(args[3])[row] = sum - *y;
}

template <int64_t rows> double errors(const mlc_call *call) {
  void *args[] = {const_cast<void *>(call->inputs[0]), const_cast<void *>(call->inputs[1]), call->state,
                  call->arena};
  call->parallel_for(call->context, rowError, args, rows);
  double squares = 0;
  auto *error = reinterpret_cast<const float *>(call->arena);
  for (int64_t row = 0; row < rows; ++row)
    squares += static_cast<double>(error[row]) * static_cast<double>(error[row]);
  auto *sums = static_cast<double *>(call->outputs[0]);
  sums[0] = squares;
  sums[1] = rows;
  return squares;
}

template <int64_t rows> void evalStep(const mlc_call *call) { errors<rows>(call); }

template <int64_t rows> void trainStep(const mlc_call *call) {
  errors<rows>(call);
  State &state = stateOf(call);
  auto *x = static_cast<const float *>(call->inputs[0]);
  auto *error = reinterpret_cast<const float *>(call->arena);
  auto rate = static_cast<float>(call->scalars[1]);
  auto update = [&](float &value, float &momentum, float gradient) {
    momentum = 0.9f * momentum + gradient;
    value -= rate * momentum;
  };
  for (int i = 0; i < features; ++i) {
    float gradient = 0;
    for (int64_t row = 0; row < rows; ++row)
      gradient += 2 * error[row] * (x[row * features + i] - state.mean[i]) / rows;
    update(state.w[i], state.wMomentum[i], gradient);
  }
  float gradient = 0;
  for (int64_t row = 0; row < rows; ++row)
    gradient += 2 * error[row] / rows;
  update(state.b[0], state.bMomentum[0], gradient);
  state.b[0] += 1e-6f * static_cast<float>((call->seed * 31 + call->update * 17) % 11);
  state.seen += rows;
}

template <int64_t rows> void predictRows(const mlc_call *call) {
  const State &state = stateOf(call);
  auto *x = static_cast<const float *>(call->inputs[0]);
  auto *y = static_cast<float *>(call->outputs[0]);
  auto *pair = static_cast<int32_t *>(call->outputs[1]);
  for (int64_t row = 0; row < rows; ++row) {
    y[row] = state.b[0];
    for (int i = 0; i < features; ++i)
      y[row] += state.w[i] * (x[row * features + i] - state.mean[i]);
    pair[2 * row] = static_cast<int32_t>(call->row) + static_cast<int32_t>(row);
    pair[2 * row + 1] = y[row] > 0;
  }
}

void figures(const mlc_call *call) {
  auto *sums = static_cast<const double *>(call->inputs[0]);
  auto *figures = static_cast<double *>(call->outputs[0]);
  figures[0] = sums[1] == 0 ? 0 : sums[0] / sums[1];
  figures[1] = std::sqrt(figures[0]);
}

template <int64_t... i>
mlc_function stepOf(FunctionKind kind, int64_t rows, std::integer_sequence<int64_t, i...>) {
  static const mlc_function train[] = {&trainStep<i + 1>...};
  static const mlc_function eval[] = {&evalStep<i + 1>...};
  static const mlc_function predict[] = {&predictRows<i + 1>...};
  const mlc_function *table = kind == FunctionKind::TrainStep  ? train
                              : kind == FunctionKind::EvalStep ? eval
                                                               : predict;
  return table[rows - 1];
}

} // namespace

FakeProgram::FakeProgram() {
  Manifest &m = manifest_;
  m.program = "linear";
  m.modelHash = "abc123";
  m.state = {{"net.w", Role::Param, DType::F32, {features}, 0, 12, true},
             {"net.b", Role::Param, DType::F32, {1}, 64, 4, true},
             {"objective.net.w.m", Role::Slot, DType::F32, {features}, 128, 12, false},
             {"objective.net.b.m", Role::Slot, DType::F32, {1}, 192, 4, false},
             {"net.seen", Role::State, DType::F64, {}, 256, 8, false},
             {"train_mean.x", Role::Statistic, DType::F32, {features}, 320, 12, false}};
  m.stateBytes = sizeof(State);
  std::vector<Port> fields = {{"x", DType::F32, {features}, true}, {"y", DType::F32, {}, true}};
  std::vector<Port> sums = {{"sums", DType::F64, {2}, false}};
  m.functions = {{FunctionKind::Init, {}, {}},
                 {FunctionKind::TrainStep, fields, sums},
                 {FunctionKind::EvalStep, fields, sums},
                 {FunctionKind::Predict,
                  {fields[0]},
                  {{"guess", DType::F32, {}, true}, {"pair", DType::I32, {2}, true}}},
                 {FunctionKind::Figures, sums, {{"figures", DType::F64, {2}, false}}}};
  ScalarExpr left = ScalarExpr::binary(ScalarOp::Sub, ScalarExpr::literal(1),
                                       ScalarExpr::binary(ScalarOp::Div, ScalarExpr::leaf(ScalarOp::Step),
                                                          ScalarExpr::leaf(ScalarOp::TotalSteps)));
  m.scalars = {{"optimizer.lr", ScalarExpr::literal(0.05)},
               {"", ScalarExpr::binary(ScalarOp::Mul, ScalarExpr::scalar(0), left)}};
  m.figures.names = {"loss", "rmse"};
  m.figures.sums = 2;
  m.data.name = "points";
  m.data.train = ReaderSpec{"csv", {"points.csv"}, {}};
  m.data.fields = {{"x", DType::F32, {features}, {"x0", "x1", "x2"}, 0, false, 0},
                   {"y", DType::F32, {}, {}, 0, false, 0}};
  m.data.statistics = {{"x", StatisticKind::Mean, "train_mean.x"}};
  m.data.validationFraction = 0.2;
  m.train.batch = 8;
  m.train.epochs = 6;
  m.train.seed = 11;
}

Expected<const Function *> FakeProgram::function(FunctionKind id, int64_t rows) {
  if (rows > maxRows)
    return Status::failed("the fake program has at most 16 rows");
  Function &function = functions_[{id, rows}];
  if (id == FunctionKind::Init)
    function = {init, 0, 0};
  else if (id == FunctionKind::Figures)
    function = {figures, 0, 0};
  else {
    rowsAskedFor.insert(rows);
    function = {stepOf(id, rows, std::make_integer_sequence<int64_t, maxRows>()),
                rows * static_cast<int64_t>(sizeof(float)), features * static_cast<int64_t>(sizeof(float))};
  }
  return &function;
}

std::string linearCsv(int rows) {
  std::string text = "x0,x1,x2,y\n";
  uint32_t bits = 12345;
  auto next = [&] {
    bits = bits * 1664525 + 1013904223;
    return static_cast<double>(bits >> 16) / 65536 * 2 - 1;
  };
  for (int i = 0; i < rows; ++i) {
    double x[] = {next() + 3, next(), next()};
    double y = 2 * x[0] - 3 * x[1] + 0.5 * x[2] + 1;
    text += std::to_string(x[0]) + "," + std::to_string(x[1]) + "," + std::to_string(x[2]) + "," +
            std::to_string(y) + "\n";
  }
  return text;
}

} // namespace mlc::test
