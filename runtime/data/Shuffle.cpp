#include "runtime/data/Shuffle.h"

#include <utility>

namespace mlc {
namespace {

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection that spreads every bit over all.
uint64_t finalise(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

constexpr uint64_t golden = 0x9e3779b97f4a7c15u;

} // namespace

uint64_t orderBits(uint64_t seed, OrderUse use, uint64_t epoch, uint64_t counter) {
  uint64_t key = finalise(finalise(seed + golden) + golden * static_cast<uint64_t>(use));
  key = finalise(key + golden * (epoch + 1));
  return finalise(finalise(key + golden * (counter + 1)) ^ key);
}

void shuffle(std::vector<int64_t> &rows, uint64_t seed, OrderUse use, uint64_t epoch) {
  for (uint64_t i = rows.size(); i-- > 1;) {
    uint64_t bits = orderBits(seed, use, epoch, i);
    auto j = static_cast<uint64_t>((static_cast<unsigned __int128>(bits) * (i + 1)) >> 64);
    std::swap(rows[i], rows[j]);
  }
}

} // namespace mlc
