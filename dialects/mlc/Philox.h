// What `mlc.random` means, in plain C++: the one definition that the oracle calls and that generated kernels
// must reproduce.
//
// The generator is Philox 4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1,
// 2, 3" (SC 2011): a bijection of a 128-bit counter under a 64-bit key, so every element's value is a
// function of where it stands and of nothing else.
//
//   key      seed ^ site, 64 bits, the low half first
//   counter  { element >> 2, low half of row, low half of update,
//              low half of (high half of update) << 16 | low half of (high half of row) }
//
// `element` is the row-major index within the row (of the axes after the first when the op is batched, else
// of all axes), `row` is row0 plus the index along axis 0 when the op is batched, else 0. One block of four
// words serves elements 4i .. 4i+3 of a row. Elements of a row stay below 2^34, rows and updates below 2^48.
//
//   bits     word[element & 3] as i32
//
//   uniform  (word[element & 3] >> 8) * 2^-24: in [0, 1), exact in f32 and f64, so a mask is the same in both
//
//   normal   Box and Muller (1958) on words p = element & 2 and p + 1:
//            u = ((word[p] >> 8) + 1) * 2^-24 in (0, 1], v = (word[p + 1] >> 8) * 2^-24,
//            sqrt(-2 log u) times cos(2 pi v) for an even element, sin(2 pi v) for an odd one
//
// Known answers (Random123 1.09, kat_vectors) are in test/unit/oracle/PhiloxTest.cpp.
#ifndef MLC_DIALECTS_MLC_PHILOX_H
#define MLC_DIALECTS_MLC_PHILOX_H

#include <array>
#include <cmath>
#include <cstdint>

namespace mlc::philox {

using Block = std::array<uint32_t, 4>;

constexpr int rounds = 10;
constexpr uint32_t multiplier0 = 0xD2511F53, multiplier1 = 0xCD9E8D57;
/// What the key's words grow by after each round (golden ratio, sqrt(3) - 1).
constexpr uint32_t weyl0 = 0x9E3779B9, weyl1 = 0xBB67AE85;

/// Ten rounds over a counter under a key (low word first).
constexpr Block generate(Block c, uint64_t key) {
  uint32_t k0 = uint32_t(key), k1 = uint32_t(key >> 32);
  for (int round = 0; round < rounds; ++round) {
    uint64_t p0 = uint64_t(multiplier0) * c[0], p1 = uint64_t(multiplier1) * c[2];
    c = {uint32_t(p1 >> 32) ^ c[1] ^ k0, uint32_t(p1), uint32_t(p0 >> 32) ^ c[3] ^ k1, uint32_t(p0)};
    k0 += weyl0;
    k1 += weyl1;
  }
  return c;
}

/// The place of one element in the stream.
struct Place {
  uint64_t seed = 0, update = 0, site = 0;
  uint64_t row = 0;     // row0 + index along axis 0 when batched, else 0
  uint64_t element = 0; // row-major index within the row
};

/// The block that serves elements 4i .. 4i+3 of the row.
constexpr Block blockAt(const Place &p) {
  return generate({uint32_t(p.element >> 2), uint32_t(p.row), uint32_t(p.update),
                   uint32_t((p.update >> 32) << 16 | ((p.row >> 32) & 0xFFFF))},
                  p.seed ^ p.site);
}

constexpr uint32_t bitsAt(const Place &p) { return blockAt(p)[p.element & 3]; }

/// In [0, 1), a multiple of 2^-24.
constexpr double uniformAt(const Place &p) { return double(bitsAt(p) >> 8) * 0x1p-24; }

/// Standard normal, |value| < 5.8; the f32 value is this one rounded, up to the error of the kernel's log,
/// sqrt, sin and cos.
inline double normalAt(const Place &p) {
  Block block = blockAt(p);
  int pair = int(p.element & 2);
  double u = (double(block[pair] >> 8) + 1) * 0x1p-24,
         angle = double(block[pair + 1] >> 8) * 0x1p-24 * 6.283185307179586;
  double radius = std::sqrt(-2 * std::log(u));
  return radius * ((p.element & 1) ? std::sin(angle) : std::cos(angle));
}

} // namespace mlc::philox
#endif
