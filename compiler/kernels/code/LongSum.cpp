#include "compiler/kernels/code/LongSum.h"

using namespace mlir;

namespace mlc::compiler {

std::optional<SumBlocks> sumBlocks(Type element, ArrayRef<int64_t> sizes, int64_t mostTerms, int64_t terms) {
  int64_t all = 1;
  for (int64_t size : sizes)
    all *= size;
  if (!element.isF32() || all <= mostTerms)
    return std::nullopt;
  // The loops inside the one that is cut make up less than a block.
  int64_t inside = 1;
  size_t depth = sizes.size() - 1;
  for (; depth > 0 && inside * sizes[depth] <= terms; --depth)
    inside *= sizes[depth];
  return SumBlocks{depth, std::max<int64_t>(1, terms / inside)};
}

static Type wide(Code &code, Type type) {
  Type element = code.builder().getF64Type();
  if (auto vector = dyn_cast<VectorType>(type))
    return VectorType::get(vector.getShape(), element);
  return element;
}

Value startTotal(Code &code, Type type) { return code.number(wide(code, type), 0); }

Value addToTotal(Code &code, Value total, Value sums) {
  OpBuilder &build = code.builder();
  Value extended = arith::ExtFOp::create(build, code.loc(), total.getType(), sums);
  return arith::AddFOp::create(build, code.loc(), total, extended);
}

Value roundTotal(Code &code, Value total) {
  Type element = code.builder().getF32Type(), type = element;
  if (auto vector = dyn_cast<VectorType>(total.getType()))
    type = VectorType::get(vector.getShape(), element);
  return arith::TruncFOp::create(code.builder(), code.loc(), type, total);
}

SmallVector<Value> loopInBlocks(Code &code, Value low, Value high, int64_t step, int64_t iterations,
                                ValueRange carried, Code::Body body, Flush flush) {
  int64_t block = step * iterations;
  Value size = code.sub(high, low), whole = code.add(low, code.mul(code.div(size, block), block));
  SmallVector<Value> state = code.loop(low, whole, block, carried, [&](Value first, ValueRange outside) {
    return flush(code.loop(first, code.add(first, block), step, outside, body));
  });
  return code.loop(whole, high, step, state, body);
}

} // namespace mlc::compiler
