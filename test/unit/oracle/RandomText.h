// Well-formed programs in the language, made from a seed: compositions of the prelude that nobody would think
// of writing a test for.
#pragma once

#include "test/unit/oracle/Row.h"

#include <cstdint>

namespace mlc::test {

/// A row whose model is made of about `ops` expressions over fields of small shapes: arithmetic with
/// broadcasting, activations, products with parameters, dense and convolutional layers, normalisations,
/// pooling, slices, rearrangements, einsum, gathers, scans, local functions, `repeat`, static `if`. Its value
/// is one number per row that depends on everything computed. Values stay within about 8 of zero and operands
/// of log, sqrt and division away from 0, so that f32 can be held to f64.
Row randomTextRow(uint64_t seed, int ops);

} // namespace mlc::test
