// The header of an .npy array.
#ifndef MLC_RUNTIME_DATA_NPYHEADER_H
#define MLC_RUNTIME_DATA_NPYHEADER_H

#include "runtime/Elements.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mlc {

struct NpyType {
  StoredType stored = StoredType::F32;
  bool bigEndian = false;
};

struct NpyHeader {
  NpyType type;
  bool fortran = false; ///< the first axis moves fastest
  std::vector<int64_t> shape;
};

/// Takes a header piece by piece: 8 bytes of magic and version, its length, its text. The text is a Python
/// literal of one form, `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, its keys in any order;
/// anything else is refused.
class NpyHeaderReader {
public:
  static constexpr size_t maxBytes = size_t(1) << 16;

  /// How many bytes the next call of `take` wants; 0 when the header is complete.
  size_t wanted() const { return wanted_; }
  /// Takes them (fewer: the file ended). What is wrong, or empty.
  std::string take(std::string_view bytes);
  /// Bytes taken so far.
  int64_t taken() const { return taken_; }
  const NpyHeader &header() const { return header_; }

private:
  enum class Part { Magic, Length, Text };
  Part part_ = Part::Magic;
  size_t wanted_ = 8;
  int64_t taken_ = 0;
  NpyHeader header_;
};

} // namespace mlc
#endif
