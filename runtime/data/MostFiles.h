// How many files a reader takes: what the language allows is what the runtime reads.
#ifndef MLC_RUNTIME_DATA_MOSTFILES_H
#define MLC_RUNTIME_DATA_MOSTFILES_H

#include <cstddef>

namespace mlc {

/// Of a reader of files that lie side by side, one a field (`idx`, `npy`) or one after the other (`cifar`).
inline constexpr std::size_t mostFiles = 64;

} // namespace mlc
#endif
