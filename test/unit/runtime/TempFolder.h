// A folder of its own for each test, gone when the test is over.
#ifndef MLC_TEST_UNIT_RUNTIME_TEMPFOLDER_H
#define MLC_TEST_UNIT_RUNTIME_TEMPFOLDER_H

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace mlc::test {

class TempFolder {
public:
  TempFolder() {
    // In memory where there is such a file system: checkpoints sync, and a test makes thousands.
    for (std::string pattern : {std::string("/dev/shm/mlc-XXXXXX"), testing::TempDir() + "mlc-XXXXXX"})
      if (path_.empty() && mkdtemp(pattern.data()))
        path_ = pattern;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder &) = delete;
  TempFolder &operator=(const TempFolder &) = delete;

  const std::string &path() const { return path_; }
  std::string file(const std::string &name) const { return path_ + "/" + name; }

  std::string write(const std::string &name, const std::string &bytes) const {
    std::ofstream(file(name), std::ios::binary) << bytes;
    return file(name);
  }
  std::string writeGzip(const std::string &name, const std::string &bytes) const {
    gzFile out = gzopen(file(name).c_str(), "wb");
    gzwrite(out, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(out);
    return file(name);
  }
  std::string read(const std::string &name) const {
    std::ifstream in(file(name), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }
  /// A folder with all that is in it.
  void copy(const std::string &from, const std::string &to) const {
    std::filesystem::copy(file(from), file(to), std::filesystem::copy_options::recursive);
  }
  bool has(const std::string &name) const { return std::filesystem::exists(file(name)); }

private:
  std::string path_;
};

/// The bytes as values of T.
template <typename T> std::vector<T> valuesOf(const std::vector<uint8_t> &bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

} // namespace mlc::test
#endif
