// Where the boxes and frames of a drawing lie, frames within frames.
#pragma once

#include "compiler/draw/Drawing.h"
#include "compiler/draw/Layout.h"

#include <string>
#include <vector>

namespace mlc::compiler {

struct FramePlace {
  std::string title;
  double left = 0, top = 0, width = 0, height = 0;
};

/// An arrow, or the part of one up to the edge of a frame.
struct ArrowPlace {
  Route route;
  bool hasTip = true; ///< it ends at a box
};

struct NestedLayout {
  std::vector<Place> boxes;       ///< centres
  std::vector<FramePlace> frames; ///< outer ones first
  std::vector<ArrowPlace> arrows;
  Size size;
};

/// How much of a frame's upper edge its title takes, and the width of a letter.
constexpr double frameTitleHeight = 22, letterWidth = 7.3;

double textWidth(const std::string &text);

/// `sizes` are those of the boxes. Each frame is a layout of its own, and a box in that around it.
NestedLayout layOutNested(const Drawing &drawing, const std::vector<Size> &sizes);

} // namespace mlc::compiler
