// Between the state of a session and tensor files.
#ifndef MLC_RUNTIME_CHECKPOINT_STATETENSORS_H
#define MLC_RUNTIME_CHECKPOINT_STATETENSORS_H

#include "runtime/checkpoint/Safetensors.h"
#include "runtime/session/Session.h"

#include <string>

namespace mlc {

/// Which tensors a file holds: optimizer slots, or everything else.
enum class TensorSet { Model, Slots };

/// Views of the session's tensors, in manifest order.
std::vector<TensorView> tensorsOf(const Session &session, TensorSet set);

/// How the tensors of `found` differ from those the manifest wants, in words ("'net.w' is f32[3] there and
/// f32[4] here; 'net.b' is missing there"), at most five; empty if they do not.
std::string differences(const Manifest &manifest, TensorSet set,
                        const std::map<std::string, SafetensorsFile::Entry> &found);

/// Fills the session's tensors from the file. BadData with the differences if it is of another model.
Status readTensors(Session &session, TensorSet set, const SafetensorsFile &file);

} // namespace mlc
#endif
