// How many programs the tests with mutated programs make.
#pragma once

#include <cstdlib>

namespace mlc::test {

/// `usual`, or what MLC_FUZZ_COUNT in the environment says.
inline unsigned fuzzRuns(unsigned usual) {
  const char *wanted = std::getenv("MLC_FUZZ_COUNT");
  return wanted ? static_cast<unsigned>(std::atoi(wanted)) : usual;
}

/// The number of the first program: 0, or what MLC_FUZZ_FIRST says.
inline unsigned fuzzFirst() {
  const char *wanted = std::getenv("MLC_FUZZ_FIRST");
  return wanted ? static_cast<unsigned>(std::atoi(wanted)) : 0;
}

} // namespace mlc::test
