#include "compiler/kernels/emitters/Emitter.h"

using namespace mlir;

namespace mlc::compiler {

bool Emitter::readsInPlace(const Group &group, Value input) const {
  return flowsThrough(input, [](Operation *op) { return isa<ir::ElementwiseOpInterface>(op); });
}

Plan shared(double nanoseconds, int64_t most, int64_t scratchBytes, Choices &choices) {
  most = std::clamp<int64_t>(most, 1, mostChunks);
  return {choices.between("chunks", chunksFor(nanoseconds, most), 1, most), scratchBytes, nanoseconds};
}

std::pair<Value, Value> Emission::part(int64_t total, int64_t unit) {
  int64_t units = (total + unit - 1) / unit;
  if (chunks == 1)
    return {code.integer(0), code.integer(total)};
  // The first `rest` chunks have one unit more.
  int64_t each = units / chunks, rest = units % chunks;
  auto start = [&](Value chunk) {
    Value extra = arith::MinSIOp::create(code.builder(), code.loc(), chunk, code.integer(rest));
    return code.mul(code.add(code.mul(chunk, each), extra), unit);
  };
  Value high = start(code.add(chunk, 1));
  if (units * unit != total)
    high = arith::MinSIOp::create(code.builder(), code.loc(), high, code.integer(total));
  return {start(chunk), high};
}

static std::pair<Value, Value> gridPart(const Emission &whole, int64_t total, int64_t over, int64_t parts) {
  Emission piece = whole;
  piece.chunk = parts == 1 ? whole.code.integer(0) : whole.code.rem(whole.code.div(whole.chunk, over), parts);
  piece.chunks = parts;
  return piece.part(total);
}

std::pair<Value, Value> Emission::rowPart(int64_t total, int64_t rows, int64_t columns) {
  return gridPart(*this, total, columns, rows);
}

std::pair<Value, Value> Emission::columnPart(int64_t total, int64_t columns) {
  return gridPart(*this, total, 1, columns);
}

SmallVector<Memory> Emission::fetchable(const Group &group, Value anchor, int64_t terms) {
  constexpr int64_t leastTerms = 64;
  if (terms < leastTerms)
    return {};
  llvm::SetVector<Value> inputs;
  for (Operation *op : group.ops)
    if (isa<ir::ElementwiseOpInterface>(op))
      for (Value operand : op->getOperands())
        if (group.stored.count(operand) && shapeOf(operand) == shapeOf(anchor))
          inputs.insert(operand);
  SmallVector<Memory> touched;
  for (Value input : inputs)
    touched.push_back(pull.memoryOf(input));
  for (Value out : group.outs)
    llvm::append_range(touched, places[out]);
  return touched;
}

void Emission::write(ArrayRef<Value> outs, const Point *where) {
  SmallVector<Value> computed;
  for (Value out : outs)
    computed.push_back(pull.at(out, where));
  Coords coords(code, where->lanes);
  for (auto [out, value] : llvm::zip_equal(outs, computed)) {
    Coord linear = where->linear ? *where->linear : coords.flatten(*where->coords, shapeOf(out));
    for (const Memory &place : places.lookup(out)) {
      if (where->lanes == 1 || (linear.step == 1 && !linear.spread))
        code.store(value, place, linear.base, where->mask);
      else
        code.scatter(value, place, linear.base, coords.vector({code.integer(0), linear.step, linear.spread}),
                     where->mask);
    }
  }
}

} // namespace mlc::compiler
