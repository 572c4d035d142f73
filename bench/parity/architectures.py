"""Whole architectures, small: each program of programs/ trained in mlc and in PyTorch from the same weights on the same
batches with the same random numbers, as parity.py does it; then both are evaluated on other rows.

The PyTorch side is a function over mlc's tensors by their paths, written with PyTorch's own operations (nn.LSTM, packed
sequences, scaled_dot_product_attention, batch_norm, its optimizers), in f64. `mlc train --dump-random` gives it what
dropout, crops and flips drew. The last batch is smaller where the rows say so.

The residual net has some hundred thousand relus; now and then one near zero turns over by rounding, and the losses part by 1e-3
from that step on, in PyTorch's own f32 as well. The seed is one without (--seed tries others).
"""
import argparse
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
HERE = pathlib.Path(__file__).resolve().parent


class Net:
    """mlc's tensors by path, the random numbers of a step, and layers over them. Pictures have channels last."""

    def __init__(self, initial, trainable):
        self.tensors = {name: torch.from_numpy(numpy.array(value)).double() for name, value in initial.items()}
        for name in trainable:
            self.tensors[name].requires_grad_()
        self.trainable = [self.tensors[name] for name in trainable]
        self.training, self.draws = True, {}

    def __getitem__(self, path):
        return self.tensors[path]

    def draw(self, prefix, rows):
        """The numbers for `rows` rows of the only site whose path begins with `prefix`. A smaller batch draws the same for
        the rows it has."""
        found = [values for site, values in self.draws.items() if site.startswith(prefix)]
        if len(found) != 1:
            sys.exit(f"{len(found)} sites begin with {prefix}: {', '.join(self.draws)}")
        return torch.from_numpy(numpy.array(found[0][:rows])).double()

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
        if not self.training:
            return x
        return torch.where(self.draw(site, len(x)) >= float(numpy.float32(p)), x / (1 - p), torch.zeros_like(x))

    def recurrent(self, kind, path, x, lengths=None):
        """nn.LSTM or nn.GRU over x, of packed sequences if lengths are given; the output at every step, zero after the end."""
        wx, wh = self[path + ".wx"].T, self[path + ".wh"].T
        biases = [self.tensors.get(path + name) for name in (".bias_x", ".bias_h")]
        if biases[0] is None:
            biases = [self[path + ".bias"], torch.zeros_like(self[path + ".bias"])]
        module = kind(wx.shape[1], wh.shape[1], batch_first=True).double()
        weights = dict(zip(("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"), (wx, wh, *biases)))
        if lengths is not None:
            x_packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
            y, _ = torch.func.functional_call(module, weights, (x_packed,))
            return nn.utils.rnn.pad_packed_sequence(y, batch_first=True, total_length=x.shape[1])[0]
        return torch.func.functional_call(module, weights, (x,))[0]


def pool(x):
    return functional.max_pool2d(x.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)


def heads_of(x, heads):
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def attend(n, path, q, k, v, heads, mask):
    y = functional.scaled_dot_product_attention(*(heads_of(z, heads) for z in (q, k, v)), attn_mask=mask)
    return n.dense(path, y.transpose(1, 2).flatten(2))


def causal(t):
    return torch.ones(t, t, dtype=torch.bool).tril()


# --- The programs: data, loss of a batch, optimizer ---------------------------------------------------------------------


def gpt_loss(n, b):
    h = n["gpt.token"][b["x"]] + n["gpt.place"]
    h = n.dropout("gpt.dropout_1", h, 0.1)
    for i in range(2):
        p, s = f"gpt.blocks.{i}", f"gpt.blocks.{i}.block_1"
        q, k, v = n.dense(p + ".attention_1.dense_1", n.layer_norm(p + ".layer_norm_1", h)).chunk(3, -1)
        y = attend(n, p + ".attention_1.dense_2", q, k, v, 4, causal(12))
        h = h + n.dropout(s + ".dropout_1", y, 0.1)
        y = functional.gelu(n.dense(p + ".dense_1", n.layer_norm(p + ".layer_norm_2", h)))
        h = h + n.dropout(s + ".dropout_2", n.dense(p + ".dense_2", y), 0.1)
    logits = n.layer_norm("gpt.layer_norm_1", h) @ n["gpt.token"].T
    return functional.cross_entropy(logits.flatten(0, 1), b["y"].flatten())


def gpt_optimizer(n):
    plain = [t for name, t in n.tensors.items() if name.endswith((".bias", ".scale", ".shift"))]
    rest = [t for name, t in n.tensors.items() if not name.endswith((".bias", ".scale", ".shift"))]
    return torch.optim.AdamW([{"params": rest, "weight_decay": 0.1}, {"params": plain, "weight_decay": 0.0}])


def gpt_rate(step, steps):
    return 3e-3 * min(1, (step + 1) / 10) * 0.5 * (1 + math.cos(math.pi * step / steps))


def char_lstm_loss(n, b):
    h = n.recurrent(nn.LSTM, "chars.lstm_1", n["chars.table"][b["x"]])
    h = n.recurrent(nn.LSTM, "chars.lstm_2", n.dropout("chars.dropout_1", h, 0.2))
    return functional.cross_entropy(n.dense("chars.dense_1", h).flatten(0, 1), b["y"].flatten())


def sinusoid(length, d):
    angle = torch.arange(length).double()[:, None] * torch.exp(torch.arange(d // 2).double() * (-math.log(10000) / (d / 2)))
    return torch.cat([angle.sin(), angle.cos()], -1)


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
    return functional.cross_entropy(n.dense("translate.dense_1", y).flatten(0, 1), dst.flatten(), ignore_index=0)


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
        u, v = (torch.floor(n.draw(f"random_crop_1.uniform_{i}", len(x)) * 5).long() for i in (1, 2))
        x = torch.stack([picture[top:top + 12, left:left + 12] for picture, top, left in zip(wide, u, v)])
        flip = n.draw("random_flip_1", len(x)) < 0.5
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
    z = mu + torch.exp(logvar / 2) * n.draw("normal_1", len(x))
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


def cosine(peak):
    return lambda step, steps: peak * 0.5 * (1 + math.cos(math.pi * step / steps))


ARCHITECTURES = {
    "gpt": Architecture(tokens(12, 40), gpt_loss, gpt_optimizer, clip=1, rate=gpt_rate),
    "char_lstm": Architecture(tokens(10, 30), char_lstm_loss, adam(1e-2), clip=0.5),
    "seq2seq": Architecture(dates, translate_loss, adam(1e-3)),
    "bilstm": Architecture(reviews, classify_loss, adam(1e-2), clip=1),
    "resnet18": Architecture(pictures(12, 10), resnet_loss,
                             lambda n: torch.optim.SGD(n.trainable, lr=0.001, momentum=0.9, weight_decay=5e-4), rate=cosine(0.001)),
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


def gradient_error(n, names, gradients):
    """The worst tensor's largest difference, relative to its largest element (see parity.py)."""
    pairs = [(n[name].grad, torch.from_numpy(numpy.array(gradients[name])).double()) for name in names]
    largest = max(expected.abs().max().item() for expected, _ in pairs)
    return max((expected - ours).abs().max().item() / (scale if scale > 1e-6 * largest else largest)
               for expected, ours in pairs for scale in [expected.abs().max().item()])


def compare(name, architecture, folder, steps, seed, mlc):
    random = numpy.random.default_rng(list(name.encode()))
    train, test = architecture.rows(random, 200), architecture.rows(random, 40)
    numpy.savez(folder / "train.npz", **train)
    numpy.savez(folder / "test.npz", **test)
    run = subprocess.run([mlc, "train", HERE / "programs" / f"{name}.mlc", "--data", folder, "--steps", str(steps), "--seed",
                          str(seed), "--dump-parity", folder / "dump", "--dump-random", folder / "dump"],
                         capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"mlc train {name} failed:\n{run.stderr}")

    def read(file):
        return models.read_safetensors(folder / "dump" / file)

    ours, gradients = json.loads((folder / "dump/losses.json").read_text()), read("gradients.safetensors")
    n = Net(read("initial.safetensors"), list(gradients))
    n.train_split = train
    optimizer = architecture.optimizer(n)
    theirs, error = [], 0.0
    for step in range(steps):
        n.draws = read(f"random_{step}.safetensors")
        optimizer.zero_grad()
        loss = architecture.loss(n, batch_of(read(f"batch_{step}.safetensors")))
        loss.backward()
        if step == 0:
            error = gradient_error(n, list(gradients), gradients)
        if architecture.clip:
            nn.utils.clip_grad_norm_(n.trainable, architecture.clip)
        if architecture.rate:
            for group in optimizer.param_groups:
                group["lr"] = architecture.rate(step, steps)
        optimizer.step()
        theirs.append(loss.item())
    if not architecture.evaluated:
        return ours, theirs, error, 0.0
    n.training = False
    with torch.no_grad():
        expected = architecture.loss(n, batch_of(test)).item()
    got = json.loads((folder / "dump/evaluation.json").read_text())["loss"]
    return ours, theirs, error, abs(got / expected - 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", default=list(ARCHITECTURES), choices=list(ARCHITECTURES))
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--mlc", default=str(models.ROOT / "build/release/bin/mlc"))
    args = parser.parse_args()
    results, good = [], True
    for name in args.models:
        with tempfile.TemporaryDirectory() as folder:
            ours, theirs, error, tested = compare(name, ARCHITECTURES[name], pathlib.Path(folder), args.steps, args.seed, args.mlc)
        apart = float(numpy.max(numpy.abs(numpy.array(ours) / numpy.array(theirs) - 1)))
        passed = len(ours) == args.steps and max(apart, error, tested) <= TOLERANCE  # false for NaN
        good = good and passed
        results.append({"name": name, "mlc": ours, "torch": theirs, "grad_error": error, "eval_error": tested})
        print(f"{name:24} losses within {apart:.1e}, gradients within {error:.1e}, evaluation within {tested:.1e}   "
              f"{'good' if passed else 'TOO FAR APART'}", flush=True)
    if len(results) == len(ARCHITECTURES):
        out = pathlib.Path(__file__).with_name("architecture_results.json")
        out.write_text(json.dumps({"models": results}, indent=1) + "\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
