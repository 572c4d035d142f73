#include "compiler/kernels/Emitter.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace mlc::compiler {

bool isAnchor(Operation *op) {
  return isa<ir::ReduceOp, ir::ArgmaxOp, ir::ContractOp, ir::ConvOp, ir::ConvInputOp, ir::ConvFilterOp,
             ir::WindowMaxOp, ir::WindowGatherOp, ir::WindowScatterOp, ir::WindowSumOp, ir::WindowSpreadOp,
             ir::ScatterAddOp, ir::CumsumOp, ir::ArgsortOp>(op);
}

bool isSequential(Operation *op) { return isa<ir::ScatterAddOp, ir::CumsumOp, ir::ArgsortOp>(op); }

Group::Group(ArrayRef<Value> outs, llvm::DenseSet<Value> stored) : outs(outs), stored(std::move(stored)) {
  llvm::DenseSet<Operation *> seen;
  auto visit = [&](auto &&self, Value value) -> void {
    Operation *op = value.getDefiningOp();
    if (!op || this->stored.count(value) || !seen.insert(op).second)
      return;
    for (Value operand : op->getOperands())
      self(self, operand);
    ops.push_back(op);
  };
  for (Value out : outs)
    visit(visit, out);
}

SmallVector<Operation *> Group::anchors() const {
  SmallVector<Operation *> found;
  for (Operation *op : ops)
    if (isAnchor(op))
      found.push_back(op);
  return found;
}

bool Group::onlyElementwiseAfter(Operation *anchor) const {
  llvm::DenseSet<Operation *> depends{anchor};
  for (Operation *op : ops) {
    bool dependent = llvm::any_of(op->getOperands(), [&](Value operand) {
      return !stored.count(operand) && operand.getDefiningOp() && depends.count(operand.getDefiningOp());
    });
    if (!dependent)
      continue;
    if (!isa<ir::ElementwiseOpInterface>(op))
      return false;
    depends.insert(op);
  }
  return true;
}

bool Group::reaches(Value from, Value to) const {
  SmallVector<Value> work{to};
  llvm::DenseSet<Value> seen;
  while (!work.empty()) {
    Value value = work.pop_back_val();
    if (value == from)
      return true;
    Operation *op = value.getDefiningOp();
    if (op && !stored.count(value) && seen.insert(value).second)
      work.append(op->operand_begin(), op->operand_end());
  }
  return false;
}

bool flowsThrough(Value input, llvm::function_ref<bool(Operation *)> allowed) {
  SmallVector<Value> work{input};
  llvm::DenseSet<Value> seen;
  while (!work.empty()) {
    Value value = work.pop_back_val();
    if (!seen.insert(value).second)
      continue;
    for (Operation *user : value.getUsers()) {
      if (user->hasTrait<OpTrait::IsTerminator>())
        continue;
      if (!allowed(user))
        return false;
      work.append(user->result_begin(), user->result_end());
    }
  }
  return true;
}

bool Emitter::readsInPlace(const Group &group, Value input) const {
  return flowsThrough(input, [](Operation *op) { return isa<ir::ElementwiseOpInterface>(op); });
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

int64_t chunksFor(double nanoseconds, int64_t most) {
  // Handing a chunk to a thread costs about a microsecond; below some 20 the sharing is not worth it.
  int64_t chunks = int64_t(nanoseconds / 20000);
  return std::max<int64_t>(1, std::min({chunks, most, int64_t(16)}));
}

double flopsOf(Operation *op) {
  auto elements = [](Value value) { return double(sizeOf(value)); };
  return TypeSwitch<Operation *, double>(op)
      .Case([&](ir::ContractOp op) {
        double product = 2;
        llvm::DenseSet<int64_t> seen;
        auto count = [&](ArrayRef<int64_t> labels, Value value) {
          for (auto [label, size] : llvm::zip_equal(labels, shapeOf(value)))
            if (seen.insert(label).second)
              product *= double(size);
        };
        count(op.getLhs(), op.getA());
        count(op.getRhs(), op.getB());
        return product;
      })
      .Case([&](ir::ConvOp op) {
        return 2 * elements(op.getResult()) * elements(op.getW()) / double(shapeOf(op.getW()).back());
      })
      .Case([&](ir::ConvInputOp op) {
        return 2 * elements(op.getY()) * elements(op.getW()) / double(shapeOf(op.getW()).back());
      })
      .Case([&](ir::ConvFilterOp op) {
        return 2 * elements(op.getResult()) / double(op.getPartials()) * elements(op.getY()) /
               double(shapeOf(op.getY()).back());
      })
      .Case<ir::ReduceOp, ir::CumsumOp>([&](auto op) { return elements(op.getX()); })
      .Case([&](ir::ArgmaxOp op) { return elements(op.getX()); })
      .Case([&](ir::RandomOp op) { return 40 * elements(op.getResult()); })
      .Case<ir::ExpOp, ir::Expm1Op, ir::LogOp, ir::Log1pOp, ir::TanhOp, ir::ErfOp, ir::SinOp, ir::CosOp,
            ir::PowOp>([&](Operation *op) { return 15 * elements(op->getResult(0)); })
      .Case([&](ir::ElementwiseOpInterface op) { return elements(op->getResult(0)); })
      .Case<ir::WindowMaxOp, ir::WindowSumOp, ir::WindowGatherOp>(
          [&](Operation *op) { return 2 * elements(op->getOperand(0)); })
      .Case<ir::WindowScatterOp, ir::WindowSpreadOp>(
          [&](Operation *op) { return 2 * elements(op->getResult(0)); })
      .Default([](Operation *) { return 0.0; });
}

double nanosecondsOf(const Group &group, const Target &target) {
  // One lane-operation a third of a nanosecond per vector, memory at 10 bytes a nanosecond.
  double flops = 0, bytes = 0;
  for (Operation *op : group.ops) {
    flops += flopsOf(op);
    for (Value operand : op->getOperands()) {
      if (!group.stored.count(operand))
        continue;
      // Of a table only the rows that are looked up are read.
      bool table = isa<ir::GatherOp>(op) && operand == op->getOperand(0);
      bytes += double(table ? std::min(bytesOf(operand), bytesOf(op->getResult(0))) : bytesOf(operand));
    }
  }
  for (Value out : group.outs)
    bytes += double(bytesOf(out));
  return flops / double(target.lanes(32)) * 0.5 + bytes / 10;
}

int64_t lanesFor(const Group &group, const Target &target) {
  bool wide = false;
  auto look = [&](Value value) { wide |= elementOf(value).isF64() && sizeOf(value) > 1; };
  for (Value out : group.outs)
    look(out);
  for (Operation *op : group.ops)
    for (Value operand : op->getOperands())
      look(operand);
  return target.lanes(wide ? 64 : 32);
}

} // namespace mlc::compiler
