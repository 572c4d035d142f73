#include "compiler/kernels/code/Code.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace mlc::compiler {

int64_t elementBytes(Type element) { return std::max<int64_t>(1, element.getIntOrFloatBitWidth() / 8); }

Code::Code(Block *body, Location loc, const Target &target)
    : build(body, body->end()), location(loc), machine(target), entry(body) {}

Value Code::integer(int64_t value) {
  Value &cached = integerConstants[value];
  if (!cached) {
    // In the entry block, where it dominates every use.
    OpBuilder top(entry, entry->begin());
    cached = arith::ConstantIntOp::create(top, location, value, 64);
  }
  return cached;
}

std::optional<int64_t> Code::known(Value value) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return constant.getSExtValue();
  return std::nullopt;
}

Value Code::add(Value a, Value b) {
  auto x = known(a), y = known(b);
  if (x && y)
    return integer(*x + *y);
  if (x == 0)
    return b;
  if (y == 0)
    return a;
  return arith::AddIOp::create(build, location, a, b);
}

Value Code::add(Value a, int64_t b) { return add(a, integer(b)); }

Value Code::sub(Value a, Value b) {
  auto x = known(a), y = known(b);
  if (x && y)
    return integer(*x - *y);
  return y == 0 ? a : Value(arith::SubIOp::create(build, location, a, b));
}

Value Code::mul(Value a, int64_t b) {
  if (b == 1)
    return a;
  if (auto vector = dyn_cast<VectorType>(a.getType()))
    return arith::MulIOp::create(build, location, a, number(vector, double(b)));
  if (auto x = known(a))
    return integer(*x * b);
  if (b == 0)
    return integer(0);
  return arith::MulIOp::create(build, location, a, integer(b));
}

Value Code::mul(Value a, Value b) {
  if (auto y = known(b))
    return mul(a, *y);
  if (auto x = known(a))
    return mul(b, *x);
  return arith::MulIOp::create(build, location, a, b);
}

Value Code::div(Value a, int64_t b) {
  if (b == 1)
    return a;
  if (isa<VectorType>(a.getType()))
    return arith::DivUIOp::create(build, location, a, number(a.getType(), double(b)));
  if (auto x = known(a))
    return integer(*x / b);
  return arith::DivUIOp::create(build, location, a, integer(b));
}

Value Code::rem(Value a, int64_t b) {
  if (isa<VectorType>(a.getType()))
    return arith::RemUIOp::create(build, location, a, number(a.getType(), double(b)));
  if (b == 1)
    return integer(0);
  if (auto x = known(a))
    return integer(*x % b);
  return arith::RemUIOp::create(build, location, a, integer(b));
}

Value Code::compare(arith::CmpIPredicate predicate, Value a, Value b) {
  return arith::CmpIOp::create(build, location, predicate, a, b);
}

Value Code::compare(arith::CmpIPredicate predicate, Value a, int64_t b) {
  return compare(predicate, a, isa<VectorType>(a.getType()) ? number(a.getType(), double(b)) : integer(b));
}

Type Code::type(Type element, int64_t lanes) {
  return lanes == 1 ? element : Type(VectorType::get({lanes}, element));
}

Value Code::number(Type type, double value) {
  Type element = getElementTypeOrSelf(type);
  TypedAttr scalar = isa<FloatType>(element) ? TypedAttr(FloatAttr::get(element, value))
                                             : TypedAttr(IntegerAttr::get(element, int64_t(value)));
  if (auto vector = dyn_cast<VectorType>(type))
    scalar = DenseElementsAttr::get(vector, Attribute(scalar));
  return arith::ConstantOp::create(build, location, scalar);
}

Value Code::splat(Value scalar, int64_t lanes) {
  if (lanes == 1)
    return scalar;
  return vector::BroadcastOp::create(build, location, type(scalar.getType(), lanes), scalar);
}

Value Code::laneNumbers(int64_t lanes) {
  SmallVector<int32_t> numbers(lanes);
  for (int64_t i = 0; i < lanes; ++i)
    numbers[i] = int32_t(i);
  return integers(numbers);
}

Value Code::integers(ArrayRef<int32_t> lanes) {
  auto type = VectorType::get({int64_t(lanes.size())}, build.getI32Type());
  return arith::ConstantOp::create(build, location, DenseElementsAttr::get(cast<ShapedType>(type), lanes));
}

Value Code::firstLanes(int64_t count, int64_t lanes) {
  SmallVector<bool> bits(lanes);
  for (int64_t i = 0; i < lanes; ++i)
    bits[i] = i < count;
  auto type = VectorType::get({lanes}, build.getI1Type());
  return arith::ConstantOp::create(build, location,
                                   DenseElementsAttr::get(cast<ShapedType>(type), ArrayRef<bool>(bits)));
}

Value Code::lanesBelow(Value place, int64_t size, int64_t lanes) {
  Value left = arith::TruncIOp::create(build, location, build.getI32Type(), sub(integer(size), place));
  return arith::CmpIOp::create(build, location, arith::CmpIPredicate::slt, laneNumbers(lanes),
                               splat(left, lanes));
}

Value Code::both(Value a, Value b) {
  if (!a || !b)
    return a ? a : b;
  return arith::AndIOp::create(build, location, a, b);
}

Value Code::select(Value condition, Value a, Value b) {
  return arith::SelectOp::create(build, location, condition, a, b);
}

Value Code::fma(Value a, Value b, Value c) {
  if (isa<FloatType>(getElementTypeOrSelf(a.getType()))) {
    if (machine.fma)
      return math::FmaOp::create(build, location, a, b, c);
    // Without the instruction it would be a call for each lane.
    return arith::AddFOp::create(build, location, arith::MulFOp::create(build, location, a, b), c);
  }
  return arith::AddIOp::create(build, location, arith::MulIOp::create(build, location, a, b), c);
}

Value Code::shuffle(Value a, Value b, ArrayRef<int64_t> lanes) {
  return vector::ShuffleOp::create(build, location, a, b, lanes);
}

Value Code::resize(Value vector, int64_t lanes) {
  int64_t from = cast<VectorType>(vector.getType()).getNumElements();
  if (from == lanes)
    return vector;
  SmallVector<int64_t> order(lanes);
  for (int64_t i = 0; i < lanes; ++i)
    order[i] = std::min(i, from - 1);
  return shuffle(vector, vector, order);
}

Value Code::fold(Value vector, llvm::function_ref<Value(Value, Value)> combine) {
  auto type = dyn_cast<VectorType>(vector.getType());
  if (!type)
    return vector;
  for (int64_t lanes = type.getNumElements(); lanes > 1; lanes /= 2) {
    SmallVector<int64_t> low(lanes / 2), high(lanes / 2);
    for (int64_t i = 0; i < lanes / 2; ++i) {
      low[i] = i;
      high[i] = lanes / 2 + i;
    }
    if (lanes == 2) {
      Value a = vector::ExtractOp::create(build, location, vector, int64_t(0));
      Value b = vector::ExtractOp::create(build, location, vector, int64_t(1));
      return combine(a, b);
    }
    vector = combine(shuffle(vector, vector, low), shuffle(vector, vector, high));
  }
  return vector;
}

Type Code::storage(Type element, int64_t lanes) {
  return type(element.isInteger(1) ? build.getI8Type() : element, lanes);
}

Value Code::address(const Memory &memory, Value offset) {
  if (known(offset) == 0)
    return memory.pointer;
  return LLVM::GEPOp::create(build, location, memory.pointer.getType(), storage(memory.element, 1),
                             memory.pointer, LLVM::GEPArg(offset));
}

Value Code::load(const Memory &memory, Value offset, int64_t lanes, Value mask) {
  Value pointer = address(memory, offset);
  Type stored = storage(memory.element, lanes);
  int64_t alignment = elementBytes(memory.element);
  Value loaded;
  if (mask && lanes > 1)
    loaded = LLVM::MaskedLoadOp::create(build, location, stored, pointer, mask, number(stored, 0),
                                        build.getI32IntegerAttr(int32_t(alignment)), UnitAttr());
  else
    loaded = LLVM::LoadOp::create(build, location, stored, pointer, unsigned(alignment));
  if (memory.element.isInteger(1))
    loaded = arith::CmpIOp::create(build, location, arith::CmpIPredicate::ne, loaded, number(stored, 0));
  return loaded;
}

void Code::prefetch(const Memory &memory, Value offset) {
  constexpr uint32_t read = 0, intoL2 = 2, data = 1;
  LLVM::Prefetch::create(build, location, address(memory, offset), read, intoL2, data);
}

void Code::store(Value value, const Memory &memory, Value offset, Value mask) {
  Type element = memory.element;
  auto vector = dyn_cast<VectorType>(value.getType());
  int64_t lanes = vector ? vector.getNumElements() : 1;
  if (element.isInteger(1))
    value = arith::ExtUIOp::create(build, location, storage(element, lanes), value);
  Value pointer = address(memory, offset);
  int64_t alignment = elementBytes(element);
  if (mask && lanes > 1)
    LLVM::MaskedStoreOp::create(build, location, value, pointer, mask, uint32_t(alignment));
  else
    LLVM::StoreOp::create(build, location, value, pointer, unsigned(alignment));
}

static Value pointers(Code &code, const Memory &memory, Value base, Value offsets, Type stored) {
  OpBuilder &build = code.builder();
  auto lanes = cast<VectorType>(offsets.getType()).getNumElements();
  Value start = code.address(memory, base);
  return LLVM::GEPOp::create(build, code.loc(), VectorType::get({lanes}, memory.pointer.getType()), stored,
                             start, LLVM::GEPArg(offsets));
}

Value Code::gather(const Memory &memory, Value base, Value offsets, Value mask) {
  int64_t lanes = cast<VectorType>(offsets.getType()).getNumElements();
  Type stored = storage(memory.element, lanes);
  Value places = pointers(*this, memory, base, offsets, storage(memory.element, 1));
  if (!mask)
    mask = firstLanes(lanes, lanes);
  Value loaded =
      LLVM::masked_gather::create(build, location, stored, places, mask, ValueRange{number(stored, 0)},
                                  build.getI32IntegerAttr(int32_t(elementBytes(memory.element))));
  if (memory.element.isInteger(1))
    loaded = arith::CmpIOp::create(build, location, arith::CmpIPredicate::ne, loaded, number(stored, 0));
  return loaded;
}

void Code::scatter(Value value, const Memory &memory, Value base, Value offsets, Value mask) {
  int64_t lanes = cast<VectorType>(offsets.getType()).getNumElements();
  if (memory.element.isInteger(1))
    value = arith::ExtUIOp::create(build, location, storage(memory.element, lanes), value);
  if (!mask)
    mask = firstLanes(lanes, lanes);
  Value places = pointers(*this, memory, base, offsets, storage(memory.element, 1));
  LLVM::masked_scatter::create(build, location, value, places, mask,
                               build.getI32IntegerAttr(int32_t(elementBytes(memory.element))));
}

Memory Code::carve(Value pointer, int64_t bytes, Type element) {
  return {address({pointer, build.getI8Type()}, integer(bytes)), element};
}

SmallVector<Value> Code::loop(Value low, Value high, int64_t step, ValueRange carried, Body body) {
  auto from = known(low), to = known(high);
  if (from && to && *from >= *to)
    return SmallVector<Value>(carried);
  if (from && to && *from + step >= *to)
    return body(low, carried);
  auto loop = scf::ForOp::create(build, location, low, high, integer(step), carried);
  if (carried.empty())
    loop.getBody()->getTerminator()->erase();
  OpBuilder::InsertionGuard guard(build);
  build.setInsertionPointToEnd(loop.getBody());
  SmallVector<Value> yielded = body(loop.getInductionVar(), loop.getRegionIterArgs());
  scf::YieldOp::create(build, location, yielded);
  return SmallVector<Value>(loop.getResults());
}

void Code::loop(Value low, Value high, int64_t step, llvm::function_ref<void(Value)> body) {
  loop(low, high, step, ValueRange(), [&](Value i, ValueRange) {
    body(i);
    return SmallVector<Value>();
  });
}

void Code::when(Value condition, llvm::function_ref<void()> body) {
  auto branch = scf::IfOp::create(build, location, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(build);
  build.setInsertionPointToStart(branch.thenBlock());
  body();
}

} // namespace mlc::compiler
