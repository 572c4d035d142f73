// The table a person sees before training: instances, shapes, parameters, memory and arithmetic of a step.
#pragma once

#include "compiler/run/Plan.h"
#include "frontend/check/Check.h"
#include "frontend/check/Definitions.h"
#include "frontend/check/Program.h"
#include "frontend/syntax/Source.h"
#include "runtime/program/Manifest.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlc::tool {

/// Columns by what a person sees, not by bytes: × is two bytes wide in UTF-8.
size_t width(const std::string &text);
/// "61,706"
std::string grouped(int64_t number);
/// "5.2 MiB", exact below 1 KiB
std::string bytesText(int64_t bytes);
/// "3.1 GFLOP"
std::string flopsText(double flops);
/// "1 h 02 min", "3 min 20 s", "4.2 s"
std::string durationText(double seconds);

/// Without a plan, how to get one stands in its place.
std::string summaryText(const frontend::core::Program &program, const Manifest &manifest,
                        const run::PlannedTraining *plan);
/// The same as one JSON object.
std::string summaryJson(const frontend::core::Program &program, const Manifest &manifest,
                        const run::PlannedTraining *plan);

/// What a file defines beside its train blocks: the table of each model, and what was not checked, with its
/// line.
std::string definitionsText(const frontend::DefinitionReport &definitions,
                            const frontend::SourceManager &sources);
/// The same as one JSON object.
std::string definitionsJson(const frontend::DefinitionReport &definitions);

/// A line for each name that --set takes: its value, and the line that says so.
std::string settableText(const std::vector<frontend::Settable> &settable,
                         const frontend::SourceManager &sources);
/// The same as one JSON object.
std::string settableJson(const std::vector<frontend::Settable> &settable);

} // namespace mlc::tool
