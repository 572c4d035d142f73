// How far right each vertex of a layered drawing stands, once the order in each layer is known.
#pragma once

#include "compiler/draw/Layout.h"

#include <vector>

namespace mlc::compiler {

/// A box, or the point at which an arrow passes a layer.
struct LayoutVertex {
  Size size;
  bool isPoint = false;
  bool isPort =
      false; ///< a point at the edge of a frame, straight with the main way and not with any long arrow
  int layer = 0;
  double x = 0; ///< of the centre
  /// One entry for each arrow: what it leads to, and from where to where beside the centres. Straight arrows
  /// have other.x - x = delta.
  struct Link {
    int to;
    double delta;
  };
  std::vector<Link> above, below;
};

/// The least distance of the centres of two vertices that stand beside each other.
double layoutDistance(const LayoutVertex &left, const LayoutVertex &right);

/// Sets x of each vertex. What follows each other stands in columns, which are straight from end to end.
void placeInColumns(std::vector<LayoutVertex> &vertices, const std::vector<std::vector<int>> &layers);

} // namespace mlc::compiler
