// Indices that the program wants within bounds.
#pragma once

#include "mlir/Pass/Pass.h"

#include <memory>

namespace mlc::compiler {

/// The attribute of a module: of integer fields by name, the number that their values are below.
constexpr llvm::StringLiteral belowAttr = "mlc.below";

/// `mlc-check-indices`: drops each mlc.within whose index is proven to lie inside. A public function in which
/// others are left gets one more result, a tensor<1xf64> with the role `outside`: how many elements lie
/// outside. The ops stay, for whoever replays the function.
std::unique_ptr<mlir::Pass> createCheckIndicesPass();

/// `mlc-drop-checks`: removes mlc.within, once its count is a result.
std::unique_ptr<mlir::Pass> createDropChecksPass();

} // namespace mlc::compiler
