"""Time from the command to the end of the first training step, and the growth of memory, for mlc and its peers.

mlc: `mlc train` (in mlc-bench) of a real program with all its data, from an empty cache of compiled kernels and with the cache that
the run before left; then how long `mlc compile --emit=PHASE` takes without a cache, phase by phase.
Peers: importing, building and the first step; torch.compile from an empty cache and with a warm one, JAX likewise with its
persistent cache. They are given 16 batches in memory and read no data set.

Growth of memory: the highest resident set in training, less what it was before the model was built. For a peer that is
after its imports; for mlc, that of `mlc --version` (which has loaded the same libraries), and the data set, which
peers do not have. "compile" includes what compiling took at its highest. Once it has compiled, mlc gives back the pages of the
compiler's libraries, so that it can end up with less than it began with.

Writes results.json and results.md beside it. Medians of rounds.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "train"), str(HERE.parent)]
import bench_tool  # noqa: E402
import machine  # noqa: E402
import mlc_peer  # noqa: E402
import models  # noqa: E402
from workloads import WORKLOADS  # noqa: E402

PHASES = ("ast", "mlc", "grad", "fuse", "plan", "obj")
PEERS = ("torch_eager", "torch_compile", "jax")
EXAMPLE = "examples/fashion/lenet.mlc"  # as it ships, with the data set that it reads: no peer does that


def status(pid, field):
    line = next(line for line in open(f"/proc/{pid}/status") if line.startswith(field))
    return int(line.split()[1])


def highest(*command):
    """The highest resident set of a command, in KiB. A small process asks: what is started from this large one inherits its."""
    ask = "import os, subprocess, sys; p = subprocess.Popen(sys.argv[1:], stdout=2); print(os.wait4(p.pid, 0)[2].ru_maxrss)"
    return int(subprocess.run(["/usr/bin/python3", "-c", ask, *command], capture_output=True, text=True, check=True).stdout)


class Mlc:
    """Measures a program with a cache of its own in `folder`; `data` are options that say where its data are."""

    def __init__(self, mlc, model, data, folder, threads):
        self.mlc, self.model, self.data, self.folder, self.threads = mlc, model, data, folder, threads
        self.cache = folder / "cache"
        self.environment = {**os.environ, "XDG_CACHE_HOME": str(self.cache)}

    def first_step(self, seconds=0.0):
        """Seconds to the first step, and KiB: the highest of all until it was made, the highest after it."""
        times = self.folder / "times"
        times.unlink(missing_ok=True)
        shutil.rmtree(self.folder / "run", ignore_errors=True)
        begin = time.monotonic()
        process = subprocess.Popen([bench_tool.beside(self.mlc), "train", self.model, *self.data, "--threads", str(self.threads),
                                    "--epochs", "1000000", "--out", self.folder / "run", "--step-times", times],
                                   env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   preexec_fn=mlc_peer.dies_with_parent)
        try:
            while not (times.exists() and "\n" in (text := times.read_text())):
                if process.poll() is not None:
                    raise SystemExit("mlc train ended before its first step")
                time.sleep(0.002)
            compiled = status(process.pid, "VmHWM")
            pathlib.Path(f"/proc/{process.pid}/clear_refs").write_text("5")  # the highest is what it is now
            time.sleep(seconds)
            trained = status(process.pid, "VmHWM")
        finally:
            process.kill()
            process.wait()
        return float(text.split()[1]) - begin, compiled, trained

    def cold(self):
        shutil.rmtree(self.cache, ignore_errors=True)
        return self.first_step()[0]

    def phases(self):
        """Seconds that each phase adds, without a cache."""
        seconds, before = {}, 0.0
        for phase in PHASES:
            shutil.rmtree(self.cache, ignore_errors=True)
            begin = time.monotonic()
            subprocess.run([self.mlc, "compile", self.model, f"--emit={phase}"], env=self.environment, check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            now = time.monotonic() - begin
            seconds[phase], before = now - before, now
        return seconds


def peer(kind, name, folder, threads, cache, steps):
    begin = time.monotonic()
    environment = {**os.environ, "TORCHINDUCTOR_CACHE_DIR": str(cache), "JAX_COMPILATION_CACHE_DIR": str(cache),
                   "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    run = subprocess.run([sys.executable, HERE / "start_peer.py", kind, name, folder / "dump", str(threads), str(steps)],
                         capture_output=True, text=True, env=environment)
    if run.returncode != 0:
        raise SystemExit(f"{kind} failed on {name}:\n{run.stderr[-2000:]}")
    answer = json.loads(run.stdout.splitlines()[-1])
    stamps = {stage: at - begin for stage, at in answer["stamps"].items()}
    return {**stamps, "growth": answer["growth"]}


def measure(name, args, folder):
    row = {"workload": name, "threads": args.threads, "cold": [], "warm": [], "peers": {}}
    if example := name.endswith(".mlc"):
        ours = Mlc(args.mlc, models.ROOT / name, [], folder, args.threads)
    else:
        workload = WORKLOADS[name]
        mlc_peer.prepare(args.mlc, workload, folder)
        ours = Mlc(args.mlc, folder / "model.mlc", ["--data", folder], folder, args.threads)
    for _ in range(args.rounds):
        row["cold"].append(ours.cold())
        row["warm"].append(ours.first_step()[0])
    phases = [ours.phases() for _ in range(args.rounds)]
    row["phases"] = {phase: statistics.median(p[phase] for p in phases) for phase in PHASES}
    if example:
        return row
    data = sum(array.nbytes for array in workload.data().values()) // 1024
    base = highest(args.mlc, "--version") + data
    _, compiled, trained = ours.first_step(seconds=3)
    row["memory"] = {"base": base, "data": data, "compile": compiled - base, "train": trained - base}
    for kind in args.peers:
        found = {"cold": [], "warm": [], "stages": [], "growth": []}
        cache = folder / f"cache-{kind}"
        for _ in range(args.rounds):
            shutil.rmtree(cache, ignore_errors=True)
            for key in ("cold",) if kind == "torch_eager" else ("cold", "warm"):
                run = peer(kind, name, folder, args.threads, cache, args.steps)
                found[key].append(run["step"])
                found["stages"].append(run)
                found["growth"].append(run["growth"])
        row["peers"][kind] = found
    return row


def tables(rows, note):
    def middle(values):
        return f"{statistics.median(values):.2f}" if values else "-"
    lines = [f"Measured on {note}.", "", "Seconds from the command to the end of the first step, medians", "",
             "| workload | mlc cold | mlc warm | PyTorch eager | torch.compile cold | warm | JAX cold | warm |", "|---|" + "---|" * 7]
    for row in rows:
        p = {kind: row["peers"].get(kind, {"cold": [], "warm": []}) for kind in PEERS}
        cells = [row["cold"], row["warm"], p["torch_eager"]["cold"], p["torch_compile"]["cold"], p["torch_compile"]["warm"],
                 p["jax"]["cold"], p["jax"]["warm"]]
        lines.append(f"| {row['workload']} | " + " | ".join(map(middle, cells)) + " |")
    lines += ["", "Seconds that each phase of mlc's compiler adds, without a cache", "",
              "| workload | " + " | ".join(PHASES) + " |", "|---|" + "---|" * len(PHASES)]
    for row in rows:
        lines.append(f"| {row['workload']} | " + " | ".join(f"{row['phases'][phase]:.2f}" for phase in PHASES) + " |")
    lines += ["", "Growth of memory, MiB", "",
              "| workload | mlc, training | with compiling | PyTorch eager | torch.compile | JAX | mlc over eager |", "|---|" + "---|" * 6]
    for row in (row for row in rows if "memory" in row):
        growth = {kind: statistics.median(row["peers"][kind]["growth"]) if kind in row["peers"] else None for kind in PEERS}
        cells = [row["memory"]["train"], row["memory"]["compile"], *(growth[kind] for kind in PEERS)]
        over = f"{max(0, row['memory']['train']) / growth['torch_eager']:.2f}" if growth["torch_eager"] else "-"
        lines.append(f"| {row['workload']} | " + " | ".join("-" if c is None else f"{c / 1024:.0f}" for c in cells) + f" | {over} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=[EXAMPLE, "lenet_64", "resnet18", "gpt"],
                        choices=[EXAMPLE, *WORKLOADS], metavar="WORKLOAD")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=8, help="that a peer makes before its memory is read (8)")
    parser.add_argument("--peers", nargs="*", default=list(PEERS), choices=PEERS)
    parser.add_argument("--mlc", default=os.environ.get("MLC", str(models.ROOT / "build/release/bin/mlc")))
    parser.add_argument("--out", type=pathlib.Path, default=HERE, help="folder of the results (bench/start)")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    rows, note = [], f"{machine.note()}; {args.rounds} rounds, {args.threads} threads"
    for name in args.only:
        with tempfile.TemporaryDirectory(prefix="mlc-bench-") as folder:
            rows.append(measure(name, args, pathlib.Path(folder)))
        (args.out / "results.json").write_text(json.dumps({"rows": rows}, indent=1) + "\n")
        (args.out / "results.md").write_text(tables(rows, note))
    print(tables(rows, note))


if __name__ == "__main__":
    main()
