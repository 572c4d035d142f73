// Whether a third group lies between two groups of ops, while groups are merged.
//
// Merging two groups with a third one on a way between them would close a cycle. A search along all that
// follows the first finds such a way, and of a deep model that is most of the model, for every pair. So:
//
//  1. Ways that a tree shows. Once, before anything is merged, a depth-first walk of the ops, first along
//     what leads furthest, gives each op the range of those it was entered before. If an op of a third group
//     that follows directly is above an op of the second group in that tree, there is a way. Between forward
//     and backward pass this is the answer nearly always.
//  2. Otherwise a search from both ends at once, which ends when one of them has seen all there is. Groups
//     have ranks, each above those it reads from, so the search from the first looks at nothing with a rank
//     above that of the second, and the other way round.
//
// When two groups are merged, what the first leads to moves to behind the second, or what leads to the second
// to before the first, whichever is less (after Pearce and Kelly, A dynamic topological sort algorithm for
// directed acyclic graphs, 2006). The order is a list with ranks that leave gaps; when a gap is full, all
// ranks are handed out anew.
#ifndef MLC_COMPILER_FUSE_GROUPORDER_H
#define MLC_COMPILER_FUSE_GROUPORDER_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SmallVector.h"

#include <vector>

namespace mlc::compiler {

/// Groups of the nodes 0, 1, ... of a graph without cycles whose edges lead to larger numbers. At first each
/// node is a group of its own, called by its number.
class GroupOrder {
public:
  /// `successors`, by node; may hold a node more than once.
  explicit GroupOrder(std::vector<llvm::SmallVector<int, 4>> successors);

  int groupOf(int node) const { return groups[node]; }
  llvm::ArrayRef<int> membersOf(int group) const { return members[group]; }
  /// The nodes with an edge to `node`.
  llvm::ArrayRef<int> predecessorsOf(int node) const { return predecessors[node]; }

  /// Whether a third group uses what `from` makes and is needed, in the end, by `to`.
  bool hasPathAround(int from, int to) const;
  /// `from` becomes a part of `to`, which uses it. There must be no path around.
  void merge(int from, int to);

private:
  /// One of the two ends of a search: all groups reached so far, as far as ranks allow.
  struct Search {
    bool isForward;
    int start, other; // where it begins, and the group at the other end
    int64_t limit;    // the rank of the other end
    llvm::SmallVector<int> open = {};
    llvm::SmallVector<int> found = {};
    llvm::DenseSet<int> seen = {};
  };
  enum class Seen { More, All, OtherEnd };
  Search searchFrom(bool isForward, int start, int other) const;
  /// Looks at one more group.
  Seen advance(Search &search) const;
  void follow(Search &search, int group) const;
  bool isShownByTree(int from, int to) const;
  void buildTree();
  /// Sorted by rank, out of the order.
  llvm::SmallVector<int> takeOut(llvm::ArrayRef<int> list);
  /// Puts `list` into the order behind `place`; -1: in front of all.
  void putBehind(int place, llvm::ArrayRef<int> list);
  void handOutRanks();

  std::vector<llvm::SmallVector<int, 4>> successors, predecessors;
  std::vector<int> entered, left; // of the tree: a node's range is [entered, left)
  std::vector<int> groups;
  std::vector<std::vector<int>> members;
  // The order of groups.
  std::vector<int> next, previous; // -1: none
  int first = -1;
  std::vector<int64_t> ranks;
};

} // namespace mlc::compiler

#endif
