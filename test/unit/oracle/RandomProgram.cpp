#include "test/unit/oracle/RandomProgram.h"
#include "test/unit/oracle/RandomGenerator.h"
#include "test/unit/oracle/Row.h"

using namespace mlir;

namespace mlc::test {

bool RandomGenerator::scan() {
  SmallVector<Known> carries, slices, constants;
  auto values = [](ArrayRef<Known> all) {
    return llvm::map_to_vector(all, [](const Known &known) { return known.value; });
  };
  for (int64_t i = 1 + below(2); i > 0; --i) {
    Known first = like(randomShape(below(3)));
    carries.push_back({ir::TanhOp::create(builder, loc, first.value), -1, 1});
  }
  Known slice = pick();
  if (slice.shape().empty())
    return false;
  int64_t steps = slice.shape()[0];
  slices.push_back(slice);
  if (coin())
    constants.push_back(pick());
  int64_t largest = 1;
  for (const Known &carry : carries)
    largest = std::max(largest, count(carry.shape()));
  if ((steps + 1) * largest > options.maxElements)
    return false;

  // The body first, in a block of its own: only then are the types of its outputs known.
  Block body;
  RandomGenerator inner(body, loc, random, element, options, depth + 1);
  for (ArrayRef<Known> group :
       {ArrayRef<Known>(carries), ArrayRef<Known>(slices), ArrayRef<Known>(constants)})
    for (const Known &known : group) {
      bool isSlice = group.data() == slices.data();
      auto type = isSlice ? typeFor(known.shape().drop_front()) : known.type();
      inner.pool.push_back({body.addArgument(type, loc), known.low, known.high});
    }
  inner.generate(4);
  SmallVector<Value> yielded;
  for (const Known &carry : carries) {
    Known next = carry;
    for (const Known &known : inner.pool) // the last one of the carry's shape, itself if there is no other
      if (known.shape() == carry.shape())
        next = known;
    yielded.push_back(ir::TanhOp::create(inner.builder, loc, next.value));
  }
  Known output = inner.pool.back();
  yielded.push_back(output.value);
  if (steps * output.type().getNumElements() > options.maxElements)
    yielded.pop_back();
  bool hasOutput = yielded.size() > carries.size();
  ir::YieldOp::create(inner.builder, loc, yielded);
  SmallVector<Type> outputs;
  if (hasOutput)
    outputs.push_back(output.value.getType());
  auto op = ir::ScanOp::create(builder, loc, steps, values(carries), values(slices), values(constants),
                               outputs, coin());
  Block &target = op.getBody().front();
  for (auto [from, to] : llvm::zip_equal(body.getArguments(), target.getArguments()))
    from.replaceAllUsesWith(to);
  target.getOperations().splice(target.end(), body.getOperations());
  for (size_t i = 0; i < carries.size(); ++i)
    keep(op.getResult(i), -1, 1);
  if (hasOutput)
    keep(op.getResults().back(), output.low, output.high);
  return true;
}

func::FuncOp addRandomProgram(ModuleOp module, uint64_t seed, Type element,
                              const RandomProgramOptions &options) {
  OpBuilder builder(module.getBodyRegion());
  builder.setInsertionPointToEnd(module.getBody());
  auto function =
      func::FuncOp::create(builder, builder.getUnknownLoc(), "random", builder.getFunctionType({}, {}));
  Block &block = *function.addEntryBlock();
  std::mt19937_64 random(seed);
  RandomGenerator(block, function.getLoc(), random, element, options, 0).generate(options.ops);
  SmallVector<Value> results;
  for (Operation &op : block)
    for (Value result : op.getResults())
      if (result.use_empty())
        results.push_back(result);
  builder.setInsertionPointToEnd(&block);
  func::ReturnOp::create(builder, builder.getUnknownLoc(), results);
  function.setType(builder.getFunctionType(block.getArgumentTypes(), ValueRange(results).getTypes()));
  return function;
}

std::vector<compiler::oracle::Tensor> argumentsFor(func::FuncOp function, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<compiler::oracle::Tensor> arguments;
  for (Type type : function.getArgumentTypes()) {
    auto tensor = cast<RankedTensorType>(type);
    bool whole = !isa<FloatType>(tensor.getElementType());
    arguments.push_back(randomTensor(tensor, whole ? 0 : -1, whole ? 8 : 1, random));
  }
  return arguments;
}

SmallVector<int64_t> floatArguments(func::FuncOp function) {
  SmallVector<int64_t> which;
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes()))
    if (isa<FloatType>(cast<RankedTensorType>(type).getElementType()))
      which.push_back(i);
  return which;
}

} // namespace mlc::test
