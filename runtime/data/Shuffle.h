// The order in which rows are seen: a function of seed and epoch alone, the same on every machine.
#ifndef MLC_RUNTIME_DATA_SHUFFLE_H
#define MLC_RUNTIME_DATA_SHUFFLE_H

#include <cstdint>
#include <vector>

namespace mlc {

/// What is drawn for; keeps the cut of the validation rows apart from the epochs' orders.
enum class OrderUse : uint64_t { Epoch = 1, ValidationCut = 2, Generation = 3 };

/// A 64-bit number from a counter: two rounds of the SplitMix64 finaliser over a mix of the four. There is no
/// state, so any draw can be repeated alone.
uint64_t orderBits(uint64_t seed, OrderUse use, uint64_t epoch, uint64_t counter);

/// Fisher and Yates, from the last place down: place i is exchanged with place floor(bits * (i + 1) / 2^64),
/// bits being orderBits(seed, use, epoch, i). (The bias of that floor is below 2^-24 for 2^40 rows.)
void shuffle(std::vector<int64_t> &rows, uint64_t seed, OrderUse use, uint64_t epoch);

} // namespace mlc
#endif
