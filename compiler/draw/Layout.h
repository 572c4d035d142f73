// Where the boxes of a drawing lie and which way its arrows take.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace mlc::compiler {

struct Size {
  double width = 0, height = 0;
};
struct Place {
  double x = 0, y = 0; ///< of the centre
};
/// An arrow goes straight down through the layers: first from the lower edge of a box to that of its layer,
/// at last from the upper edge of a layer to that of a box. If it leads back, it is drawn from its end.
struct Route {
  struct Gap {
    double x, top, bottom;
  };
  std::vector<Gap> through;
  bool leadsBack = false;
};
struct Layout {
  std::vector<Place> boxes;
  std::vector<Route> arrows;
  Size size;
};

/// What a drawing inside of a frame needs; nothing of it need be said.
struct LayoutPorts {
  /// By box: one that is pinned stands for a place at the frame's upper or lower edge, has no size, and its
  /// arrows begin or end there.
  enum Pin { Free, Top, Bottom };
  std::vector<Pin> pins;
  /// By arrow: where it begins and ends, right of the centres of its boxes.
  std::vector<std::pair<double, double>> ends;
  double margin = 16; ///< around everything
};

/// A layered layout: layers by the longest way from a source, order in a layer by barycentres, straight
/// columns of what follows each other. Arrows that close a cycle lead back; none may begin at a box at the
/// lower edge or end at one at the upper.
Layout layOut(const std::vector<Size> &boxes, const std::vector<std::pair<std::size_t, std::size_t>> &arrows,
              const LayoutPorts &ports = {});

} // namespace mlc::compiler
