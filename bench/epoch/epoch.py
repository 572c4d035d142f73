"""Seconds per training epoch on Fashion-MNIST: mlc beside PyTorch eager, interleaved, medians.

PyTorch gets the better of its two memory formats, the fused Adam, data in memory already converted to f32,
and computes no metric. mlc reads, converts, shuffles and counts accuracy. Batch 64, f32.
"""
import argparse
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import models  # noqa: E402


class TorchRun:
    """One model in one memory format; epoch() trains one epoch and returns its seconds."""

    def __init__(self, name, memory_format, images, labels):
        torch.manual_seed(0)
        self.model = models.build(name, nn.Flatten).to(memory_format=memory_format)
        self.images = images.contiguous(memory_format=memory_format)
        self.labels = labels
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3, fused=True)
        self.loss = nn.CrossEntropyLoss()

    def epoch(self):
        begin = time.perf_counter()
        total = 0.0
        for rows in torch.randperm(len(self.labels)).split(64):
            self.optimizer.zero_grad()
            loss = self.loss(self.model(self.images[rows]), self.labels[rows])
            loss.backward()
            self.optimizer.step()
            total += loss.item() * len(rows)
        return time.perf_counter() - begin


def mlc_epochs(mlc, name, threads, epochs):
    """Seconds of each epoch but the first (which also compiles): the time between mlc's lines, one an epoch."""
    with tempfile.TemporaryDirectory() as out:
        process = subprocess.Popen(
            [mlc, "train", models.SOURCES[name], "--threads", str(threads), "--epochs", str(epochs + 1), "--out", out + "/run"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        stamps, said = [], []
        for line in process.stderr:
            said.append(line)
            if re.match(r"epoch +\d+", line):
                stamps.append(time.perf_counter())
        if process.wait() != 0 or len(stamps) != epochs + 1:
            sys.exit(f"mlc train {name} failed or printed {len(stamps)} epoch lines:\n" + "".join(said))
    return [after - before for before, after in zip(stamps, stamps[1:])]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", default=["lenet", "mlp"], choices=list(models.SOURCES))
    parser.add_argument("--threads", nargs="+", type=int, default=[2, 1])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mlc", default=str(models.ROOT / "build/release/bin/mlc"))
    parser.add_argument("--torch-only", action="store_true")
    args = parser.parse_args()

    pictures, classes = models.fashion()
    images = torch.from_numpy(pictures.copy()).float().div(255).unsqueeze(1)
    labels = torch.from_numpy(classes.astype("i8"))
    results = []
    for name in args.models:
        for threads in args.threads:
            torch.set_num_threads(threads)
            runs = {"nchw": TorchRun(name, torch.contiguous_format, images, labels)}
            if name.startswith("lenet"):
                runs["channels_last"] = TorchRun(name, torch.channels_last, images, labels)
            seconds = {key: [] for key in [*runs, "mlc"]}
            for _ in range(args.rounds):
                for key, run in runs.items():
                    seconds[key].append(run.epoch())
                if not args.torch_only:
                    seconds["mlc"] += mlc_epochs(args.mlc, name, threads, 1)
            medians = {key: statistics.median(value) for key, value in seconds.items() if value}
            best = min(runs, key=medians.get)
            results.append({"model": name, "threads": threads, "torch": medians[best], "torch_format": best,
                            "mlc": medians.get("mlc"), "all": seconds})
            ours = medians.get("mlc")
            print(f"{name:18} {threads} threads   torch {medians[best]:6.2f} s ({best})"
                  + (f"   mlc {ours:6.2f} s   {medians[best] / ours:5.2f}x" if ours else ""), flush=True)
    out = pathlib.Path(__file__).with_name("results.json")
    out.write_text(json.dumps({"torch_version": torch.__version__, "batch": 64, "results": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
