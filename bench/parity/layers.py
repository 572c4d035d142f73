"""Each layer, loss and optimizer of the prelude alone: a small network around it, trained in mlc and in PyTorch from the
same weights on the same batches, as parity.py does it for whole models; then both are evaluated on other rows.

A row of LAYERS has the fields of the data (the shape of one row; integers below a number), the mlc expression over them
that is made a layer, and a PyTorch module over the same tensors, in mlc's layout (channels last). Both go through
a dense layer to three numbers, unless the row has a loss of its own. PyTorch's module names its parameters as mlc does,
dots written as double underscores; NAMES has the leaves that differ.
"""
import argparse
import csv
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import numpy
import torch
from torch import nn
from torch.nn import functional

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import models  # noqa: E402

TOLERANCE = 1e-4
TRAIN, TEST, BATCH = 64, 24, 16


class Named(nn.Module):
    """A module made of others, by name, and a function of it and its inputs."""

    def __init__(self, forward, **parts):
        super().__init__()
        for name, part in parts.items():
            self.register_parameter(name, part) if isinstance(part, nn.Parameter) else self.add_module(name, part)
        self.function = forward

    def forward(self, *inputs):
        return self.function(self, *inputs)


def channels_first(x):
    return x.movedim(-1, 1).contiguous()  # GroupNorm crashes on the strides of movedim


def channels_last(x):
    return x.movedim(1, -1)


def on_pictures(**parts):
    """The parts in order, on channels first."""
    def forward(self, x):
        x = channels_first(x)
        for part in self.children():
            x = part(x)
        return channels_last(x)
    return Named(forward, **parts)


def in_order(**parts):
    """The parts in order; fields beyond the first are the loss's."""
    def forward(self, x, *others):
        for part in self.children():
            x = part(x)
        return x
    return Named(forward, **parts)


def function(f):
    return Named(lambda self, *inputs: f(*inputs))


def attention(width, heads, causal=False, masked=False):
    """nn.MultiheadAttention, which keeps its projections as mlc's dense layers do."""
    def forward(self, x, ok=None):
        t = x.shape[1]
        hidden = torch.ones(t, t, dtype=torch.bool).triu(1) if causal else None
        padding = ok < -0.9 if masked else None
        return self.attention_1(x, x, x, attn_mask=hidden, key_padding_mask=padding, need_weights=False)[0]
    return Named(forward, attention_1=nn.MultiheadAttention(width, heads, batch_first=True))


def cross_attention(width, memory, heads):
    def forward(self, x, m):
        q = self.cross_attention_1__dense_1(x)
        k, v = self.cross_attention_1__dense_2(m).chunk(2, -1)
        q, k, v = (z.unflatten(-1, (heads, -1)).transpose(1, 2) for z in (q, k, v))
        y = functional.scaled_dot_product_attention(q, k, v)
        return self.cross_attention_1__dense_3(y.transpose(1, 2).flatten(2))
    return Named(forward, cross_attention_1__dense_1=nn.Linear(width, width),
                 cross_attention_1__dense_2=nn.Linear(memory, 2 * width),
                 cross_attention_1__dense_3=nn.Linear(width, width))


def recurrent(name, part):
    return Named(lambda self, x: getattr(self, name)(x)[0], **{name: part})


def rotary(x, base=10000.0):
    t, d = x.shape[-2:]
    angle = torch.arange(t, dtype=x.dtype)[:, None] * base ** (-2 * torch.arange(d // 2, dtype=x.dtype) / d)
    u, v = x.chunk(2, -1)
    return torch.cat([u * angle.cos() - v * angle.sin(), v * angle.cos() + u * angle.sin()], -1)


def swiglu(inputs, hidden):
    def forward(self, x):
        return self.swiglu_1__dense_3(functional.silu(self.swiglu_1__dense_1(x)) * self.swiglu_1__dense_2(x))
    return Named(forward, swiglu_1__dense_1=nn.Linear(inputs, hidden, bias=False),
                 swiglu_1__dense_2=nn.Linear(inputs, hidden, bias=False),
                 swiglu_1__dense_3=nn.Linear(hidden, inputs, bias=False))


def separable_block():
    p = "separable_block_1__"
    return on_pictures(**{p + "conv_1": nn.Conv2d(3, 3, 3, 2, 1, groups=3, bias=False), p + "batch_norm_1": nn.BatchNorm2d(3),
                          "relu_1": nn.ReLU(), p + "conv_2": nn.Conv2d(3, 4, 1, bias=False),
                          p + "batch_norm_2": nn.BatchNorm2d(4), "relu_2": nn.ReLU()})


class Row:
    """`loss` is mlc text over `y` (the network's output) and fields, and the function in PyTorch."""

    def __init__(self, name, fields, body, module, head=True, loss=("mse(y, goal)", None), optimizer="adam"):
        self.name, self.fields, self.body, self.module, self.head, self.loss = name, fields, body, module, head, loss
        self.optimizer = optimizer


def contrastive(y, fields):
    a, b = (functional.normalize(z) for z in y.chunk(2, 1))
    score, at = a @ b.T / 0.5, torch.arange(len(a))
    return (functional.cross_entropy(score, at) + functional.cross_entropy(score.T, at)) / 2


X = {"x": (3, 8)}
PICTURE, LINE = {"x": (6, 5, 3)}, {"x": (9, 4)}
MLP = "x |> dense(7) |> tanh"
LAYERS = [
    Row("dense", X, "x |> dense(5)", lambda: in_order(dense_1=nn.Linear(8, 5))),
    Row("conv_strided", PICTURE, "x |> conv(4, 3, stride = 2, pad = 1)", lambda: on_pictures(conv_1=nn.Conv2d(3, 4, 3, 2, 1))),
    Row("conv_dilated", PICTURE, "x |> conv(4, 3, dilation = 2, pad = 2)",
        lambda: on_pictures(conv_1=nn.Conv2d(3, 4, 3, 1, 2, 2))),
    Row("conv_groups", {"x": (6, 5, 4)}, "x |> conv(6, 3, groups = 2, stride = 2)",
        lambda: on_pictures(conv_1=nn.Conv2d(4, 6, 3, 2, groups=2))),
    Row("conv_depthwise", PICTURE, "x |> conv(6, 3, groups = 3, stride = 2, pad = 1)",
        lambda: on_pictures(conv_1=nn.Conv2d(3, 6, 3, 2, 1, groups=3))),
    Row("conv_asymmetric", PICTURE, "x |> conv(4, 4, pad = 1, pad_end = 2)",
        lambda: on_pictures(pad_1=nn.ZeroPad2d((1, 2, 1, 2)), conv_1=nn.Conv2d(3, 4, 4))),
    Row("conv_1d", LINE, "x |> conv(4, 3, stride = 2, pad = 1)", lambda: on_pictures(conv_1=nn.Conv1d(4, 4, 3, 2, 1))),
    Row("conv_causal", LINE, "x |> conv(4, 3, dilation = 2, pad = 4, pad_end = 0)",
        lambda: on_pictures(pad_1=nn.ConstantPad1d((4, 0), 0.0), conv_1=nn.Conv1d(4, 4, 3, dilation=2))),
    # The convolution before makes the input's gradient count.
    Row("conv_input_gradient", PICTURE, "x |> conv(4, 1) |> conv(5, 3, stride = 2, pad = 1)",
        lambda: on_pictures(conv_1=nn.Conv2d(3, 4, 1), conv_2=nn.Conv2d(4, 5, 3, 2, 1))),
    Row("conv_transpose", {"x": (3, 4, 3)}, "x |> conv_transpose(4, 4, stride = 2, pad = 1)",
        lambda: on_pictures(conv_transpose_1=nn.ConvTranspose2d(3, 4, 4, 2, 1))),
    Row("conv_transpose_groups", {"x": (3, 4, 4)}, "x |> conv_transpose(6, 3, stride = 3, groups = 2, dilation = 2)",
        lambda: on_pictures(conv_transpose_1=nn.ConvTranspose2d(4, 6, 3, 3, groups=2, dilation=2))),
    Row("conv_transpose_1d", {"x": (5, 3)}, "x |> conv_transpose(4, 3, stride = 2, pad = 1, extra = 1)",
        lambda: on_pictures(conv_transpose_1=nn.ConvTranspose1d(3, 4, 3, 2, 1, 1))),
    Row("separable_block", PICTURE, "x |> separable_block(4, stride = 2)", separable_block),
    Row("max_pool", PICTURE, "x |> conv(4, 1) |> max_pool(3, stride = 2, pad = 1)",
        lambda: on_pictures(conv_1=nn.Conv2d(3, 4, 1), pool_1=nn.MaxPool2d(3, 2, 1))),
    Row("max_pool_1d", LINE, "x |> conv(4, 1) |> max_pool(2)",
        lambda: on_pictures(conv_1=nn.Conv1d(4, 4, 1), pool_1=nn.MaxPool1d(2))),
    Row("avg_pool", PICTURE, "x |> conv(4, 1) |> avg_pool(3, stride = 2, pad = 1)",
        lambda: on_pictures(conv_1=nn.Conv2d(3, 4, 1), pool_1=nn.AvgPool2d(3, 2, 1))),
    Row("batch_norm", PICTURE, "x |> batch_norm", lambda: on_pictures(batch_norm_1=nn.BatchNorm2d(3))),
    Row("layer_norm", X, "x |> layer_norm", lambda: in_order(layer_norm_1=nn.LayerNorm(8))),
    Row("group_norm", {"x": (3, 2, 6)}, "x |> group_norm(3)", lambda: on_pictures(group_norm_1=nn.GroupNorm(3, 6))),
    Row("instance_norm", PICTURE, "x |> instance_norm(affine = true)",
        lambda: on_pictures(instance_norm_1=nn.InstanceNorm2d(3, affine=True))),
    Row("rms_norm", X, "x |> rms_norm(eps = 1e-5)", lambda: in_order(rms_norm_1=nn.RMSNorm(8, eps=1e-5))),
    Row("swiglu", X, "x |> swiglu(12)", lambda: swiglu(8, 12)),
    Row("embedding", {"k": (4, 9)}, "k |> embedding(9, 5)", lambda: Named(lambda self, k: self.embedding_1(k), embedding_1=nn.Embedding(9, 5))),
    Row("learned_positions", X, "x |> learned_positions",
        lambda: Named(lambda self, x: x + self.learned_positions_1__place, learned_positions_1__place=nn.Parameter(torch.zeros(3, 8)))),
    Row("rotary", X, "x |> dense(8) |> rotary", lambda: Named(lambda self, x: rotary(self.dense_1(x)), dense_1=nn.Linear(8, 8))),
    Row("attention", X, "x |> attention(2)", lambda: attention(8, 2)),
    Row("attention_causal", X, "x |> attention(4, causal = true)", lambda: attention(8, 4, causal=True)),
    Row("attention_masked", {"x": (3, 8), "ok": (3,)}, "x |> attention(2, mask = |> key_mask(ok >= -0.9))",
        lambda: attention(8, 2, masked=True)),
    Row("cross_attention", {"x": (3, 8), "m": (5, 6)}, "x |> cross_attention(m, 2)", lambda: cross_attention(8, 6, 2)),
    Row("rnn", {"x": (6, 4)}, "x |> rnn(5)", lambda: recurrent("rnn_1", nn.RNN(4, 5, batch_first=True))),
    Row("lstm", {"x": (6, 4)}, "x |> lstm(5)", lambda: recurrent("lstm_1", nn.LSTM(4, 5, batch_first=True))),
    Row("gru", {"x": (6, 4)}, "x |> gru(5)", lambda: recurrent("gru_1", nn.GRU(4, 5, batch_first=True))),
    Row("bidirectional_lstm", {"x": (6, 4)}, "x |> bidirectional(|> lstm(5))",
        lambda: recurrent("bidirectional_1", nn.LSTM(4, 5, batch_first=True, bidirectional=True))),
    Row("bidirectional_gru", {"x": (6, 4)}, "x |> bidirectional(|> gru(5))",
        lambda: recurrent("bidirectional_1", nn.GRU(4, 5, batch_first=True, bidirectional=True))),
    Row("cumsum", {"x": (8,)}, "cumsum(x |> dense(6))", lambda: Named(lambda self, x: self.dense_1(x).cumsum(-1), dense_1=nn.Linear(8, 6))),
    Row("sort", {"x": (8,)}, "first(sort(x |> dense(6)))", lambda: Named(lambda self, x: self.dense_1(x).sort(-1)[0], dense_1=nn.Linear(8, 6))),
    Row("topk", {"x": (8,)}, "first(topk(x |> dense(6), 3))", lambda: Named(lambda self, x: self.dense_1(x).topk(3)[0], dense_1=nn.Linear(8, 6))),
    Row("take_along", {"x": (8,), "k": (2, 6)}, "take_along(x |> dense(6), k)",
        lambda: Named(lambda self, x, k: self.dense_1(x).gather(-1, k), dense_1=nn.Linear(8, 6))),
    Row("cross_entropy_smooth", {"x": (8,), "k": (1, 5)}, "x |> dense(5)", lambda: in_order(dense_1=nn.Linear(8, 5)), head=False,
        loss=("cross_entropy(y, k[:, 0], smooth = 0.1)", lambda y, f: functional.cross_entropy(y, f["k"][:, 0], label_smoothing=0.1))),
    Row("cross_entropy_weight", {"x": (8,), "k": (1, 5)}, "x |> dense(5)", lambda: in_order(dense_1=nn.Linear(8, 5)), head=False,
        loss=("cross_entropy(y, k[:, 0]) weight k[:, 0] != 0",
              lambda y, f: functional.cross_entropy(y, f["k"][:, 0], ignore_index=0))),
    Row("kl", {"x": (8,), "z": (5,)}, "x |> dense(5)", lambda: in_order(dense_1=nn.Linear(8, 5)), head=False,
        loss=("kl(log_softmax(y), softmax(z))",
              lambda y, f: functional.kl_div(y.log_softmax(-1), f["z"].softmax(-1), reduction="batchmean"))),
    Row("contrastive", {"x": (8,)}, "x |> dense(10)", lambda: in_order(dense_1=nn.Linear(8, 10)), head=False,
        loss=("contrastive(y[:, :5], y[:, 5:], temperature = 0.5)", contrastive)),
    Row("adagrad", {"x": (8,)}, MLP, lambda: in_order(dense_1=nn.Linear(8, 7), tanh=nn.Tanh()), optimizer="adagrad"),
    Row("adamw", {"x": (8,)}, MLP, lambda: in_order(dense_1=nn.Linear(8, 7), tanh=nn.Tanh()), optimizer="adamw"),
    Row("rmsprop", {"x": (8,)}, MLP, lambda: in_order(dense_1=nn.Linear(8, 7), tanh=nn.Tanh()), optimizer="rmsprop"),
    Row("sgd", {"x": (8,)}, MLP, lambda: in_order(dense_1=nn.Linear(8, 7), tanh=nn.Tanh()), optimizer="sgd"),
]

# mlc's line, and PyTorch's class with its options.
OPTIMIZERS = {
    "adam": ("adam(lr = 1e-3)", lambda p: torch.optim.Adam(p, lr=1e-3)),
    "adamw": ("adamw(lr = 1e-2, decay = 0.1)", lambda p: torch.optim.AdamW(p, lr=1e-2, weight_decay=0.1)),
    "adagrad": ("adagrad(lr = 1e-2, decay = 0.1)", lambda p: torch.optim.Adagrad(p, lr=1e-2, weight_decay=0.1)),
    "rmsprop": ("rmsprop(lr = 1e-3, momentum = 0.9)", lambda p: torch.optim.RMSprop(p, lr=1e-3, momentum=0.9)),
    "sgd": ("sgd(lr = 0.05, momentum = 0.9, nesterov = true, decay = 1e-2)",
            lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-2)),
}

# Leaves that mlc names otherwise: of a norm, an embedding, nn.MultiheadAttention.
NAMES = {"weight": "w", "running_mean": "mean", "running_var": "var", "in_proj_weight": "dense_1.w", "in_proj_bias": "dense_1.bias",
         "out_proj.weight": "dense_2.w", "out_proj.bias": "dense_2.bias"}


def path_of(name):
    """mlc's path of a parameter or buffer of PyTorch's network."""
    if name.endswith("num_batches_tracked"):
        return None
    module, _, leaf = name.removeprefix("core.").partition(".")
    if "norm" in module:
        leaf = {"weight": "scale", "bias": "shift"}.get(leaf, leaf)
    if "embedding" in module:
        leaf = "table"
    if leaf.endswith(("_l0", "_l0_reverse")):
        # Two directions are two applications of bidirectional's function.
        kind, _, side = leaf.partition("_l0")
        leaf = {"weight_ih": "wx", "weight_hh": "wh", "bias_ih": "bias_x", "bias_hh": "bias_h"}[kind]
        if "bidirectional" in module:
            leaf = ("f_2." if side else "f_1.") + leaf
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
            "fn first(pair) = pair[0]\n"
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


def compare(row, folder, steps, mlc):
    random = numpy.random.default_rng(list(row.name.encode()))
    write_rows(row, folder / "rows.csv", TRAIN, random)
    write_rows(row, folder / "test.csv", TEST, random)
    (folder / "net.mlc").write_text(program(row))
    run = subprocess.run([mlc, "train", "net.mlc", "--steps", str(steps), "--dump-parity", "dump"], cwd=folder,
                         capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"mlc train {row.name} failed:\n{run.stderr}\n{program(row)}")
    ours = json.loads((folder / "dump/losses.json").read_text())
    initial = models.read_safetensors(folder / "dump/initial.safetensors")
    gradients = models.read_safetensors(folder / "dump/gradients.safetensors")

    network = Network(row)
    if row.head:
        with torch.no_grad():
            first = fields_of(row, models.read_safetensors(folder / "dump/batch_0.safetensors"), torch.float32)
            network.head = nn.Linear(network.core.eval()(*(first[name] for name in row.fields)).flatten(1).shape[1], 3)
    network.train()
    used = paths(network, initial)
    left = set(initial) - set(used.values())
    if left:
        sys.exit(f"{row.name}: mlc has tensors that PyTorch's network lacks: {', '.join(sorted(left))}")
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if name in used:
                value = to_torch(used[name], initial[used[name]])
                if value.shape != tensor.shape:
                    sys.exit(f"{row.name}: {used[name]} is {tuple(value.shape)}, PyTorch's {name} {tuple(tensor.shape)}")
                tensor.copy_(value)
    network = network.double()
    optimizer = OPTIMIZERS[row.optimizer][1](network.parameters())
    theirs, error = [], 0.0
    for step in range(steps):
        fields = fields_of(row, models.read_safetensors(folder / f"dump/batch_{step}.safetensors"), torch.float64)
        optimizer.zero_grad()
        loss = loss_of(row, network(fields), fields)
        loss.backward()
        if step == 0:
            pairs = [(p.grad, to_torch(used[n], gradients[used[n]])) for n, p in network.named_parameters()]
            largest = max(e.abs().max().item() for e, _ in pairs)
            for expected, got in pairs:
                scale = expected.abs().max().item()
                error = max(error, (expected - got).abs().max().item() / (scale if scale > 1e-6 * largest else largest))
        optimizer.step()
        theirs.append(loss.item())
    network.eval()
    with open(folder / "test.csv") as file:
        table = list(csv.DictReader(file))
    raw = {}
    for name, shape in list(row.fields.items()) + [("goal", (3,))]:
        size = math.prod(extents(name, shape))
        raw[name] = numpy.array([[float(line[f"{name}_{i}"]) for i in range(size)] for line in table])
    expected = evaluated(row, network, fields_of(row, raw, torch.float64))
    got = json.loads((folder / "dump/evaluation.json").read_text())
    return ours, theirs, error, got, expected


def evaluated(row, network, fields):
    """The loss over the test rows; sums over sums, so that batches do not matter but for losses over a whole batch."""
    with torch.no_grad():
        if row.name != "contrastive":
            return loss_of(row, network(fields), fields).item()
        parts = [{n: f[i:i + BATCH] for n, f in fields.items()} for i in range(0, TEST, BATCH)]
        return sum(loss_of(row, network(p), p).item() * len(p["x"]) for p in parts) / TEST


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", nargs="+", default=[row.name for row in LAYERS], choices=[row.name for row in LAYERS])
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--mlc", default=str(models.ROOT / "build/release/bin/mlc"))
    args = parser.parse_args()
    results, good = [], True
    for row in LAYERS:
        if row.name not in args.layers:
            continue
        with tempfile.TemporaryDirectory() as folder:
            ours, theirs, error, got, expected = compare(row, pathlib.Path(folder), args.steps, args.mlc)
        apart = float(numpy.max(numpy.abs(numpy.array(ours) / numpy.array(theirs) - 1)))
        tested = abs(got["loss"] / expected - 1)
        passed = len(ours) == args.steps and max(apart, error, tested) <= TOLERANCE  # false for NaN
        good = good and passed
        results.append({"name": row.name, "mlc": ours, "torch": theirs, "grad_error": error, "eval_error": tested})
        print(f"{row.name:24} losses within {apart:.1e}, gradients within {error:.1e}, evaluation within {tested:.1e}   "
              f"{'good' if passed else 'TOO FAR APART'}", flush=True)
    if len(results) == len(LAYERS):
        out = pathlib.Path(__file__).with_name("layer_results.json")
        out.write_text(json.dumps({"layers": results}, indent=1) + "\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
