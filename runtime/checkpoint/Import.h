// First values from other files: a safetensors file, or the folder of another run.
#ifndef MLC_RUNTIME_CHECKPOINT_IMPORT_H
#define MLC_RUNTIME_CHECKPOINT_IMPORT_H

#include "runtime/session/Session.h"

#include <string>

namespace mlc {

/// Whether everything that the manifest's imports name is there, with the shapes that it must have. A file's
/// name is relative, without `..`; it is looked for beside the model, then in the working folder, where runs
/// are written. The folder of a run stands for its last checkpoint; what the person should know of how it was
/// found is added to `note` (RunFolder::note).
Status checkImports(const Manifest &manifest, const std::string &modelFolder, std::string &note);

/// Fills the tensors that the manifest's imports name, axes reordered, numbers converted to the tensor's
/// dtype by the rules of writeNumber (runtime/Elements.h). BadData with tensor and value if the dtype cannot
/// hold one. After Session::initialise.
Status importTensors(Session &session, const std::string &modelFolder);

} // namespace mlc
#endif
