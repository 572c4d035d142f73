"""One program beside mlc, in a process of its own: `peer.py KIND WORKLOAD FOLDER THREADS`. FOLDER holds what
`mlc-bench train --dump-parity` wrote. Says on standard output, a line of JSON each: that it is ready ({"checked": losses of the
first steps or outputs for the first rows, "choice": what it chose for itself}), and for each number of seconds on standard
input what it did in about so long ({"steps", "seconds", "cpu": seconds of all its threads}).
"""
import json
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
KINDS = ("torch_eager", "torch_compile", "jax", "onnxruntime")


# Of a round, however long they take: a single one says little.
LEAST_STEPS = 10


class Peer:
    """`units` are batches or single rows, in the peer's own form. step(unit) trains on one or predicts it and gives the loss
    or the output; finish() waits until all is done."""
    choice, estimate = "", None

    def finish(self):
        pass

    def timed(self, steps):
        """Seconds of so many steps."""
        begin = time.perf_counter()
        for i in range(steps):
            self.step(self.units[i % len(self.units)])
        self.finish()
        return time.perf_counter() - begin

    def run(self, seconds):
        once = self.timed(1)  # warm again
        if self.estimate is None:
            steps, self.estimate = 1, once
            while self.estimate * steps < 0.1 * seconds:
                steps *= 4
                self.estimate = self.timed(steps) / steps
        steps = max(LEAST_STEPS, round(seconds / self.estimate))
        cpu, elapsed = time.process_time(), self.timed(steps)
        self.estimate = elapsed / steps
        return {"steps": steps, "seconds": elapsed, "cpu": time.process_time() - cpu}


def batches(folder, raw=False):
    """What mlc saw in its first steps, pictures as floats unless raw."""
    import models
    import numpy
    found = []
    while (file := folder / f"batch_{len(found)}.safetensors").exists():
        found.append({name: value.astype("f4") / numpy.float32(255) if value.dtype == numpy.uint8 and not raw else value
                      for name, value in models.read_safetensors(file).items()})
    return found


def rows(folder, raw=False):
    """Single rows to predict on, without what is not known then."""
    return [{name: value[i:i + 1] for name, value in batch.items() if name not in ("label", "y")}
            for batch in batches(folder, raw)[:4] for i in range(4)]


def library(kind, threads):
    """Loads a peer's library for so many threads. Gives what makes the peer: (kind, workload, folder, threads), and `race`:
    whether it may try what suits it best."""
    # All of these are read when a library is loaded.
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(threads)
    if kind == "jax":
        os.environ["NPROC"] = os.environ["PJRT_NPROC"] = str(threads)  # the size of XLA's pool
        os.environ["JAX_PLATFORMS"] = "cpu"
        if threads == 1:
            os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
        from jax_peer import make
    else:
        # Generated code contains the number of threads, the cache's keys do not.
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(pathlib.Path(sys.prefix) / f"inductor-{threads}"))
        from torch_peer import make
    return make


def main():
    kind, name, folder, threads = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]), int(sys.argv[4])
    out, sys.stdout = sys.stdout, sys.stderr  # libraries may print
    make = library(kind, threads)
    from workloads import CHECKED, WORKLOADS
    workload = WORKLOADS[name]
    peer = make(kind, workload, folder, threads)

    def say(answer):
        print(json.dumps(answer), file=out, flush=True)
    if workload.predict:
        say({"checked": [peer.numbers(peer.step(unit)) for unit in peer.units[:2]], "choice": peer.choice})
    else:
        say({"checked": [float(peer.step(unit)) for unit in peer.units[:CHECKED]], "choice": peer.choice})
    for line in sys.stdin:
        say(peer.run(float(line)))


if __name__ == "__main__":
    main()
