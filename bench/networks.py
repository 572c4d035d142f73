"""Networks in PyTorch over mlc's tensors by their paths, and how they are trained: what bench/parity and bench/quality share."""
import math
import sys

import numpy
import torch
from torch import nn
from torch.nn import functional


def draw(draws, prefix, rows):
    """The numbers that mlc drew for `rows` rows at the only place whose path begins with `prefix`. A smaller batch draws the
    same for the rows it has."""
    found = [values for site, values in draws.items() if site.startswith(prefix)]
    if len(found) != 1:
        sys.exit(f"{len(found)} places begin with {prefix}: {', '.join(draws)}")
    return torch.from_numpy(numpy.array(found[0][:rows])).double()


def kept(u, x, p):
    """Dropout by numbers u that are uniform in [0, 1)."""
    return torch.where(u >= float(numpy.float32(p)), x / (1 - p), torch.zeros_like(x))


class Net:
    """mlc's tensors by path and layers over them. Pictures have channels last.

    `draws` are the random numbers of a step, by the path of the place that draws; None lets PyTorch draw.
    """

    def __init__(self, initial, trainable, dtype=torch.float64):
        self.tensors = {name: torch.from_numpy(numpy.array(value)).to(dtype) for name, value in initial.items()}
        for name in trainable:
            self.tensors[name].requires_grad_()
        self.trainable = [self.tensors[name] for name in trainable]
        self.training, self.draws, self.modules = True, None, {}

    def __getitem__(self, path):
        return self.tensors[path]

    def dense(self, path, x):
        y = x @ self[path + ".w"]
        return y + self[path + ".bias"] if path + ".bias" in self.tensors else y

    def conv(self, path, x, stride=1, pad=0):
        y = functional.conv2d(x.permute(0, 3, 1, 2), self[path + ".w"].permute(3, 2, 0, 1),
                              self.tensors.get(path + ".bias"), stride, pad)
        return y.permute(0, 2, 3, 1)

    def batch_norm(self, path, x):
        y = functional.batch_norm(x.movedim(-1, 1), self[path + ".mean"], self[path + ".var"], self[path + ".scale"],
                                  self[path + ".shift"], self.training)
        return y.movedim(1, -1)

    def layer_norm(self, path, x):
        return functional.layer_norm(x, x.shape[-1:], self[path + ".scale"], self[path + ".shift"])

    def dropout(self, site, x, p):
        if self.draws is None or not self.training:
            return functional.dropout(x, p, self.training)
        return kept(draw(self.draws, site, len(x)), x, p)

    def recurrent(self, kind, path, x, lengths=None):
        """nn.LSTM or nn.GRU over x, of packed sequences if lengths are given; the output at every step, zero after the end."""
        wx, wh = self[path + ".wx"].T, self[path + ".wh"].T
        biases = [self.tensors.get(path + name) for name in (".bias_x", ".bias_h")]
        if biases[0] is None:
            biases = [self[path + ".bias"], torch.zeros_like(self[path + ".bias"])]
        key = kind, wx.shape[1], wh.shape[1]
        if key not in self.modules:  # built once: it draws weights that are not used
            self.modules[key] = kind(*key[1:], batch_first=True).to(wx.dtype)
        module = self.modules[key]
        weights = dict(zip(("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"), (wx, wh, *biases)))
        if lengths is not None:
            x_packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
            y, _ = torch.func.functional_call(module, weights, (x_packed,))
            return nn.utils.rnn.pad_packed_sequence(y, batch_first=True, total_length=x.shape[1])[0]
        return torch.func.functional_call(module, weights, (x,))[0]


def heads_of(x, heads):
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def attend(n, path, q, k, v, heads, mask):
    y = functional.scaled_dot_product_attention(*(heads_of(z, heads) for z in (q, k, v)), attn_mask=mask)
    return n.dense(path, y.transpose(1, 2).flatten(2))


def causal(t):
    return torch.ones(t, t, dtype=torch.bool).tril()


def sinusoid(length, d):
    angle = torch.arange(length).double()[:, None] * torch.exp(torch.arange(d // 2).double() * (-math.log(10000) / (d / 2)))
    return torch.cat([angle.sin(), angle.cos()], -1)


def gpt_logits(n, x, depth, heads):
    h = n["gpt.token"][x] + n["gpt.place"]
    h = n.dropout("gpt.dropout_1", h, 0.1)
    for i in range(depth):
        p, s = f"gpt.blocks.{i}", f"gpt.blocks.{i}.block_1"
        q, k, v = n.dense(p + ".attention_1.dense_1", n.layer_norm(p + ".layer_norm_1", h)).chunk(3, -1)
        y = attend(n, p + ".attention_1.dense_2", q, k, v, heads, causal(x.shape[1]))
        h = h + n.dropout(s + ".dropout_1", y, 0.1)
        y = functional.gelu(n.dense(p + ".dense_1", n.layer_norm(p + ".layer_norm_2", h)))
        h = h + n.dropout(s + ".dropout_2", n.dense(p + ".dense_2", y), 0.1)
    return n.layer_norm("gpt.layer_norm_1", h) @ n["gpt.token"].T


def gpt_optimizer(n):
    """AdamW with decay on matrices only."""
    def plain(name):
        return name.endswith((".bias", ".scale", ".shift"))
    return torch.optim.AdamW([{"params": [t for name, t in n.tensors.items() if not plain(name)], "weight_decay": 0.1},
                              {"params": [t for name, t in n.tensors.items() if plain(name)], "weight_decay": 0.0}])


def cross_entropy(logits, y, **options):
    """The mean over rows and places."""
    return functional.cross_entropy(logits.flatten(0, 1), y.flatten(), **options)


def cosine(progress):
    return 0.5 * (1 + math.cos(math.pi * progress))


def update(n, optimizer, clip=None, rate=None):
    """A step with the gradients that are there: clipped, then at the learning rate `rate` if one is given."""
    if clip:
        nn.utils.clip_grad_norm_(n.trainable, clip)
    if rate is not None:
        for group in optimizer.param_groups:
            group["lr"] = rate
    optimizer.step()
