// The lines of a program's text that ops compute, and the text of ops with these lines beside them.
#pragma once

#include "mlir/IR/Operation.h"
#include "llvm/Support/raw_ostream.h"

#include <set>
#include <string>
#include <utility>

namespace mlc::compiler {

/// Files and lines, in order.
using SourceLines = std::set<std::pair<std::string, unsigned>>;

/// Adds the places in source files that `location` speaks of: "lenet.mlc:12". Of calls, the innermost place
/// that is not in the prelude: that is the line that says what is computed.
void collectLines(mlir::Location location, SourceLines &lines);

/// "lenet.mlc:12, 14, prelude/nn.mlc:3": a file is named where it begins. Of many lines the first few.
std::string linesText(const SourceLines &lines);

/// Prints `op` as op->print(out, flags) does. What is said in one line of an op that computes lines of the
/// program is followed by them in a comment, so that the text can be parsed as before.
void printWithLines(mlir::Operation *op, const mlir::OpPrintingFlags &flags, llvm::raw_ostream &out);

} // namespace mlc::compiler
