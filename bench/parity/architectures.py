"""Whole architectures, small: each program of programs/ trained in mlc and in PyTorch from the same weights on the same
batches with the same random numbers, as parity.py does it; then both are evaluated on other rows.

The PyTorch side is a function over mlc's tensors by their paths, written with PyTorch's own operations (nn.LSTM, packed
sequences, scaled_dot_product_attention, batch_norm, its optimizers), in f64. `mlc-bench train --dump-random` gives it what
dropout, crops and flips drew. The last batch is smaller where the rows say so.

The residual net has some hundred thousand relus; now and then one near zero turns over by rounding, and the losses part by 1e-3
from that step on, in PyTorch's own f32 as well. The seed is one without (--seed tries others).
"""
import math
import pathlib
import sys

import numpy
import torch
from torch import nn
from torch.nn import functional

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import agreement  # noqa: E402
from agreement import Dump, gradient_error  # noqa: E402
from networks import Net, attend, causal, cosine, cross_entropy, draw, gpt_logits, gpt_optimizer, sinusoid, update  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent


def pool(x):
    return functional.max_pool2d(x.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)


# --- The programs: data, loss of a batch, optimizer ---------------------------------------------------------------------


def gpt_loss(n, b):
    return cross_entropy(gpt_logits(n, b["x"], depth=2, heads=4), b["y"])


def gpt_rate(step, steps):
    return 3e-3 * min(1, (step + 1) / 10) * cosine(step / steps)


def char_lstm_loss(n, b):
    h = n.recurrent(nn.LSTM, "chars.lstm_1", n["chars.table"][b["x"]])
    h = n.recurrent(nn.LSTM, "chars.lstm_2", n.dropout("chars.dropout_1", h, 0.2))
    return cross_entropy(n.dense("chars.dense_1", h), b["y"])


def translate_loss(n, b):
    src, dec, dst = b["src"], b["dec"], b["dst"]
    seen, own = (src != 0)[:, None, None, :], (dec != 0)[:, None, None, :]

    def attention(p, q, kv, mask):
        k, v = n.dense(p + ".dense_1", kv).chunk(2, -1)
        return attend(n, p + ".dense_3", n.dense(p + ".dense_2", q), k, v, 2, mask)

    word = n["translate.word"]
    x = word[src] + sinusoid(9, 16)
    for i in range(2):
        p = f"translate.repeat_1.{i}"
        z = n.layer_norm(p + ".layer_norm_1", x)
        x = x + attention(p + ".attend_1", z, z, seen)
        x = x + n.dense(p + ".dense_2", n.dense(p + ".dense_1", n.layer_norm(p + ".layer_norm_2", x)).relu())
    y = word[dec] + sinusoid(7, 16)
    for i in range(2):
        p = f"translate.repeat_2.{i}"
        z = n.layer_norm(p + ".layer_norm_1", y)
        y = y + attention(p + ".attend_1", z, z, own & causal(7))
        y = y + attention(p + ".attend_2", n.layer_norm(p + ".layer_norm_2", y), x, seen)
        y = y + n.dense(p + ".dense_2", n.dense(p + ".dense_1", n.layer_norm(p + ".layer_norm_3", y)).relu())
    return cross_entropy(n.dense("translate.dense_1", y), dst, ignore_index=0)


def classify_loss(n, b):
    lengths = b["length"]

    def turned(x):
        """Each sequence backwards, within its length."""
        t = x.shape[1]
        at = (lengths[:, None] - 1 - torch.arange(t)).clamp(min=0)
        return x.gather(1, at[:, :, None].expand_as(x))

    def both(path, x):
        back = turned(n.recurrent(nn.LSTM, path + ".run_1", turned(x), lengths))
        return n.recurrent(nn.LSTM, path + ".run_2", x, lengths), back

    y = torch.cat(both("classify.both_1", n["classify.table"][b["words"]]), -1)
    forth, back = both("classify.both_2", n.dropout("classify.dropout_1", y, 0.5))
    last = forth[torch.arange(len(lengths)), lengths - 1]
    return functional.cross_entropy(n.dense("classify.dense_1", torch.cat([last, back[:, 0]], -1)), b["label"])


def resnet_loss(n, b):
    x = (b["image"] / 255 - torch.tensor([0.491, 0.482, 0.447]).double()) / torch.tensor([0.247, 0.243, 0.262]).double()
    if n.training:
        wide = functional.pad(x, (0, 0, 2, 2, 2, 2))
        u, v = (torch.floor(draw(n.draws, f"random_crop_1.uniform_{i}", len(x)) * 5).long() for i in (1, 2))
        x = torch.stack([picture[top:top + 12, left:left + 12] for picture, top, left in zip(wide, u, v)])
        flip = draw(n.draws, "random_flip_1", len(x)) < 0.5
        x = torch.where(flip[:, None, None, None], x.flip(2), x)

    def unit(p, x, stride=1, pad=1):
        return n.batch_norm(p + ".batch_norm_1", n.conv(p + ".conv_1", x, stride, pad))

    def block(p, x, out, stride):
        y = unit(p + ".unit_2", unit(p + ".unit_1", x, stride).relu())
        return (y + (x if stride == 1 and x.shape[-1] == out else unit(p + ".unit_3", x, stride, 0))).relu()

    x = unit("resnet18.unit_1", x).relu()
    for i, (out, stride) in enumerate([(8, 1), (16, 2), (32, 2), (64, 2)], 1):
        x = block(f"resnet18.stage_{i}.block_1", x, out, stride)
        x = block(f"resnet18.stage_{i}.repeat_1.0", x, out, 1)
    return functional.cross_entropy(n.dense("resnet18.dense_1", x.mean((1, 2))), b["label"])


def cnn_loss(n, b):
    x = pool(n.conv("cnn.conv_1", b["image"] / 255, pad=1).relu())
    x = pool(n.conv("cnn.conv_2", x).relu()).flatten(1)
    return functional.cross_entropy(n.dense("cnn.dense_2", n.dense("cnn.dense_1", x).relu()), b["label"])


def lenet_loss(n, b):
    x = pool(n.conv("lenet.conv_1", (b["image"] / 255 - 0.5) / 0.5).relu())
    x = pool(n.conv("lenet.conv_2", x).relu()).flatten(1)
    x = n.dense("lenet.dense_2", n.dense("lenet.dense_1", x).relu()).relu()
    return functional.cross_entropy(n.dense("lenet.dense_3", x), b["label"])


def tabular_loss(n, b):
    train = n.train_split

    def normal(name, x):
        return (x - numpy.nanmean(train[name])) / numpy.nanstd(train[name])

    age = torch.where(b["age"].isnan(), torch.full_like(b["age"], float(numpy.nanmean(train["age"]))), b["age"])
    numbers = torch.cat([normal("age", age)[:, None], normal("hours", b["hours"])[:, None], torch.log(1 + b["amounts"])], 1)
    x = n.dense("net.dense_1", torch.cat([numbers, n["net.jobs"][b["job"]]], -1)).relu()
    z = n.dense("net.dense_2", n.dropout("net.dropout_1", x, 0.2))[:, 0]
    return functional.binary_cross_entropy_with_logits(z, b["rich"].double())


def series_loss(n, b):
    h = n.recurrent(nn.GRU, "forecast.gru_1", b["past"][:, :, None])[:, -1]
    return functional.mse_loss(n.dense("forecast.dense_1", h)[:, 0], b["next"])


def vae_loss(n, b):
    x = b["image"].flatten(1) / 255
    mu, logvar = n.dense("encoder.dense_2", n.dense("encoder.dense_1", x).relu()).chunk(2, -1)
    z = mu + torch.exp(logvar / 2) * draw(n.draws, "normal_1", len(x))
    made = n.dense("decoder.dense_2", n.dense("decoder.dense_1", z).relu())
    rebuilt = functional.binary_cross_entropy_with_logits(made, x, reduction="none").sum(1)
    return (rebuilt - 0.5 * (1 + logvar - mu ** 2 - logvar.exp()).sum(1)).mean()


def pictures(size, classes, channels=3):
    return lambda r, n: {"image": r.integers(0, 256, (n, size, size, channels), "u1"), "label": r.integers(0, classes, n, "i4")}


def tokens(length, words):
    def rows(r, n):
        text = r.integers(0, words, (n, length + 1), "i4")
        return {"x": text[:, :-1], "y": text[:, 1:]}
    return rows


def dates(r, n):
    def padded(length):
        rows = r.integers(1, 20, (n, length), "i4")
        rows[numpy.arange(length) >= r.integers(2, length + 1, (n, 1))] = 0
        return rows
    dec = padded(7)
    return {"src": padded(9), "dec": dec, "dst": numpy.roll(dec, -1, 1) * (numpy.arange(7) < 6).astype("i4")}


def reviews(r, n):
    return {"words": r.integers(0, 30, (n, 9), "i4"), "length": r.integers(1, 10, n, "i4"), "label": r.integers(0, 2, n, "i4")}


def people(r, n):
    age = r.uniform(18, 80, n).astype("f4")
    age[r.random(n) < 0.2] = numpy.nan
    return {"age": age, "hours": r.uniform(0, 60, n).astype("f4"), "job": r.integers(0, 16, n, "i4"),
            "amounts": r.exponential(3, (n, 2)).astype("f4"), "rich": r.integers(0, 2, n, "i4")}


def waves(r, n):
    values = numpy.sin(r.uniform(0, 6, (n, 1)) + r.uniform(0.2, 1, (n, 1)) * numpy.arange(15)).astype("f4")
    return {"past": values[:, :-1], "next": values[:, -1]}


class Architecture:
    def __init__(self, rows, loss, optimizer, clip=None, rate=None, evaluated=True):
        self.rows, self.loss, self.optimizer, self.clip, self.rate, self.evaluated = rows, loss, optimizer, clip, rate, evaluated


def adam(rate):
    return lambda n: torch.optim.Adam(n.trainable, lr=rate)


ARCHITECTURES = {
    "gpt": Architecture(tokens(12, 40), gpt_loss, gpt_optimizer, clip=1, rate=gpt_rate),
    "char_lstm": Architecture(tokens(10, 30), char_lstm_loss, adam(1e-2), clip=0.5),
    "seq2seq": Architecture(dates, translate_loss, adam(1e-3)),
    "bilstm": Architecture(reviews, classify_loss, adam(1e-2), clip=1),
    "resnet18": Architecture(pictures(12, 10), resnet_loss,
                             lambda n: torch.optim.SGD(n.trainable, lr=0.001, momentum=0.9, weight_decay=5e-4),
                             rate=lambda step, steps: 0.001 * cosine(step / steps)),
    "keras_cnn": Architecture(pictures(12, 10), cnn_loss, adam(1e-3)),
    "lenet_sgd": Architecture(pictures(20, 2), lenet_loss, lambda n: torch.optim.SGD(n.trainable, lr=0.01, momentum=0.9)),
    "tabular": Architecture(people, tabular_loss, adam(1e-2)),
    "series_gru": Architecture(waves, series_loss, lambda n: torch.optim.RMSprop(n.trainable, lr=1e-3)),
    # What evaluation draws is not dumped.
    "vae": Architecture(pictures(6, 2, channels=1), vae_loss, adam(1e-3), evaluated=False),
}


def batch_of(raw):
    """A batch's fields: integers as PyTorch wants indices, bytes and floats as f64."""
    return {name: torch.from_numpy(numpy.array(v)).to(torch.int64 if v.dtype.kind == "i" else torch.float64)
            for name, v in raw.items()}


def compare(name, folder, args):
    architecture = ARCHITECTURES[name]
    random = numpy.random.default_rng(list(name.encode()))
    train, test = architecture.rows(random, 200), architecture.rows(random, 40)
    numpy.savez(folder / "train.npz", **train)
    numpy.savez(folder / "test.npz", **test)
    dump = Dump(HERE / "programs" / f"{name}.mlc", folder, args, "--data", folder, "--seed", str(args.seed),
                "--dump-random", folder / "dump")
    n = Net(dump.initial, list(dump.gradients))
    n.train_split = train
    optimizer = architecture.optimizer(n)
    theirs, error = [], 0.0
    for step in range(args.steps):
        n.draws = dump.read(f"random_{step}")
        optimizer.zero_grad()
        loss = architecture.loss(n, batch_of(dump.read(f"batch_{step}")))
        loss.backward()
        if step == 0:
            error = gradient_error([(n[path].grad, torch.from_numpy(numpy.array(ours)).double())
                                    for path, ours in dump.gradients.items()])
        update(n, optimizer, architecture.clip, architecture.rate and architecture.rate(step, args.steps))
        theirs.append(loss.item())
    entry = {"mlc": dump.losses, "torch": theirs, "grad_error": error}
    if architecture.evaluated:
        n.training = False
        with torch.no_grad():
            entry["eval_error"] = abs(dump.evaluation() / architecture.loss(n, batch_of(test)).item() - 1)
    return entry


if __name__ == "__main__":
    agreement.main(__doc__, "models", list(ARCHITECTURES), HERE / "architecture_results.json", compare, seed=2)
