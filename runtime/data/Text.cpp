#include "runtime/data/Text.h"

#include "runtime/cache/DiskCache.h"
#include "runtime/data/InputFile.h"
#include "runtime/data/Values.h"

#include <algorithm>
#include <cstring>

namespace mlc {
namespace {

class Windows : public RowSource {
public:
  Windows(std::shared_ptr<const std::vector<uint8_t>> text, DType dtype, int64_t length, int64_t stride,
          int64_t shift)
      : text_(std::move(text)), dtype_(dtype), length_(length), stride_(stride), shift_(shift) {}

  Status read(const int64_t *rows, int64_t count, uint8_t *to) const override {
    for (int64_t i = 0; i < count; ++i) {
      const uint8_t *from = text_->data() + rows[i] * stride_ + shift_;
      if (dtype_ == DType::U8) {
        std::memcpy(to, from, static_cast<size_t>(length_));
        to += length_;
        continue;
      }
      for (int64_t k = 0; k < length_; ++k, to += sizeof(int32_t)) {
        int32_t value = from[k];
        std::memcpy(to, &value, sizeof value);
      }
    }
    return {};
  }

  Expected<uint64_t> fingerprint() const override {
    const uint64_t parts[] = {checksumOf(text_->data(), static_cast<int64_t>(text_->size())),
                              static_cast<uint64_t>(length_), static_cast<uint64_t>(stride_),
                              static_cast<uint64_t>(shift_)};
    return checksumOf(parts, sizeof parts);
  }

private:
  std::shared_ptr<const std::vector<uint8_t>> text_;
  DType dtype_;
  int64_t length_, stride_, shift_;
};

Status checkFields(const std::vector<FieldSpec> &fields) {
  if (fields.empty() || fields.size() > 2)
    return Status::badData("text has a window and the window one byte later, and there are " +
                           std::to_string(fields.size()) + " fields");
  for (const FieldSpec &field : fields) {
    bool bytes = (field.dtype == DType::I32 || field.dtype == DType::U8) && field.categories == 0;
    if (!bytes || field.shape.size() != 1 || field.shape[0] < 1)
      return Status::badData("field '" + field.name +
                             "' must be bytes, such as i32[128], to be read from text");
    if (field.shape != fields[0].shape)
      return Status::badData("fields '" + fields[0].name + "' and '" + field.name +
                             "' must have windows of one length");
  }
  return {};
}

} // namespace

Expected<Dataset> readText(const std::string &path, int64_t stride, const std::vector<FieldSpec> &fields) {
  MLC_TRY(checkFields(fields));
  Expected<std::vector<uint8_t>> read = readWhole(path, maxRows);
  if (!read)
    return read.status();
  auto text = std::make_shared<const std::vector<uint8_t>>(std::move(*read));
  const auto bytes = static_cast<int64_t>(text->size());
  const int64_t length = fields[0].shape[0];
  if (stride == 0)
    stride = length;
  // The last field of a row ends here.
  const int64_t reach = length + static_cast<int64_t>(fields.size()) - 1;
  if (bytes < reach)
    return Status::badData("the text has " + std::to_string(bytes) + " bytes, and a window needs " +
                           std::to_string(reach) + ", " + path);
  for (const FieldSpec &field : fields) {
    auto outside = std::find_if(text->begin(), text->end(),
                                [&](uint8_t byte) { return field.classes != 0 && byte >= field.classes; });
    if (outside != text->end())
      return Status::badData("byte " + std::to_string(*outside) + " at offset " +
                             std::to_string(outside - text->begin()) +
                             outsideClasses(field.classes, field.name) + ", " + path);
  }
  Dataset dataset;
  dataset.rows = (bytes - reach) / stride + 1;
  // Bytes are held out, not windows: row r - k reaches into row r when k * stride is below the reach.
  dataset.overlap = (reach - 1) / stride;
  for (size_t i = 0; i < fields.size(); ++i) {
    Column column = Column::of(fields[i]);
    column.source = std::make_shared<Windows>(text, fields[i].dtype, length, stride, static_cast<int64_t>(i));
    dataset.columns.push_back(std::move(column));
  }
  return dataset;
}

} // namespace mlc
