// Two products with rows between them: scores, what a softmax makes of each row of them, and the mix of
// values by these weights. Also anything else of this form.
//
// Algorithm: for each place in the outer axes (a row of the batch and a head), for each block of rows: the
// block's scores as a product into scratch, the weights of each of its rows from them, the block's rows of
// the mix as a product. Scores and weights are written elsewhere only if somebody else reads them; what is
// written is read again at once, from the L2 cache. Each part is the code of its own emitter on a block, and
// adds in the same order as it does alone. Chunks share the blocks.
//
// Under a causal mask the weights are zero past the diagonal. Then scores there are computed only as far as a
// tile and a panel that reach over it have them; of each row only the part up to it, in whole panels, is
// looked at, and zeros are written past that; and the sums of the mix end with it.
//
// A part addresses the scores and weights as if the whole tensor were there: its memory is taken to begin as
// far before the scratch as the block's first row is from the tensor's.
#include "compiler/kernels/Kernel.h"
#include "compiler/kernels/code/Diagonal.h"
#include "compiler/kernels/emitters/Product.h"
#include "compiler/kernels/emitters/Reductions.h"

#include "llvm/Support/MathExtras.h"

#include <limits>

using namespace mlir;

namespace mlc::compiler {

namespace {

/// Bytes of scores of a block, at most, if that leaves enough rows: they stay in the L2 cache.
constexpr int64_t mostBytes = 256 << 10;
/// Rows of a block, at least: each copies the other operands' panels again.
constexpr int64_t leastRows = 32;
/// Of a row of the first product's sum and of the mix, at most, together: wider products take the time that
/// scores take to and from memory many times over, and are better off with chunks and copies of their own. A
/// guess.
constexpr int64_t mostWidth = 256;
/// Blocks of a kernel, at least, if it has the rows: for as many workers.
constexpr int64_t leastBlocks = 4;

/// The two products, and how their rows lie in the scores: [outer][rows][columns].
struct Products {
  Product scores, mix;
  int64_t outer, rows, columns;

  /// The place of `outer` in the axes of one of the products; `stride` says how far one goes in the scores.
  template <typename Stride>
  SmallVector<Coord, 4> placeIn(const Product &product, Code &code, Value outer, Stride stride) const {
    SmallVector<Coord, 4> coords;
    for (const Product::Axis &axis : product.outer)
      coords.push_back({code.rem(code.div(outer, stride(axis) / (rows * columns)), axis.size), 0, {}});
    return coords;
  }
};

std::optional<Products> productsOf(ir::ContractOp scores, Value weights, ir::ContractOp mix,
                                   const llvm::DenseSet<Value> &stored) {
  llvm::DenseSet<Value> known = stored;
  known.insert(weights);
  std::optional<Product> first = productOf(scores, stored), second = productOf(mix, known);
  if (!first || !second || shapeOf(weights) != shapeOf(scores.getResult()) || sizeOf(weights) == 0)
    return std::nullopt;
  Products products{std::move(*first), std::move(*second), 1, 0, shapeOf(weights).back()};
  const Product &one = products.scores, &two = products.mix;
  products.rows = one.row.size;
  products.outer = one.outerSize();
  int64_t each = products.rows * products.columns;
  // A row of scores is a row of weights, whole, and the outer axes are those before.
  bool good = one.sumSize() > 0 && one.column.size == products.columns && one.row.c == products.columns &&
              two.a == weights && two.b != weights && two.firstA == 0 && two.row.size == products.rows &&
              two.row.a == products.columns && two.sums.size() == 1 && two.sums.front().a == 1 &&
              two.sumSize() == products.columns && two.outerSize() == products.outer &&
              products.outer * each == sizeOf(weights);
  for (const Product::Axis &axis : one.outer)
    good &= axis.c != 0 && axis.c % each == 0;
  for (const Product::Axis &axis : two.outer)
    good &= axis.a != 0 && axis.a % each == 0;
  return good ? std::optional(std::move(products)) : std::nullopt;
}

/// A kernel as three groups, each of which reads what the one before writes.
struct Parts {
  Group scores, rows, mix;
  Products products;
  Value score, weight; // what is handed on
  bool scoreIsOut;
  Plan rowsAlone;
};

bool dependsOn(const Group &group, Operation *op, Value value) {
  return llvm::any_of(op->getResults(), [&](Value result) { return group.reaches(value, result); });
}

std::optional<Parts> matchAttention(const Group &group, const Target &target) {
  SmallVector<ir::ContractOp> contracts;
  for (Operation *op : group.anchors())
    if (auto contract = dyn_cast<ir::ContractOp>(op))
      contracts.push_back(contract);
    else if (!isa<ir::ReduceOp, ir::ArgmaxOp>(op))
      return std::nullopt;
  if (contracts.size() != 2)
    return std::nullopt;
  ir::ContractOp first = contracts[0], last = contracts[1];
  Value score = first.getResult(), weight;
  for (Value operand : last->getOperands())
    if (group.reaches(score, operand))
      weight = weight ? Value() : operand;
  if (!weight || weight == score)
    return std::nullopt;
  SmallVector<Value> rowOuts, mixOuts;
  for (Value out : group.outs)
    if (out != score)
      (group.reaches(last.getResult(), out) ? mixOuts : rowOuts).push_back(out);
  if (mixOuts.empty())
    return std::nullopt;
  if (!llvm::is_contained(rowOuts, weight))
    rowOuts.push_back(weight);
  std::optional<Products> products = productsOf(first, weight, last, group.stored);
  if (!products)
    return std::nullopt;
  llvm::DenseSet<Value> withScore = group.stored, withWeight = group.stored;
  withScore.insert(score);
  withWeight.insert(weight);
  Parts parts{Group({score}, group.stored),
              Group(rowOuts, withScore),
              Group(mixOuts, withWeight),
              std::move(*products),
              score,
              weight,
              llvm::is_contained(group.outs, score),
              {}};
  if (!productOf(parts.scores) || !productOf(parts.mix))
    return std::nullopt;
  // Only the rows of a block are there, so each place is read for that place alone.
  for (Operation *op : parts.rows.ops)
    if (dependsOn(parts.rows, op, score) &&
        !isa<ir::ElementwiseOpInterface, ir::ReduceOp, ir::ArgmaxOp, ir::BroadcastOp>(op))
      return std::nullopt;
  for (Operation *op : parts.mix.ops)
    if (op != last && llvm::is_contained(op->getOperands(), weight))
      return std::nullopt;
  std::optional<Reductions> found = reductionsOf(parts.rows);
  Choices ofRows; // they have no chunks of their own here
  std::optional<Plan> alone = found ? rowsEmitter().plan(parts.rows, target, ofRows) : std::nullopt;
  if (!alone || found->axes.size() != 1 || shapeOf(score) != ArrayRef<int64_t>(found->full))
    return std::nullopt;
  parts.rowsAlone = *alone;
  return parts;
}

/// Whether nothing past the diagonal of the scores changes what the kernel makes: no reduction takes in
/// anything from there, and what is written there is zero.
bool hidesPast(const Parts &parts) {
  ArrayRef<int64_t> shape = shapeOf(parts.score);
  if (parts.scoreIsOut || shape.size() < 2 || parts.products.rows != shape[shape.size() - 2])
    return false;
  for (Operation *op : parts.rows.anchors()) {
    auto reduce = dyn_cast<ir::ReduceOp>(op);
    if (!reduce)
      return false;
    constexpr double infinity = std::numeric_limits<double>::infinity();
    std::optional<double> past = pastDiagonal(reduce.getX()), neutral;
    if (reduce.getKind() == "sum")
      neutral = 0;
    else if (reduce.getKind() == "max")
      neutral = -infinity;
    if (!past || past != neutral)
      return false;
  }
  return llvm::all_of(parts.rows.outs,
                      [&](Value out) { return shapeOf(out) != shape || pastDiagonal(out) == 0.0; });
}

/// The blocks of rows, and where in a chunk's scratch things lie.
struct AttentionCut {
  int64_t rows, blocks, lastRows; // of a block, of the outer axes' each place, of the last block
  bool inPlace;                   // weights over scores
  int64_t scoreBytes, weightBytes, scratchBytes;
  double nanoseconds;
  int64_t triangle; // under a causal mask: columns of the scores' panels; else 0

  /// The names of choices for one of the products, on blocks of so many rows.
  std::string partOf(StringRef product, int64_t blockRows) const {
    return (product + (blockRows == rows ? "" : "last_")).str();
  }
};

constexpr llvm::StringLiteral scoresPart = "scores_", mixPart = "mix_";

AttentionCut cutOf(const Parts &parts, const Target &target, Choices &choices) {
  const Products &products = parts.products;
  auto rowBytes = [&](Value value) { return products.columns * elementBytes(elementOf(value)); };
  int64_t most = std::max(leastRows, mostBytes / rowBytes(parts.score));
  int64_t blocks = llvm::divideCeilSigned(products.rows, most);
  blocks = std::max(blocks,
                    std::min(llvm::divideCeilSigned(leastBlocks, products.outer), products.rows / leastRows));
  AttentionCut cut;
  cut.rows = choices.between("block_rows", llvm::divideCeilSigned(products.rows, blocks), 1,
                             std::min(most, products.rows));
  cut.blocks = llvm::divideCeilSigned(products.rows, cut.rows);
  cut.lastRows = products.rows - (cut.blocks - 1) * cut.rows;
  cut.inPlace =
      !parts.scoreIsOut && parts.rows.outs.size() == 1 && rowBytes(parts.score) == rowBytes(parts.weight);
  cut.scoreBytes = parts.scoreIsOut ? 0 : int64_t(llvm::alignTo(cut.rows * rowBytes(parts.score), 64));
  cut.weightBytes = cut.inPlace ? 0 : int64_t(llvm::alignTo(cut.rows * rowBytes(parts.weight), 64));
  auto scratchOf = [&](const Product &product, StringRef name, int64_t rows) {
    Choices::Part part(choices, cut.partOf(name, rows));
    return scratchOfBlock(product, rows, target, choices);
  };
  cut.scratchBytes = cut.scoreBytes + cut.weightBytes +
                     std::max({scratchOf(products.scores, scoresPart, cut.rows),
                               scratchOf(products.scores, scoresPart, cut.lastRows),
                               scratchOf(products.mix, mixPart, cut.rows),
                               scratchOf(products.mix, mixPart, cut.lastRows), parts.rowsAlone.scratchBytes});
  double flops = flopsOf(parts.scores.anchors().front()) + flopsOf(parts.mix.anchors().front());
  cut.nanoseconds = productNanoseconds(flops, target) + nanosecondsOf(parts.rows, target);
  {
    Choices::Part part(choices, cut.partOf(scoresPart, cut.rows));
    cut.triangle = panelColumns(products.scores, target, choices);
  }
  if (products.columns < 2 * cut.triangle || products.columns % cut.triangle != 0 ||
      cut.triangle % (2 * lanesFor(parts.rows, target)) != 0 || !hidesPast(parts))
    cut.triangle = 0;
  return cut;
}

class AttentionEmitter : public Emitter {
public:
  StringRef name() const override { return "attention"; }

  std::optional<Plan> plan(const Group &group, const Target &target, Choices &choices) const override {
    std::optional<Parts> parts = matchAttention(group, target);
    if (!parts)
      return std::nullopt;
    AttentionCut cut = cutOf(*parts, target, choices);
    return shared(cut.nanoseconds, parts->products.outer * cut.blocks, cut.scratchBytes, choices);
  }

  void emit(const Group &group, Emission &emission) const override {
    Code &code = emission.code;
    Parts parts = *matchAttention(group, code.target());
    AttentionCut cut = cutOf(parts, code.target(), emission.choices);
    auto [low, high] = emission.part(parts.products.outer * cut.blocks);
    code.loop(low, high, 1, [&](Value item) {
      Value outer = code.div(item, cut.blocks), block = code.rem(item, cut.blocks);
      auto some = [&](int64_t rows) { emitBlockOf(parts, cut, emission, outer, block, rows); };
      if (cut.lastRows == cut.rows)
        return some(cut.rows);
      code.when(code.compare(arith::CmpIPredicate::ne, block, cut.blocks - 1), [&] { some(cut.rows); });
      code.when(code.compare(arith::CmpIPredicate::eq, block, cut.blocks - 1), [&] { some(cut.lastRows); });
    });
  }

  /// Only what the epilogue of the mix alone reads is read for the last time where an out is written.
  bool readsInPlace(const Group &group, Value input) const override {
    SmallVector<Operation *> anchors = group.anchors();
    Value mix = anchors.back()->getResult(0);
    return Emitter::readsInPlace(group, input) && !group.reaches(input, mix) &&
           llvm::all_of(group.outs, [&](Value out) { return group.reaches(mix, out); });
  }

private:
  static void emitBlockOf(const Parts &parts, const AttentionCut &cut, Emission &whole, Value outer,
                          Value block, int64_t rows) {
    Code &code = whole.code;
    Pull &pull = whole.pull;
    Pull::Scope scope(pull);
    const Products &products = parts.products;
    Value row = code.mul(block, cut.rows), first = code.add(code.mul(outer, products.rows), row);
    auto strip = [&](Value value, int64_t offset) {
      Value before = code.sub(code.integer(0), code.mul(first, products.columns));
      return code.at(code.carve(whole.scratch, offset, elementOf(value)), before);
    };
    Emission part = whole;
    Type byte = code.builder().getI8Type();
    part.scratch = code.carve(whole.scratch, cut.scoreBytes + cut.weightBytes, byte).pointer;
    if (!parts.scoreIsOut)
      part.places[parts.score] = {strip(parts.score, 0)};
    Memory scores = part.places[parts.score].front();
    SmallVector<Coord, 4> place =
        products.placeIn(products.scores, code, outer, [](const Product::Axis &axis) { return axis.c; });
    {
      Choices::Part names(whole.choices, cut.partOf(scoresPart, rows));
      emitBlock(parts.scores, part, products.scores,
                {place, row, rows, cut.triangle ? Past::Results : Past::Nothing});
    }

    pull.bind(parts.score, scores);
    if (part.places[parts.weight].empty())
      part.places[parts.weight] = {strip(parts.weight, cut.inPlace ? 0 : cut.scoreBytes)};
    Memory weights = part.places[parts.weight].front();
    emitRows(parts.rows, part, first, code.add(first, rows), cut.triangle);

    pull.bind(parts.weight, weights);
    place = products.placeIn(products.mix, code, outer, [](const Product::Axis &axis) { return axis.a; });
    {
      Choices::Part names(whole.choices, cut.partOf(mixPart, rows));
      emitBlock(parts.mix, part, products.mix,
                {place, row, rows, cut.triangle ? Past::LaterSums : Past::Nothing});
    }
    // The code of the last, smaller block puts them elsewhere.
    pull.unbind(parts.score);
    pull.unbind(parts.weight);
  }
};

} // namespace

bool isAttentionOf(Operation *scores, Value weights, Operation *mix, ArrayRef<Value> inMemory) {
  auto first = dyn_cast<ir::ContractOp>(scores), last = dyn_cast<ir::ContractOp>(mix);
  if (!first || !last)
    return false;
  auto products = productsOf(first, weights, last, {inMemory.begin(), inMemory.end()});
  return products && products->scores.sumSize() + products->mix.column.size <= mostWidth;
}

const Emitter &attentionEmitter() {
  static const AttentionEmitter emitter;
  return emitter;
}

} // namespace mlc::compiler
