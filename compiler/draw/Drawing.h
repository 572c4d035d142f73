// A directed graph of boxes with text, in frames, and its picture.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mlc::compiler {

/// One line of text in a box.
struct BoxLine {
  std::string text;
  bool isName = true; ///< else a detail, drawn lighter
};

/// What a box or frame is part of, from the outside.
using DrawingPath = std::vector<std::string>;

struct Box {
  enum Kind { Input, Instance, Op, Output } kind = Op;
  std::vector<BoxLine> lines;
  bool joins = false; ///< it may stand under the box that it follows
  DrawingPath path;   ///< the frames around it
  int times = 1;      ///< so many after each other, drawn once
};

/// What is known of a layer, by its path.
struct Frame {
  std::string name;                 ///< short: "block_1", "blocks.0"
  std::string definition;           ///< whose instance it is; equal ones may be drawn once
  std::string settings;             ///< "heads 4, causal"
  std::vector<std::string> details; ///< what it makes, and of how many parameters
  int times = 1;                    ///< so many after each other, drawn once
};

struct Drawing {
  std::string title;
  std::vector<Box> boxes;
  std::vector<std::pair<std::size_t, std::size_t>> arrows; ///< from, to; indices into boxes
  std::map<DrawingPath, Frame> frames;
};

/// "conv_1 (kernel 5)", "blocks: block (heads 4) × 4".
std::string frameTitle(const Frame &frame);

/// Joins chains, in which a box is all that follows the one before, into one box where the later one `joins`.
/// Both are in one frame, and an input is left alone.
void joinChains(Drawing &drawing);

/// The picture as the text of an SVG file: arrows lead down, boxes of a frame stand in it, in the order of
/// their longest way from a source. The same drawing gives the same text.
std::string svg(const Drawing &drawing);

/// Of the picture, in the units of its text, which is 12 high.
std::pair<double, double> sizeOf(const Drawing &drawing);

} // namespace mlc::compiler
