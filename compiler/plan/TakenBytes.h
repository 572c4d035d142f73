// Which bytes of an arena are taken, and when.
//
// A tree over time: each node is a stretch, its halves are the nodes below. A block that lives from one time
// to another is noted at the few nodes that make up its life (`throughout`), and that some of their stretch
// has it at these and all above them (`ever`). What is taken at any time of a life is then what the nodes of
// the life hold ever, and those above them throughout. Runs of bytes that touch are one, so that lists stay
// short.
#ifndef MLC_COMPILER_PLAN_TAKENBYTES_H
#define MLC_COMPILER_PLAN_TAKENBYTES_H

#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <vector>

namespace mlc::compiler {

/// The bytes [begin, end).
struct ByteRun {
  int64_t begin = 0, end = 0;
};

class TakenBytes {
public:
  /// Times are 0 to `times` - 1.
  explicit TakenBytes(int times);

  /// Takes `run` from time `first` to time `last`.
  void take(int first, int last, ByteRun run);
  /// Where the smallest gap of at least `size` bytes begins that is free from time `first` to time `last`,
  /// the lowest of equal ones; the end of all that is taken then, if there is none.
  int64_t bestGap(int first, int last, int64_t size) const;

private:
  using Runs = llvm::SmallVector<ByteRun, 4>; // sorted, apart from each other

  struct Node {
    Runs throughout, ever;
  };

  static void add(Runs &runs, ByteRun run);
  void take(int node, int begin, int end, int first, int last, ByteRun run);
  void collect(int node, int begin, int end, int first, int last, llvm::SmallVectorImpl<ByteRun> &runs) const;

  int leaves = 1;
  std::vector<Node> nodes; // the halves of node i are 2 i and 2 i + 1
};

} // namespace mlc::compiler

#endif
