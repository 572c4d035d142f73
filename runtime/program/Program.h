// A program that can be called: made by the JIT, loaded from an object file, or written by hand in a test.
#ifndef MLC_RUNTIME_PROGRAM_PROGRAM_H
#define MLC_RUNTIME_PROGRAM_PROGRAM_H

#include "runtime/Abi.h"
#include "runtime/Status.h"
#include "runtime/program/Manifest.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlc {

/// What a launch of a kernel is, for profiles.
struct LaunchInfo {
  std::string kernel; ///< "k_3"
  std::string lines;  ///< places of the model's text, the user's call last: "lenet.mlc:8, lenet.mlc:9"
  int64_t chunks = 1; ///< units of parallel work
  double flops = 0, bytes = 0; ///< arithmetic and memory traffic
};

/// The launches that one call of a function makes.
struct LaunchList {
  std::vector<LaunchInfo> infos;
  std::vector<uint32_t> order; ///< which of them, in order; those of a loop come once a step
};

/// A compiled function at a fixed number of rows. The caller supplies the memory that mlc_call names.
struct Function {
  mlc_function entry = nullptr;
  int64_t arenaBytes = 0;   ///< mlc_call::arena, aligned to 64
  int64_t scratchBytes = 0; ///< mlc_call::scratch, and the scratch of every worker of parallel_for
  /// Not null if the function was compiled to be profiled: then every launch goes through parallel_for, in
  /// this order.
  const LaunchList *launches = nullptr;
};

class Program {
public:
  virtual ~Program() = default;

  /// Constant over the life of the program.
  virtual const Manifest &manifest() const = 0;

  /// The function for `rows` rows (0 for init and figures), compiled on first request: callers ask for the
  /// ragged last batch when they meet it. The result lives as long as the program. Called from one thread at
  /// a time.
  virtual Expected<const Function *> function(FunctionKind id, int64_t rows) = 0;
};

} // namespace mlc
#endif
