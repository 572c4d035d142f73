// The syntax tree as indented text, for `mlc compile --emit=ast` and tests.
#pragma once

#include "frontend/syntax/Ast.h"

#include <string>

namespace mlc::frontend {

/// One line per node, two spaces per level, every operator in explicit parentheses; ends in a newline.
std::string printAst(const Program &program);

/// One expression on one line, fully parenthesised.
std::string printExpr(const Expr &expr);

/// One type on one line, as written but normalised.
std::string printType(const TypeExpr &type);

} // namespace mlc::frontend
