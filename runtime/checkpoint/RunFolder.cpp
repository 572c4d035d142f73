#include "runtime/checkpoint/RunFolder.h"

#include "runtime/Number.h"
#include "runtime/checkpoint/AtomicFile.h"
#include "runtime/checkpoint/StateTensors.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace fs = std::filesystem;

namespace mlc {
namespace {

constexpr int64_t maxTextBytes = int64_t(256) << 20;

/// A relative path to a model text, without "..", as imports are.
bool staysInside(const fs::path &path) {
  if (path.is_absolute() || path.extension() != ".mlc")
    return false;
  for (const fs::path &part : path)
    if (part == "..")
      return false;
  return true;
}

/// Whether a tensor file is whole and says it belongs to this update.
bool isOfUpdate(const SafetensorsFile &file, uint64_t update) {
  auto found = file.metadata().find("update");
  return found != file.metadata().end() && found->second == std::to_string(update);
}

bool isOfUpdate(const std::string &path, uint64_t update) {
  Expected<SafetensorsFile> file = SafetensorsFile::open(path);
  return file && isOfUpdate(*file, update);
}

} // namespace

RunFolder::RunFolder(RunFolder &&other) noexcept
    : path_(std::move(other.path_)), config_(std::move(other.config_)), lock_(other.lock_) {
  other.lock_ = -1;
}

RunFolder::~RunFolder() {
  if (lock_ >= 0)
    ::close(lock_);
}

Status RunFolder::lock() {
  lock_ = ::open(file(".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_ < 0)
    return Status::io("cannot write in the run folder " + path_ + ": " + std::strerror(errno));
  if (flock(lock_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    return Status::usage("another process is training in " + path_ + "; name another folder with --out");
  return {};
}

Status RunFolder::removeRun() {
  // The commit record first: from then on there is no checkpoint that could be half old, half new.
  for (const char *name :
       {"trainer_state.json", "trainer_state.json.next", "model.safetensors", "model.safetensors.next",
        "optimizer.safetensors", "optimizer.safetensors.next", "best/model.safetensors",
        "best/model.safetensors.next", "metrics.csv", "config.json"})
    MLC_TRY(removeFile(file(name)));
  return {};
}

Expected<RunFolder> RunFolder::create(const std::string &path, const RunConfig &config,
                                      const std::vector<std::pair<std::string, std::string>> &sources,
                                      bool overwrite) {
  std::error_code error;
  fs::create_directories(path + "/best", error);
  if (error)
    return Status::io("cannot make the run folder " + path + ": " + error.message());
  RunFolder run(path);
  MLC_TRY(run.lock());
  if (fs::exists(run.file("trainer_state.json"), error) && !overwrite)
    return Status::usage(path +
                         " already holds a run; continue it with --resume or name another folder with --out");
  MLC_TRY(run.removeRun());
  for (const auto &[name, text] : sources) {
    if (!staysInside(name))
      return Status::usage("source '" + name + "' is not a .mlc file in the folder of the model");
    fs::create_directories(fs::path(run.file(name)).parent_path(), error);
    MLC_TRY(writeFileAtomically(run.file(name), text));
  }
  Expected<std::string> text = printConfig(config);
  if (!text)
    return text.status();
  MLC_TRY(writeFileAtomically(run.file("config.json"), *text));
  MLC_TRY(run.readConfig());
  return Expected<RunFolder>(std::move(run));
}

Expected<RunFolder> RunFolder::open(const std::string &path, bool toResume) {
  std::error_code error;
  if (!fs::exists(path + "/config.json", error))
    return Status::io("there is no run in " + path +
                      " (no config.json); name the folder that `mlc train` wrote");
  RunFolder run(path);
  if (toResume)
    MLC_TRY(run.lock());
  MLC_TRY(run.readConfig());
  return Expected<RunFolder>(std::move(run));
}

Status RunFolder::readConfig() {
  std::string where = file("config.json");
  Expected<std::string> text = readWholeFile(where, maxTextBytes);
  if (!text)
    return text.status();
  Expected<RunConfig> config = parseConfig(*text, where);
  if (!config)
    return config.status();
  config_ = std::move(*config);
  return {};
}

Status RunFolder::checkProgram(const Manifest &manifest) const {
  if (manifest.modelHash == config_.manifest.modelHash)
    return {};
  std::map<std::string, SafetensorsFile::Entry> model, slots;
  for (const StateTensor &tensor : config_.manifest.state)
    (tensor.role == Role::Slot ? slots : model)[tensor.name] = {tensor.dtype, tensor.shape, 0, tensor.bytes};
  std::string differ = differences(manifest, TensorSet::Model, model);
  if (std::string more = differences(manifest, TensorSet::Slots, slots); !more.empty())
    differ += (differ.empty() ? "" : "; ") + more;
  if (differ.empty())
    differ = "the tensors are the same, what is computed with them is not";
  return Status::badData(path_ + " is a run of another model: " + differ);
}

Status RunFolder::save(const Session &session, const TrainerState &state) {
  std::map<std::string, std::string> metadata = {{"format", "mlc"},
                                                 {"program", session.manifest().program},
                                                 {"model_hash", session.manifest().modelHash},
                                                 {"update", std::to_string(state.update)}};
  std::string model = file("model.safetensors"), slots = file("optimizer.safetensors");
  std::string record = file("trainer_state.json");
  // An earlier save may have been cut off after its commit: its files must be in place before .next is used
  // again.
  if (Expected<TrainerState> committed = readState()) {
    for (const std::string &name : {model, slots})
      if (!isOfUpdate(name, committed->update) && isOfUpdate(name + ".next", committed->update))
        MLC_TRY(renameFile(name + ".next", name));
  }
  MLC_TRY(writeSafetensors(model + ".next", tensorsOf(session, TensorSet::Model), metadata));
  MLC_TRY(writeSafetensors(slots + ".next", tensorsOf(session, TensorSet::Slots), metadata));
  Expected<FileWriter> writer = FileWriter::create(record + ".next");
  if (!writer)
    return writer.status();
  writer->write(printState(state));
  MLC_TRY(writer->finish());
  MLC_TRY(renameFile(record + ".next", record)); // the commit
  MLC_TRY(renameFile(model + ".next", model));
  return renameFile(slots + ".next", slots);
}

Status RunFolder::saveBest(const Session &session, const TrainerState &state) {
  std::string best = file("best/model.safetensors");
  MLC_TRY(writeSafetensors(best + ".next", tensorsOf(session, TensorSet::Model),
                           {{"format", "mlc"},
                            {"program", session.manifest().program},
                            {"model_hash", session.manifest().modelHash},
                            {"update", std::to_string(state.update)}}));
  return renameFile(best + ".next", best);
}

Expected<TrainerState> RunFolder::readState() const {
  std::string where = file("trainer_state.json");
  std::error_code error;
  if (!fs::exists(where, error))
    return Status::io("the run in " + path_ + " has no checkpoint yet");
  Expected<std::string> text = readWholeFile(where, maxTextBytes);
  if (!text)
    return text.status();
  return parseState(*text, where);
}

Status RunFolder::loadTensors(Session &session, const std::string &name, uint64_t update, bool slots) const {
  Status opened;
  for (const std::string &path : {file(name), file(name + ".next")}) {
    Expected<SafetensorsFile> tensors = SafetensorsFile::open(path);
    if (!tensors) {
      if (opened.isOk())
        opened = tensors.status();
      continue;
    }
    if (isOfUpdate(*tensors, update))
      return readTensors(session, slots ? TensorSet::Slots : TensorSet::Model, *tensors);
  }
  if (!opened.isOk() && opened.code() == StatusCode::BadData)
    return opened;
  return Status::badData("neither " + file(name) + " nor its .next belongs to update " +
                         std::to_string(update) +
                         " of trainer_state.json; the run folder was changed by hand");
}

Expected<TrainerState> RunFolder::load(Session &session) const {
  MLC_TRY(checkProgram(session.manifest()));
  Expected<TrainerState> state = readState();
  if (!state)
    return state.status();
  MLC_TRY(loadTensors(session, "model.safetensors", state->update, false));
  MLC_TRY(loadTensors(session, "optimizer.safetensors", state->update, true));
  if (state->sums.size() != static_cast<size_t>(session.manifest().figures.sums))
    return Status::badData(file("trainer_state.json") + ".sums has another length than the model's");
  return state;
}

bool RunFolder::hasBest() const {
  std::error_code error;
  return fs::exists(file("best/model.safetensors"), error);
}

Expected<uint64_t> RunFolder::loadModel(Session &session, bool best) const {
  MLC_TRY(checkProgram(session.manifest()));
  if (best && hasBest()) {
    Expected<SafetensorsFile> tensors = SafetensorsFile::open(file("best/model.safetensors"));
    if (!tensors)
      return tensors.status();
    MLC_TRY(readTensors(session, TensorSet::Model, *tensors));
    auto found = tensors->metadata().find("update");
    std::optional<int64_t> update;
    if (found != tensors->metadata().end())
      update = parseI64(found->second);
    return static_cast<uint64_t>(update.value_or(0));
  }
  // Training may go on meanwhile: what was committed when trainer_state.json was read can be replaced before
  // the tensors are opened. Then the state has moved on too.
  Status last;
  for (int attempt = 0; attempt < 5; ++attempt) {
    Expected<TrainerState> state = readState();
    if (!state)
      return state.status();
    last = loadTensors(session, "model.safetensors", state->update, false);
    if (last.isOk())
      return state->update;
    Expected<TrainerState> after = readState();
    if (!after || after->update == state->update)
      break;
  }
  return last;
}

Status RunFolder::appendMetrics(const std::string &header, const std::string &lines) {
  std::string path = file("metrics.csv");
  int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0)
    return Status::io("cannot write " + path + ": " + std::strerror(errno));
  off_t before = lseek(descriptor, 0, SEEK_END);
  std::string text = before == 0 ? header + "\n" + lines : lines;
  ssize_t wrote = ::write(descriptor, text.data(), text.size());
  Status status;
  if (wrote != static_cast<ssize_t>(text.size())) {
    status =
        Status::io("cannot write " + path + ": " + (wrote < 0 ? std::strerror(errno) : "the disk is full"));
    if (ftruncate(descriptor, before) != 0)
      status = Status::io(status.message() + "; its last line is cut off");
  } else if (fsync(descriptor) != 0 && errno != EINVAL) {
    status = Status::io("cannot sync " + path + ": " + std::strerror(errno));
  }
  ::close(descriptor);
  return status;
}

Status RunFolder::truncateMetrics(int64_t epochs) {
  std::string path = file("metrics.csv");
  std::error_code error;
  if (!fs::exists(path, error))
    return {};
  Expected<std::string> text = readWholeFile(path, maxTextBytes);
  if (!text)
    return text.status();
  size_t kept = 0;
  bool header = true;
  for (size_t at = 0; at < text->size();) {
    size_t end = text->find('\n', at);
    if (end == std::string::npos)
      break;
    std::string line = text->substr(at, end + 1 - at);
    std::optional<int64_t> epoch = parseI64(std::string_view(line).substr(0, line.find(',')));
    if (!header && (!epoch || *epoch > epochs))
      break;
    header = false;
    at = kept = end + 1;
  }
  if (kept == text->size())
    return {};
  fs::resize_file(path, kept, error); // needs no room on a full disk
  return error ? Status::io("cannot cut " + path + ": " + error.message()) : Status();
}

} // namespace mlc
