# Values and gradients of the prelude in f32 where they are easily lost: ties, bounds, infinities, tails, large angles.
#   corners.py write FOLDER [PRECISION]   row.csv and corners.mlc
#   corners.py check FOLDER [PRECISION]   what `mlc predict` and one step of gradient descent made of them
#
# A case is a model f(x + w) of one row with w = 0 at first and the sum of f as a loss: one update with rate 1 leaves
# w = -(gradient). Where infinities are among the numbers, which no loss may hold, `grad` says the gradient. What is wanted is PyTorch's value and gradient for the same numbers, or worked out by hand where it
# has no such function.
import csv
import json
import math
import struct
import sys

import activations

INF = math.inf


def softplus(x):
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x > 0 else math.exp(x) / (1 + math.exp(x))


TAIL = [-10.0, -16.0, -17.0, -20.0, -50.0, 10.0, 0.0]
ANGLES = [1, 100, 1000, 4096, 5000, 100000, 10000000, 300000000, 2200000000, 1e10, -3e38, 3.1415927, 0]
SMALL = [1e-9, 1e-4, 0.3]
LARGE = [10000.0, 10001.0, 9998.0]
LARGE_SUM = math.log(sum(math.exp(v - 10001) for v in LARGE))

# name, in mlc (of z), the numbers, the values (a list) and the gradient of their sum, or None where it is not asked for
CASES = [
    ("relu", "relu(z)", [-1, 0, 1], [0, 0, 1], [0, 0, 1]),
    ("leaky_relu", "leaky_relu(z, slope = 0.25)", [-1, 0, 1], [-0.25, 0, 1], [0.25, 0.25, 1]),
    ("max_zero", "max(z, 0)", [-1, 0, 1], [0, 0, 1], [0, 0.5, 1]),
    ("max_zero_first", "max(0, z)", [-1, 0, 1], [0, 0, 1], [0, 0.5, 1]),
    ("min_zero", "min(z, 0)", [-1, 0, 1], [-1, 0, 0], [1, 0.5, 0]),
    ("min_zero_first", "min(0, z)", [-1, 0, 1], [-1, 0, 0], [1, 0.5, 0]),
    ("max_two", "max(z[:, :2], z[:, 2:])", [3, 5, 3, 4], [3, 5], [0.5, 1, 0.5, 0]),
    ("min_two", "min(z[:, :2], z[:, 2:])", [3, 5, 3, 4], [3, 4], [0.5, 0, 0.5, 1]),
    ("max_itself", "max(z, z)", [3, 0], [3, 0], [1, 1]),
    ("clip", "clip(z, -1, 2)", [-2, -1, 0, 2, 3], [-1, -1, 0, 2, 2], [0, 1, 1, 1, 0]),
    ("piecewise", "sum(piecewise(z, pieces = 4), axes = -1)", [-3, -2, -1, 0.5, 2, 3], [0, 0, 1, 2.5, 4, 4], [0, 1, 1, 1, 0, 0]),
    ("clip_below", "clip(z, 0, inf)", [-1, 0, 1], [0, 0, 1], [0, 1, 1]),
    ("clip_idiom", "min(max(z, -1), 2)", [-2, -1, 0, 2, 3], [-1, -1, 0, 2, 2], [0, 0.5, 1, 0.5, 0]),
    ("abs", "abs(z)", [-2, 0, 2], [2, 0, 2], [-1, 0, 1]),
    ("mae", "mae(z, 1)", [0, 1, 2], [1, 0, 1], [-1, 0, 1]),
    ("huber", "huber(z, 0)", [-1, 0, 1, 2], [0.5, 0, 0.5, 1.5], [-1, 0, 1, 1]),
    ("amax", "rearrange(\"b -> b 1\", amax(z, axis = 1))", [1, 3, 3, 2], [3], [0, 1, 0, 0]),
    ("amin", "rearrange(\"b -> b 1\", amin(z, axis = 1))", [2, 1, 1, 3], [1], [0, 1, 0, 0]),
    ("max_pool", "rearrange(\"b (l c) -> b l c\", z, c = 1) |> max_pool(2) |> flatten", [7, 7, 1, 2], [7, 2], [1, 0, 0, 1]),
    ("global_max_pool", "rearrange(\"b (l c) -> b l c\", z, c = 2) |> global_max_pool", [7, 1, 7, 2, 3, 2], [7, 2], [1, 0, 0, 1, 0, 0]),
    ("sort", "sort(z)[0] * range_of(3)", [2, 1, 1], [1, 2, 6], [3, 1, 2]),
    ("topk", "topk(z, 1)[0]", [1, 3, 3], [3], [0, 1, 0]),
    ("softplus", "softplus(z)", TAIL, [softplus(v) for v in TAIL], [sigmoid(v) for v in TAIL]),
    ("log_softplus", "log(softplus(z))", TAIL, [math.log(softplus(v)) for v in TAIL],
     [sigmoid(v) / softplus(v) for v in TAIL]),
    ("bce_with_logits", "bce_with_logits(-z, 1)", TAIL, [softplus(v) for v in TAIL], None),
    ("bce_zero", "bce(z, 0)", SMALL, [-math.log1p(-p) for p in SMALL], [1 / (1 - p) for p in SMALL]),
    ("log1p", "log1p(z)", SMALL, [math.log1p(v) for v in SMALL], [1 / (1 + v) for v in SMALL]),
    ("expm1", "expm1(z)", SMALL + [-30], [math.expm1(v) for v in SMALL + [-30]], [math.exp(v) for v in SMALL + [-30]]),
    ("kl_normal", "rearrange(\"b -> b 1\", kl_normal(0 * z, z))", [0.3], [0.5 * (math.expm1(0.3) - 0.3)], None),
    ("log_softmax", "log_softmax(z)", LARGE, [v - 10001 - LARGE_SUM for v in LARGE], None),
    ("cross_entropy", "rearrange(\"b -> b 1\", cross_entropy(z, 1 + 0 * i32(z[:, 0])))", LARGE, [LARGE_SUM],
     [math.exp(v - 10001 - LARGE_SUM) - (v == 10001) for v in LARGE]),
    ("smooth_cross_entropy", "rearrange(\"b -> b 1\", cross_entropy(z, 1 + 0 * i32(z[:, 0]), smooth = 0.3))", LARGE,
     [LARGE_SUM + 0.1 * sum(10001 - v for v in LARGE)], None),
    ("logsumexp_none", "rearrange(\"b -> b 1\", logsumexp(where(z > 9, z, -inf)))", [1, 2], [-INF], None),
    ("logsumexp_one", "rearrange(\"b -> b 1\", logsumexp(where(z > 1, z, -inf)))", [1, 2], [2], [0, 1]),
    ("logsumexp_inf", "rearrange(\"b -> b 1\", logsumexp(where(z > 1, inf, z)))", [1, 2], [INF], None),
    ("softmax_masked", "softmax(where(z > 1, z, -inf))", [1, 2, 2], [0, 0.5, 0.5], [0, 0, 0]),
    ("softmax_none", "softmax(where(z > 9, z, -inf))", [1, 2], [math.nan] * 2, None),
    ("softmax_inf", "softmax(where(z > 1, inf, z))", [1, 2], [math.nan] * 2, None),
    ("log_softmax_masked", "log_softmax(where(z > 1, z, -inf))[:, 1:]", [1, 2, 2], [-math.log(2)] * 2, [0, 0, 0]),
    ("log_softmax_none", "log_softmax(where(z > 9, z, -inf))", [1, 2], [math.nan] * 2, None),
    ("log_softmax_inf", "log_softmax(where(z > 1, inf, z))", [1, 2], [math.nan] * 2, None),
    ("cross_entropy_masked", "rearrange(\"b -> b 1\", cross_entropy(where(z > 1, z, -inf), 0 * i32(z[:, 0])))", [1, 2],
     [INF], None),
    ("cross_entropy_none", "rearrange(\"b -> b 1\", cross_entropy(where(z > 9, z, -inf), 0 * i32(z[:, 0])))", [1, 2],
     [math.nan], None),
    ("cross_entropy_inf", "rearrange(\"b -> b 1\", cross_entropy(where(z > 1, inf, z), 0 * i32(z[:, 0])))", [1, 2],
     [math.nan], None),
    ("unit_length", "unit_length(z)", [3e-7, 4e-7], [0.6, 0.8], None),
    ("unit_length_floor", "unit_length(z)", [3e-13, 4e-13], [0.3, 0.4], None),
    ("unit_length_zero", "unit_length(z)", [0, 0], [0, 0], None),
    ("sin", "sin(z)", ANGLES, None, None),
    ("cos", "cos(z)", ANGLES, None, None),
    ("sinusoid", "sinusoid(5001, 2)[5000, :] + 0 * z", [0] * 2, [math.sin(5000), math.cos(5000)], None),
    ("rotary", "rotary(rearrange(\"b d -> b 1 d\", z) + 0 * rearrange(\"t -> 1 t 1\", float(range(5001))))[:, 5000, :]", [1, 0],
     [math.cos(5000), math.sin(5000)], None),
    ("one_cycle", "z * stack_of(one_cycle(1, 0, 10, rise = 0.1), one_cycle(1, 20, 10), one_cycle(1, 9, 10))", [1, 1, 1],
     [1, 1 / 250000, 1 / 250000], None),
    *activations.CASES,
]


def single(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def wanted(name, numbers, values, precision):
    """The values, those of angles from the number that a program of this precision sees."""
    if name in ("sin", "cos"):
        return [getattr(math, name)(single(v) if precision == "f32" else v) for v in numbers]
    return values


def write(folder, precision):
    columns, fields, text, clauses = [], "", "", ""
    for name, expr, numbers, _, gradient in CASES:
        own = [f"{name}_{i}" for i in range(len(numbers))]
        # No table holds infinities: they are made of what is beyond 1e29.
        columns += [(column, max(min(number, 1e30), -1e30) if INF in numbers else number)
                    for column, number in zip(own, numbers)]
        fields += f"  x_{name}: float[{len(own)}] = " + ", ".join(f'"{column}"' for column in own) + "\n"
        if INF in numbers:
            text += f"fn f_{name}(z) = {expr}\nfn sum_{name}(z) = sum(f_{name}(z))\n"
            clauses += f"  predict p_{name} = f_{name}(infinite(x_{name}))\n"
            clauses += f"  predict d_{name} = grad(sum_{name}, infinite(x_{name}))\n"
            continue
        text += f"model m_{name}(x: float[batch, {len(own)}]) {{\n  param w: float[{len(own)}] = zeros()\n"
        text += f"  let z = x + w\n  {expr}\n}}\n"
        clauses += f"  predict p_{name} = m_{name}(x_{name})\n"
        if gradient:
            clauses += f"  loss l_{name} = sum(m_{name}(x_{name}), axes = 1)\n"
    with open(folder + "/row.csv", "w") as out:
        print(*(column for column, _ in columns), sep=",", file=out)
        print(*(repr(float(number)) for _, number in columns), sep=",", file=out)
    text = 'data row { train csv("row.csv")\n' + fields + "}\n" + text
    text += "fn infinite(x) = where(x > 1e29, inf, where(x < -1e29, -inf, x))\n"
    text += "fn range_of(n) = float(range(n)) + 1\n"
    text += "fn stack_of(a, b, c) = concat(a * range_of(1), b * range_of(1), c * range_of(1), axis = 0)\n"
    text += "train t on row {\n" + clauses + f"  optimizer sgd(lr = 1)\n  batch 1\n  epochs 1\n  precision {precision}\n}}\n"
    open(folder + "/corners.mlc", "w").write(text)


def tensors(path):
    data = open(path, "rb").read()
    size, = struct.unpack("<Q", data[:8])
    result = {}
    for name, entry in json.loads(data[8:8 + size]).items():
        if name != "__metadata__":
            begin, end = (8 + size + at for at in entry["data_offsets"])
            kind = {"F32": "f", "F64": "d"}[entry["dtype"]]
            result[name] = struct.unpack(f"<{(end - begin) // struct.calcsize(kind)}{kind}", data[begin:end])
    return result


def same(got, want, precision):
    if math.isnan(want) or math.isinf(want):
        return math.isnan(got) if math.isnan(want) else got == want
    bound = 1e-6 if precision == "f32" else 1e-13
    return abs(got - want) <= bound * abs(want) + bound * 1e-3


def check(folder, precision):
    row = next(csv.DictReader(open(folder + "/before.csv")))
    learned = tensors(folder + "/run/model.safetensors")
    wrong = []
    for name, _, numbers, values, gradient in CASES:
        values = wanted(name, numbers, values, precision)
        predicted = lambda what: [float(cell) for column, cell in row.items()
                                  if column == what or column.startswith(what + ".")]
        got = predicted("p_" + name)
        if len(got) != len(values) or not all(same(a, b, precision) for a, b in zip(got, values)):
            wrong.append(f"{name}: {got} for {values}")
        if gradient:
            got = predicted("d_" + name) if INF in numbers else [-w for w in learned[f"m_{name}.w"]]
            if len(got) != len(gradient) or not all(same(a, b, precision) for a, b in zip(got, gradient)):
                wrong.append(f"gradient of {name}: {got} for {gradient}")
    sys.exit("\n".join(wrong) or 0)


if __name__ == "__main__":
    {"write": write, "check": check}[sys.argv[1]](sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "f32")
