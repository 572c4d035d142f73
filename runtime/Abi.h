/* The one struct between compiled code and whoever calls it: the trainer, a host program, a test.
 * Plain C. Compiled code calls libm and memcpy and nothing else; it allocates nothing and keeps nothing. */
#ifndef MLC_RUNTIME_ABI_H
#define MLC_RUNTIME_ABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A kernel: chunk `chunk` of a launch. `args` are the launch's inputs, then its outputs: row-major, dense,
 * aligned to 64 bytes unless they are the caller's own inputs. `scratch` is private to the worker that runs
 * the chunk. */
typedef void (*mlc_kernel)(void *const *args, int64_t chunk, void *scratch);

/* Runs kernel(args, 0..chunks-1, scratch of the worker) in any order, on any workers, and returns when all
 * are done. Chunks never wait for each other, so a loop on one thread is a correct implementation. */
typedef void (*mlc_parallel_for)(void *context, mlc_kernel kernel, void *const *args, int64_t chunks);

typedef struct mlc_call {
  uint8_t *state; /* manifest state bytes, aligned to 64; read, and updated in place by init and train_step */
  uint8_t *arena; /* arena bytes of the function, aligned to 64; undefined before and after */
  void *scratch;  /* scratch bytes of the function, for what runs on the calling thread */
  const void *const *inputs; /* one row-major buffer per input of the function, in manifest order */
  void *const *outputs;      /* one row-major buffer per output of the function, in manifest order; then one
                                double, 0 before, that becomes the number of indices out of range */
  const double
      *scalars;    /* values of the manifest's scalar expressions: learning rate, bias corrections, ... */
  uint64_t seed;   /* seed, update, row lie together: compiled code reads them as the random stream */
  uint64_t update; /* number of updates made before this call; 0 in evaluation */
  uint64_t row;    /* number in the split of the first row of this batch; 0 in training */
  mlc_parallel_for parallel_for;
  void *context; /* handed to parallel_for */
} mlc_call;

/* Every compiled function: init, train_step, eval_step, predict, figures. */
typedef void (*mlc_function)(const mlc_call *call);

#ifdef __cplusplus
}
#endif
#endif
