#include "runtime/checkpoint/StateTensors.h"

namespace mlc {
namespace {

bool belongs(const StateTensor &tensor, TensorSet set) {
  return (tensor.role == Role::Slot) == (set == TensorSet::Slots);
}

std::string typeText(std::string text, const std::vector<int64_t> &shape) {
  if (shape.empty())
    return text;
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? ", " : "[") + std::to_string(shape[i]);
  return text + "]";
}

/// "f32[3]"; a dtype that cannot be read as the file has it.
std::string typeText(const SafetensorsFile::Entry &entry) {
  std::optional<StoredType> type = entry.type();
  return typeText(type ? std::string(nameOf(*type)) : entry.format.substr(0, 16), entry.shape);
}

} // namespace

std::vector<TensorView> tensorsOf(const Session &session, TensorSet set) {
  std::vector<TensorView> views;
  for (const StateTensor &tensor : session.manifest().state)
    if (belongs(tensor, set))
      views.push_back({tensor.name, tensor.dtype, tensor.shape, session.bytesOf(tensor), tensor.panel});
  return views;
}

std::string differences(const Manifest &manifest, TensorSet set,
                        const std::map<std::string, SafetensorsFile::Entry> &found) {
  std::vector<std::string> all;
  const auto states = statesByName(manifest);
  for (const StateTensor &tensor : manifest.state) {
    if (!belongs(tensor, set))
      continue;
    auto entry = found.find(tensor.name);
    if (entry == found.end())
      all.push_back("'" + tensor.name + "' is missing there");
    else if (entry->second.type() != storedAs(tensor.dtype) || entry->second.shape != tensor.shape)
      all.push_back("'" + tensor.name + "' is " + typeText(entry->second) + " there and " +
                    typeText(std::string(nameOf(tensor.dtype)), tensor.shape) + " here");
  }
  for (const auto &entry : found) {
    auto tensor = states.find(entry.first);
    if (tensor == states.end() || !belongs(*tensor->second, set))
      all.push_back("'" + entry.first.substr(0, 80) + "' is only there");
  }
  std::string text;
  constexpr size_t most = 5;
  for (size_t i = 0; i < all.size() && i < most; ++i)
    text += (i ? "; " : "") + all[i];
  if (all.size() > most)
    text += "; and " + std::to_string(all.size() - most) + " more";
  return text;
}

Status readTensors(Session &session, TensorSet set, const SafetensorsFile &file) {
  std::string differ = differences(session.manifest(), set, file.entries());
  if (!differ.empty())
    return Status::badData(file.path() + " is of another model: " + differ);
  std::vector<uint8_t> rows;
  for (const StateTensor &tensor : session.manifest().state) {
    if (!belongs(tensor, set))
      continue;
    const SafetensorsFile::Entry &entry = file.entries().at(tensor.name);
    if (tensor.panel == 0) {
      MLC_TRY(file.read(entry, session.bytesOf(tensor)));
      continue;
    }
    rows.resize(static_cast<size_t>(tensor.bytes));
    MLC_TRY(file.read(entry, rows.data()));
    session.write(tensor, rows.data());
  }
  return {};
}

} // namespace mlc
