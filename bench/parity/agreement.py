"""What the parity programs share: how far results may be apart, how that is measured, and the command line around it."""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy

import bench_tool
import models

TOLERANCE = 1e-4


class Dump:
    """What `mlc-bench train PROGRAM --dump-parity` left: the weights it began with and what it made of them."""

    def __init__(self, program, folder, args, *options):
        self.folder = folder / "dump"
        run = subprocess.run([bench_tool.beside(args.mlc), "train", program, "--steps", str(args.steps), "--dump-parity", self.folder, *options],
                             cwd=folder, capture_output=True, text=True)
        if run.returncode != 0:
            sys.exit(f"mlc-bench train {program} failed:\n{run.stderr}")
        self.losses = json.loads((self.folder / "losses.json").read_text())
        self.initial, self.gradients = self.read("initial"), self.read("gradients")

    def read(self, name):
        """One of initial, gradients, batch_K and, with --dump-random, random_K."""
        return models.read_safetensors(self.folder / f"{name}.safetensors")

    def evaluation(self):
        return json.loads((self.folder / "evaluation.json").read_text())["loss"]


def gradient_error(pairs):
    """Of (expected, ours), the worst tensor's largest difference, relative to the largest element of what is expected.

    A gradient that is zero but for rounding (a bias that batch_norm takes out again) has no scale of its own; it is held
    to the largest element of all gradients.
    """
    pairs = [(expected, ours, expected.abs().max().item()) for expected, ours in pairs]
    largest = max(scale for _, _, scale in pairs)
    return max((expected - ours).abs().max().item() / (scale if scale > 1e-6 * largest else largest)
               for expected, ours, scale in pairs)


def main(about, kind, names, results, compare, seed):
    """Compares each name and exits with 1 if one is too far apart; writes `results` if none was left out.

    compare(name, folder, args) gives a dict with `mlc` and `torch`, the losses of the steps, `grad_error` and perhaps
    `eval_error`; it becomes one of the results' `kind`, which is also the option that chooses among them.
    """
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(f"--{kind}", nargs="+", default=names, choices=names, dest="names")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--seed", type=int, default=seed)
    parser.add_argument("--mlc", default=str(models.ROOT / "build/release/bin/mlc"))
    args = parser.parse_args()
    entries, bad = [], []
    for name in args.names:
        with tempfile.TemporaryDirectory() as folder:
            entry = compare(name, pathlib.Path(folder), args)
        if len(entry["mlc"]) != args.steps:
            sys.exit(f"{name}: mlc made {len(entry['mlc'])} steps of {args.steps}")
        errors = {"losses": float(numpy.max(numpy.abs(numpy.array(entry["mlc"]) / numpy.array(entry["torch"]) - 1))),
                  "gradients": entry["grad_error"]}
        if "eval_error" in entry:
            errors["evaluation"] = entry["eval_error"]
        passed = all(error <= TOLERANCE for error in errors.values())  # false for NaN
        entries.append({"name": name} | entry)
        bad += [] if passed else [name]
        print(f"{name:24} {', '.join(f'{what} within {error:.1e}' for what, error in errors.items())}   "
              f"{'good' if passed else 'TOO FAR APART'}", flush=True)
    if args.names == names:
        results.write_text(json.dumps({kind: entries}, indent=1) + "\n")
    if bad:
        print(f"too far apart: {', '.join(bad)}", file=sys.stderr)
    sys.exit(1 if bad else 0)
