"""Trains each model for some steps in mlc and in PyTorch, from the same weights on the same batches, and compares.

`mlc-bench train MODEL --dump-parity DIR --steps N` writes what the two must share and what mlc made of it:
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
import pathlib
import sys

import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import agreement  # noqa: E402
import models  # noqa: E402
from agreement import Dump, gradient_error  # noqa: E402


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


def torch_losses(name, dump, steps, dtype):
    """Losses of PyTorch's steps, and how far mlc's first gradients are from PyTorch's."""
    model = models.build(name)
    load_state(model, dump.initial)
    model = model.to(dtype)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses, error = [], None
    for step in range(steps):
        batch = dump.read(f"batch_{step}")
        images = torch.from_numpy(batch["image"].copy()).to(dtype).permute(0, 3, 1, 2) / 255
        labels = torch.from_numpy(batch["label"].astype("i8"))
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        if step == 0:
            error = gradient_error([(p.grad, models.to_torch(dump.gradients[models.path_of(path)]))
                                    for path, p in model.named_parameters()])
        optimizer.step()
        losses.append(loss.item())
    return losses, error


def compare(name, folder, args):
    dump = Dump(models.SOURCES[name], folder, args, "--seed", str(args.seed), "--set", "optimizer.lr=1e-3")
    theirs, error = torch_losses(name, dump, args.steps, torch.float64)
    single, single_error = torch_losses(name, dump, args.steps, torch.float32)
    return {"mlc": dump.losses, "torch": theirs, "grad_error": error, "torch_f32": single, "torch_f32_grad_error": single_error}


if __name__ == "__main__":
    agreement.main(__doc__, "models", list(models.SOURCES), pathlib.Path(__file__).with_name("results.json"), compare, seed=2)
