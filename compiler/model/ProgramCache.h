// Compiled functions of whole programs on disk: what a warm start needs besides the text and the data.
#pragma once

#include "compiler/step/StepCompiler.h"
#include "frontend/check/Program.h"
#include "frontend/emit/Emit.h"
#include "frontend/syntax/Source.h"
#include "runtime/cache/DiskCache.h"

#include <optional>
#include <string>

namespace mlc::compiler {

/// What an entry holds.
enum class ProgramForm {
  Code,     ///< objects
  Profiled, ///< objects that show each launch
  Plan      ///< what functions take, and no objects
};

/// The entries of one checked program. The checked program itself is not kept: checking takes a hundredth of
/// a second and says what there is to say about the text, warnings included.
class ProgramCache {
public:
  /// What is emitted depends on the texts that were read (the model's files, the prelude, every --set), on
  /// which train block it is, how its state lies (which depends on the batch), and on `target`; compiled code
  /// on this build of mlc, too.
  ProgramCache(DiskCache cache, const frontend::core::Program &program,
               const frontend::SourceManager &sources, const Target &target);

  /// The objects of the functions that `options` asks for, but for their state layout, if they were stored.
  /// All kernels count as cached.
  std::optional<CompiledObjects> find(const frontend::EmitOptions &options, ProgramForm form) const;
  void store(const frontend::EmitOptions &options, ProgramForm form, const CompiledObjects &objects) const;

private:
  std::string keyOf(const frontend::EmitOptions &options, ProgramForm form) const;

  DiskCache cache;
  std::string programHash;
};

} // namespace mlc::compiler
