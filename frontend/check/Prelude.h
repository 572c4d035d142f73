// The prelude: mlc text compiled into the binary by cmake/EmbedPrelude.cmake.
#pragma once

#include <vector>

namespace mlc::frontend {

struct PreludeFile {
  const char *name;
  const char *text;
};

const std::vector<PreludeFile> &preludeFiles();

} // namespace mlc::frontend
