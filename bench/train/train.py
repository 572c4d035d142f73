"""Training steps a second, times the batch: mlc beside PyTorch eager, torch.compile and JAX, from the same weights on the
same data, interleaved in rounds of one run. First it checks that the losses of the first steps agree.

Peers get what helps them: batches in memory, converted, in order; the fused optimizers; the better of PyTorch's memory
formats (by a short race in the same process); JAX its state donated and the whole step jitted. mlc does all that training
does: reads batches from its data thread, shuffles, converts, sums the loss in f64, writes checkpoints.
All compute in f32 ("highest") with the same number of threads. A row's figures are samples/s, the medians of rounds; "cores"
says how many processors each kept busy (mlc's data thread counts).

Writes results.json, results.md (the tables) and results.svg beside it.
"""
import argparse
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import machine  # noqa: E402
import mlc_peer  # noqa: E402
import models  # noqa: E402
import peer  # noqa: E402
import report  # noqa: E402
from workloads import CHECKED, WORKLOADS  # noqa: E402

# Losses of single steps in f32: relative, from equal weights on equal batches. Rounding grows from step to step; a wrong
# gradient, rate or normalisation is off by 1e-2 and more within these steps.
TOLERANCE = 2e-3


class Process:
    """A peer.py that answers."""

    def __init__(self, kind, name, folder, threads):
        self.log = open(folder / f"{kind}.log", "w+")
        self.process = subprocess.Popen([sys.executable, HERE / "peer.py", kind, name, folder / "dump", str(threads)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.batch = WORKLOADS[name].batch
        self.first = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            self.log.seek(0)
            raise RuntimeError(f"the peer ended:\n{self.log.read()[-3000:]}")
        return json.loads(line)

    def run(self, seconds):
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        return self.answer()

    def close(self):
        self.process.kill()
        self.process.wait()
        self.log.close()


def apart(ours, theirs):
    """The largest difference, of losses by the loss, of predictions by the largest number of a row."""
    if isinstance(ours[0], list):
        return max(abs(a - b) for row, other in zip(theirs, ours) for a, b in zip(row, other)) / max(map(abs, ours[0]))
    return max(abs(a / b - 1) for a, b in zip(theirs, ours))


def measure(name, threads, args, folder, expected):
    """One row: all programs of a workload with one number of threads."""
    workload = WORKLOADS[name]
    row = {"workload": name, "threads": threads, "batch": 1 if workload.predict else workload.batch,
           "predict": workload.predict, "choice": {}, "apart": {},
           "rounds": {}, "cores": {}, "failed": {}}
    with contextlib.ExitStack() as stack:
        programs = {}
        for kind in args.peers:
            if kind == "onnxruntime" and not workload.predict:
                continue
            try:
                if kind != "mlc":
                    made = Process(kind, name, folder, threads)
                elif workload.predict:
                    made = mlc_peer.Prediction(args.mlc, folder, threads)
                else:
                    made = mlc_peer.Training(args.mlc, workload, folder, threads)
            except RuntimeError as error:
                row["failed"][kind] = str(error)
                print(f"{name}: {kind} failed: {error}", file=sys.stderr)
                continue
            programs[kind] = made
            stack.callback(made.close)
            if kind != "mlc":
                row["choice"][kind] = made.first["choice"]
                row["apart"][kind] = far = apart(expected, made.first["checked"])
                if not far <= TOLERANCE:
                    raise RuntimeError(f"what {kind} computes is {far:.1e} from mlc's, more than {TOLERANCE:.0e}:\n"
                                       f"  mlc {expected}\n  {kind} {made.first['checked']}")
        rounds = {kind: [] for kind in programs}
        order = list(programs)
        for number in range(args.rounds):
            for kind in order[number % len(order):] + order[:number % len(order)]:
                rounds[kind].append(programs[kind].run(args.seconds))
    for kind, done in rounds.items():
        speeds = [r["steps"] * row["batch"] / r["seconds"] for r in done]
        row[kind] = statistics.median(speeds)
        row["rounds"][kind] = speeds
        row["cores"][kind] = round(sum(r["cpu"] for r in done) / sum(r["seconds"] for r in done), 2)
        if "waited" in done[0]:
            row["waited"] = sum(r["waited"] for r in done) / sum(r["seconds"] for r in done)
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=list(WORKLOADS), choices=list(WORKLOADS), metavar="WORKLOAD",
                        help=", ".join(WORKLOADS))
    parser.add_argument("--threads", default="1,2", help="numbers of threads (1,2)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each program in each round (1)")
    parser.add_argument("--peers", nargs="+", default=["mlc", *peer.KINDS], choices=["mlc", *peer.KINDS])
    parser.add_argument("--mlc", default=os.environ.get("MLC", str(models.ROOT / "build/release/bin/mlc")))
    parser.add_argument("--out", type=pathlib.Path, default=HERE, help="folder of the results (bench/train)")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    note = f"{machine.note()}; {args.rounds} rounds of {args.seconds:g} s"
    rows, good = [], True
    for name in args.only:
        with tempfile.TemporaryDirectory(prefix="mlc-bench-") as folder:
            folder = pathlib.Path(folder)
            try:
                expected = mlc_peer.prepare(args.mlc, WORKLOADS[name], folder)
                for threads in map(int, args.threads.split(",")):
                    rows.append(measure(name, threads, args, folder, expected))
                    good = good and not rows[-1]["failed"]
                    print(report.line(rows[-1]), flush=True)
                    report.write(args.out, rows, note)
            except RuntimeError as error:
                good = False
                print(f"{name}: {error}", file=sys.stderr, flush=True)
    print("\n" + report.tables(rows, note))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
