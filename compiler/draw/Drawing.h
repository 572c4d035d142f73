// A directed graph of boxes with text, and its picture.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace mlc::compiler {

/// One line of text in a box.
struct BoxLine {
  std::string text;
  bool isName = true; ///< else a detail, drawn lighter
};

struct Box {
  enum Kind { Input, Instance, Op, Output } kind = Op;
  std::vector<BoxLine> lines;
  bool joins = false; ///< it may stand under the box that it follows
  /// What it is part of, from the outside: a frame is drawn around all boxes that share a beginning of it,
  /// where no other box would lie in the frame.
  std::vector<std::string> path;
};

struct Drawing {
  std::string title;
  std::vector<Box> boxes;
  std::vector<std::pair<std::size_t, std::size_t>> arrows; ///< from, to; indices into boxes
};

/// Joins chains, in which a box is all that follows the one before, into one box where the later one `joins`.
/// An input is left alone, and an instance joins those with the same path only.
void joinChains(Drawing &drawing);

/// The picture as the text of an SVG file: arrows lead down, boxes keep the order of their longest way from a
/// source. The same drawing gives the same text.
std::string svg(const Drawing &drawing);

} // namespace mlc::compiler
