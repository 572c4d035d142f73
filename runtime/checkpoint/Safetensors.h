// The safetensors format: a length, a JSON header, tensors one after the other. Nothing in it can run code.
#ifndef MLC_RUNTIME_CHECKPOINT_SAFETENSORS_H
#define MLC_RUNTIME_CHECKPOINT_SAFETENSORS_H

#include "runtime/DType.h"
#include "runtime/Elements.h"
#include "runtime/Status.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlc {

/// A tensor to be written; the bytes belong to the caller.
struct TensorView {
  std::string name;
  DType dtype = DType::F32;
  std::vector<int64_t> shape;
  const uint8_t *data = nullptr;
  int64_t panel = 0; ///< if not 0, a matrix in panels of so many columns (runtime/Panels.h)
};

/// Writes the tensors row by row in the order given, deterministically, to `path` itself and syncs it: no
/// renaming. On failure the file is removed.
Status writeSafetensors(const std::string &path, const std::vector<TensorView> &tensors,
                        const std::map<std::string, std::string> &metadata);

/// The same, without metadata, in place of a file that stays if this fails (FileWriter::replacing).
Status replaceSafetensors(const std::string &path, const std::vector<TensorView> &tensors);

/// A file that was opened and checked: every entry lies in the file, its size is that of its dtype and shape
/// (if its dtype is known), no two overlap and nothing is left over. Data are read on demand. Opening takes
/// time and memory in proportion to the header, and a header of a million entries is a valid one.
class SafetensorsFile {
public:
  struct Entry {
    std::string format = "F32"; ///< the dtype as the format spells it, known or not
    std::vector<int64_t> shape;
    int64_t offset = 0; ///< in the file
    int64_t bytes = 0;

    /// Nothing if the elements cannot be read.
    std::optional<StoredType> type() const;
  };
  static constexpr int64_t maxHeaderBytes = int64_t(100) << 20;

  static Expected<SafetensorsFile> open(const std::string &path);
  SafetensorsFile(SafetensorsFile &&other) noexcept;
  SafetensorsFile &operator=(SafetensorsFile &&) = delete;
  ~SafetensorsFile();

  /// By name.
  const std::map<std::string, Entry> &entries() const { return entries_; }
  const std::map<std::string, std::string> &metadata() const { return metadata_; }
  const std::string &path() const { return path_; }

  /// Reads an entry's bytes into memory of that size.
  Status read(const Entry &entry, uint8_t *to) const;

private:
  SafetensorsFile() = default;
  Status parse(const std::string &header, int64_t dataBegin, int64_t fileBytes);

  std::string path_;
  int descriptor_ = -1;
  std::map<std::string, Entry> entries_;
  std::map<std::string, std::string> metadata_;
};

} // namespace mlc
#endif
