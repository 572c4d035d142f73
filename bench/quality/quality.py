"""Trains the language models of examples/text for as long as they ship, in mlc and in PyTorch, and compares what they reach.

Both begin with mlc's initial weights (`mlc-bench train --dump-parity`), and have the same optimizer, schedule, clipping, dropout,
batch, windows and validation tail. Each shuffles and drops out with its own random numbers. Both compute in f32.

The actions, each of which keeps what it made in runs/, so that they can be done apart: `mlc` and `torch` train,
`compare` writes results.json: {"margin", "models": [{"name", "steps", "mlc": [loss], "torch": [loss], "mlc_in_torch": [loss]}]},
one number for each seed. The last is mlc's model evaluated by PyTorch, which shows that both mean the same by the
validation loss: it must be mlc's own within 1e-4.

A fourth, only if asked for: `replay` trains PyTorch with mlc's own order of the rows and mlc's own dropout, written down
by `mlc-bench train --dump-random` (of the LSTM 13 GB among the temporary files). What is left between it and mlc is rounding, and
what that grows to in so many steps. `compare` says what it reached where it was done.

Fails if the mean of mlc's validation losses over the seeds is worse than PyTorch's by more than MARGIN, which stands for what
another order of the rows and other dropout do. `--seeds 0 1 2` shows how much that is.
"""
import argparse
import functools
import gzip
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import numpy
import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import bench_tool  # noqa: E402
import models  # noqa: E402
from networks import Net, cosine, cross_entropy, gpt_logits, gpt_optimizer, update  # noqa: E402

MARGIN = 0.005
RUNS = pathlib.Path(__file__).resolve().parent / "runs"
TEXT = pathlib.Path("/usr/share/debian-reference/debian-reference.en.txt.gz")


class Program:
    """One of the programs: its text, the numbers that stand in it, and the same network in PyTorch."""

    def __init__(self, file, logits, optimizer, rate):
        self.path = models.ROOT / "examples/text" / file
        self.logits, self.optimizer, self.rate = logits, optimizer, rate
        self.context, self.stride, self.batch, self.steps = (
            self.number(pattern) for pattern in (r"let context = (\d+)", r"stride = (\d+)", r"batch +(\d+)", r"steps +(\d+)"))
        self.held, self.clip = self.number(r"validation ([\d.]+)"), self.number(r"clip_norm +([\d.]+)")

    def number(self, pattern):
        found, = re.findall(pattern, re.sub(r"//.*", "", self.path.read_text()))
        return float(found) if "." in found else int(found)

    def windows(self):
        """The rows of training and of validation, [n, context + 1] bytes: the tail is held out, and no window reaches into it."""
        text = torch.frombuffer(bytearray(gzip.decompress(TEXT.read_bytes())), dtype=torch.uint8)
        rows = text.unfold(0, self.context + 1, self.stride)
        held = int(self.held * len(rows))
        return rows[:len(rows) - held - self.context // self.stride], rows[len(rows) - held:]

    def loss(self, network, rows):
        rows = rows.long()
        return cross_entropy(self.logits(network, rows[:, :-1]), rows[:, 1:])


def lstm_logits(n, x):
    h = n.recurrent(nn.LSTM, "char_lstm.lstm_1", n["char_lstm.embedding_1.table"][x])
    return n.dense("char_lstm.dense_1", n.dropout("char_lstm.dropout_1", h, 0.2))


PROGRAMS = {
    "char_lstm": Program("char_lstm.mlc", lstm_logits, lambda n: torch.optim.Adam(n.trainable),
                         lambda step, steps: 2e-3 * cosine(step / steps)),
    "gpt": Program("gpt.mlc", lambda n, x: gpt_logits(n, x, depth=4, heads=4), gpt_optimizer,
                   lambda step, steps: 3e-4 * min(1, (step + 1) / 200) * cosine(step / steps)),
}


def command(*words):
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"failed with code {done.returncode}: {' '.join(map(str, words))}")
    return done.stdout


def train_mlc(program, seed, steps, folder, options):
    command(options.mlc, "train", program.path, "--seed", seed, "--steps", steps, "--threads", options.threads, "--overwrite",
            "--out", folder)
    figures = json.loads(command(options.mlc, "eval", folder, "--split", "validation", "--checkpoint", "last", "--json"))
    (folder / "quality.json").write_text(json.dumps({"loss": figures["loss"]}))


def evaluate(program, network, rows):
    network.training = False
    with torch.no_grad():
        total = sum(program.loss(network, part).item() * len(part) for part in rows.split(64))
    network.training = True
    return total / len(rows)


def mlc_order(rows, seed, epoch):
    """The order in which mlc sees the rows of an epoch: runtime/data/Shuffle.h."""
    golden, mask = 0x9e3779b97f4a7c15, (1 << 64) - 1

    def finalise(z):
        z = ((z ^ z >> 30) * 0xbf58476d1ce4e5b9) & mask
        z = ((z ^ z >> 27) * 0x94d049bb133111eb) & mask
        return z ^ z >> 31
    key = finalise((finalise((seed + golden) & mask) + golden) & mask)
    key = finalise((key + golden * (epoch + 1)) & mask)
    order = list(range(rows))
    for i in range(rows - 1, 0, -1):
        j = finalise(finalise((key + golden * (i + 1)) & mask) ^ key) * (i + 1) >> 64
        order[i], order[j] = order[j], order[i]
    return torch.tensor(order)


def train_torch(program, seed, steps, folder, options, replay=False):
    torch.manual_seed(seed)
    with tempfile.TemporaryDirectory() as dump:
        command(bench_tool.beside(options.mlc), "train", program.path, "--seed", seed, "--steps", 1, "--dump-parity", dump)
        initial = models.read_safetensors(dump + "/initial.safetensors")
        if replay:
            command(bench_tool.beside(options.mlc), "train", program.path, "--seed", seed, "--steps", steps, "--dump-random",
                    dump)
        network = Net(initial, list(initial), torch.float32)
        train, validation = program.windows()
        run_torch(program, network, train, seed, steps, dump if replay else None)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "quality.json").write_text(json.dumps({"loss": evaluate(program, network, validation)}))


def run_torch(program, network, train, seed, steps, drawn):
    """`drawn`: the folder with what mlc drew, whose order is taken, too; None: PyTorch draws."""
    begin, optimizer, epoch, batches = time.perf_counter(), program.optimizer(network), 0, []
    for step in range(steps):
        if not batches:
            order = mlc_order(len(train), seed, epoch) if drawn else torch.randperm(len(train))
            batches = list(order.split(program.batch))[::-1]
            epoch += 1
        network.draws = models.read_safetensors(f"{drawn}/random_{step}.safetensors") if drawn else None
        optimizer.zero_grad()
        loss = program.loss(network, train[batches.pop()])
        loss.backward()
        update(network, optimizer, program.clip, program.rate(step, steps))
        if step % 100 == 0 or step + 1 == steps:
            print(f"{program.path.stem} seed {seed} step {step:5} loss {loss.item():.4f}  {time.perf_counter() - begin:.0f} s",
                  file=sys.stderr, flush=True)


def compare(name, program, steps, seeds):
    """One entry of results.json, or what is missing for it."""
    def file(side, seed):
        return RUNS / f"{name}_{steps}_{side}_{seed}" / "quality.json"

    def loss(side, seed):
        if not file(side, seed).exists():
            sys.exit(f"{name}, seed {seed}: not trained yet; run this with the action {side}")
        return json.loads(file(side, seed).read_text())["loss"]

    entry = {"name": name, "steps": steps, "seeds": seeds} | {side: [loss(side, seed) for seed in seeds] for side in ("mlc", "torch")}
    validation, entry["mlc_in_torch"] = program.windows()[1], []
    for seed in seeds:
        tensors = models.read_safetensors(RUNS / f"{name}_{steps}_mlc_{seed}" / "model.safetensors")
        entry["mlc_in_torch"].append(evaluate(program, Net(tensors, [], torch.float32), validation))
        if file("replay", seed).exists():
            print(f"{name:10} {steps} steps, seed {seed}: mlc {loss('mlc', seed):.4f}, PyTorch with its order and dropout "
                  f"{loss('replay', seed):.4f}", flush=True)
    return entry


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("actions", nargs="*", help="mlc, torch, compare or replay; the first three when none is given")
    parser.add_argument("--only", nargs="+", default=list(PROGRAMS), choices=list(PROGRAMS))
    parser.add_argument("--steps", type=int, help="fewer, for a trial; results.json is left alone")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--threads", type=int, default=1, help="of mlc and of PyTorch")
    parser.add_argument("--mlc", default=str(models.ROOT / "build/release/bin/mlc"))
    options = parser.parse_args()
    if unknown := set(options.actions) - {"mlc", "torch", "compare", "replay"}:
        parser.error(f"no action {', '.join(sorted(unknown))}")
    torch.set_num_threads(options.threads)
    torch.set_num_interop_threads(1)
    actions, entries, good = options.actions or ["mlc", "torch", "compare"], [], True
    for name in options.only:
        program = PROGRAMS[name]
        steps = options.steps or program.steps
        sides = {"mlc": train_mlc, "torch": train_torch, "replay": functools.partial(train_torch, replay=True)}
        for side, train in sides.items():
            for seed in options.seeds if side in actions else ():
                train(program, seed, steps, RUNS / f"{name}_{steps}_{side}_{seed}", options)
        if "compare" not in actions:
            continue
        entry = compare(name, program, steps, options.seeds)
        entries.append(entry)
        ours, theirs, again = (numpy.mean(entry[side]) for side in ("mlc", "torch", "mlc_in_torch"))
        passed = ours <= theirs * (1 + MARGIN) and abs(again / ours - 1) <= 1e-4  # false for NaN
        good = good and passed
        print(f"{name:10} {steps} steps: validation loss of mlc {ours:.4f} (evaluated by PyTorch {again:.4f}), "
              f"of PyTorch {theirs:.4f}: {ours / theirs - 1:+.2%}   {'good' if passed else 'TOO FAR APART'}", flush=True)
    if len(entries) == len(PROGRAMS) and not options.steps:
        pathlib.Path(__file__).with_name("results.json").write_text(
            json.dumps({"margin": MARGIN, "models": entries}, indent=1) + "\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
