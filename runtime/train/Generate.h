// Text that goes on: a model's predictions fed back to it, byte by byte.
#ifndef MLC_RUNTIME_TRAIN_GENERATE_H
#define MLC_RUNTIME_TRAIN_GENERATE_H

#include "runtime/session/Session.h"

#include <atomic>
#include <functional>
#include <string>
#include <string_view>

namespace mlc {

struct GenerateOptions {
  int64_t bytes = 0;      ///< to generate
  std::string prompt;     ///< what the text begins with; empty: the model sees a line's end and begins
  double temperature = 1; ///< probabilities are raised to 1 / temperature; 0: always the likeliest byte
  int64_t topK = 0;       ///< draws from the so many likeliest; 0: from all
  uint64_t seed = 0;      ///< of the draws, and of a model whose predictions are random
  const double *scalars = nullptr;
  const std::atomic<int> *stop = nullptr; ///< ends it when it is not 0
};

/// Writes the prompt and `bytes` bytes more, each as soon as it is drawn.
///
/// The model must predict from one input of T bytes (i32[T] or u8[T]) one floating-point table [T, V], V at
/// most 256, whose row t speaks of the byte after the one at t and does not depend on later ones: what a
/// causal model of text does. The model sees the last T bytes. A row that is no distribution (negative, or
/// its sum not 1) is taken as logits, and softmax makes one of it; either way a temperature of t divides
/// logits by t. The draws are a function of the seed and their number, so equal calls give equal text.
/// Errors: Usage if the model has another form; BadData for a byte that the model cannot take and when the
/// predictions are not finite; Interrupted; those of `write`.
Status generate(Session &session, const GenerateOptions &options,
                const std::function<Status(std::string_view)> &write);

} // namespace mlc
#endif
