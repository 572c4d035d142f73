"""The models in JAX, as functions over mlc's tensors by path, in mlc's layouts, which are those that XLA takes to on a CPU.
A loss gives the number and what batch normalisation makes of its running statistics.
"""
import math

import jax
import numpy
from jax import lax, numpy as jnp


class Context:
    """Tensors by path, and the states that a step leaves. `training` chooses a batch's own statistics."""

    def __init__(self, tensors, training=True):
        self.tensors, self.training, self.states = tensors, training, {}

    def __getitem__(self, path):
        return self.tensors[path]

    def dense(self, path, x):
        return x @ self[path + ".w"] + self[path + ".bias"]

    def conv(self, path, x, stride=1, pad=0, groups=1):
        y = lax.conv_general_dilated(x, self[path + ".w"], (stride, stride), [(pad, pad)] * 2,
                                     dimension_numbers=("NHWC", "HWIO", "NHWC"), feature_group_count=groups)
        return y + self[path + ".bias"] if path + ".bias" in self.tensors else y

    def batch_norm(self, path, x):
        mean, var = self[path + ".mean"], self[path + ".var"]
        if self.training:
            n = math.prod(x.shape[:-1])
            batch_mean = x.mean((0, 1, 2))
            batch_var = jnp.square(x - batch_mean).mean((0, 1, 2))
            self.states[path + ".mean"] = 0.9 * mean + 0.1 * batch_mean
            self.states[path + ".var"] = 0.9 * var + 0.1 * batch_var * (n / (n - 1))
            mean, var = batch_mean, batch_var
        return (x - mean) * (lax.rsqrt(var + 1e-5) * self[path + ".scale"]) + self[path + ".shift"]

    def layer_norm(self, path, x):
        mean = x.mean(-1, keepdims=True)
        var = jnp.square(x - mean).mean(-1, keepdims=True)
        return (x - mean) * lax.rsqrt(var + 1e-5) * self[path + ".scale"] + self[path + ".shift"]

    def lstm(self, path, x):
        """The products with the inputs of all steps at once; the rest in a scan."""
        gates = x.swapaxes(0, 1) @ self[path + ".wx"] + (self[path + ".bias_x"] + self[path + ".bias_h"])
        wh = self[path + ".wh"]

        def step(carry, gate):
            h, c = carry
            i, f, g, o = jnp.split(gate + h @ wh, 4, -1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), h
        zero = jnp.zeros((x.shape[0], wh.shape[0]), x.dtype)
        return lax.scan(step, (zero, zero), gates)[1].swapaxes(0, 1)


def relu(x):
    return jax.nn.relu(x)


def pool(x):
    """Windows of 2 by 2 that do not overlap; a row or column that is left over is dropped. Its gradient is far faster on a
    CPU than that of reduce_window."""
    b, h, w, c = x.shape
    return x[:, :h // 2 * 2, :w // 2 * 2].reshape(b, h // 2, 2, w // 2, 2, c).max((2, 4))


def flat(x):
    return x.reshape(x.shape[0], -1)


def entropy(logits, labels):
    """Of each place."""
    return jax.nn.logsumexp(logits, -1) - jnp.take_along_axis(logits, labels[..., None], -1)[..., 0]


def line(n, b):
    return n.dense("line.dense_1", b["x"])[:, 0]


def line_loss(n, b):
    return jnp.square(line(n, b) - b["y"]).mean()


def net(n, b):
    return n.dense("net.dense_2", relu(n.dense("net.dense_1", b["point"])))[:, 0]


def net_loss(n, b):
    p, y = jax.nn.sigmoid(net(n, b)), b["inner"]
    return -(y * jnp.log(p) + (1 - y) * jnp.log(1 - p)).mean()


def mlp(n, b):
    x = relu(n.dense("mlp.dense_1", flat(b["image"])))
    return n.dense("mlp.dense_3", relu(n.dense("mlp.dense_2", x)))


def lenet(n, b):
    x = pool(relu(n.conv("lenet.conv_1", b["image"], pad=2)))
    x = relu(n.dense("lenet.dense_1", flat(pool(relu(n.conv("lenet.conv_2", x))))))
    return n.dense("lenet.dense_3", relu(n.dense("lenet.dense_2", x)))


def cnn(n, b):
    x = pool(relu(n.conv("cnn.conv_1", b["image"])))
    return n.dense("cnn.dense_2", relu(n.dense("cnn.dense_1", flat(x))))


def resnet18(n, b):
    def unit(path, x, stride=1, pad=1):
        return n.batch_norm(path + ".batch_norm_1", n.conv(path + ".conv_1", x, stride, pad))

    def block(path, x, out, stride):
        y = unit(path + ".unit_2", relu(unit(path + ".unit_1", x, stride)))
        return relu(y + (x if stride == 1 and x.shape[-1] == out else unit(path + ".unit_3", x, stride, 0)))

    x = relu(unit("resnet18.unit_1", b["image"]))
    for i, (out, stride) in enumerate([(64, 1), (128, 2), (256, 2), (512, 2)], 1):
        x = block(f"resnet18.stage_{i}.block_1", x, out, stride)
        x = block(f"resnet18.stage_{i}.repeat_1.0", x, out, 1)
    return n.dense("resnet18.dense_1", x.mean((1, 2)))


def separable(n, b):
    x = relu(n.batch_norm("separable.batch_norm_1", n.conv("separable.conv_1", b["image"], pad=1)))
    for i, stride in enumerate((1, 2, 1, 2, 1), 1):
        p = f"separable.separable_block_{i}"
        x = relu(n.batch_norm(p + ".batch_norm_1", n.conv(p + ".conv_1", x, stride, 1, groups=x.shape[-1])))
        x = relu(n.batch_norm(p + ".batch_norm_2", n.conv(p + ".conv_2", x)))
    return n.dense("separable.dense_1", x.mean((1, 2)))


def letters(n, b):
    x = n["letters.embedding_1.table"][b["x"]]
    return n.dense("letters.dense_1", n.lstm("letters.lstm_2", n.lstm("letters.lstm_1", x)))


def attend(q, k, v, heads, mask):
    q, k, v = (z.reshape(*z.shape[:2], heads, -1) for z in (q, k, v))
    score = jnp.einsum("bthe,bshe->bhts", q, k) / math.sqrt(q.shape[-1])
    mix = jnp.einsum("bhts,bshe->bthe", jax.nn.softmax(jnp.where(mask, score, -1e9), -1), v)
    return mix.reshape(*mix.shape[:2], -1)


def past(t):
    return numpy.tril(numpy.ones((t, t), bool))


def gpt(n, b):
    h = n["gpt.token"][b["x"]] + n["gpt.place"]
    for i in range(4):
        p = f"gpt.blocks.{i}"
        q, k, v = jnp.split(n.dense(p + ".attention_1.dense_1", n.layer_norm(p + ".layer_norm_1", h)), 3, -1)
        h = h + n.dense(p + ".attention_1.dense_2", attend(q, k, v, 8, past(h.shape[1])))
        y = jax.nn.gelu(n.dense(p + ".dense_1", n.layer_norm(p + ".layer_norm_2", h)), approximate=False)
        h = h + n.dense(p + ".dense_2", y)
    return n.layer_norm("gpt.layer_norm_1", h) @ n["gpt.token"].T


def sinusoid(length, d):
    angle = numpy.arange(length)[:, None] * numpy.exp(numpy.arange(d // 2) * (-math.log(10000) / (d / 2)))
    return numpy.concatenate([numpy.sin(angle), numpy.cos(angle)], -1).astype("f4")


def translate(n, b, depth=3):
    src, dec = b["src"], b["dec"]
    seen, own = (src != 0)[:, None, None, :], (dec != 0)[:, None, None, :]

    def attention(p, q, kv, mask):
        k, v = jnp.split(n.dense(p + ".dense_1", kv), 2, -1)
        return n.dense(p + ".dense_3", attend(n.dense(p + ".dense_2", q), k, v, 4, mask))

    def wide(p, x):
        return n.dense(p + ".dense_2", relu(n.dense(p + ".dense_1", x)))

    word = n["translate.word"]
    x = word[src] + sinusoid(src.shape[1], word.shape[1])
    for i in range(depth):
        p = f"translate.repeat_1.{i}"
        z = n.layer_norm(p + ".layer_norm_1", x)
        x = x + attention(p + ".attend_1", z, z, seen)
        x = x + wide(p, n.layer_norm(p + ".layer_norm_2", x))
    y = word[dec] + sinusoid(dec.shape[1], word.shape[1])
    for i in range(depth):
        p = f"translate.repeat_2.{i}"
        z = n.layer_norm(p + ".layer_norm_1", y)
        y = y + attention(p + ".attend_1", z, z, own & past(dec.shape[1]))
        y = y + attention(p + ".attend_2", n.layer_norm(p + ".layer_norm_2", y), x, seen)
        y = y + wide(p, n.layer_norm(p + ".layer_norm_3", y))
    return n.dense("translate.dense_1", y)


def translate_loss(n, b):
    counted = b["dst"] != 0
    return jnp.where(counted, entropy(translate(n, b), b["dst"]), 0).sum() / counted.sum()


def classify(model):
    return lambda n, b: entropy(model(n, b), b["label"]).mean()


def follow(model):
    return lambda n, b: entropy(model(n, b), b["y"]).mean()


# Name: what is predicted of a batch, and its loss.
MODELS = {"line": (line, line_loss), "net": (net, net_loss), "mlp": (mlp, classify(mlp)), "lenet": (lenet, classify(lenet)),
          "cnn": (cnn, classify(cnn)), "resnet18": (resnet18, classify(resnet18)), "separable": (separable, classify(separable)),
          "letters": (letters, follow(letters)), "gpt": (gpt, follow(gpt)), "translate": (translate, translate_loss)}


def adam(p, g, slots, step, lr, decay=0.0):
    """Decay apart from the gradient, as adamw has it."""
    m, v = slots
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    rate = lr / (1 - 0.9 ** step)
    return (1 - lr * decay) * p - rate * m / (jnp.sqrt(v) / jnp.sqrt(1 - 0.999 ** step) + 1e-8), (m, v)


def sgd(p, g, slots, step, lr, momentum=0.0, decay=0.0):
    d = g + decay * p
    if momentum:
        d = momentum * slots[0] + d
        slots = (d,)
    return p - lr * d, slots


# Name: the rule, and how many slots it keeps with these hyper-parameters.
OPTIMIZERS = {"adam": (adam, lambda o: 2), "adamw": (adam, lambda o: 2), "sgd": (sgd, lambda o: int("momentum" in o))}


def training(model, optimizer, options, trainable):
    """A jitted step: (tensors, slots, step from 1, batch) to the first three anew, and the loss. Its first three operands
    are given away."""
    loss_of = MODELS[model][1]
    rule = OPTIMIZERS[optimizer][0]

    def step(tensors, slots, count, batch):
        rest = {name: value for name, value in tensors.items() if name not in trainable}

        def loss(params):
            n = Context({**params, **rest})
            return loss_of(n, batch), n.states
        params = {name: tensors[name] for name in trainable}
        (value, states), gradients = jax.value_and_grad(loss, has_aux=True)(params)
        updated = {name: rule(p, gradients[name], slots[name], count, **options) for name, p in params.items()}
        tensors = {**rest, **states, **{name: new for name, (new, _) in updated.items()}}
        return tensors, {name: kept for name, (_, kept) in updated.items()}, count + 1, value
    return jax.jit(step, donate_argnums=(0, 1, 2))


def prediction(model):
    """A jitted function of tensors and a batch."""
    return jax.jit(lambda tensors, batch: MODELS[model][0](Context(tensors, training=False), batch))
