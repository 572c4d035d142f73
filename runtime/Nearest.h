// "did you mean"
#ifndef MLC_RUNTIME_NEAREST_H
#define MLC_RUNTIME_NEAREST_H

#include <string>
#include <string_view>
#include <vector>

namespace mlc {

/// The candidate that differs least from `name` in letters (insert, delete, replace, exchange; case counts
/// half), or empty if every one differs in more than a third of its letters. The first of equals.
std::string nearestName(std::string_view name, const std::vector<std::string> &candidates);

/// "; did you mean 'x'", or empty.
std::string didYouMean(std::string_view name, const std::vector<std::string> &candidates);

} // namespace mlc
#endif
