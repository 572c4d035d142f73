// What --resume may change of a run, and what it must find as it was.
#pragma once

#include "compiler/run/Load.h"
#include "runtime/checkpoint/RunFolder.h"
#include "runtime/program/Manifest.h"

#include <string>
#include <vector>

namespace mlc::run {

/// Compares the program as it is to be trained now, text and settings together, with what the run was begun
/// (or last resumed) with. Gives a line for each change that counts from here on: "optimizer.lr is 0.01, was
/// 0.1". Usage error, by name, for settings that would make another run of it; BadData if the model is
/// another.
Expected<std::vector<std::string>> changesOf(const RunFolder &run, const Manifest &now);

/// Holds that config.json and the texts beside it agree: `now` is the program that the texts and the settings
/// of config.json make. BadData names the member that was changed by hand.
Status checkOwnProgram(const RunFolder &run, const Manifest &now);

/// Whether the texts are those that the run keeps.
bool hasTexts(const RunFolder &run, const std::vector<std::pair<std::string, std::string>> &texts);

} // namespace mlc::run
