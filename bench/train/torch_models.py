"""The models in PyTorch: modules whose attributes are named as mlc's paths, and the loss of a batch. A field is a tensor that
is ready to be used: pictures are floats [n, c, h, w], integers are int64.
"""
import math

import torch
from torch import nn
from torch.nn import functional

import models


class Flatten(nn.Module):
    """To rows: in mlc's order h, w, c where pictures lie so in memory, else in PyTorch's, for which the weights of the next
    layer are turned (see load)."""
    last = False

    def forward(self, x):
        return (x.permute(0, 2, 3, 1) if self.last else x).flatten(1)


class Model(nn.Module):
    """`turned`: the dense layer after a Flatten, and the picture's c, h, w there."""
    turned = (None, None)

    def classify(self, batch):
        return functional.cross_entropy(self(batch["image"]), batch["label"])

    def follow(self, batch):
        return functional.cross_entropy(self(batch["x"]).flatten(0, 1), batch["y"].flatten())


class Line(Model):
    def __init__(self):
        super().__init__()
        self.dense_1 = nn.Linear(3, 1)

    def forward(self, x):
        return self.dense_1(x)[:, 0]

    def loss(self, batch):
        return functional.mse_loss(self(batch["x"]), batch["y"])


class Net(Model):
    def __init__(self):
        super().__init__()
        self.dense_1, self.dense_2 = nn.Linear(2, 10), nn.Linear(10, 1)

    def forward(self, x):
        return self.dense_2(self.dense_1(x).relu())[:, 0]

    def loss(self, batch):
        return functional.binary_cross_entropy(self(batch["point"]).sigmoid(), batch["inner"])


class Mlp(Model):
    loss = Model.classify

    def __init__(self):
        super().__init__()
        self.dense_1, self.dense_2, self.dense_3 = nn.Linear(784, 512), nn.Linear(512, 512), nn.Linear(512, 10)

    def forward(self, x):
        return self.dense_3(self.dense_2(self.dense_1(x.flatten(1)).relu()).relu())


class Lenet(Model):
    loss, turned = Model.classify, ("dense_1", (16, 5, 5))

    def __init__(self):
        super().__init__()
        self.conv_1, self.conv_2, self.flatten = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5), Flatten()
        self.dense_1, self.dense_2, self.dense_3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = functional.max_pool2d(self.conv_1(x).relu(), 2)
        x = functional.max_pool2d(self.conv_2(x).relu(), 2)
        return self.dense_3(self.dense_2(self.dense_1(self.flatten(x)).relu()).relu())


class Cnn(Model):
    loss, turned = Model.classify, ("dense_1", (32, 15, 15))

    def __init__(self):
        super().__init__()
        self.conv_1, self.flatten = nn.Conv2d(3, 32, 3), Flatten()
        self.dense_1, self.dense_2 = nn.Linear(7200, 128), nn.Linear(128, 10)

    def forward(self, x):
        return self.dense_2(self.dense_1(self.flatten(functional.max_pool2d(self.conv_1(x).relu(), 2))).relu())


class Unit(nn.Module):
    def __init__(self, inputs, out, kernel=3, stride=1):
        super().__init__()
        self.conv_1 = nn.Conv2d(inputs, out, kernel, stride, kernel // 2, bias=False)
        self.batch_norm_1 = nn.BatchNorm2d(out)

    def forward(self, x):
        return self.batch_norm_1(self.conv_1(x))


class Residual(nn.Module):
    def __init__(self, inputs, out, stride=1):
        super().__init__()
        self.unit_1, self.unit_2 = Unit(inputs, out, 3, stride), Unit(out, out)
        self.unit_3 = None if stride == 1 and inputs == out else Unit(inputs, out, 1, stride)

    def forward(self, x):
        y = self.unit_2(self.unit_1(x).relu())
        return (y + (self.unit_3(x) if self.unit_3 else x)).relu()


class Stage(nn.Module):
    def __init__(self, inputs, out, stride):
        super().__init__()
        self.block_1, self.repeat_1 = Residual(inputs, out, stride), nn.ModuleList([Residual(out, out)])

    def forward(self, x):
        return self.repeat_1[0](self.block_1(x))


class Resnet18(Model):
    loss = Model.classify

    def __init__(self):
        super().__init__()
        self.unit_1 = Unit(3, 64)
        self.stage_1, self.stage_2 = Stage(64, 64, 1), Stage(64, 128, 2)
        self.stage_3, self.stage_4 = Stage(128, 256, 2), Stage(256, 512, 2)
        self.dense_1 = nn.Linear(512, 10)

    def forward(self, x):
        x = self.unit_1(x).relu()
        return self.dense_1(self.stage_4(self.stage_3(self.stage_2(self.stage_1(x)))).mean((2, 3)))


class SeparableBlock(nn.Module):
    def __init__(self, inputs, out, stride=1):
        super().__init__()
        self.conv_1, self.batch_norm_1 = nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False), nn.BatchNorm2d(inputs)
        self.conv_2, self.batch_norm_2 = nn.Conv2d(inputs, out, 1, bias=False), nn.BatchNorm2d(out)

    def forward(self, x):
        return self.batch_norm_2(self.conv_2(self.batch_norm_1(self.conv_1(x)).relu())).relu()


class Separable(Model):
    loss = Model.classify

    def __init__(self):
        super().__init__()
        self.conv_1, self.batch_norm_1 = nn.Conv2d(3, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32)
        self.separable_block_1, self.separable_block_2 = SeparableBlock(32, 64), SeparableBlock(64, 128, 2)
        self.separable_block_3, self.separable_block_4 = SeparableBlock(128, 128), SeparableBlock(128, 256, 2)
        self.separable_block_5, self.dense_1 = SeparableBlock(256, 256), nn.Linear(256, 10)

    def forward(self, x):
        x = self.batch_norm_1(self.conv_1(x)).relu()
        x = self.separable_block_3(self.separable_block_2(self.separable_block_1(x)))
        return self.dense_1(self.separable_block_5(self.separable_block_4(x)).mean((2, 3)))


class Letters(Model):
    loss = Model.follow

    def __init__(self):
        super().__init__()
        self.embedding_1 = nn.Embedding(96, 128)
        self.lstm_1, self.lstm_2 = nn.LSTM(128, 256, batch_first=True), nn.LSTM(256, 256, batch_first=True)
        self.dense_1 = nn.Linear(256, 96)

    def forward(self, x):
        return self.dense_1(self.lstm_2(self.lstm_1(self.embedding_1(x))[0])[0])


def heads_of(x, heads):
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def attend(q, k, v, heads, **mask):
    y = functional.scaled_dot_product_attention(*(heads_of(z, heads) for z in (q, k, v)), **mask)
    return y.transpose(1, 2).flatten(2)


class Attention(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.dense_1, self.dense_2, self.heads = nn.Linear(d, 3 * d), nn.Linear(d, d), heads

    def forward(self, x):
        return self.dense_2(attend(*self.dense_1(x).chunk(3, -1), self.heads, is_causal=True))


class GptBlock(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.layer_norm_1, self.attention_1, self.layer_norm_2 = nn.LayerNorm(d), Attention(d, heads), nn.LayerNorm(d)
        self.dense_1, self.dense_2 = nn.Linear(d, 4 * d), nn.Linear(4 * d, d)

    def forward(self, x):
        x = x + self.attention_1(self.layer_norm_1(x))
        return x + self.dense_2(functional.gelu(self.dense_1(self.layer_norm_2(x))))


class Gpt(Model):
    loss = Model.follow

    def __init__(self, d=256, depth=4, heads=8, length=128):
        super().__init__()
        self.token, self.place = nn.Parameter(torch.zeros(256, d)), nn.Parameter(torch.zeros(length, d))
        self.blocks = nn.ModuleList([GptBlock(d, heads) for _ in range(depth)])
        self.layer_norm_1 = nn.LayerNorm(d)

    def forward(self, x):
        h = functional.embedding(x, self.token) + self.place
        for block in self.blocks:
            h = block(h)
        return functional.linear(self.layer_norm_1(h), self.token)


class Attend(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.dense_1, self.dense_2, self.dense_3, self.heads = nn.Linear(d, 2 * d), nn.Linear(d, d), nn.Linear(d, d), heads

    def forward(self, q, kv, mask):
        k, v = self.dense_1(kv).chunk(2, -1)
        return self.dense_3(attend(self.dense_2(q), k, v, self.heads, attn_mask=mask))


class Encode(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.layer_norm_1, self.attend_1, self.layer_norm_2 = nn.LayerNorm(d), Attend(d, heads), nn.LayerNorm(d)
        self.dense_1, self.dense_2 = nn.Linear(d, 4 * d), nn.Linear(4 * d, d)

    def forward(self, x, seen):
        n = self.layer_norm_1(x)
        x = x + self.attend_1(n, n, seen)
        return x + self.dense_2(self.dense_1(self.layer_norm_2(x)).relu())


class Decode(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.layer_norm_1, self.attend_1 = nn.LayerNorm(d), Attend(d, heads)
        self.layer_norm_2, self.attend_2, self.layer_norm_3 = nn.LayerNorm(d), Attend(d, heads), nn.LayerNorm(d)
        self.dense_1, self.dense_2 = nn.Linear(d, 4 * d), nn.Linear(4 * d, d)

    def forward(self, x, own, memory, seen):
        n = self.layer_norm_1(x)
        x = x + self.attend_1(n, n, own)
        x = x + self.attend_2(self.layer_norm_2(x), memory, seen)
        return x + self.dense_2(self.dense_1(self.layer_norm_3(x)).relu())


def sinusoid(length, d):
    angle = torch.arange(length).double()[:, None] * torch.exp(torch.arange(d // 2).double() * (-math.log(10000) / (d / 2)))
    return torch.cat([angle.sin(), angle.cos()], -1).float()


class Translate(Model):
    def __init__(self, d=128, heads=4, depth=3, source=32, target=16):
        super().__init__()
        self.word = nn.Parameter(torch.zeros(64, d))
        self.repeat_1 = nn.ModuleList([Encode(d, heads) for _ in range(depth)])
        self.repeat_2 = nn.ModuleList([Decode(d, heads) for _ in range(depth)])
        self.dense_1 = nn.Linear(d, 64)
        self.register_buffer("source", sinusoid(source, d), persistent=False)
        self.register_buffer("target", sinusoid(target, d), persistent=False)
        self.register_buffer("past", torch.ones(target, target, dtype=torch.bool).tril(), persistent=False)

    def forward(self, src, dec):
        seen, own = (src != 0)[:, None, None, :], (dec != 0)[:, None, None, :] & self.past
        memory = functional.embedding(src, self.word) + self.source
        for block in self.repeat_1:
            memory = block(memory, seen)
        y = functional.embedding(dec, self.word) + self.target
        for block in self.repeat_2:
            y = block(y, own, memory, seen)
        return self.dense_1(y)

    def loss(self, batch):
        logits = self(batch["src"], batch["dec"])
        return functional.cross_entropy(logits.flatten(0, 1), batch["dst"].flatten(), ignore_index=0)


MODELS = {"line": Line, "net": Net, "mlp": Mlp, "lenet": Lenet, "cnn": Cnn, "resnet18": Resnet18, "separable": Separable,
          "letters": Letters, "gpt": Gpt, "translate": Translate}

OPTIMIZERS = {
    "sgd": lambda p, o: torch.optim.SGD(p, o["lr"], o.get("momentum", 0), weight_decay=o.get("decay", 0), fused=True),
    "adam": lambda p, o: torch.optim.Adam(p, o["lr"], fused=True),
    "adamw": lambda p, o: torch.optim.AdamW(p, o["lr"], weight_decay=o["decay"], fused=True),
}


def build(name, initial, channels_last):
    """The model with mlc's tensors, in one of PyTorch's two memory formats."""
    model = MODELS[name]()
    for part in model.modules():
        if isinstance(part, Flatten):
            part.last = channels_last
    used = set()
    with torch.no_grad():
        for inner, tensor in model.state_dict().items():
            path = models.path_of(f"{name}.{inner}")
            if path is None:  # num_batches_tracked
                continue
            value = models.to_torch(initial[path], path)
            layer, extents = model.turned
            if inner == f"{layer}.weight" and not channels_last:
                c, h, w = extents
                value = value.reshape(-1, h, w, c).permute(0, 3, 1, 2).flatten(1)
            if value.shape != tensor.shape:
                raise SystemExit(f"{path}: mlc has {tuple(value.shape)}, PyTorch {tuple(tensor.shape)}")
            tensor.copy_(value)
            used.add(path)
    if left := set(initial) - used:
        raise SystemExit(f"mlc has tensors that the PyTorch model lacks: {', '.join(sorted(left))}")
    return model.to(memory_format=torch.channels_last) if channels_last else model
