"""The rows of layers.py: each layer, loss, optimizer, schedule and augmentation of the prelude beside its like in PyTorch."""
import math

import torch
from torch import nn
from torch.nn import functional
from torch.optim import lr_scheduler

from networks import draw, heads_of, kept, sinusoid


class Named(nn.Module):
    """A module made of others, by name, and a function of it and its inputs. `draws` is what mlc drew in the step."""

    draws = {}

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


def rotary_attention(width, heads, drop):
    """Queries and keys turned by their places, weights dropped out."""
    def forward(self, x):
        q, k, v = (heads_of(z, heads) for z in self.attention_1__dense_1(x).chunk(3, -1))
        weight = (rotary(q) @ rotary(k).mT / math.sqrt(width // heads)).softmax(-1)
        if self.training:
            weight = kept(draw(self.draws, "net.attention_1.dropout_1", len(x)), weight, drop)
        return self.attention_1__dense_2((weight @ v).transpose(1, 2).flatten(2))
    return Named(forward, attention_1__dense_1=nn.Linear(width, 3 * width), attention_1__dense_2=nn.Linear(width, width))


def masked_lstm(inputs, hidden):
    """nn.LSTMCell, its state kept where a step does not count."""
    def forward(self, x, ok):
        h = c = torch.zeros(len(x), hidden, dtype=x.dtype)
        made = []
        for t in range(x.shape[1]):
            on = (ok[:, t] >= -0.2)[:, None]
            h, c = (torch.where(on, new, old) for new, old in zip(self.masked_lstm_1(x[:, t], (h, c)), (h, c)))
            made.append(h)
        return torch.stack(made, 1)
    return Named(forward, masked_lstm_1=nn.LSTMCell(inputs, hidden))


def dropped(p):
    def forward(self, x):
        y = self.dense_1(x)
        return kept(draw(self.draws, "net.dropout_1", len(x)), y, p) if self.training else y
    return Named(forward, dense_1=nn.Linear(8, 6))


def flipped(self, x):
    if not self.training:
        return x
    return torch.where((draw(self.draws, "net.random_flip_1", len(x)) < 0.5)[:, None, None, None], x.flip(2), x)


def cropped(self, x):
    """A window of the picture's own size, one zero around it."""
    if not self.training:
        return x
    _, h, w, _ = x.shape
    top, left = (torch.floor(draw(self.draws, f"net.random_crop_1.uniform_{i}", len(x)) * 3).long() for i in (1, 2))
    wide = functional.pad(x, (0, 0, 1, 1, 1, 1))
    return torch.stack([picture[i:i + h, j:j + w] for picture, i, j in zip(wide, top, left)])


def after_dense(f):
    return Named(lambda self, x: f(self.dense_1(x)), dense_1=nn.Linear(8, 6))


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


class Lion(torch.optim.Optimizer):
    """Chen et al., Symbolic Discovery of Optimization Algorithms (2023), algorithm 2. PyTorch has none."""

    def __init__(self, parameters, lr, decay, b1=0.9, b2=0.99):
        super().__init__(parameters, {"lr": lr, "decay": decay, "b1": b1, "b2": b2})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                way = (group["b1"] * m + (1 - group["b1"]) * p.grad).sign()
                p -= group["lr"] * (way + group["decay"] * p)
                m.lerp_(p.grad, 1 - group["b2"])


class Lamb(torch.optim.Optimizer):
    """You et al., Large Batch Optimization for Deep Learning (2020), algorithm 2, a layer being a parameter. PyTorch has none."""

    def __init__(self, parameters, lr, decay, b1=0.9, b2=0.999, eps=1e-6):
        super().__init__(parameters, {"lr": lr, "decay": decay, "b1": b1, "b2": b2, "eps": eps})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                state["m"].lerp_(p.grad, 1 - group["b1"])
                state["v"].lerp_(p.grad ** 2, 1 - group["b2"])
                m, v = (state[s] / (1 - group["b" + i] ** state["t"]) for s, i in (("m", "1"), ("v", "2")))
                way = m / (v.sqrt() + group["eps"]) + group["decay"] * p
                trust = p.norm() / way.norm() if p.norm() > 0 and way.norm() > 0 else 1
                p -= group["lr"] * trust * way


def kl_normal(y, fields):
    made = torch.distributions.Normal(y, torch.exp(fields["goal"] / 2))
    return torch.distributions.kl_divergence(made, torch.distributions.Normal(0.0, 1.0)).sum(-1).mean()


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
def sgd(p):
    return torch.optim.SGD(p, lr=0.1)


# mlc's line, PyTorch's class with its options, and PyTorch's schedule of a run if the rate moves.
OPTIMIZERS = {
    "adam": ("adam(lr = 1e-3)", lambda p: torch.optim.Adam(p, lr=1e-3)),
    "adam_decay": ("adam(lr = 1e-2, b1 = 0.8, b2 = 0.95, eps = 1e-6, decay = 0.1)",
                   lambda p: torch.optim.Adam(p, lr=1e-2, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1)),
    "adamw": ("adamw(lr = 1e-2, decay = 0.1)", lambda p: torch.optim.AdamW(p, lr=1e-2, weight_decay=0.1)),
    "adagrad": ("adagrad(lr = 1e-2, decay = 0.1)", lambda p: torch.optim.Adagrad(p, lr=1e-2, weight_decay=0.1)),
    "rmsprop": ("rmsprop(lr = 1e-3, momentum = 0.9)", lambda p: torch.optim.RMSprop(p, lr=1e-3, momentum=0.9)),
    "rmsprop_decay": ("rmsprop(lr = 1e-3, alpha = 0.9, decay = 0.1)",
                      lambda p: torch.optim.RMSprop(p, lr=1e-3, alpha=0.9, weight_decay=0.1)),
    "sgd": ("sgd(lr = 0.05, momentum = 0.9, nesterov = true, decay = 1e-2)",
            lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-2)),
    "sgd_plain": ("sgd(lr = 0.1)", sgd),
    "lion": ("lion(lr = 1e-3, decay = 0.1)", lambda p: Lion(p, lr=1e-3, decay=0.1)),
    "lamb": ("lamb(lr = 1e-2, decay = 0.1)", lambda p: Lamb(p, lr=1e-2, decay=0.1)),
    "cosine": ("sgd(lr = cosine(0.1, step / total_steps))", sgd, lambda o, n: lr_scheduler.CosineAnnealingLR(o, n)),
    "linear": ("sgd(lr = linear(0.1, 0.02, step / 15))", sgd, lambda o, n: lr_scheduler.LinearLR(o, 1, 0.2, 15)),
    "warmup": ("sgd(lr = 0.1 * warmup(5, step))", sgd, lambda o, n: lr_scheduler.LinearLR(o, 0.2, 1, 4)),
    "exponential": ("sgd(lr = exponential(0.1, 0.9, step))", sgd, lambda o, n: lr_scheduler.ExponentialLR(o, 0.9)),
    "steps_down": ("sgd(lr = steps_down(0.1, 0.5, 6, step))", sgd, lambda o, n: lr_scheduler.StepLR(o, 6, 0.5)),
    "one_cycle": ("sgd(lr = one_cycle(0.1, step, total_steps))", sgd,
                  lambda o, n: lr_scheduler.OneCycleLR(o, 0.1, n, cycle_momentum=False)),
}

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
    Row("conv_separable", PICTURE, "x |> separable_conv(4, 3, stride = 2, pad = 1)",
        lambda: on_pictures(separable_conv_1__conv_1=nn.Conv2d(3, 3, 3, 2, 1, groups=3, bias=False),
                            separable_conv_1__conv_2=nn.Conv2d(3, 4, 1))),
    Row("avg_pool_1d", LINE, "x |> conv(4, 1) |> avg_pool(3)",
        lambda: on_pictures(conv_1=nn.Conv1d(4, 4, 1), pool_1=nn.AvgPool1d(3))),
    Row("global_avg_pool", PICTURE, "x |> conv(4, 1) |> global_avg_pool",
        lambda: Named(lambda self, x: self.conv_1(channels_first(x)).mean((2, 3)), conv_1=nn.Conv2d(3, 4, 1))),
    Row("global_max_pool", PICTURE, "x |> conv(4, 1) |> global_max_pool",
        lambda: Named(lambda self, x: self.conv_1(channels_first(x)).amax((2, 3)), conv_1=nn.Conv2d(3, 4, 1))),
    Row("upsample", PICTURE, "x |> conv(4, 1) |> upsample(3)",
        lambda: on_pictures(conv_1=nn.Conv2d(3, 4, 1), upsample_1=nn.Upsample(scale_factor=3))),
    Row("upsample_bilinear", PICTURE, 'x |> conv(4, 1) |> upsample(3, mode = "bilinear")',
        lambda: on_pictures(conv_1=nn.Conv2d(3, 4, 1), upsample_1=nn.Upsample(scale_factor=3, mode="bilinear"))),
    Row("upsample_linear", LINE, 'x |> conv(4, 1) |> upsample(mode = "linear")',
        lambda: on_pictures(conv_1=nn.Conv1d(4, 4, 1), upsample_1=nn.Upsample(scale_factor=2, mode="linear"))),
    Row("upsample_1d", LINE, "x |> conv(4, 1) |> upsample",
        lambda: on_pictures(conv_1=nn.Conv1d(4, 4, 1), upsample_1=nn.Upsample(scale_factor=2))),
    Row("max_pool_ceil", PICTURE, "x |> conv(4, 1) |> max_pool(3, stride = 2, pad = 1, ceil_mode = true)",
        lambda: on_pictures(conv_1=nn.Conv2d(3, 4, 1), pool_1=nn.MaxPool2d(3, 2, 1, ceil_mode=True))),
    Row("avg_pool_ceil", PICTURE, "x |> conv(4, 1) |> avg_pool(3, stride = 2, pad = 1, ceil_mode = true)",
        lambda: on_pictures(conv_1=nn.Conv2d(3, 4, 1), pool_1=nn.AvgPool2d(3, 2, 1, ceil_mode=True))),
    Row("dropout", {"x": (8,)}, "x |> dense(6) |> dropout(0.3)", lambda: dropped(0.3)),
    Row("random_flip", PICTURE, "if training { random_flip(x) } else { x }", lambda: Named(flipped)),
    Row("random_crop", PICTURE, "if training { random_crop(x, pad = 1) } else { x }", lambda: Named(cropped)),
    Row("center_crop", PICTURE, "x |> conv(4, 1) |> center_crop(3)",
        lambda: Named(lambda self, x: channels_last(self.conv_1(channels_first(x)))[:, 1:4, 1:4], conv_1=nn.Conv2d(3, 4, 1))),
    Row("residual", X, "x |> residual(|> dense(8) |> tanh)",
        lambda: Named(lambda self, x: x + self.residual_1__f_1__dense_1(x).tanh(), residual_1__f_1__dense_1=nn.Linear(8, 8))),
    Row("repeat", X, "x |> repeat(2, |> dense(8) |> tanh)",
        lambda: in_order(repeat_1__0__dense_1=nn.Linear(8, 8), tanh_1=nn.Tanh(),
                         repeat_1__1__dense_1=nn.Linear(8, 8), tanh_2=nn.Tanh())),
    Row("sinusoid", X, "x |> dense(8) |> tanh |> placed",
        lambda: Named(lambda self, x: self.dense_1(x).tanh() + sinusoid(3, 8), dense_1=nn.Linear(8, 8))),
    Row("attention_rotary_dropout", X, "x |> attention(2, place = |> rotary, drop = 0.3)", lambda: rotary_attention(8, 2, 0.3)),
    Row("masked_lstm", {"x": (6, 4), "ok": (6,)}, "x |> masked_lstm(ok >= -0.2, 5)", lambda: masked_lstm(4, 5)),
    *(Row(name, {"x": (8,)}, f"x |> dense(6) |> {name}", lambda f=f: after_dense(f)) for name, f in {
        "relu": functional.relu, "leaky_relu": functional.leaky_relu, "sigmoid": torch.sigmoid,
        "tanh": torch.tanh, "gelu": functional.gelu, "silu": functional.silu, "softplus": functional.softplus,
        "elu": functional.elu, "selu": functional.selu, "mish": functional.mish, "relu6": functional.relu6,
        "hard_tanh": functional.hardtanh, "hard_sigmoid": functional.hardsigmoid, "hard_swish": functional.hardswish,
        "log_sigmoid": functional.logsigmoid, "softsign": functional.softsign, "glu": functional.glu,
        "softmax": lambda x: x.softmax(-1), "log_softmax": lambda x: x.log_softmax(-1),
        "unit_length": functional.normalize}.items()),
    Row("prelu", {"x": (8,)}, "x |> dense(6) |> prelu(shared = false)",
        lambda: in_order(dense_1=nn.Linear(8, 6), prelu_1=nn.PReLU(6))),
    Row("cumsum", {"x": (8,)}, "cumsum(x |> dense(6))", lambda: Named(lambda self, x: self.dense_1(x).cumsum(-1), dense_1=nn.Linear(8, 6))),
    Row("sort", {"x": (8,)}, "first(sort(x |> dense(6)))",
        lambda: Named(lambda self, x: self.dense_1(x).sort(-1)[0], dense_1=nn.Linear(8, 6))),
    Row("topk", {"x": (8,)}, "first(topk(x |> dense(6), 3))", lambda: Named(lambda self, x: self.dense_1(x).topk(3)[0], dense_1=nn.Linear(8, 6))),
    Row("take_along", {"x": (8,), "k": (2, 6)}, "take_along(x |> dense(6), k)",
        lambda: Named(lambda self, x, k: self.dense_1(x).gather(-1, k), dense_1=nn.Linear(8, 6))),
    *(Row(name, {"x": (8,)}, "x |> dense(3)", lambda: in_order(dense_1=nn.Linear(8, 3)), head=False, loss=(text, f))
      for name, text, f in [
          ("mae", "mae(y, goal)", lambda y, f: functional.l1_loss(y, f["goal"])),
          ("huber", "huber(y, goal, delta = 0.5)", lambda y, f: functional.huber_loss(y, f["goal"], delta=0.5)),
          ("bce", "bce(sigmoid(y), 0.5 + 0.5 * goal)",
           lambda y, f: functional.binary_cross_entropy(y.sigmoid(), 0.5 + 0.5 * f["goal"])),
          ("bce_with_logits", "bce_with_logits(y, 0.5 + 0.5 * goal)",
           lambda y, f: functional.binary_cross_entropy_with_logits(y, 0.5 + 0.5 * f["goal"])),
          ("kl_normal", "kl_normal(y, goal)", kl_normal),
      ]),
    Row("cross_entropy", {"x": (8,), "k": (1, 5)}, "x |> dense(5)", lambda: in_order(dense_1=nn.Linear(8, 5)), head=False,
        loss=("cross_entropy(y, k[:, 0])", lambda y, f: functional.cross_entropy(y, f["k"][:, 0]))),
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
    *(Row(name, {"x": (8,)}, "x |> dense(7) |> tanh", lambda: in_order(dense_1=nn.Linear(8, 7), tanh=nn.Tanh()), optimizer=name)
      for name in OPTIMIZERS if name != "adam"),
]
