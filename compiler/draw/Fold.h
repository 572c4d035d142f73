// Large drawings made small: layers that are closed, and layers that are drawn once for several.
#pragma once

#include "compiler/draw/Drawing.h"

namespace mlc::compiler {

/// How many frames stand in each other at most.
std::size_t depthOf(const Drawing &drawing);

/// Frames in more than `depth` others become boxes; chains are joined, and equal frames or boxes that follow
/// each other are drawn once, with their number.
Drawing folded(Drawing drawing, std::size_t depth);

/// Folded to the greatest depth whose picture can be read on a page (A4, upright, letters of 8 points); 1 at
/// least.
Drawing foldedToPage(const Drawing &drawing);

} // namespace mlc::compiler
