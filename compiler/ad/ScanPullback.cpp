// The derivative of a scan is a scan the other way.
//
// Where the forward scan, at step t, reads carries c[t] and slices x[t] and makes c[t+1] and y[t], the
// backward scan carries g, the cotangent of c[t+1], and at step t
//   1. recomputes the body from c[t] (a slice of the stack the forward scan leaves: nothing else is stored
//   but the results of products and convolutions, or the sums they go into, unless they are in a `remat`
//   region; these are outputs of the scan, `putOutCostlyValues`) and x[t],
//   2. pulls g and the cotangent of y[t] back through it,
//   3. yields as new g what came to c[t], plus the cotangent that the stack's slot t got from outside,
//   4. adds what came to the constants to sums that it carries, and puts out what came to x[t].
// A reverse scan is the same with t+1 and t exchanged.
#include "compiler/ad/Pullback.h"
#include "compiler/ad/Remat.h"

#include "dialects/mlc/Expr.h"
#include "dialects/mlc/ScanEditor.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlc::ir;

namespace mlc::compiler {

/// `count` elements of axis 0 of `x` from `start` on.
static Value take(OpBuilder &builder, Location loc, Value x, int64_t start, int64_t count) {
  auto type = cast<RankedTensorType>(x.getType());
  SmallVector<int64_t> shape(type.getShape()), starts(shape.size(), 0), strides(shape.size(), 1);
  shape[0] = count;
  starts[0] = start;
  return builder.createOrFold<SliceOp>(loc, withShape(type, shape), x, starts, strides);
}

/// Element `index` of axis 0, without the axis.
static Value element(OpBuilder &builder, Location loc, Value x, int64_t index) {
  auto type = cast<RankedTensorType>(x.getType());
  return builder.createOrFold<ReshapeOp>(loc, withShape(type, type.getShape().drop_front()),
                                         take(builder, loc, x, index, 1));
}

static SmallVector<Operation *> opsOf(Block &block) {
  SmallVector<Operation *> ops;
  for (Operation &op : block.without_terminator())
    ops.push_back(&op);
  return ops;
}

/// Whether the backward scan should read what `op` computed instead of computing it again.
static bool isCostly(Operation *op) { return isa<ContractOp, ConvOp, ConvInputOp, ConvFilterOp>(op); }

/// What to keep of a costly value: it, or the sum that it goes into and nothing else does; the derivative of
/// a sum reads neither.
static Value keptFor(Value value) {
  while (value.hasOneUse() && isa<AddOp>(*value.user_begin()))
    value = value.user_begin()->getResult(0);
  return value;
}

/// What is to be kept of the costly values of the body, but for those of remat regions. That it is an output
/// of the scan changes nothing about it.
static llvm::SetVector<Value> costlyValues(ScanOp op) {
  Block &body = op.getBody().front();
  llvm::SetVector<Value> costly; // two products may go into one sum
  DenseMap<Operation *, int64_t> rematerialized = rematOps(opsOf(body));
  for (Operation &inner : body.without_terminator())
    if (isCostly(&inner) && !rematerialized.contains(&inner))
      costly.insert(keptFor(inner.getResult(0)));
  return costly;
}

void putOutCostlyValues(Block &block) {
  for (ScanOp scan : llvm::make_early_inc_range(block.getOps<ScanOp>())) {
    putOutCostlyValues(scan.getBody().front());
    PatternRewriter rewriter(scan.getContext());
    rewriter.setInsertionPoint(scan);
    ScanEditor editor(scan, rewriter);
    editor.eraseDeadOps(); // they would count as readers
    if (llvm::SetVector<Value> costly = costlyValues(scan); !costly.empty())
      editor.recreate(llvm::SmallBitVector(scan.getNumResults(), true), costly.getArrayRef());
  }
}

/// The costly values of the body that the scan puts out, each with its output.
static llvm::MapVector<Value, Value> keptValues(ScanOp op) {
  llvm::MapVector<Value, Value> kept;
  llvm::SetVector<Value> costly = costlyValues(op);
  for (int64_t i = op.getNumCarries(), count = op.getNumResults(); i < count; ++i)
    if (Value value = op.getYield()->getOperand(i); costly.contains(value))
      kept.try_emplace(value, op.getResult(i));
  return kept;
}

LogicalResult Pullback::runScan(ScanOp op) {
  Location loc = op.getLoc();
  Block &body = op.getBody().front();
  int64_t steps = op.getSteps(), numCarries = op.getNumCarries(), numSlices = op.getNumSlices();
  int64_t numInputs = op.getInputs().size(), numOutputs = op.getNumResults() - numCarries;
  bool isReverse = op.getReverse();

  // Activity in the body. A carry varies if its initial value does, or if what a step makes of it does.
  SmallVector<bool> isActive(numInputs);
  for (int64_t i = 0; i < numInputs; ++i)
    isActive[i] = isVaried(op.getInputs()[i]);
  for (bool hasChanged = true; hasChanged;) {
    hasChanged = false;
    Pullback activity(builder);
    for (int64_t i = 0; i < numInputs; ++i)
      if (isActive[i])
        activity.vary(body.getArgument(i));
    activity.spread(opsOf(body));
    for (int64_t i = 0; i < numCarries; ++i)
      if (!isActive[i] && activity.isVaried(op.getYield()->getOperand(i)))
        isActive[i] = hasChanged = true;
  }

  SmallVector<Value> known;
  for (Value result : op.getResults())
    known.push_back(get(result));

  // Operands of the backward scan, in three lists; `at` remembers where each came to lie among the slices.
  SmallVector<Value> carries, slices, constants(op.getConstants());
  SmallVector<int64_t> activeCarries, activeSlices, activeConstants;
  for (int64_t i = 0; i < numInputs; ++i)
    if (isActive[i])
      (i < numCarries               ? activeCarries
       : i < numCarries + numSlices ? activeSlices
                                    : activeConstants)
          .push_back(i);
  // The slots of a stack that steps read, the slot the last step writes, and the slot where the scan began.
  int64_t firstRead = isReverse ? 1 : 0, last = isReverse ? 0 : steps;
  for (int64_t i : activeCarries) {
    Value cotangent = known[i];
    carries.push_back(cotangent ? element(builder, loc, cotangent, last)
                                : zerosLike(builder, loc, op.getInputs()[i].getType()));
  }
  for (int64_t i : activeConstants)
    carries.push_back(zerosLike(builder, loc, op.getInputs()[i].getType()));
  for (int64_t i = 0; i < numCarries; ++i)
    slices.push_back(take(builder, loc, op.getResult(i), firstRead, steps));
  llvm::append_range(slices, op.getSlices());
  DenseMap<int64_t, size_t> stackCotangent, outputCotangent;
  for (int64_t i : activeCarries) {
    if (Value cotangent = known[i]) {
      stackCotangent[i] = slices.size();
      slices.push_back(take(builder, loc, cotangent, firstRead, steps));
    }
  }
  for (int64_t i = 0; i < numOutputs; ++i) {
    if (Value cotangent = known[numCarries + i]) {
      outputCotangent[i] = slices.size();
      slices.push_back(cotangent);
    }
  }
  size_t firstKept = slices.size();
  llvm::MapVector<Value, Value> kept = keptValues(op);
  for (auto [value, output] : kept)
    slices.push_back(output);
  SmallVector<Type> outputs;
  for (int64_t i : activeSlices)
    outputs.push_back(body.getArgument(i).getType());

  auto backward = ScanOp::create(builder, loc, steps, carries, slices, constants, outputs, !isReverse);
  Block &block = backward.getBody().front();
  auto argument = [&](size_t index) { return block.getArgument(index); };
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&block);

  // 1. The body again, on the residuals.
  IRMapping mapping;
  for (int64_t i = 0; i < numCarries + numSlices; ++i)
    mapping.map(body.getArgument(i), argument(carries.size() + i));
  for (int64_t i = numCarries + numSlices; i < numInputs; ++i)
    mapping.map(body.getArgument(i), argument(carries.size() + slices.size() + i - numCarries - numSlices));
  for (Operation &inner : body.without_terminator())
    builder.clone(inner, mapping);
  SmallVector<Operation *> ops = opsOf(block);

  // 2. Back through it.
  Pullback inner(builder);
  for (int64_t i = 0; i < numInputs; ++i)
    if (isActive[i])
      inner.vary(mapping.lookup(body.getArgument(i)));
  inner.spread(ops);
  auto yielded = [&](int64_t index) { return mapping.lookupOrDefault(op.getYield()->getOperand(index)); };
  for (auto [position, i] : llvm::enumerate(activeCarries))
    inner.add(yielded(i), argument(position));
  for (auto [i, position] : outputCotangent)
    inner.add(yielded(numCarries + i), argument(carries.size() + position));
  if (failed(inner.run(ops)))
    return failure();

  // The rules have read the costly ops' operands; from here on their results are the kept ones.
  for (auto [position, entry] : llvm::enumerate(kept))
    mapping.lookup(entry.first).replaceAllUsesWith(argument(carries.size() + firstKept + position));

  // The same for remat regions, whose ops are there again already; on barriers, so that what they compute is
  // not computed before the loop either, for all steps at once.
  readPastEntries(ops);
  for (Operation *op : ops)
    if (auto barrier = dyn_cast<BarrierOp>(op))
      barrier.removeEnterAttr();

  // 3. and 4.
  SmallVector<Value> yields;
  for (int64_t i : activeCarries) {
    Value residual = mapping.lookup(body.getArgument(i));
    if (auto found = stackCotangent.find(i); found != stackCotangent.end())
      inner.add(residual, argument(carries.size() + found->second));
    yields.push_back(inner.getOrZeros(residual));
  }
  for (auto [position, i] : llvm::enumerate(activeConstants)) {
    Value sum = argument(activeCarries.size() + position);
    Value part = inner.get(mapping.lookup(body.getArgument(i)));
    yields.push_back(part ? AddOp::create(builder, loc, sum, part).getResult() : sum);
  }
  for (int64_t i : activeSlices)
    yields.push_back(inner.getOrZeros(mapping.lookup(body.getArgument(i))));
  YieldOp::create(builder, loc, yields);

  builder.setInsertionPointAfter(backward);
  int64_t end = isReverse ? steps : 0;
  for (auto [position, i] : llvm::enumerate(activeCarries))
    add(op.getInputs()[i], element(builder, loc, backward.getResult(position), end));
  for (auto [position, i] : llvm::enumerate(activeConstants))
    add(op.getInputs()[i], element(builder, loc, backward.getResult(activeCarries.size() + position), end));
  for (auto [position, i] : llvm::enumerate(activeSlices))
    add(op.getInputs()[i], backward.getResult(carries.size() + position));
  return success();
}

} // namespace mlc::compiler
