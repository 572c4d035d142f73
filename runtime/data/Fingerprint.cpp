#include "runtime/data/Fingerprint.h"

#include "runtime/cache/DiskCache.h"

namespace mlc {

Expected<Fingerprint> fingerprintOf(const Dataset &dataset, const ReaderSpec &reader) {
  Fingerprint result;
  result.files = reader.files;
  result.rows = dataset.rows;
  for (const Column &column : dataset.columns) {
    Expected<uint64_t> sum = column.source
                                 ? column.source->fingerprint()
                                 : checksumOf(column.bytes.data(), static_cast<int64_t>(column.bytes.size()));
    if (!sum)
      return sum.status();
    result.fields[column.field.name] = *sum;
  }
  return result;
}

std::string differenceOf(const Fingerprint &was, const Fingerprint &is) {
  std::string files;
  for (const std::string &file : is.files)
    files += (files.empty() ? "" : ", ") + file;
  if (was.rows != is.rows)
    return files + " had " + std::to_string(was.rows) + " rows and has " + std::to_string(is.rows);
  for (const auto &[field, sum] : is.fields) {
    auto found = was.fields.find(field);
    if (found == was.fields.end() || found->second != sum)
      return files + " has other values of field '" + field + "'";
  }
  return {};
}

std::string differenceOf(const std::map<std::string, Fingerprint> &was,
                         const std::map<std::string, Fingerprint> &is, const std::string &split) {
  auto a = was.find(split), b = is.find(split);
  return a == was.end() || b == is.end() ? std::string() : differenceOf(a->second, b->second);
}

} // namespace mlc
