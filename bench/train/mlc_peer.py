"""mlc in the same interleaved rounds: `mlc-bench train` of a workload's program, which is stopped between its rounds.

It trains on and on; SIGCONT begins a round, SIGSTOP ends it. How fast it was stands in the file that --step-times names:
a line about every tenth of a second, with the updates made, the monotonic clock, and how long the step has waited for data.
So a round contains all of training: shuffling, conversion, checkpoints of epochs that end; not the start.

Predictions of single rows are made by `mlc-bench predict --time-rows`, which is told how long, round by round.
"""
import ctypes
import json
import os
import shutil
import signal
import subprocess
import time

import numpy

import bench_tool
from peer import LEAST_STEPS, rows
from workloads import CHECKED

BATCHES = 16  # that the peers are given


def dies_with_parent():
    """In the child: a process that is stopped would outlive a benchmark that is killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def output(*command):
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} failed:\n{run.stderr}")
    return run.stdout


def prepare(mlc, workload, folder):
    """Writes the program and its data, has mlc make the first steps. Gives what the peers must agree with: the losses of
    these, or what mlc predicts for two rows."""
    (folder / "model.mlc").write_text(workload.program())
    numpy.savez(folder / "train.npz", **workload.data())
    train = ["train", folder / "model.mlc", "--data", folder]
    output(bench_tool.beside(mlc), *train, "--steps", str(4 if workload.predict else BATCHES), "--dump-parity", folder / "dump")
    if not workload.predict:
        return json.loads((folder / "dump/losses.json").read_text())[:CHECKED]
    output(mlc, *train, "--steps", "0", "--overwrite", "--out", folder / "untrained")
    numpy.savez(folder / "rows.npz", **{name: numpy.concatenate([row[name] for row in rows(folder / "dump", raw=True)])
                                        for name in rows(folder / "dump")[0]})
    lines = output(mlc, "predict", folder / "untrained", folder / "rows.npz", "--json").splitlines()[:2]
    return [numpy.ravel(next(iter(json.loads(line).values()))).tolist() for line in lines]


def processor_seconds(process):
    """Of all its threads so far."""
    fields = open(f"/proc/{process.pid}/stat").read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Training:
    def __init__(self, mlc, workload, folder, threads):
        self.batch, self.times, self.run_folder = workload.batch, folder / f"times{threads}", folder / f"run{threads}"
        self.log = open(folder / f"log{threads}", "w+")
        self.process = subprocess.Popen(
            [bench_tool.beside(mlc), "train", folder / "model.mlc", "--data", folder, "--threads", str(threads), "--epochs", "1000000000",
             "--overwrite", "--out", self.run_folder, "--step-times", self.times], stdout=self.log, stderr=self.log,
            preexec_fn=dies_with_parent)
        self.read = 0
        # What is needed later (another batch size at the end of an epoch) is compiled beside the first steps.
        self.wait(lambda lines: len(lines) > 1 and lines[-1][1] - lines[0][1] >= 3)
        os.kill(self.process.pid, signal.SIGSTOP)

    def lines(self):
        """Those complete lines that were not seen yet, as numbers."""
        if not self.times.exists():
            return []
        with open(self.times) as file:
            file.seek(self.read)
            text = file.read()
        return [[float(word) for word in line.split()] for line in text[:text.rfind("\n") + 1].splitlines()]

    def wait(self, enough):
        while not enough(found := self.lines()):
            if self.process.poll() is not None:
                self.log.seek(0)
                raise RuntimeError(f"mlc train ended:\n{self.log.read()[-2000:]}")
            time.sleep(0.02)
        return found

    def run(self, seconds):
        self.read = self.times.stat().st_size
        cpu, begin = processor_seconds(self.process), time.monotonic()
        os.kill(self.process.pid, signal.SIGCONT)
        # The first line ends the step that was under way.
        found = self.wait(lambda lines: len(lines) > 1 and lines[-1][0] - lines[0][0] >= LEAST_STEPS
                          and lines[-1][1] - lines[0][1] >= seconds)
        os.kill(self.process.pid, signal.SIGSTOP)
        whole, cpu = time.monotonic() - begin, processor_seconds(self.process) - cpu
        (first, then, waited), (last, now, waited_now) = found[0], found[-1]
        return {"steps": last - first, "seconds": now - then, "cpu": cpu * (now - then) / whole,
                "waited": waited_now - waited}

    def close(self):
        self.process.kill()
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.run_folder, ignore_errors=True)


class Prediction:
    def __init__(self, mlc, folder, threads):
        self.log = open(folder / f"log{threads}", "w+")
        self.process = subprocess.Popen([bench_tool.beside(mlc), "predict", folder / "untrained", folder / "rows.npz", "--threads",
                                         str(threads), "--time-rows"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.run(0.1)

    def run(self, seconds):
        cpu = processor_seconds(self.process)
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            self.log.seek(0)
            raise RuntimeError(f"mlc predict ended:\n{self.log.read()[-2000:]}")
        return {**json.loads(line), "cpu": processor_seconds(self.process) - cpu}

    def close(self):
        self.process.kill()
        self.process.wait()
        self.log.close()
