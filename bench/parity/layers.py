"""Each layer, loss, optimizer, schedule and augmentation of the prelude alone: a small network around it, trained in mlc and in
PyTorch from the same weights on the same batches with the same random numbers, as parity.py does it for whole models; then
both are evaluated on other rows.

A row of LAYERS (layer_rows.py) has the fields of the data (the shape of one row; integers below a number), the mlc
expression over them that is made a layer, and a PyTorch module over the same tensors, in mlc's layout (channels last). Both
go through a dense layer to three numbers, unless the row has a loss of its own. PyTorch's module names its parameters
as mlc does, dots written as double underscores; NAMES has the leaves that differ. A layer, loss, optimizer or schedule of the
prelude without a row is an error.
"""
import csv
import math
import pathlib
import re
import sys

import numpy
import torch
from torch import nn
from torch.nn import functional

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import agreement  # noqa: E402
import models  # noqa: E402
from agreement import Dump, gradient_error  # noqa: E402
from layer_rows import LAYERS, OPTIMIZERS  # noqa: E402

TRAIN, TEST, BATCH = 64, 24, 16

# Leaves that mlc names otherwise: of a norm, an embedding, nn.MultiheadAttention.
NAMES = {"weight": "w", "running_mean": "mean", "running_var": "var",
         "in_proj_weight": "dense_1.w", "in_proj_bias": "dense_1.bias", "out_proj.weight": "dense_2.w", "out_proj.bias": "dense_2.bias"}


def path_of(name):
    """mlc's path of a parameter or buffer of PyTorch's network."""
    if name.endswith("num_batches_tracked"):
        return None
    module, _, leaf = name.removeprefix("core.").partition(".")
    if "norm" in module:
        leaf = {"weight": "scale", "bias": "shift"}.get(leaf, leaf)
    if "embedding" in module:
        leaf = "table"
    if "prelu" in module:
        leaf = "slope"
    if gates := re.fullmatch(r"(weight|bias)_(i|h)h(_l0)?(_reverse)?", leaf):
        leaf = {"weight": "w", "bias": "bias_"}[gates[1]] + {"i": "x", "h": "h"}[gates[2]]
        if "bidirectional" in module:  # its two directions are two applications of its function
            leaf = ("f_2." if gates[4] else "f_1.") + leaf
    return "net." + module.replace("__", ".") + ("." + NAMES.get(leaf, leaf) if leaf else "")


def to_torch(path, array):
    """A parameter or gradient of mlc in PyTorch's layout."""
    tensor = torch.from_numpy(numpy.array(array))
    if path.endswith((".table", ".place")):
        return tensor
    order = {4: (3, 2, 0, 1), 3: (2, 1, 0), 2: (1, 0)}.get(tensor.ndim)
    return (tensor.permute(order) if order else tensor).contiguous()


def integers(name):
    return name == "k"


def extents(name, shape):
    """The shape of one row: a field of integers has their number, then the bound."""
    return shape[:1] if integers(name) else shape


def write_rows(row, path, count, random):
    columns, names = [], []
    for name, shape in list(row.fields.items()) + [("goal", (3,))]:
        size = math.prod(extents(name, shape))
        values = random.integers(0, shape[1], (count, size)) if integers(name) else random.uniform(-1, 1, (count, size))
        columns.append(values if integers(name) else values.astype("f4"))
        names += [f"{name}_{i}" for i in range(size)]
    with open(path, "w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(names)
        for i in range(count):
            writer.writerow([repr(v.item()) for block in columns for v in block[i]])


def read_rows(row, path):
    """The fields of the rows that write_rows wrote, flat."""
    with open(path) as file:
        table = list(csv.DictReader(file))
    return {name: numpy.array([[float(line[f"{name}_{i}"]) for i in range(math.prod(extents(name, shape)))] for line in table])
            for name, shape in list(row.fields.items()) + [("goal", (3,))]}


def program(row):
    """The row as a program over rows.csv and test.csv."""
    data, inputs, shaped = "", [], ""
    for name, shape in list(row.fields.items()) + [("goal", (3,))]:
        shape = extents(name, shape)
        size, kind = math.prod(shape), "i32" if integers(name) else "f32"
        data += f"  {name}: {kind}[{size}] = " + ", ".join(f'"{name}_{i}"' for i in range(size)) + "\n"
        if name == "goal":
            continue
        inputs.append(f"{name}_: {'i32' if integers(name) else 'float'}[batch, {size}]")
        axes = "abcdefg"[:len(shape)]
        sizes = ", ".join(f"{a} = {n}" for a, n in zip(axes[:-1], shape))
        shaped += f"  let {name} = " + (f'rearrange("r ({" ".join(axes)}) -> r {" ".join(axes)}", {name}_, {sizes})'
                                       if len(shape) > 1 else f"{name}_") + "\n"
    head = "flatten(made) |> dense(3)" if row.head else "made"
    call = ", ".join(row.fields)
    return ("data rows {\n  train csv(\"rows.csv\")\n  validation csv(\"test.csv\")\n" + data + "}\n"
            "fn first(pair) = pair[0]\nfn placed[b, t, d](x: float[b, t, d]) -> float[b, t, d] = x + sinusoid(t, d)\n"
            f"model net({', '.join(inputs)}) {{\n{shaped}  let made = {row.body}\n  {head}\n}}\n"
            f"train t on rows {{\n  let y = net({call})\n  predict y = y\n  loss {row.loss[0]}\n"
            f"  optimizer {OPTIMIZERS[row.optimizer][0]}\n  batch {BATCH}\n  epochs 1\n}}\n")


class Network(nn.Module):
    def __init__(self, row):
        super().__init__()
        self.core, self.row = row.module(), row
        if row.head:
            self.head = None  # its place is known after the first output

    def forward(self, fields):
        y = self.core(*(fields[name] for name in self.row.fields))
        return self.head(y.flatten(1)) if self.row.head else y


def fields_of(row, raw, dtype):
    """One batch's fields in their shapes."""
    fields = {}
    for name, shape in list(row.fields.items()) + [("goal", (3,))]:
        if name not in raw:  # a goal that the row's own loss does not read
            continue
        tensor = torch.from_numpy(numpy.array(raw[name]))
        tensor = tensor.to(torch.int64 if integers(name) else dtype)
        fields[name] = tensor.reshape(len(tensor), *extents(name, shape))
    return fields


def loss_of(row, y, fields):
    return row.loss[1](y, fields) if row.loss[1] else functional.mse_loss(y, fields["goal"])


def paths(network, initial):
    """Pairs of the network's names and mlc's paths."""
    used = {}
    for name in network.state_dict():
        path = head_path(initial) + name[len("head"):].replace(".weight", ".w") if name.startswith("head") else path_of(name)
        if path:
            used[name] = path
    return used


def head_path(initial):
    """The last dense layer of the model itself."""
    return max((path.rpartition(".")[0] for path in initial if path.count(".") == 2 and ".dense_" in path),
               key=lambda path: int(path.rpartition("_")[2]))


def network_of(row, dump):
    """PyTorch's network with mlc's initial weights, in f64, and mlc's path of each of its tensors."""
    network = Network(row)
    if row.head:
        with torch.no_grad():
            network.core.draws = dump.read("random_0")
            first = fields_of(row, dump.read("batch_0"), torch.float32)
            network.head = nn.Linear(network.core.eval()(*(first[name] for name in row.fields)).flatten(1).shape[1], 3)
    network.train()
    used = paths(network, dump.initial)
    if left := set(dump.initial) - set(used.values()):
        sys.exit(f"{row.name}: mlc has tensors that PyTorch's network lacks: {', '.join(sorted(left))}")
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if name in used:
                value = to_torch(used[name], dump.initial[used[name]])
                if value.shape != tensor.shape:
                    sys.exit(f"{row.name}: {used[name]} is {tuple(value.shape)}, PyTorch's {name} {tuple(tensor.shape)}")
                tensor.copy_(value)
    return network.double(), used


def compare(name, folder, args):
    row, = (row for row in LAYERS if row.name == name)
    random = numpy.random.default_rng(list(name.encode()))
    write_rows(row, folder / "rows.csv", TRAIN, random)
    write_rows(row, folder / "test.csv", TEST, random)
    (folder / "net.mlc").write_text(program(row))
    dump = Dump(folder / "net.mlc", folder, args, "--seed", str(args.seed), "--dump-random", folder / "dump")
    network, used = network_of(row, dump)
    _, make_optimizer, *schedule = OPTIMIZERS[row.optimizer]
    optimizer = make_optimizer(network.parameters())
    schedule = schedule[0](optimizer, args.steps) if schedule else None
    theirs, error = [], 0.0
    for step in range(args.steps):
        network.core.draws = dump.read(f"random_{step}")
        fields = fields_of(row, dump.read(f"batch_{step}"), torch.float64)
        optimizer.zero_grad()
        loss = loss_of(row, network(fields), fields)
        loss.backward()
        if step == 0:
            error = gradient_error([(p.grad, to_torch(used[n], dump.gradients[used[n]])) for n, p in network.named_parameters()])
        optimizer.step()
        if schedule:
            schedule.step()
        theirs.append(loss.item())
    network.eval()
    expected = evaluated(row, network, fields_of(row, read_rows(row, folder / "test.csv"), torch.float64))
    return {"mlc": dump.losses, "torch": theirs, "grad_error": error, "eval_error": abs(dump.evaluation() / expected - 1)}


def evaluated(row, network, fields):
    """The loss over the test rows; sums over sums, so that batches do not matter but for losses over a whole batch."""
    with torch.no_grad():
        if row.name != "contrastive":
            return loss_of(row, network(fields), fields).item()
        parts = [{n: f[i:i + BATCH] for n, f in fields.items()} for i in range(0, TEST, BATCH)]
        return sum(loss_of(row, network(p), p).item() * len(p["x"]) for p in parts) / TEST


def without_row():
    """The prelude's layers and optimizers, losses and schedules that no row mentions."""
    said = " ".join(f"{row.body} {row.loss[0]} {OPTIMIZERS[row.optimizer][0]}" for row in LAYERS)
    missing = []
    for file in (models.ROOT / "frontend/prelude").glob("*.mlc"):
        kinds = "layer|optimizer" + ("|fn" if file.stem in ("losses", "optimizers") else "")
        missing += [name for name in re.findall(rf"^(?:{kinds}) (\w+)", file.read_text(), re.MULTILINE)
                    if name != "accuracy" and not re.search(rf"\b{name}\b", said)]
    return missing


if __name__ == "__main__":
    if missing := without_row():
        sys.exit(f"layer_rows.py has no row for {', '.join(missing)}")
    agreement.main(__doc__, "layers", [row.name for row in LAYERS], pathlib.Path(__file__).with_name("layer_results.json"),
                   compare, seed=0)
