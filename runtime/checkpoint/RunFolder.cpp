#include "runtime/checkpoint/RunFolder.h"

#include "runtime/Number.h"
#include "runtime/checkpoint/StateTensors.h"
#include "runtime/files/AtomicFile.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace mlc {
namespace {

std::vector<std::string> namesOf(const RunFolder::Texts &texts) {
  std::vector<std::string> names;
  names.reserve(texts.size());
  for (const auto &named : texts)
    names.push_back(named.first);
  return names;
}

std::optional<uint64_t> bestUpdate(const TrainerState &state) {
  return state.best ? std::optional<uint64_t>(state.best->update) : std::nullopt;
}

} // namespace

Status RunFolder::checkCreate(const std::string &path, const Texts &texts, bool overwrite) {
  return RunFiles(path).checkRoom(namesOf(texts), overwrite);
}

Expected<RunFolder> RunFolder::create(const std::string &path, const RunConfig &config, const Texts &texts,
                                      bool overwrite) {
  RunFolder run(path);
  RunFiles &files = run.files_;
  const std::vector<std::string> names = namesOf(texts);
  MLC_TRY(files.checkRoom(names, overwrite)); // before anything is made
  MLC_TRY(makeFolders(path));
  Expected<bool> locked = files.lock();
  if (!locked)
    return locked.status();
  if (!*locked)
    return RunFiles::lockedStatus(path);
  MLC_TRY(run.finish());
  MLC_TRY(files.checkRoom(names, overwrite));
  auto begin = [&]() -> Status {
    MLC_TRY(files.begin(names));
    MLC_TRY(run.writeTexts(config, texts));
    return run.readConfig();
  };
  if (Status begun = begin(); !begun.isOk())
    return run.withRunBefore(begun);
  return Expected<RunFolder>(std::move(run));
}

/// Writes texts and config.json where they are committed from.
Status RunFolder::writeTexts(RunConfig config, const Texts &texts) {
  for (const auto &[name, text] : texts)
    MLC_TRY(files_.write(name, text));
  config.texts = namesOf(texts);
  Expected<std::string> text = printConfig(config);
  return text ? files_.write("config.json", *text) : text.status();
}

Status RunFolder::amend(const RunConfig &config, const Texts &texts) {
  MLC_TRY(files_.beginAmending(namesOf(texts)));
  MLC_TRY(writeTexts(config, texts));
  MLC_TRY(files_.commit());
  MLC_TRY(files_.finishNewRun());
  return readConfig();
}

Expected<std::string> RunFolder::readText(const std::string &name) const {
  Expected<std::string> path = files_.text(name);
  return path ? readWholeFile(*path, maxRunTextBytes) : path;
}

Expected<RunFolder> RunFolder::open(const std::string &path, bool toResume) {
  RunFolder run(path);
  Expected<std::string> config = run.files_.text("config.json");
  if (!config)
    return config.status();
  Expected<bool> there = isThere(*config);
  if (!there)
    return there.status();
  if (!*there)
    return Status::io("there is no run in " + path +
                      " (no config.json); name the folder that `mlc train` wrote");
  if (!toResume) {
    MLC_TRY(run.finishIfPossible());
  } else {
    Expected<bool> locked = run.files_.lock();
    if (!locked)
      return locked.status();
    if (!*locked)
      return RunFiles::lockedStatus(path);
    MLC_TRY(run.finish());
  }
  MLC_TRY(run.readConfig());
  return Expected<RunFolder>(std::move(run));
}

Expected<std::optional<std::string>> RunFolder::lastModel(const std::string &path, std::string &note) {
  RunFolder run(path);
  Expected<bool> there = run.files_.holdsRun();
  if (!there)
    return there.status();
  if (!*there)
    return std::optional<std::string>();
  MLC_TRY(run.finishIfPossible());
  note += run.note_;
  Expected<TrainerState> state = run.readState();
  if (!state)
    return state.status();
  Expected<std::string> file = run.files_.tensors("model.safetensors", state->update);
  if (!file)
    return file.status();
  // A file that was put in place by hand is not a checkpoint's, and is what was asked for.
  return std::optional<std::string>(file->empty() ? run.files_.plain("model.safetensors") : *file);
}

/// Finishes what was left to do, so that the files' own names are those of the last checkpoint.
Status RunFolder::finish() {
  MLC_TRY(files_.finishNewRun());
  return finishCheckpoint(/*leftovers=*/true);
}

/// What is left to do of the last checkpoint; `leftovers` of others go, too.
Status RunFolder::finishCheckpoint(bool leftovers) {
  Expected<bool> begun = isThere(files_.plain("trainer_state.json"));
  if (!begun || !*begun)
    return begun.status();
  Expected<TrainerState> state = readState();
  if (!state) // one that says what cannot be is left as it is; whoever needs it says so
    return state.status().code() == StatusCode::IO ? state.status() : Status();
  MLC_TRY(files_.finishCheckpoint(state->update, bestUpdate(*state)));
  return leftovers ? files_.removeLeftovers(state->update, bestUpdate(*state)) : Status();
}

/// The same for who only reads: the right files are found without, too.
Status RunFolder::finishIfPossible() {
  Expected<bool> cutOff = files_.isCutOff();
  if (!cutOff || !*cutOff)
    return cutOff.status();
  Expected<bool> locked = files_.lock();
  if (locked && !*locked)
    return {}; // who trains there finishes it
  Status finished = locked ? finish() : locked.status();
  files_.unlock();
  if (!finished.isOk())
    note_ = "note: writing the last checkpoint of " + path() + " was cut off and cannot be finished (" +
            finished.message() + "); it is read all the same, other programs may find an older one\n";
  return {};
}

/// A failure before the new run was committed leaves the one that it was to replace; the person should know.
Status RunFolder::withRunBefore(const Status &failure) const {
  if (!files_.isBegun())
    return failure;
  Expected<bool> other = files_.holdsRun();
  if (!other || !*other)
    return failure;
  return {failure.code(), failure.message() + "\nthe run that was in " + path() + " is still there"};
}

Status RunFolder::readConfig() {
  Expected<std::string> place = files_.text("config.json");
  if (!place)
    return place.status();
  const std::string where = files_.isBegun() ? files_.written("config.json") : *place;
  Expected<std::string> text = readWholeFile(where, maxRunTextBytes);
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
    (tensor.role == Role::Slot ? slots : model)[tensor.name] = {
        std::string(formatName(storedAs(tensor.dtype))), tensor.shape, 0, tensor.bytes};
  std::string differ = differences(manifest, TensorSet::Model, model);
  if (std::string more = differences(manifest, TensorSet::Slots, slots); !more.empty())
    differ += (differ.empty() ? "" : "; ") + more;
  if (differ.empty())
    differ = "the tensors are the same, what is computed with them is not";
  return Status::badData(path() + " is a run of another model: " + differ);
}

Status RunFolder::save(const Session &session, const TrainerState &state) {
  std::map<std::string, std::string> metadata = {{"format", "mlc"},
                                                 {"program", session.manifest().program},
                                                 {"model_hash", session.manifest().modelHash},
                                                 {"update", std::to_string(state.update)}};
  const bool first = files_.isBegun();
  if (!first) // an earlier one may have failed after its commit
    MLC_TRY(finishCheckpoint(/*leftovers=*/false));
  const std::string suffix = first ? "" : ".next";
  auto file = [&](const char *name) { return files_.written(name) + suffix; };
  auto write = [&]() -> Status {
    MLC_TRY(writeSafetensors(file("model.safetensors"), tensorsOf(session, TensorSet::Model), metadata));
    MLC_TRY(writeSafetensors(file("optimizer.safetensors"), tensorsOf(session, TensorSet::Slots), metadata));
    return files_.write("trainer_state.json" + suffix, printState(state));
  };
  if (Status written = write(); !written.isOk())
    return withRunBefore(written);
  if (first) {
    if (Status committed = files_.commit(); !committed.isOk())
      return withRunBefore(committed);
    return files_.finishNewRun();
  }
  const std::string record = files_.plain("trainer_state.json");
  MLC_TRY(renameFile(record + ".next", record)); // the commit
  return files_.finishCheckpoint(state.update, bestUpdate(state));
}

Status RunFolder::saveBest(const Session &session, const TrainerState &state) {
  if (files_.isBegun())
    return Status::failed("a run has no best model before its first checkpoint");
  MLC_TRY(finishCheckpoint(/*leftovers=*/false));
  MLC_TRY(makeFolders(files_.plain("best")));
  return writeSafetensors(files_.plain("best/model.safetensors.next"), tensorsOf(session, TensorSet::Model),
                          {{"format", "mlc"},
                           {"program", session.manifest().program},
                           {"model_hash", session.manifest().modelHash},
                           {"update", std::to_string(state.update)}});
}

Status RunFolder::keepBest() {
  const std::string best = files_.plain("best/model.safetensors"),
                    before = files_.plain("best/before.safetensors");
  MLC_TRY(removeFile(before));
  Expected<bool> there = isThere(best);
  if (!there || !*there)
    return there.status();
  return linkOrCopy(best, before);
}

Status RunFolder::removeOldBest(const TrainerState &state) {
  if (!state.best)
    MLC_TRY(removeFile(files_.plain("best/model.safetensors")));
  return state.before ? Status() : removeFile(files_.plain("best/before.safetensors"));
}

Status RunFolder::restoreState(const TrainerState &state) {
  const std::string best = files_.plain("best/model.safetensors"),
                    before = files_.plain("best/before.safetensors");
  Expected<bool> kept = isThere(before);
  if (!kept)
    return kept.status();
  // As for a checkpoint: what waits as .next is put in its place after the commit.
  if (*kept && state.best) {
    MLC_TRY(removeFile(best + ".next"));
    MLC_TRY(linkOrCopy(before, best + ".next"));
  }
  MLC_TRY(files_.write("trainer_state.json.next", printState(state)));
  MLC_TRY(renameFile(stateFile() + ".next", stateFile())); // the commit
  MLC_TRY(files_.finishCheckpoint(state.update, bestUpdate(state)));
  return removeOldBest(state);
}

Expected<TrainerState> RunFolder::readState() const {
  Expected<std::string> where = files_.text("trainer_state.json");
  if (!where)
    return where.status();
  Expected<bool> there = isThere(*where);
  if (!there)
    return there.status();
  if (!*there || files_.isBegun()) // a run that this one is to replace is not meant
    return Status::io("the run in " + path() + " has no checkpoint yet");
  Expected<std::string> text = readWholeFile(*where, maxStateBytes);
  if (!text)
    return text.status();
  return parseState(*text, *where);
}

Status RunFolder::loadTensors(Session &session, const std::string &name, uint64_t update, bool slots) const {
  Expected<std::string> path = files_.tensors(name, update);
  if (!path)
    return path.status();
  // What is wrong with a file that no update is in is said by opening it.
  Expected<SafetensorsFile> tensors = SafetensorsFile::open(path->empty() ? files_.plain(name) : *path);
  if (!tensors)
    return tensors.status();
  // Training may have gone on since it was found.
  auto found = tensors->metadata().find("update");
  if (path->empty() || found == tensors->metadata().end() || found->second != std::to_string(update))
    return Status::badData("neither " + files_.plain(name) + " nor its .next belongs to update " +
                           std::to_string(update) +
                           " of trainer_state.json; the run folder was changed by hand");
  return readTensors(session, slots ? TensorSet::Slots : TensorSet::Model, *tensors);
}

Expected<TrainerState> RunFolder::load(Session &session) const {
  MLC_TRY(checkProgram(session.manifest()));
  Expected<TrainerState> state = readState();
  if (!state)
    return state.status();
  MLC_TRY(loadTensors(session, "model.safetensors", state->update, false));
  MLC_TRY(loadTensors(session, "optimizer.safetensors", state->update, true));
  const FiguresSpec &figures = session.manifest().figures;
  if (state->split.sums.size() != static_cast<size_t>(figures.sums))
    return Status::badData(files_.plain("trainer_state.json") + ".sums has another length than the model's");
  if (state->split.scores.size() != figures.rankings.size())
    return Status::badData(files_.plain("trainer_state.json") +
                           ".scores are not those of the model's metrics");
  return state;
}

/// The best model of the last checkpoint; empty if there is none.
Expected<std::string> RunFolder::bestFile() const {
  const std::string name = "best/model.safetensors";
  Expected<TrainerState> state = readState();
  if (!state)
    return state.status();
  if (!state->best)
    return std::string();
  Expected<std::string> file = files_.tensors(name, state->best->update);
  if (!file || !file->empty())
    return file;
  // Runs of before knew of a best model that was not in their last checkpoint.
  Expected<bool> there = isThere(files_.plain(name));
  if (!there)
    return there.status();
  return *there ? files_.plain(name) : std::string();
}

Expected<bool> RunFolder::hasBest() const {
  Expected<std::string> file = bestFile();
  return file ? Expected<bool>(!file->empty()) : Expected<bool>(file.status());
}

Expected<uint64_t> RunFolder::loadModel(Session &session, bool best) const {
  MLC_TRY(checkProgram(session.manifest()));
  if (best) {
    Expected<std::string> file = bestFile();
    if (!file)
      return file.status();
    if (!file->empty()) {
      Expected<SafetensorsFile> tensors = SafetensorsFile::open(*file);
      if (!tensors)
        return tensors.status();
      MLC_TRY(readTensors(session, TensorSet::Model, *tensors));
      auto found = tensors->metadata().find("update");
      std::optional<int64_t> update;
      if (found != tensors->metadata().end())
        update = parseI64(found->second);
      return static_cast<uint64_t>(update.value_or(0));
    }
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

Status RunFolder::appendLines(const std::string &name, const std::string &header, const std::string &lines) {
  std::string path = files_.plain(name);
  int descriptor =
      uninterrupted([&] { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644); });
  if (descriptor < 0)
    return Status::io("cannot write " + path + ": " + std::strerror(errno));
  off_t before = lseek(descriptor, 0, SEEK_END);
  Status status = writeTo(descriptor, before == 0 ? header + "\n" + lines : lines, path);
  if (status.isOk())
    status = syncFile(descriptor, path);
  if (!status.isOk() && uninterrupted([&] { return ftruncate(descriptor, before); }) != 0)
    status = Status::io(status.message() + "; its last line is cut off");
  if (closeFile(descriptor) != 0 && status.isOk())
    status = Status::io("cannot close " + path + ": " + std::strerror(errno));
  return status;
}

Status RunFolder::truncateLines(int64_t epochs, uint64_t updates) {
  MLC_TRY(truncateLines("metrics.csv", epochs));
  return truncateLines("updates.csv", static_cast<int64_t>(updates));
}

/// Drops lines whose first number is above `last`.
Status RunFolder::truncateLines(const std::string &name, int64_t last) {
  std::string path = files_.plain(name);
  Expected<bool> there = isThere(path);
  if (!there || !*there)
    return there.status();
  Expected<std::string> text = readWholeFile(path, maxRunTextBytes);
  if (!text)
    return text.status();
  size_t kept = 0;
  bool header = true;
  for (size_t at = 0; at < text->size();) {
    size_t end = text->find('\n', at);
    if (end == std::string::npos)
      break;
    std::string line = text->substr(at, end + 1 - at);
    std::optional<int64_t> number = parseI64(std::string_view(line).substr(0, line.find(',')));
    if (!header && (!number || *number > last))
      break;
    header = false;
    at = kept = end + 1;
  }
  if (kept == text->size())
    return {};
  return truncateFile(path, static_cast<int64_t>(kept));
}

} // namespace mlc
