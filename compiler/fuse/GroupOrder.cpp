#include "compiler/fuse/GroupOrder.h"

#include "llvm/ADT/STLExtras.h"

#include <utility>

using namespace mlc::compiler;

/// Between ranks, when they are handed out.
static constexpr int64_t gap = int64_t(1) << 32;

GroupOrder::GroupOrder(std::vector<llvm::SmallVector<int, 4>> edges)
    : successors(std::move(edges)), predecessors(successors.size()), groups(successors.size()),
      members(successors.size()), next(successors.size()), previous(successors.size()),
      first(successors.empty() ? -1 : 0), ranks(successors.size()) {
  int count = successors.size();
  for (int node = 0; node < count; ++node) {
    groups[node] = node;
    members[node] = {node};
    for (int successor : successors[node])
      predecessors[successor].push_back(node);
    previous[node] = node - 1;
    next[node] = node + 1 < count ? node + 1 : -1;
  }
  handOutRanks();
  buildTree();
}

void GroupOrder::buildTree() {
  int count = successors.size(), clock = 0;
  std::vector<int> heights(count, 0);
  for (int node = count - 1; node >= 0; --node)
    for (int successor : successors[node])
      heights[node] = std::max(heights[node], heights[successor] + 1);
  std::vector<llvm::SmallVector<int, 4>> byHeight = successors;
  for (llvm::SmallVector<int, 4> &list : byHeight)
    llvm::sort(list, [&](int a, int b) { return std::pair(-heights[a], a) < std::pair(-heights[b], b); });
  entered.assign(count, -1);
  left.assign(count, -1);
  std::vector<std::pair<int, size_t>> path; // a node, and which of its successors comes next
  for (int root = 0; root < count; ++root) {
    if (entered[root] >= 0)
      continue;
    entered[root] = clock++;
    path.emplace_back(root, 0);
    while (!path.empty()) {
      auto &[node, turn] = path.back();
      if (turn == byHeight[node].size()) {
        left[node] = clock;
        path.pop_back();
        continue;
      }
      int child = byHeight[node][turn++];
      if (entered[child] >= 0)
        continue;
      entered[child] = clock++;
      path.emplace_back(child, 0);
    }
  }
}

bool GroupOrder::isShownByTree(int from, int to) const {
  llvm::SmallVector<int> wanted;
  for (int node : members[to])
    wanted.push_back(entered[node]);
  llvm::sort(wanted);
  for (int node : members[from])
    for (int successor : successors[node]) {
      if (groups[successor] == from || groups[successor] == to)
        continue;
      auto below = llvm::lower_bound(wanted, entered[successor]);
      if (below != wanted.end() && *below < left[successor])
        return true;
    }
  return false;
}

GroupOrder::Search GroupOrder::searchFrom(bool isForward, int start, int other) const {
  Search search{isForward, start, other, ranks[other]};
  follow(search, start);
  return search;
}

/// Opens what is next to `group`. The direct edge between the two ends is no way around.
void GroupOrder::follow(Search &search, int group) const {
  for (int node : members[group])
    for (int neighbour : search.isForward ? successors[node] : predecessors[node]) {
      int reached = groups[neighbour];
      bool isDirect = group == search.start && reached == search.other;
      bool isPast = search.isForward ? ranks[reached] > search.limit : ranks[reached] < search.limit;
      if (reached == group || isDirect || isPast || !search.seen.insert(reached).second)
        continue;
      search.open.push_back(reached);
      search.found.push_back(reached);
    }
}

GroupOrder::Seen GroupOrder::advance(Search &search) const {
  if (search.open.empty())
    return Seen::All;
  int group = search.open.pop_back_val();
  if (group == search.other)
    return Seen::OtherEnd;
  follow(search, group);
  return Seen::More;
}

bool GroupOrder::hasPathAround(int from, int to) const {
  // An edge leads from the one to the other, so the ranks say which way a path can go.
  if (isShownByTree(from, to))
    return true;
  Search searches[] = {searchFrom(true, from, to), searchFrom(false, to, from)};
  while (true)
    for (Search &search : searches)
      switch (advance(search)) {
      case Seen::All:
        return false;
      case Seen::OtherEnd:
        return true;
      case Seen::More:
        break;
      }
}

void GroupOrder::handOutRanks() {
  int64_t rank = 0;
  for (int group = first; group >= 0; group = next[group])
    ranks[group] = rank += gap;
}

llvm::SmallVector<int> GroupOrder::takeOut(llvm::ArrayRef<int> list) {
  llvm::SmallVector<int> taken(list);
  llvm::sort(taken, [&](int a, int b) { return ranks[a] < ranks[b]; });
  for (int group : taken) {
    (previous[group] < 0 ? first : next[previous[group]]) = next[group];
    if (next[group] >= 0)
      previous[next[group]] = previous[group];
  }
  return taken;
}

void GroupOrder::putBehind(int place, llvm::ArrayRef<int> list) {
  int behind = next[place];
  int64_t lowest = ranks[place];
  int64_t step = behind < 0 ? gap : (ranks[behind] - lowest) / (int64_t(list.size()) + 1);
  for (int group : list) {
    next[place] = group;
    previous[group] = place;
    ranks[group] = lowest += step;
    place = group;
  }
  next[place] = behind;
  if (behind >= 0)
    previous[behind] = place;
  if (step == 0)
    handOutRanks();
}

void GroupOrder::merge(int from, int to) {
  Search searches[] = {searchFrom(true, from, to), searchFrom(false, to, from)};
  Search *done = nullptr;
  while (!done)
    for (Search &search : searches)
      if (advance(search) == Seen::All) {
        done = &search;
        break;
      }
  llvm::SmallVector<int> moved = takeOut(done->found);
  if (done->isForward) {
    putBehind(to, moved);
  } else {
    takeOut(to);
    moved.push_back(to);
    putBehind(from, moved);
  }
  takeOut(from);
  for (int node : members[from])
    groups[node] = to;
  members[to].insert(members[to].end(), members[from].begin(), members[from].end());
  members[from].clear();
}
