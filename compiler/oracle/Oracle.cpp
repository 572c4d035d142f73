// Evaluation of one function: a map from SSA values to tensors, filled op by op. Elementwise ops know how to
// evaluate themselves (ElementwiseOpInterface); data movement is one loop over result indices that says where
// each element comes from; products and windows are in Products.cpp. A value is dropped after its last use,
// so a replayed step needs about the memory of the step.
#include "compiler/oracle/Oracle.h"
#include "compiler/oracle/Products.h"

#include "dialects/mlc/MlcOps.h"
#include "dialects/mlc/Philox.h"
#include "frontend/emit/EmitTypes.h"

#include "llvm/ADT/TypeSwitch.h"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace mlir;

namespace mlc::compiler::oracle {

using Results = std::vector<Tensor>;

static llvm::Error failure(Operation *op, const char *text) {
  std::string message;
  llvm::raw_string_ostream(message) << op->getName() << ": " << text << " (" << op->getLoc() << ")";
  return llvm::createStringError(message);
}

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

//===- Data movement
//-------------------------------------------------------------------------------------------===//

/// result[index] = x[from(index)], or zero where `from` is negative.
template <typename From> static Tensor moved(const Tensor &x, RankedTensorType type, From &&from) {
  Tensor result(type);
  char *out = static_cast<char *>(result.mutableData());
  const char *in = static_cast<const char *>(x.data());
  int64_t width = sizeOf(x.dtype());
  forEachIndex(type.getShape(), [&](ArrayRef<int64_t> index, int64_t position) {
    int64_t source = from(index);
    if (source >= 0)
      std::copy_n(in + source * width, width, out + position * width);
  });
  return result;
}

static Tensor evaluate(ir::BroadcastOp op, const Tensor &x) {
  SmallVector<int64_t> strides = stridesOf(x.shape());
  ArrayRef<int64_t> axes = op.getAxes();
  return moved(x, typeOf(op.getResult()), [&](ArrayRef<int64_t> index) {
    int64_t from = 0;
    for (size_t i = 0; i < axes.size(); ++i)
      from += index[axes[i]] * strides[i];
    return from;
  });
}

static Tensor evaluate(ir::TransposeOp op, const Tensor &x) {
  SmallVector<int64_t> strides = stridesOf(x.shape());
  ArrayRef<int64_t> permutation = op.getPermutation();
  return moved(x, typeOf(op.getResult()), [&](ArrayRef<int64_t> index) {
    int64_t from = 0;
    for (size_t i = 0; i < index.size(); ++i)
      from += index[i] * strides[permutation[i]];
    return from;
  });
}

static Tensor evaluate(ir::ReverseOp op, const Tensor &x) {
  SmallVector<int64_t> strides = stridesOf(x.shape());
  return moved(x, x.type(), [&](ArrayRef<int64_t> index) {
    int64_t from = 0;
    for (size_t i = 0; i < index.size(); ++i)
      from += (llvm::is_contained(op.getAxes(), int64_t(i)) ? x.shape()[i] - 1 - index[i] : index[i]) *
              strides[i];
    return from;
  });
}

static Tensor evaluate(ir::SliceOp op, const Tensor &x) {
  SmallVector<int64_t> strides = stridesOf(x.shape());
  return moved(x, typeOf(op.getResult()), [&](ArrayRef<int64_t> index) {
    int64_t from = 0;
    for (size_t i = 0; i < index.size(); ++i)
      from += (op.getStarts()[i] + index[i] * op.getStrides()[i]) * strides[i];
    return from;
  });
}

static Tensor evaluate(ir::PadOp op, const Tensor &x) {
  SmallVector<int64_t> strides = stridesOf(x.shape());
  return moved(x, typeOf(op.getResult()), [&](ArrayRef<int64_t> index) -> int64_t {
    int64_t from = 0;
    for (size_t i = 0; i < index.size(); ++i) {
      int64_t at = index[i] - op.getLow()[i], step = op.getInterior()[i] + 1;
      if (at < 0 || at % step != 0 || at / step >= x.shape()[i])
        return -1;
      from += at / step * strides[i];
    }
    return from;
  });
}

static Tensor evaluate(ir::ConcatOp op, ArrayRef<Tensor> parts) {
  Tensor result(typeOf(op.getResult()));
  size_t axis = op.getAxis();
  int64_t inner = sizeOf(result.dtype()), outer = 1;
  for (size_t i = 0; i < result.shape().size(); ++i)
    (i < axis ? outer : inner) *= i == axis ? 1 : result.shape()[i];
  char *out = static_cast<char *>(result.mutableData());
  for (int64_t i = 0; i < outer; ++i)
    for (const Tensor &part : parts) {
      int64_t bytes = part.shape()[axis] * inner;
      out = std::copy_n(static_cast<const char *>(part.data()) + i * bytes, bytes, out);
    }
  return result;
}

static Tensor evaluate(ir::IotaOp op) {
  Tensor result(typeOf(op.getResult()));
  forEachIndex(result.shape(), [&](ArrayRef<int64_t> index, int64_t position) {
    result.set(position, double(index[op.getAxis()]));
  });
  return result;
}

/// Rows of a table: an index outside is moved to the nearest row.
static int64_t rowOf(const Tensor &indices, int64_t i, int64_t rows) {
  return std::clamp<int64_t>(indices.integerAt(i), 0, rows - 1);
}

static Tensor evaluate(ir::GatherOp op, const Tensor &table, const Tensor &indices) {
  Tensor result(typeOf(op.getResult()));
  if (!table.size() || !indices.size())
    return result;
  int64_t row = table.bytes() / table.shape()[0];
  char *out = static_cast<char *>(result.mutableData());
  for (int64_t i = 0; i < indices.size(); ++i)
    out = std::copy_n(static_cast<const char *>(table.data()) + rowOf(indices, i, table.shape()[0]) * row,
                      row, out);
  return result;
}

static Tensor evaluate(ir::ScatterAddOp op, const Tensor &updates, const Tensor &indices) {
  Tensor result(typeOf(op.getResult()));
  if (!result.size() || !indices.size())
    return result;
  int64_t rows = result.shape()[0], row = result.size() / rows;
  Eigen::ArrayXd sums = Eigen::ArrayXd::Zero(result.size()), values = updates.values();
  for (int64_t i = 0; i < indices.size(); ++i)
    sums.segment(rowOf(indices, i, rows) * row, row) += values.segment(i * row, row);
  result.setValues(sums);
  return result;
}

//===- Elementwise, reductions, random
//-------------------------------------------------------------------------===//

static Tensor evaluate(ir::ElementwiseOpInterface op, ArrayRef<Tensor> operands) {
  Tensor result(typeOf(op->getResult(0)));
  SmallVector<double> scalars(operands.size());
  for (int64_t i = 0; i < result.size(); ++i) {
    for (size_t k = 0; k < operands.size(); ++k)
      scalars[k] = operands[k].at(i);
    result.set(i, op.evaluate(scalars));
  }
  return result;
}

static Tensor evaluate(ir::ReduceOp op, const Tensor &x) {
  Tensor result(typeOf(op.getResult()));
  SmallVector<int64_t> strides = stridesOf(result.shape()), step;
  for (int64_t axis = 0, kept = 0; axis < x.rank(); ++axis)
    step.push_back(llvm::is_contained(op.getAxes(), axis) ? 0 : strides[kept++]);
  bool sum = op.getKind() == "sum", largest = op.getKind() == "max";
  Eigen::ArrayXd total =
      Eigen::ArrayXd::Constant(result.size(), sum       ? 0.0
                                              : largest ? -std::numeric_limits<double>::infinity()
                                                        : std::numeric_limits<double>::infinity());
  forEachIndex(x.shape(), [&](ArrayRef<int64_t> index, int64_t position) {
    int64_t to = 0;
    for (size_t i = 0; i < index.size(); ++i)
      to += index[i] * step[i];
    double value = x.at(position), &so = total[to];
    if (sum)
      so += value;
    else if (!std::isnan(so) && (std::isnan(value) || (largest ? value > so : value < so)))
      so = value;
  });
  result.setValues(total);
  return result;
}

static Tensor evaluate(ir::ArgmaxOp op, const Tensor &x) {
  Tensor result(typeOf(op.getResult()));
  int64_t axis = op.getAxis(), extent = x.shape()[axis], inner = stridesOf(x.shape())[axis];
  for (int64_t i = 0; i < result.size(); ++i) {
    int64_t start = i / inner * extent * inner + i % inner, best = 0;
    for (int64_t k = 1; k < extent; ++k) {
      double value = x.at(start + k * inner), champion = x.at(start + best * inner);
      if (value > champion || (std::isnan(value) && !std::isnan(champion)))
        best = k;
    }
    result.set(i, double(best));
  }
  return result;
}

static Tensor evaluate(ir::CumsumOp op, const Tensor &x) {
  Tensor result(x.type());
  int64_t axis = op.getAxis(), extent = x.shape()[axis], inner = stridesOf(x.shape())[axis];
  for (int64_t line = 0; extent && line < x.size() / extent; ++line) {
    int64_t start = line / inner * extent * inner + line % inner;
    double sum = 0;
    for (int64_t k = 0; k < extent; ++k) {
      int64_t place = start + (op.getReverse() ? extent - 1 - k : k) * inner;
      result.set(place, sum += x.at(place));
    }
  }
  return result;
}

static Tensor evaluate(ir::ArgsortOp op, const Tensor &x) {
  Tensor result(typeOf(op.getResult()));
  int64_t extent = x.shape().back();
  std::vector<int64_t> order(extent);
  for (int64_t start = 0; start < x.size(); start += extent) {
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](int64_t i, int64_t j) {
      double a = x.at(start + i), b = x.at(start + j);
      if (op.getDescending())
        std::swap(a, b);
      if (a < b || (std::isnan(b) && !std::isnan(a)))
        return true;
      return (a == b || (std::isnan(a) && std::isnan(b))) && i < j;
    });
    for (int64_t i = 0; i < extent; ++i)
      result.set(start + i, double(order[i]));
  }
  return result;
}

static Tensor evaluate(ir::RandomOp op, const Tensor &stream) {
  Tensor result(typeOf(op.getResult()));
  bool batched = op.getBatched();
  int64_t row = batched && result.size() ? result.size() / result.shape().front() : result.size();
  for (int64_t i = 0; i < result.size(); ++i) {
    philox::Place place{uint64_t(stream.integerAt(0)), uint64_t(stream.integerAt(1)), uint64_t(op.getSite()),
                        batched ? uint64_t(stream.integerAt(2) + i / row) : 0, uint64_t(i % row)};
    if (op.getDistribution() == "uniform")
      result.set(i, philox::uniformAt(place));
    else if (op.getDistribution() == "normal")
      result.set(i, philox::normalAt(place));
    else
      result.set(i, double(int32_t(philox::bitsAt(place))));
  }
  return result;
}

//===- Convolutions and windows
//--------------------------------------------------------------------------------===//

template <typename Op> static Geometry windowOf(Op op) {
  SmallVector<int64_t> ones(op.getWindow().size(), 1);
  return {SmallVector<int64_t>(op.getWindow()), SmallVector<int64_t>(op.getStrides()),
          SmallVector<int64_t>(op.getPadsLow()), ones};
}

/// `filterSpatial`: the spatial extents of the filter.
template <typename Op> static Geometry geometryOf(Op op, ArrayRef<int64_t> filterSpatial) {
  return {SmallVector<int64_t>(filterSpatial), SmallVector<int64_t>(op.getStrides()),
          SmallVector<int64_t>(op.getPadsLow()), SmallVector<int64_t>(op.getDilations())};
}

//===- Control
//-------------------------------------------------------------------------------------------------===//

namespace {
class Interpreter {
public:
  Interpreter(const Observer &observer) : observer(observer) {}

  /// Runs a block whose arguments take `arguments`; the operands of its terminator are the results.
  llvm::Expected<Results> runBlock(Block &block, ArrayRef<Tensor> arguments);
  llvm::Expected<Results> runFunction(func::FuncOp function, ArrayRef<Tensor> arguments);

private:
  llvm::Expected<Results> evaluateOp(Operation *op, ArrayRef<Tensor> operands);
  llvm::Expected<Results> callSymbol(Operation *op, StringRef callee, ArrayRef<Tensor> operands);
  llvm::Expected<Results> runScan(ir::ScanOp op, ArrayRef<Tensor> operands);

  const Observer &observer;
  int depth = 0;
};
} // namespace

llvm::Expected<Results> Interpreter::runBlock(Block &block, ArrayRef<Tensor> arguments) {
  llvm::DenseMap<Value, Tensor> tensors;
  llvm::DenseMap<Value, unsigned> usesLeft;
  auto define = [&](Value value, const Tensor &tensor) {
    unsigned uses = std::distance(value.use_begin(), value.use_end());
    if (!uses)
      return;
    tensors[value] = tensor;
    usesLeft[value] = uses;
  };
  for (auto [value, tensor] : llvm::zip(block.getArguments(), arguments))
    define(value, tensor);
  for (Operation &op : block) {
    Results operands;
    for (Value operand : op.getOperands()) {
      operands.push_back(tensors[operand]);
      if (--usesLeft[operand] == 0)
        tensors.erase(operand);
    }
    if (op.hasTrait<OpTrait::IsTerminator>())
      return operands;
    for (Type type : op.getResultTypes()) {
      auto tensor = dyn_cast<RankedTensorType>(type);
      if (!tensor || !tensor.hasStaticShape() || !frontend::dtypeOf(tensor.getElementType()))
        return failure(&op, "the oracle knows static tensors of f32 f64 i32 i64 i8 i1 only");
    }
    llvm::Expected<Results> results = evaluateOp(&op, operands);
    if (!results)
      return results.takeError();
    if (observer)
      if (llvm::Error error = observer(&op, operands, *results))
        return std::move(error);
    for (auto [value, tensor] : llvm::zip(op.getResults(), *results))
      define(value, tensor);
  }
  return Results();
}

llvm::Expected<Results> Interpreter::runFunction(func::FuncOp function, ArrayRef<Tensor> arguments) {
  if (function.isExternal() || !function.getBody().hasOneBlock())
    return failure(function, "a function of one block was expected");
  if (arguments.size() != function.getNumArguments())
    return failure(function, "wrong number of arguments");
  for (auto [tensor, type] : llvm::zip(arguments, function.getArgumentTypes()))
    if (tensor.type() != type)
      return failure(function, "an argument has another type than the function's");
  // Calls of pure functions never recurse; a hostile module might.
  if (depth == 64)
    return failure(function, "calls are nested more than 64 deep");
  ++depth;
  llvm::Expected<Results> results = runBlock(function.getBody().front(), arguments);
  --depth;
  return results;
}

llvm::Expected<Results> Interpreter::callSymbol(Operation *op, StringRef callee, ArrayRef<Tensor> operands) {
  auto function =
      SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(op, StringAttr::get(op->getContext(), callee));
  if (!function)
    return failure(op, "the callee is not in the module");
  return runFunction(function, operands);
}

/// Element `t` of the leading axis.
static Tensor sliceAt(const Tensor &stack, int64_t t) {
  Tensor element(RankedTensorType::get(stack.shape().drop_front(), stack.type().getElementType()));
  std::copy_n(static_cast<const char *>(stack.data()) + t * element.bytes(), element.bytes(),
              static_cast<char *>(element.mutableData()));
  return element;
}

static void storeAt(Tensor &stack, int64_t t, const Tensor &element) {
  std::copy_n(static_cast<const char *>(element.data()), element.bytes(),
              static_cast<char *>(stack.mutableData()) + t * element.bytes());
}

llvm::Expected<Results> Interpreter::runScan(ir::ScanOp op, ArrayRef<Tensor> operands) {
  size_t carries = op.getNumCarries(), slices = op.getNumSlices();
  Results results;
  for (Type type : op->getResultTypes())
    results.emplace_back(cast<RankedTensorType>(type));
  int64_t steps = op.getSteps();
  Results state(operands.begin(), operands.begin() + carries);
  for (size_t i = 0; i < carries; ++i)
    storeAt(results[i], op.getReverse() ? steps : 0, state[i]);
  for (int64_t step = 0; step < steps; ++step) {
    int64_t t = op.getReverse() ? steps - 1 - step : step;
    Results arguments = state;
    for (size_t i = 0; i < slices; ++i)
      arguments.push_back(sliceAt(operands[carries + i], t));
    arguments.insert(arguments.end(), operands.begin() + carries + slices, operands.end());
    llvm::Expected<Results> yielded = runBlock(op.getBody().front(), arguments);
    if (!yielded)
      return yielded.takeError();
    for (size_t i = 0; i < yielded->size(); ++i)
      storeAt(results[i], i >= carries || op.getReverse() ? t : t + 1, (*yielded)[i]);
    state.assign(yielded->begin(), yielded->begin() + carries);
  }
  return results;
}

llvm::Expected<Results> Interpreter::evaluateOp(Operation *op, ArrayRef<Tensor> in) {
  using Expected = llvm::Expected<Results>;
  auto type = [&](int i) { return cast<RankedTensorType>(op->getResult(i).getType()); };
  if (auto elementwise = dyn_cast<ir::ElementwiseOpInterface>(op))
    return Results{evaluate(elementwise, in)};
  return llvm::TypeSwitch<Operation *, Expected>(op)
      .Case<ir::BroadcastOp, ir::TransposeOp, ir::ReverseOp, ir::SliceOp, ir::PadOp, ir::ReduceOp,
            ir::ArgmaxOp, ir::CumsumOp, ir::ArgsortOp, ir::RandomOp>(
          [&](auto o) { return Results{evaluate(o, in[0])}; })
      .Case<ir::GatherOp, ir::ScatterAddOp>([&](auto o) { return Results{evaluate(o, in[0], in[1])}; })
      .Case([&](ir::ConcatOp o) { return Results{evaluate(o, in)}; })
      .Case([&](ir::BarrierOp) { return Results{in[0]}; })
      .Case([&](ir::ReshapeOp) { return Results{in[0].reshaped(type(0))}; })
      .Case([&](ir::IotaOp o) { return Results{evaluate(o)}; })
      .Case([&](ir::ConstantOp o) { return Results{Tensor(o.getValue())}; })
      .Case([&](ir::ContractOp o) {
        return Results{contract(in[0], in[1], o.getLhs(), o.getRhs(), o.getOut(), type(0))};
      })
      .Case([&](ir::ConvOp o) {
        return Results{conv(in[0], in[1], geometryOf(o, in[1].shape().drop_back(2)), o.getGroups(), type(0))};
      })
      .Case([&](ir::ConvInputOp o) {
        return Results{
            convInput(in[0], in[1], geometryOf(o, in[1].shape().drop_back(2)), o.getGroups(), type(0))};
      })
      .Case([&](ir::ConvFilterOp o) {
        ArrayRef<int64_t> filter = type(0).getShape().drop_back(2);
        if (filter.size() > o.getStrides().size()) // the axis of partials
          filter = filter.drop_front();
        return Results{
            convFilter(in[0], in[1], geometryOf(o, filter), o.getGroups(), o.getPartials(), type(0))};
      })
      .Case([&](ir::WindowMaxOp o) {
        auto [value, index] = windowMax(in[0], windowOf(o), type(0), type(1));
        return Results{value, index};
      })
      .Case([&](ir::WindowGatherOp o) { return Results{windowGather(in[0], in[1], windowOf(o), type(0))}; })
      .Case([&](ir::WindowScatterOp o) { return Results{windowScatter(in[0], in[1], windowOf(o), type(0))}; })
      .Case([&](ir::WindowSumOp o) { return Results{windowSum(in[0], windowOf(o), type(0))}; })
      .Case([&](ir::WindowSpreadOp o) { return Results{windowSpread(in[0], windowOf(o), type(0))}; })
      .Case([&](ir::ScanOp o) { return runScan(o, in); })
      .Case<ir::CallOp, func::CallOp>([&](auto o) { return callSymbol(op, o.getCallee(), in); })
      .Default([&](Operation *) -> Expected { return failure(op, "not an op that the oracle evaluates"); });
}

llvm::Expected<Results> run(func::FuncOp function, ArrayRef<Tensor> arguments, const Observer &observer) {
  return Interpreter(observer).runFunction(function, arguments);
}

} // namespace mlc::compiler::oracle
