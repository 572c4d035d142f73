#include "runtime/checkpoint/Import.h"

#include "runtime/Nearest.h"
#include "runtime/checkpoint/RunFolder.h"
#include "runtime/checkpoint/Safetensors.h"

#include <algorithm>
#include <cstring>
#include <filesystem>

namespace fs = std::filesystem;

namespace mlc {
namespace {

Expected<std::string> findFile(const std::string &name, const std::string &modelFolder, std::string &note) {
  const fs::path path(name);
  bool climbs = std::find(path.begin(), path.end(), fs::path("..")) != path.end();
  if (path.empty() || path.is_absolute() || climbs)
    return Status::badData("`from \"" + name + "\"` must name a relative path without '..'");
  std::string looked;
  for (const fs::path &place : {fs::path(modelFolder) / path, fs::current_path() / path}) {
    std::error_code error;
    fs::path file = place;
    if (fs::is_directory(place, error)) {
      Expected<std::optional<std::string>> last = RunFolder::lastModel(place.string(), note);
      if (!last)
        return last.status();
      if (*last)
        return **last;
      file /= "model.safetensors";
    }
    if (fs::exists(file, error))
      return file.string();
    looked += (looked.empty() ? "'" : " or '") + file.string() + "'";
  }
  return Status::io("there is no file " + looked + " to take first values from");
}

std::string shapeText(const std::vector<int64_t> &shape) {
  std::string text;
  for (int64_t dim : shape)
    text += (text.empty() ? "[" : ", ") + std::to_string(dim);
  return text.empty() ? "a scalar" : text + "]";
}

/// "'theirs' for 'ours'".
std::string nameBoth(const ImportTensor &tensor) {
  return "'" + tensor.source + "'" + (tensor.source == tensor.tensor ? "" : " for '" + tensor.tensor + "'");
}

/// Whether the tensor can be filled from the file.
bool fits(const ImportTensor &tensor, const StateTensor &own, const SafetensorsFile &file) {
  auto entry = file.entries().find(tensor.source);
  if (entry == file.entries().end() || !entry->second.type())
    return false;
  const std::vector<int64_t> &given = entry->second.shape;
  if (given.size() != own.shape.size() || (!tensor.order.empty() && tensor.order.size() != given.size()))
    return false;
  for (size_t i = 0; i < given.size(); ++i)
    if (given[tensor.order.empty() ? i : static_cast<size_t>(tensor.order[i])] != own.shape[i])
      return false;
  return true;
}

/// What is wrong with a tensor that does not fit.
std::string problem(const ImportTensor &tensor, const StateTensor &own, const SafetensorsFile &file) {
  auto entry = file.entries().find(tensor.source);
  if (entry == file.entries().end()) {
    std::vector<std::string> names;
    names.reserve(file.entries().size());
    for (const auto &each : file.entries())
      names.push_back(each.first);
    return nameBoth(tensor) + " is not there" + didYouMean(tensor.source, names);
  }
  const std::vector<int64_t> &given = entry->second.shape;
  std::vector<int64_t> ordered = given;
  if (!tensor.order.empty() && given.size() == tensor.order.size())
    for (size_t i = 0; i < ordered.size(); ++i)
      ordered[i] = given[static_cast<size_t>(tensor.order[i])];
  bool fitsRank = tensor.order.empty() || given.size() == tensor.order.size();
  if (!fitsRank || ordered != own.shape)
    return nameBoth(tensor) + " is " + shapeText(given) +
           (tensor.order.empty() || !fitsRank ? "" : ", reordered " + shapeText(ordered)) + ", not " +
           shapeText(own.shape);
  return nameBoth(tensor) + " is of dtype " + entry->second.format.substr(0, 16) +
         ", which cannot be read; F64, F32, F16, BF16, BOOL and integers can";
}

Expected<SafetensorsFile> openChecked(const Manifest &manifest, const ImportSpec &import,
                                      const std::string &modelFolder, std::string &note) {
  Expected<std::string> path = findFile(import.file, modelFolder, note);
  if (!path)
    return path.status();
  Expected<SafetensorsFile> file = SafetensorsFile::open(*path);
  if (!file)
    return file.status();
  const auto states = statesByName(manifest);
  std::string text;
  size_t count = 0;
  constexpr size_t most = 5;
  for (const ImportTensor &tensor : import.tensors) {
    const StateTensor &own = *states.at(tensor.tensor);
    if (!fits(tensor, own, *file) && count++ < most)
      text += (text.empty() ? "" : "; ") + problem(tensor, own, *file);
  }
  if (count > most)
    text += "; and " + std::to_string(count - most) + " more";
  if (count)
    return Status::badData("cannot take first values from " + *path + ": " + text +
                           "; rename them, or narrow `from` with `only`");
  return file;
}

/// Copies `from`, row-major of shape `given`, so that axis i of the result is axis order[i].
void reorder(const uint8_t *from, const std::vector<int64_t> &given, const std::vector<int64_t> &order,
             size_t elementBytes, uint8_t *to) {
  size_t rank = given.size();
  std::vector<size_t> strides(rank, elementBytes), index(rank, 0);
  for (size_t axis = rank; axis-- > 1;)
    strides[axis - 1] = strides[axis] * static_cast<size_t>(given[axis]);
  size_t count = 1;
  for (int64_t dim : given)
    count *= static_cast<size_t>(dim);
  for (size_t i = 0; i < count; ++i, to += elementBytes) {
    size_t place = 0;
    for (size_t axis = 0; axis < rank; ++axis)
      place += index[axis] * strides[static_cast<size_t>(order[axis])];
    std::memcpy(to, from + place, elementBytes);
    for (size_t axis = rank; axis-- > 0;) {
      if (++index[axis] < static_cast<size_t>(given[static_cast<size_t>(order[axis])]))
        break;
      index[axis] = 0;
    }
  }
}

Status importOne(Session &session, const ImportTensor &tensor, const StateTensor &own,
                 const SafetensorsFile &file) {
  const SafetensorsFile::Entry &entry = file.entries().at(tensor.source);
  const StoredType type = *entry.type();
  // Each a small multiple of the size of the tensor in the session.
  std::vector<uint8_t> bytes(static_cast<size_t>(entry.bytes)), ordered;
  MLC_TRY(file.read(entry, bytes.data()));
  if (!tensor.order.empty()) {
    ordered.resize(bytes.size());
    reorder(bytes.data(), entry.shape, tensor.order, static_cast<size_t>(sizeOf(type)), ordered.data());
    bytes.swap(ordered);
  }
  std::vector<uint8_t> converted(static_cast<size_t>(own.bytes));
  int64_t count = static_cast<int64_t>(bytes.size()) / sizeOf(type);
  if (std::optional<int64_t> bad = convertElements(type, bytes.data(), count, own.dtype, converted.data()))
    return Status::badData("cannot take first values from " + file.path() + ": " + nameBoth(tensor) +
                           " holds " + printElement(type, bytes.data() + *bad * sizeOf(type)) + ", which " +
                           std::string(nameOf(own.dtype)) + " cannot hold; leave it out with `only`");
  session.write(own, converted.data());
  return {};
}

} // namespace

Status checkImports(const Manifest &manifest, const std::string &modelFolder, std::string &note) {
  for (const ImportSpec &import : manifest.imports)
    MLC_TRY(openChecked(manifest, import, modelFolder, note).status());
  return {};
}

Status importTensors(Session &session, const std::string &modelFolder) {
  std::string note; // was given to whoever checked
  const auto states = statesByName(session.manifest());
  for (const ImportSpec &import : session.manifest().imports) {
    Expected<SafetensorsFile> file = openChecked(session.manifest(), import, modelFolder, note);
    if (!file)
      return file.status();
    for (const ImportTensor &tensor : import.tensors)
      MLC_TRY(importOne(session, tensor, *states.at(tensor.tensor), *file));
  }
  return {};
}

} // namespace mlc
