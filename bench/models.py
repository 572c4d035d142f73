"""The benchmark models in PyTorch, and what crosses between mlc and PyTorch: safetensors files and layouts.

mlc keeps pictures as [rows, height, width, channels], convolution weights as [height, width, in, out] and dense
weights as [in, out]; PyTorch has channels before height and width, and out before in.
"""
import gzip
import json
import pathlib
import struct

import numpy
import torch
from torch import nn

from element_types import numpy_of_safetensors

ROOT = pathlib.Path(__file__).resolve().parent.parent
FASHION = pathlib.Path("/usr/share/datasets/fashion-mnist")

# Name, and the model text that mlc trains.
SOURCES = {
    "lenet": ROOT / "examples/fashion/lenet.mlc",
    "mlp": ROOT / "examples/fashion/mlp.mlc",
    "lenet_batch_norm": ROOT / "bench/parity/lenet_batch_norm.mlc",
    "mlp_batch_norm": ROOT / "bench/parity/mlp_batch_norm.mlc",
}


class FlattenLastChannel(nn.Module):
    """Flattens [n, c, h, w] in mlc's order h, w, c."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


def build(name, flatten=FlattenLastChannel):
    """A Sequential whose layers with parameters are named as mlc names them, dots written as double underscores."""
    norm = name.endswith("batch_norm")
    layers, counts = nn.Sequential(), {}

    def add(kind, layer):
        counts[kind] = counts.get(kind, 0) + 1
        layers.add_module(f"{name}__{kind}_{counts[kind]}", layer)

    def conv(inputs, outputs, pad):
        add("conv", nn.Conv2d(inputs, outputs, 5, padding=pad, bias=not norm))
        if norm:
            add("batch_norm", nn.BatchNorm2d(outputs))
        add("relu", nn.ReLU())
        add("max_pool", nn.MaxPool2d(2))

    def dense(inputs, outputs, last=False):
        add("dense", nn.Linear(inputs, outputs))
        if not last:
            if norm:
                add("batch_norm", nn.BatchNorm1d(outputs))
            add("relu", nn.ReLU())

    if name.startswith("lenet"):
        conv(1, 6, 2)
        conv(6, 16, 0)
        add("flatten", flatten())
        dense(400, 120)
        dense(120, 84)
        dense(84, 10, last=True)
    else:
        add("flatten", flatten())
        dense(784, 256)
        dense(256, 128)
        dense(128, 10, last=True)
    return layers


# PyTorch's leaf names where mlc has others, of all layers and of some.
LEAVES = {"weight": "w", "running_mean": "mean", "running_var": "var",
          "weight_ih_l0": "wx", "weight_hh_l0": "wh", "bias_ih_l0": "bias_x", "bias_hh_l0": "bias_h"}
LEAVES_OF = {"batch_norm": {"weight": "scale", "bias": "shift"}, "layer_norm": {"weight": "scale", "bias": "shift"},
             "embedding": {"weight": "table"}}


def path_of(torch_name):
    """mlc's path of a PyTorch parameter or buffer: `lenet__conv_1.weight` is `lenet.conv_1.w`."""
    module, leaf = torch_name.replace("__", ".").rsplit(".", 1)
    if leaf == "num_batches_tracked":
        return None
    layer = module.rsplit(".", 1)[-1].rsplit("_", 1)[0]
    return module + "." + LEAVES_OF.get(layer, {}).get(leaf, LEAVES.get(leaf, leaf))


def to_torch(array, path="w"):
    """A parameter or gradient of mlc, by its path, in PyTorch's layout."""
    tensor = torch.from_numpy(numpy.array(array))
    if path.rsplit(".", 1)[-1] not in ("w", "wx", "wh"):
        return tensor
    return {4: lambda: tensor.permute(3, 2, 0, 1), 2: tensor.t}.get(tensor.ndim, lambda: tensor)().contiguous()


def read_safetensors(path):
    """{name: array}. The format: u64 length, a JSON header, the bytes."""
    data = pathlib.Path(path).read_bytes()
    size, = struct.unpack_from("<Q", data)
    header = json.loads(data[8:8 + size])
    types = numpy_of_safetensors()
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = (8 + size + offset for offset in entry["data_offsets"])
            tensors[name] = numpy.frombuffer(data[begin:end], types[entry["dtype"]]).reshape(entry["shape"])
    return tensors


def fashion(split="train"):
    """Fashion-MNIST as arrays [n, 28, 28] u8 and [n] u8."""
    def idx(name):
        data = gzip.decompress((FASHION / name).read_bytes())
        rank = data[3]
        shape = struct.unpack_from(f">{rank}I", data, 4)
        return numpy.frombuffer(data, "u1", offset=4 + 4 * rank).reshape(shape)
    return idx(f"{split}-images-idx3-ubyte.gz"), idx(f"{split}-labels-idx1-ubyte.gz")
