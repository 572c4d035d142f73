"""What is measured: for each workload the model's text, its data, and how it learns. The models of examples/ are taken from
there, without their data and train blocks; the others are in programs/. Nothing is drawn at random in a step, and no metric
is computed, so that all programs do the same work.
"""
import re

import numpy

import models

ROWS = 8192  # of made-up data
CHECKED = 5  # first steps whose losses must agree


def linear(r):
    x = r.uniform(-1, 1, (65536, 3)).astype("f4")
    return {"x": x, "y": (x @ numpy.array([1, -2, 0.5], "f4") + 0.3 + r.normal(0, 0.1, len(x))).astype("f4")}


def circles(r):
    inner = r.integers(0, 2, 65536)
    angle, radius = r.uniform(0, 2 * numpy.pi, len(inner)), numpy.where(inner, 0.5, 1.0) + r.normal(0, 0.1, len(inner))
    return {"point": numpy.stack([radius * numpy.cos(angle), radius * numpy.sin(angle)], 1).astype("f4"),
            "inner": inner.astype("f4")}


def fashion(_):
    images, labels = models.fashion()
    return {"image": images[..., None], "label": labels.astype("i4")}


def pictures(r):
    """Each class has a picture of its own below the noise."""
    label = r.integers(0, 10, ROWS, "i4")
    noise = r.integers(0, 192, (ROWS, 32, 32, 3), "u1")
    return {"image": noise + r.integers(0, 64, (10, 32, 32, 3), "u1")[label], "label": label}


def tokens(length, words):
    """What follows a word is one of three."""
    def rows(r):
        text = numpy.zeros((ROWS, length + 1), "i4")
        text[:, 0] = r.integers(0, words, ROWS)
        for t in range(length):
            text[:, t + 1] = (7 * text[:, t] + r.integers(0, 3, ROWS)) % words
        return {"x": text[:, :-1], "y": text[:, 1:]}
    return rows


def dates(r):
    """As examples/text/make_dates.py fills its rows: letters, then zeros; ten letters, the end and zeros."""
    src = r.integers(3, 43, (ROWS, 32), "i4")
    src[numpy.arange(32) >= r.integers(8, 29, (ROWS, 1))] = 0
    dst = numpy.zeros((ROWS, 16), "i4")
    dst[:, :10], dst[:, 10] = r.integers(30, 40, (ROWS, 10)), 2
    dec = numpy.zeros((ROWS, 16), "i4")
    dec[:, 0], dec[:, 1:11] = 1, dst[:, :10]
    return {"src": src, "dec": dec, "dst": dst}


class Workload:
    """`train` is the text of the train block but for its optimizer and batch; `optimizer` a name of the peers' tables and
    its hyper-parameters. `model` names the peers' implementations. `predict`: prediction of single rows is measured, not
    training."""

    def __init__(self, model, source, batch, rows, fields, train, optimizer, predict=False):
        self.model, self.source, self.batch, self.rows, self.fields, self.train = model, source, batch, rows, fields, train
        self.optimizer, self.options = optimizer
        self.predict = predict

    def program(self):
        text = (models.ROOT / self.source).read_text()
        text = re.sub(r"^(data|train) [^\n]*\{\n.*?^\}\n", "", text, flags=re.M | re.S)
        options = ", ".join(f"{name} = {value:f}" for name, value in self.options.items())
        data = '  train npz("train.npz")\n' + "".join(f"  {name}: {kind}\n" for name, kind in self.fields.items())
        return (f"data rows {{\n{data}}}\n{text}train bench on rows {{\n{self.train}  optimizer {self.optimizer}({options})\n"
                f"  batch {self.batch}\n  epochs 1\n}}\n")

    def data(self):
        """{field: array}, the same at each call."""
        return self.rows(numpy.random.default_rng(1))


def classes(model, value="float(image) / 255"):
    return (f"  let logits = {model}({value})\n  predict scores = logits\n  loss cross_entropy(logits, label)\n")


def text(model):
    return f"  let logits = {model}(x)\n  predict next = logits\n  loss cross_entropy(logits, y)\n"


FASHION, CIFAR = {"image": "u8[28, 28, 1]", "label": "i32"}, {"image": "u8[32, 32, 3]", "label": "i32"}
ADAM = ("adam", {"lr": 1e-3})
SLOW_ADAM = ("adam", {"lr": 1e-4})  # where the first steps are too wild to be compared otherwise
MOMENTUM = ("sgd", {"lr": 1e-3, "momentum": 0.9, "decay": 5e-4})
LENET = ("lenet", "examples/fashion/lenet.mlc")
RESNET = ("resnet18", "examples/cifar/resnet18.mlc")
GPT = ("gpt", "bench/train/programs/gpt.mlc")
WORDS = {"x": "i32[128]", "y": "i32[128]"}

WORKLOADS = {
    "linear": Workload("line", "examples/linear/linear.mlc", 32, linear, {"x": "f32[3]", "y": "f32"},
                       "  let guess = line(x)\n  predict y = guess\n  loss mse(guess, y)\n", ("sgd", {"lr": 0.01})),
    "circles": Workload("net", "examples/circles/circles.mlc", 32, circles, {"point": "f32[2]", "inner": "f32"},
                        "  let p = sigmoid(net(point))\n  predict inside = p\n  loss bce(p, inner)\n", ADAM),
    "mlp": Workload("mlp", "bench/train/programs/mlp.mlc", 128, fashion, FASHION, classes("mlp"), ADAM),
    "lenet_4": Workload(*LENET, 4, fashion, FASHION, classes("lenet"), ADAM),
    "lenet_64": Workload(*LENET, 64, fashion, FASHION, classes("lenet"), ADAM),
    "keras_cnn": Workload("cnn", "examples/cifar/keras_cnn.mlc", 32, pictures, CIFAR, classes("cnn"), SLOW_ADAM),
    "resnet18": Workload(*RESNET, 64, pictures, CIFAR, classes("resnet18"), MOMENTUM),
    "lstm": Workload("letters", "bench/train/programs/lstm.mlc", 32, tokens(64, 96), {"x": "i32[64]", "y": "i32[64]"},
                     text("letters"), ADAM),
    "gpt": Workload(*GPT, 16, tokens(128, 256), WORDS, text("gpt"), ("adamw", {"lr": 3e-4, "decay": 0.1})),
    "separable": Workload("separable", "bench/train/programs/separable.mlc", 32, pictures, CIFAR, classes("separable"), SLOW_ADAM),
    "seq2seq": Workload("translate", "examples/text/seq2seq.mlc", 64, dates,
                        {"src": "i32[32]", "dec": "i32[16]", "dst": "i32[16]"},
                        "  let logits = translate(src, dec)\n  predict next = logits\n"
                        "  loss cross_entropy(logits, dst) weight dst != 0\n", SLOW_ADAM),
    "predict_lenet": Workload(*LENET, 64, fashion, FASHION, classes("lenet"), ADAM, predict=True),
    "predict_resnet18": Workload(*RESNET, 64, pictures, CIFAR, classes("resnet18"), MOMENTUM, predict=True),
    "predict_gpt": Workload(*GPT, 16, tokens(128, 256), WORDS, text("gpt"), ("adamw", {"lr": 3e-4, "decay": 0.1}), predict=True),
}
