// Which emitters compute a kernel: one if one takes the whole of it, else stages.
//
// Algorithm (scheduleOf): the first emitter whose plan accepts all results as one group takes the kernel. If
// none does, every anchor (product, convolution, reduction, window, scatter) becomes a stage of its own that
// writes to scratch, in program order, products' and convolutions' operands before them; a last stage
// computes the results. Staged kernels have one chunk: they are correct, not fast, and the fuse pass does not
// form them.
#ifndef MLC_COMPILER_KERNELS_CHOOSE_SCHEDULE_H
#define MLC_COMPILER_KERNELS_CHOOSE_SCHEDULE_H

#include "compiler/kernels/emitters/Emitter.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"

namespace mlc::compiler {

struct Stage {
  const Emitter *emitter;
  Group group;
  Plan plan;
  std::vector<Choice> choices;
};

struct Schedule {
  std::vector<Stage> stages;
  int64_t chunks = 1, scratchBytes = 0;
  /// Where in scratch the values that stages hand on lie; the stages' own scratch comes after.
  llvm::MapVector<mlir::Value, int64_t> temporaries;
  int64_t temporaryBytes = 0;
};

/// What a choicesAttr of the kernel says is done so. Fails with a diagnostic where it cannot be, and where no
/// emitter takes an op alone.
mlir::FailureOr<Schedule> scheduleOf(mlir::func::FuncOp kernel, const Target &target);

/// Other emitters that could take the whole kernel, and give it the same bits; in order of preference.
std::vector<std::string> otherEmitters(const Schedule &schedule, const Target &target);

} // namespace mlc::compiler

#endif
