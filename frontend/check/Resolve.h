// Names, before anything is elaborated: also in branches not taken and in functions nobody calls.
#pragma once

#include "frontend/check/Elaborator.h"

namespace mlc::frontend {

/// Reports unknown names, definitions that lead back to themselves, and (as warnings) lets nothing uses.
void resolveNames(Elaborator &elaborator, File &file);

} // namespace mlc::frontend
