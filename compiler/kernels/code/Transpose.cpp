// Eklundh's transposition: exchange the off-diagonal blocks of 2x2 blocks, at every power of two.
#include "compiler/kernels/code/Transpose.h"

using namespace mlir;

namespace mlc::compiler {

SmallVector<Value> transposeVectors(Code &code, SmallVector<Value> rows) {
  int64_t lanes = int64_t(rows.size());
  for (int64_t distance = 1; distance < lanes; distance *= 2) {
    SmallVector<int64_t> first(lanes), second(lanes);
    for (int64_t lane = 0; lane < lanes; ++lane) {
      bool odd = lane & distance;
      first[lane] = odd ? lanes + lane - distance : lane;
      second[lane] = odd ? lanes + lane : lane + distance;
    }
    for (int64_t row = 0; row < lanes; ++row) {
      if (row & distance)
        continue;
      Value a = rows[row], b = rows[row + distance];
      rows[row] = code.shuffle(a, b, first);
      rows[row + distance] = code.shuffle(a, b, second);
    }
  }
  return rows;
}

} // namespace mlc::compiler
