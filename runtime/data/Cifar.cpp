#include "runtime/data/Cifar.h"

#include "runtime/data/InputFile.h"
#include "runtime/data/Values.h"

#include <array>

namespace mlc {
namespace {

constexpr int64_t plane = 32 * 32;
constexpr int64_t pictureBytes = 3 * plane;

/// Bytes of labels before each picture: 1 or 2, or 0 for a file that is neither.
int64_t labelsOf(size_t fileBytes) {
  for (int64_t labels : {1, 2})
    if (fileBytes % static_cast<size_t>(labels + pictureBytes) == 0)
      return labels;
  return 0;
}

/// Planes of a colour each to pixels of three colours.
void interleave(const uint8_t *planes, std::array<uint8_t, pictureBytes> &pixels) {
  for (int64_t i = 0; i < plane; ++i)
    for (int64_t colour = 0; colour < 3; ++colour)
      pixels[static_cast<size_t>(3 * i + colour)] = planes[colour * plane + i];
}

Status checkFields(const std::vector<FieldSpec> &fields) {
  if (fields.empty() || fields.size() > 3)
    return Status::badData("cifar has a picture and one or two labels, and there are " +
                           std::to_string(fields.size()) + " fields");
  if (!sameShape(fields[0].shape, {32, 32, 3}) || fields[0].categories > 0)
    return Status::badData("field '" + fields[0].name + "' has rows of shape " + printShape(fields[0].shape) +
                           ", the pictures of cifar are [32, 32, 3]");
  for (size_t i = 1; i < fields.size(); ++i)
    if (!sameShape(fields[i].shape, {}))
      return Status::badData("field '" + fields[i].name + "' has rows of shape " +
                             printShape(fields[i].shape) + ", the labels of cifar are single numbers");
  return {};
}

} // namespace

Expected<Dataset> readCifar(const std::vector<std::string> &paths, const std::vector<FieldSpec> &fields,
                            Vocabulary &vocabulary, bool learn) {
  MLC_TRY(checkFields(fields));
  std::vector<ColumnWriter> writers;
  writers.reserve(fields.size());
  for (const FieldSpec &field : fields)
    writers.emplace_back(field, vocabulary, learn);
  Dataset dataset;
  int64_t labels = 0;
  for (const std::string &path : paths) {
    auto bad = [&](const std::string &what) { return Status::badData(what + ", " + path); };
    Expected<std::vector<uint8_t>> bytes = readWhole(path, maxRows);
    if (!bytes)
      return bytes.status();
    if (bytes->empty())
      return bad("the file is empty");
    int64_t here = labelsOf(bytes->size());
    if (here == 0)
      return bad("not a CIFAR binary file: " + std::to_string(bytes->size()) +
                 " bytes are neither records of 3073 (CIFAR-10) nor of 3074 (CIFAR-100)");
    if (labels != 0 && here != labels)
      return bad("CIFAR-10 and CIFAR-100 cannot be mixed: records of " + std::to_string(here + pictureBytes) +
                 " bytes, " + std::to_string(labels + pictureBytes) + " in " + paths[0]);
    labels = here;
    if (static_cast<int64_t>(fields.size()) > 1 + labels)
      return bad("CIFAR-10 has one label, and there are " + std::to_string(fields.size() - 1) +
                 " fields for labels");

    const int64_t classes[2] = {labels == 1 ? 10 : 20, 100};
    std::array<uint8_t, pictureBytes> pixels;
    const uint8_t *end = bytes->data() + bytes->size();
    int64_t record = 0;
    for (const uint8_t *at = bytes->data(); at != end; at += labels + pictureBytes, ++record) {
      for (int64_t i = 0; i < labels; ++i)
        if (at[i] >= classes[i])
          return bad("not a CIFAR binary file: label " + std::to_string(at[i]) + " in record " +
                     std::to_string(record) + " is not below " + std::to_string(classes[i]));
      interleave(at + labels, pixels);
      std::string wrong;
      if (writers[0].copiesBytes())
        writers[0].appendBytes(pixels.data(), pictureBytes);
      else
        for (size_t i = 0; i < pixels.size() && wrong.empty(); ++i)
          wrong = writers[0].append(static_cast<uint64_t>(pixels[i]), record);
      for (size_t f = 1; f < fields.size() && wrong.empty(); ++f)
        wrong = writers[f].append(
            static_cast<uint64_t>(at[fields.size() == 2 ? labels - 1 : static_cast<int64_t>(f) - 1]), record);
      if (!wrong.empty())
        return bad(wrong);
    }
    dataset.rows += record;
  }
  for (ColumnWriter &writer : writers) {
    Expected<Column> column = writer.finish();
    if (!column)
      return Status::badData(column.status().message() + ", " + paths.back());
    dataset.columns.push_back(std::move(*column));
  }
  return dataset;
}

} // namespace mlc
