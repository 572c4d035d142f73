"""A peer's way to its first step: `start_peer.py KIND WORKLOAD FOLDER THREADS STEPS`. Says in a line of JSON when (monotonic
clock) it had imported its library, built the model and made the first step, then trains on and says how far its memory had
grown since before the model was built, at most, in KiB.
"""
import json
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "train"), str(HERE.parent)]
import peer  # noqa: E402


def resident(field):
    """VmRSS, now, or VmHWM, its highest, in KiB."""
    line = next(line for line in open("/proc/self/status") if line.startswith(field))
    return int(line.split()[1])


def main():
    kind, name, folder, threads, steps = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
    make = peer.library(kind, threads)
    from workloads import WORKLOADS
    stamps = {"import": time.monotonic()}
    before = resident("VmRSS")
    made = make(kind, WORKLOADS[name], folder, threads, race=False)
    stamps["build"] = time.monotonic()
    made.timed(1)
    stamps["step"] = time.monotonic()
    made.timed(steps)
    print(json.dumps({"stamps": stamps, "before": before, "growth": resident("VmHWM") - before}))


main()
