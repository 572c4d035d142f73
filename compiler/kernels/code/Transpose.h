#ifndef MLC_COMPILER_KERNELS_CODE_TRANSPOSE_H
#define MLC_COMPILER_KERNELS_CODE_TRANSPOSE_H

#include "compiler/kernels/code/Code.h"

namespace mlc::compiler {

/// As many vectors as each has lanes, transposed in registers.
llvm::SmallVector<mlir::Value> transposeVectors(Code &code, llvm::SmallVector<mlir::Value> rows);

} // namespace mlc::compiler

#endif
