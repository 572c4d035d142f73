#include "runtime/checkpoint/RunFiles.h"

#include "runtime/Json.h"
#include "runtime/checkpoint/Safetensors.h"
#include "runtime/files/AtomicFile.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <thread>

namespace fs = std::filesystem;

namespace mlc {
namespace {

constexpr const char *configName = "config.json";
constexpr const char *stateName = "trainer_state.json";
constexpr const char *bestName = "best/model.safetensors";
/// What is to be done when a new run is committed; in its folder.
constexpr const char *recordName = "commit.json";

const std::vector<std::string> &tensorNames() {
  static const std::vector<std::string> names = {"model.safetensors", "optimizer.safetensors"};
  return names;
}

/// Every file of a run but for its texts.
const std::vector<std::string> &fixedNames() {
  static const std::vector<std::string> names = {configName,
                                                 stateName,
                                                 "model.safetensors",
                                                 "optimizer.safetensors",
                                                 bestName,
                                                 "best/before.safetensors",
                                                 "metrics.csv",
                                                 "updates.csv"};
  return names;
}

std::string next(const std::string &file) { return file + ".next"; }

bool contains(const std::vector<std::string> &names, const std::string &name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Whether there is a tensor file that is whole and says it belongs to this update.
Expected<bool> isOfUpdate(const std::string &path, uint64_t update) {
  Expected<bool> there = isThere(path);
  if (!there || !*there)
    return there;
  Expected<SafetensorsFile> file = SafetensorsFile::open(path);
  if (!file)
    return file.status().code() == StatusCode::IO ? Expected<bool>(file.status()) : Expected<bool>(false);
  auto found = file->metadata().find("update");
  return found != file->metadata().end() && found->second == std::to_string(update);
}

/// The folders above `name` in the run folder, from the outside in.
std::vector<std::string> foldersAbove(const std::string &name) {
  std::vector<std::string> folders;
  for (size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1))
    folders.push_back(name.substr(0, slash));
  return folders;
}

/// The outermost folder above `name` that is there and is a file, or a link; empty if there is none.
Expected<std::string> noFolderAbove(const std::string &path, const std::string &name) {
  for (const std::string &folder : foldersAbove(name)) {
    Expected<bool> there = isThere(path + "/" + folder), real = isFolder(path + "/" + folder);
    if (!there || !real)
      return there ? real.status() : there.status();
    if (*there && !*real)
      return folder;
  }
  return std::string();
}

/// The names in a list of the record or of config.json, none of which leads out of the folder.
Expected<std::vector<std::string>> namesIn(const Json &json, const char *key, const std::string &where) {
  Status status;
  std::vector<std::string> names = JsonObject(json, where, status).texts(key);
  MLC_TRY(status);
  for (const std::string &name : names)
    if (!isTextName(name) && !contains(fixedNames(), name))
      return Status::badData(where + "." + key + " names '" + name + "', which is no file of a run");
  return names;
}

/// Whether no other process has the lock on it, or the file system has no locks.
bool takesLock(int descriptor) {
  // Whoever reads a folder in which something was cut off has the lock for a moment.
  for (int attempt = 0; attempt < 10; ++attempt) {
    if (uninterrupted([&] { return flock(descriptor, LOCK_EX | LOCK_NB); }) == 0 || errno != EWOULDBLOCK)
      return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

std::string listText(const std::vector<std::string> &names) {
  constexpr size_t most = 8;
  std::string text;
  for (size_t i = 0; i < std::min(most, names.size()); ++i)
    text += (i ? ", " : "") + names[i];
  return names.size() > most ? text + " and " + std::to_string(names.size() - most) + " more" : text;
}

} // namespace

bool isTextName(const std::string &name) {
  const fs::path path(name);
  if (path.is_absolute() || path.extension() != ".mlc")
    return false;
  return std::none_of(path.begin(), path.end(), [](const fs::path &part) { return part == ".."; });
}

RunFiles::RunFiles(RunFiles &&other) noexcept
    : path_(std::move(other.path_)), lock_(other.lock_), begun_(other.begun_) {
  other.lock_ = -1;
  other.begun_ = false;
}

RunFiles::~RunFiles() {
  if (begun_)
    static_cast<void>(removeFolder(begunFolder()));
  unlock();
}

std::string RunFiles::written(const std::string &name) const {
  return begun_ ? begunFolder() + "/" + name : plain(name);
}

Expected<std::string> RunFiles::text(const std::string &name) const {
  std::string committed = committedFolder() + "/" + name;
  Expected<bool> there = isThere(committed);
  if (!there)
    return there.status();
  return *there ? committed : plain(name);
}

Expected<std::string> RunFiles::tensors(const std::string &name, uint64_t update) const {
  for (const std::string &path : {committedFolder() + "/" + name, plain(name), next(plain(name))}) {
    Expected<bool> found = isOfUpdate(path, update);
    if (!found)
      return found.status();
    if (*found)
      return path;
  }
  return std::string();
}

Expected<bool> RunFiles::lock() {
  lock_ = uninterrupted([&] { return ::open(plain(".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644); });
  if (lock_ < 0)
    return Status::io("cannot write in the run folder " + path_ + ": " + std::strerror(errno));
  if (takesLock(lock_))
    return true;
  unlock();
  return false;
}

Status RunFiles::lockedStatus(const std::string &path) {
  return Status::usage("another process is training in " + path + "; name another folder with --out");
}

void RunFiles::unlock() {
  if (lock_ >= 0)
    closeFile(lock_);
  lock_ = -1;
}

bool RunFiles::isLockedElsewhere() const {
  int descriptor = uninterrupted([&] { return ::open(plain(".lock").c_str(), O_RDONLY | O_CLOEXEC); });
  if (descriptor < 0)
    return false;
  bool taken = takesLock(descriptor);
  closeFile(descriptor);
  return !taken;
}

/// The texts of the run that is here, by their names; nothing if there is no run.
Expected<std::optional<std::vector<std::string>>> RunFiles::textsOfRun() const {
  using Texts = std::optional<std::vector<std::string>>;
  Expected<std::string> path = text(configName);
  if (!path)
    return path.status();
  Expected<bool> there = isThere(*path);
  if (!there)
    return there.status();
  if (!*there)
    return Texts();
  Expected<std::string> config = readWholeFile(*path, maxRunTextBytes);
  if (!config)
    return config.status();
  // Other tools write a config.json too.
  Expected<Json> json = parseJson(*config, *path);
  if (!json || !json->is_object() || !json->contains("manifest") || !json->contains("model_folder"))
    return Texts();
  if (!json->contains("texts")) // as they were before these were in it
    return Texts({"model.mlc"});
  Expected<std::vector<std::string>> names = namesIn(*json, "texts", *path);
  return names ? Expected<Texts>(std::move(*names)) : Expected<Texts>(names.status());
}

Expected<bool> RunFiles::holdsRun() const {
  Expected<std::optional<std::vector<std::string>>> texts = textsOfRun();
  if (!texts)
    return texts.status();
  return texts->has_value();
}

/// What is where a new run wants to put something, and is not of the run that is here.
Expected<std::vector<std::string>> RunFiles::inTheWay(const std::vector<std::string> &texts) const {
  Expected<std::optional<std::vector<std::string>>> own = textsOfRun();
  if (!own)
    return own.status();
  std::vector<std::string> wanted = texts, found;
  if (!*own)
    for (const std::string &name : fixedNames())
      wanted.insert(wanted.end(), {name, next(name)});
  for (const std::string &name : wanted) {
    Expected<std::string> blocked = noFolderAbove(path_, name);
    if (!blocked)
      return blocked.status();
    if (!blocked->empty() && !contains(found, *blocked))
      found.push_back(*blocked);
    if (*own && contains(**own, name))
      continue;
    Expected<bool> there = isThere(plain(name));
    if (!there)
      return there.status();
    if (*there)
      found.push_back(name);
  }
  std::sort(found.begin(), found.end());
  return found;
}

Status RunFiles::checkRoom(const std::vector<std::string> &texts, bool overwrite) const {
  for (const std::string &name : texts)
    if (!isTextName(name))
      return Status::usage("source '" + name + "' is not a .mlc file in the folder of the model");
  Expected<bool> there = isThere(path_);
  if (!there)
    return there.status();
  if (!*there)
    return {};
  struct stat info;
  if (uninterrupted([&] { return ::stat(path_.c_str(), &info); }) != 0)
    return Status::io("cannot look at " + path_ + ": " + std::strerror(errno));
  if (!S_ISDIR(info.st_mode))
    return Status::usage(path_ + " is a file; name a folder for the run with --out");
  if (!isLocked() && isLockedElsewhere())
    return lockedStatus(path_);
  Expected<bool> run = holdsRun();
  if (!run)
    return run.status();
  if (*run && !overwrite)
    return Status::usage(path_ +
                         " already holds a run; continue it with --resume, replace it with --overwrite, "
                         "or name another folder with --out");
  Expected<std::vector<std::string>> found = inTheWay(texts);
  if (!found)
    return found.status();
  if (!found->empty())
    return Status::usage(path_ + " holds what no run of mlc left there and a run would replace: " +
                         listText(*found) + "; name another folder with --out");
  return {};
}

Status RunFiles::begin(const std::vector<std::string> &texts) {
  Expected<std::optional<std::vector<std::string>>> own = textsOfRun();
  if (!own)
    return own.status();
  std::vector<std::string> placed = texts, gone;
  placed.insert(placed.end(), {configName, stateName});
  if (*own) {
    gone = fixedNames();
    gone.insert(gone.end(), (*own)->begin(), (*own)->end());
  }
  return beginWith(placed, gone);
}

Status RunFiles::beginAmending(const std::vector<std::string> &texts) {
  Expected<std::optional<std::vector<std::string>>> own = textsOfRun();
  if (!own)
    return own.status();
  Expected<std::vector<std::string>> found = inTheWay(texts);
  if (!found)
    return found.status();
  if (!found->empty())
    return Status::usage(path_ + " holds what the run did not leave there: " + listText(*found) +
                         "; give imports other names, or begin another run with --out");
  std::vector<std::string> placed = texts;
  placed.emplace_back(configName);
  return beginWith(placed, own->value_or(std::vector<std::string>()));
}

/// The folder for what is to be placed, with the record of what is to be done. Of what is to be gone, what is
/// neither there nor replaced is left out: a run has a place for more files than it always has.
Status RunFiles::beginWith(const std::vector<std::string> &placed, const std::vector<std::string> &gone) {
  Json record = {{"remove", Json::array()}, {"place", placed}};
  for (const std::string &name : gone) {
    Expected<bool> there = isThere(plain(name));
    if (!there)
      return there.status();
    if (*there && !contains(placed, name) && !contains(tensorNames(), name))
      record["remove"].push_back(name);
  }
  MLC_TRY(removeFolder(begunFolder()));
  MLC_TRY(makeFolders(begunFolder()));
  begun_ = true;
  return write(recordName, printJson(record));
}

Status RunFiles::write(const std::string &name, const std::string &text) {
  for (const std::string &folder : foldersAbove(name))
    MLC_TRY(makeFolders(written(folder)));
  Expected<FileWriter> file = FileWriter::create(written(name));
  if (!file)
    return file.status();
  file->write(text);
  MLC_TRY(file->finish());
  for (const std::string &folder : foldersAbove(name))
    MLC_TRY(syncFolder(written(folder)));
  return {};
}

Status RunFiles::commit() {
  MLC_TRY(syncFolder(begunFolder()));
  if (uninterrupted([&] { return std::rename(begunFolder().c_str(), committedFolder().c_str()); }) != 0)
    return Status::io("cannot rename " + begunFolder() + ": " + std::strerror(errno));
  begun_ = false;
  return syncFolder(path_);
}

Expected<bool> RunFiles::isCutOff() const {
  std::vector<std::string> left = {committedFolder(), next(plain(bestName))};
  for (const std::string &name : tensorNames())
    left.push_back(next(plain(name)));
  for (const std::string &path : left) {
    Expected<bool> there = isThere(path);
    if (!there || *there)
      return there;
  }
  return false;
}

/// Gives a file of the committed run its place, and leaves it where it is, too.
Status RunFiles::place(const std::string &name) {
  std::string from = committedFolder() + "/" + name, to = plain(name);
  Expected<std::string> blocked = noFolderAbove(path_, name);
  if (!blocked)
    return blocked.status();
  if (!blocked->empty())
    return Status::badData(plain(*blocked) + " leads elsewhere; the run folder was changed by hand");
  for (const std::string &folder : foldersAbove(name))
    MLC_TRY(makeFolders(plain(folder)));
  MLC_TRY(removeFile(next(to)));
  MLC_TRY(linkOrCopy(from, next(to)));
  if (uninterrupted([&] { return std::rename(next(to).c_str(), to.c_str()); }) != 0)
    return Status::io("cannot rename to " + to + ": " + std::strerror(errno));
  // Two names of one file are left as they are by a rename: it had its place before.
  uninterrupted([&] { return ::unlink(next(to).c_str()); });
  for (const std::string &folder : foldersAbove(name))
    MLC_TRY(syncFolder(plain(folder)));
  return {};
}

Status RunFiles::finishNewRun() {
  Expected<bool> there = isThere(committedFolder());
  if (!there || !*there)
    return there.status();
  std::string where = committedFolder() + "/" + recordName;
  Expected<std::string> text = readWholeFile(where, maxRunTextBytes);
  if (!text)
    return text.status();
  Expected<Json> json = parseJson(*text, where);
  if (!json)
    return json.status();
  Expected<std::vector<std::string>> remove = namesIn(*json, "remove", where);
  Expected<std::vector<std::string>> placed = namesIn(*json, "place", where);
  if (!remove || !placed)
    return remove ? placed.status() : remove.status();
  // Checkpoints of the run before may have been cut off, too.
  for (const std::string &name : {tensorNames()[0], tensorNames()[1], std::string(bestName)})
    MLC_TRY(removeFile(next(plain(name))));
  for (const std::string &name : *remove) {
    Expected<std::string> blocked = noFolderAbove(path_, name);
    if (!blocked)
      return blocked.status();
    if (name != bestName && !blocked->empty())
      continue;
    std::vector<std::string> folders = foldersAbove(name);
    MLC_TRY(removeFile(plain(name)));
    for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder)
      uninterrupted([&] { return ::rmdir(plain(*folder).c_str()); }); // if nothing else is in it
  }
  for (const std::string &name : tensorNames()) {
    std::string from = committedFolder() + "/" + name;
    Expected<bool> waits = isThere(from);
    if (!waits)
      return waits.status();
    if (*waits && uninterrupted([&] { return std::rename(from.c_str(), plain(name).c_str()); }) != 0)
      return Status::io("cannot rename to " + plain(name) + ": " + std::strerror(errno));
  }
  for (const std::string &name : *placed)
    MLC_TRY(place(name));
  MLC_TRY(syncFolder(path_));
  // In one go: with only some of its files the folder would stand for another run.
  MLC_TRY(removeFolder(begunFolder()));
  if (uninterrupted([&] { return std::rename(committedFolder().c_str(), begunFolder().c_str()); }) != 0)
    return Status::io("cannot rename " + committedFolder() + ": " + std::strerror(errno));
  return removeFolder(begunFolder());
}

Status RunFiles::finishCheckpoint(uint64_t update, std::optional<uint64_t> best) {
  auto finish = [&](const std::string &name, uint64_t wanted) -> Status {
    Expected<bool> waits = isOfUpdate(next(plain(name)), wanted);
    if (!waits || !*waits)
      return waits.status();
    Expected<bool> placed = isOfUpdate(plain(name), wanted);
    if (!placed)
      return placed.status();
    // Two checkpoints after one update have the same tensors, and those in place are on the disk.
    return *placed ? removeFile(next(plain(name))) : renameFile(next(plain(name)), plain(name));
  };
  for (const std::string &name : tensorNames())
    MLC_TRY(finish(name, update));
  return best ? finish(bestName, *best) : Status();
}

Status RunFiles::removeLeftovers(uint64_t update, std::optional<uint64_t> best) {
  MLC_TRY(removeFolder(begunFolder()));
  auto remove = [&](const std::string &name, uint64_t wanted) -> Status {
    Expected<bool> left = isThere(next(plain(name)));
    if (!left || !*left)
      return left.status();
    // Of a folder that was changed by hand nothing is removed.
    Expected<bool> placed = isOfUpdate(plain(name), wanted);
    if (!placed || !*placed)
      return placed.status();
    return removeFile(next(plain(name)));
  };
  for (const std::string &name : tensorNames())
    MLC_TRY(remove(name, update));
  MLC_TRY(best ? remove(bestName, *best) : removeFile(next(plain(bestName))));
  MLC_TRY(removeFile(next(plain(stateName))));
  return removeFile(next(plain(configName)));
}

} // namespace mlc
