# The rows of the prelude's functions: each as a program writes it, and as plain Python on f64.
#   functions.py write FOLDER         rows.csv and functions.mlc
#   functions.py check FOLDER         what `mlc predict` and one step of gradient descent made of them
#
# Each function is a model y = f(x + w) with w = 0 at first, and a loss of its own. One update with rate 1 on all rows
# leaves w = -(gradient), which is compared with central differences of the Python function (eps 1e-6).
import csv
import json
import math
import struct
import sys

ROWS = [([0.5, -1.5, 2.25, 0.125], 0, 1.0), ([-3.0, 4.0, 0.25, -0.75], 1, 0.0), ([10.0, -9.0, 2.0, -2.0], 3, 1.0),
        ([-7.0, 1.5, 1.0, -2.0], 2, 0.25), ([0.1, 0.2, 0.35, 0.4], 3, 0.5)]
WEIGHTS = [0.3, -0.7, 1.1, 0.2]


def sigmoid(v):
    return 1 / (1 + math.exp(-v))


def softplus(v):
    return max(v, 0) + math.log1p(math.exp(-abs(v)))


def lse(x):
    m = max(x)
    return m + math.log(sum(math.exp(v - m) for v in x))


def each(f):
    return lambda x, k, y: [f(v) for v in x]


def normalised(x, eps):
    m = sum(x) / len(x)
    v = sum((a - m) ** 2 for a in x) / len(x)
    return [(a - m) / math.sqrt(v + eps) for a in x]


def by_place(x):
    return sum(i * v for i, v in enumerate(x))


def huber(d, delta):
    return 0.5 * d * d if abs(d) <= delta else delta * (abs(d) - 0.5 * delta)




# name, in mlc, in Python: row, class and target to a list of four or one
FUNCTIONS = [
    ("exp", "exp(0.1 * z)", each(lambda v: math.exp(0.1 * v))),
    ("log", "log(z^2 + 1)", each(lambda v: math.log(v * v + 1))),
    ("sqrt", "sqrt(z^2 + 1)", each(lambda v: math.sqrt(v * v + 1))),
    ("rsqrt", "rsqrt(z^2 + 1)", each(lambda v: 1 / math.sqrt(v * v + 1))),
    ("tanh", "tanh(z)", each(math.tanh)),
    ("erf", "erf(z)", each(math.erf)),
    ("abs", "abs(z)", each(abs)),
    ("sin", "sin(z)", each(math.sin)),
    ("cos", "cos(z)", each(math.cos)),
    ("cube", "z^3", each(lambda v: v ** 3)),
    ("relu", "relu(z)", each(lambda v: max(v, 0.0))),
    ("leaky_relu", "leaky_relu(z, slope = 0.2)", each(lambda v: v if v > 0 else 0.2 * v)),
    ("sigmoid", "sigmoid(z)", each(sigmoid)),
    ("silu", "silu(z)", each(lambda v: v * sigmoid(v))),
    ("gelu", "gelu(z)", each(lambda v: 0.5 * v * (1 + math.erf(v / math.sqrt(2))))),
    ("softplus", "softplus(z)", each(softplus)),
    ("elu", "elu(z, alpha = 0.5)", each(lambda v: v if v > 0 else 0.5 * math.expm1(v))),
    ("selu", "selu(z)", each(lambda v: 1.0507009873554805 * (v if v > 0 else 1.6732632423543772 * math.expm1(v)))),
    ("mish", "mish(z)", each(lambda v: v * math.tanh(softplus(v)))),
    ("relu6", "relu6(z)", each(lambda v: min(max(v, 0.0), 6.0))),
    ("hard_tanh", "hard_tanh(0.3 * z)", each(lambda v: min(max(0.3 * v, -1.0), 1.0))),
    ("hard_sigmoid", "hard_sigmoid(0.7 * z)", each(lambda v: min(max(0.7 * v + 3, 0.0), 6.0) / 6)),
    ("hard_swish", "hard_swish(0.7 * z)", each(lambda v: 0.7 * v * min(max(0.7 * v + 3, 0.0), 6.0) / 6)),
    ("log_sigmoid", "log_sigmoid(z)", each(lambda v: -softplus(-v))),
    ("softsign", "softsign(z)", each(lambda v: v / (1 + abs(v)))),
    ("glu", "glu(z) |> sum(axes = 1)", lambda x, k, y: [x[0] * sigmoid(x[2]) + x[1] * sigmoid(x[3])]),
    ("softmax", "softmax(z)", lambda x, k, y: [math.exp(v - lse(x)) for v in x]),
    ("log_softmax", "log_softmax(z)", lambda x, k, y: [v - lse(x) for v in x]),
    ("logsumexp", "logsumexp(z)", lambda x, k, y: [lse(x)]),
    ("pick", "pick(z, k)", lambda x, k, y: [x[k]]),
    ("unit_length", "unit_length(z)", lambda x, k, y: [v / math.sqrt(sum(a * a for a in x)) for v in x]),
    ("layer_norm", "z |> layer_norm", lambda x, k, y: normalised(x, 1e-5)),
    ("residual", "z |> residual(|> tanh)", each(lambda v: v + math.tanh(v))),
    ("max_pool", "rearrange(\"b (h w) -> b h w 1\", z, h = 2) |> max_pool(2) |> rearrange(\"b 1 1 1 -> b\")",
     lambda x, k, y: [max(x)]),
    ("avg_pool", "rearrange(\"b (h w) -> b h w 1\", z, h = 1) |> avg_pool(1, stride = 1) |> flatten", each(lambda v: v)),
    ("global_avg_pool", "rearrange(\"b (h w) -> b h w 1\", z, h = 2) |> global_avg_pool |> rearrange(\"b 1 -> b\")",
     lambda x, k, y: [sum(x) / 4]),
    ("global_max_pool", "rearrange(\"b (h w) -> b h w 1\", z, h = 2) |> global_max_pool |> rearrange(\"b 1 -> b\")",
     lambda x, k, y: [max(x)]),
    ("upsample_1d", "rearrange(\"b (l c) -> b l c\", z, c = 2) |> upsample |> flatten |> by_place",
     lambda x, k, y: [by_place([x[0], x[1], x[0], x[1], x[2], x[3], x[2], x[3]])]),
    ("upsample", "rearrange(\"b (h w) -> b h w 1\", z, h = 2) |> upsample(2) |> flatten |> by_place",
     lambda x, k, y: [by_place([x[i] for i in (0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3)])]),
    ("mse", "mse(z[:, 0], y)", lambda x, k, y: [(x[0] - y) ** 2]),
    ("mae", "mae(z[:, 0], y)", lambda x, k, y: [abs(x[0] - y)]),
    ("huber", "huber(z[:, 0], y, delta = 2)", lambda x, k, y: [huber(x[0] - y, 2)]),
    ("bce", "bce(sigmoid(z[:, 0]), y)", lambda x, k, y: [softplus(x[0]) - x[0] * y]),
    ("bce_with_logits", "bce_with_logits(z[:, 0], y)", lambda x, k, y: [softplus(x[0]) - x[0] * y]),
    ("cross_entropy", "cross_entropy(z, k)", lambda x, k, y: [lse(x) - x[k]]),
    ("smooth_cross_entropy", "cross_entropy(z, k, smooth = 0.1)",
     lambda x, k, y: [lse(x) - 0.9 * x[k] - 0.1 * sum(x) / 4]),
    ("amax", "amax(z, axis = 1)", lambda x, k, y: [max(x)]),
    ("amin", "amin(z, axis = 1)", lambda x, k, y: [min(x)]),
    ("mean", "mean(z, axes = 1)", lambda x, k, y: [sum(x) / 4]),
    ("where", "where(z > 0.3, z^2, -z)", each(lambda v: v * v if v > 0.3 else -v)),
    ("minmax", "min(max(z, -1), 1.75)", each(lambda v: min(max(v, -1), 1.75))),
    ("roll", "roll(z, 1, axis = 1)", lambda x, k, y: x[3:] + x[:3]),
    ("reverse", "reverse(z, axis = 1)", lambda x, k, y: x[::-1]),
    ("concat", "concat(z[:, 2:], 2 * z[:, :2], axis = 1)", lambda x, k, y: x[2:] + [2 * v for v in x[:2]]),
    ("stack", "stack(z[:, ::2], z[:, 1::2], axis = 1) |> flatten", lambda x, k, y: [x[0], x[2], x[1], x[3]]),
    ("split", "(if true { let (p, q) = split(z, 2)\n p * q } else { z[:, :2] }) |> sum(axes = 1)",
     lambda x, k, y: [x[0] * x[2] + x[1] * x[3]]),
    ("einsum", "einsum(\"b i, b j, j -> b i\", z, z, range_weights())",
     lambda x, k, y: [a * sum(v * j for j, v in enumerate(x)) for a in x]),
    ("transpose", "transpose(rearrange(\"b (h w) -> b h w\", z, h = 2)) |> flatten", lambda x, k, y: [x[0], x[2], x[1], x[3]]),
    ("gather", "gather(transpose(z), range(4)) |> transpose", each(lambda v: v)),
    ("cumsum", "cumsum(z)", lambda x, k, y: [sum(x[:i + 1]) for i in range(4)]),
    ("cumsum_reverse", "cumsum(z, reverse = true)", lambda x, k, y: [sum(x[i:]) for i in range(4)]),
    ("sort", "head(sort(z))", lambda x, k, y: sorted(x)),
    ("topk", "head(topk(z, 2)) |> sum(axes = 1)", lambda x, k, y: [sum(sorted(x)[2:])]),
    ("argsort", "z * float(argsort(z, descending = true))",
     lambda x, k, y: [v * p for v, p in zip(x, sorted(range(4), key=lambda i: -x[i]))]),
    ("take_along", "take_along(z, stack(k, 3 - k, k, 0 * k, axis = 1))", lambda x, k, y: [x[k], x[3 - k], x[k], x[0]]),
    ("piecewise", "piecewise(z[:, 0], pieces = 4, low = -2, high = 4)",
     lambda x, k, y: [min(max((x[0] + 2) / 1.5 - piece, 0), 1) for piece in range(4)]),
    ("pad", "pad(z[:, 1:3], 1, 1, value = -2)", lambda x, k, y: [-2 + 0 * x[0], x[1], x[2], -2]),
    ("rms_norm", "z |> rms_norm(eps = 1e-3)",
     lambda x, k, y: [v / math.sqrt(sum(a * a for a in x) / 4 + 1e-3) for v in x]),
    ("group_norm", "z |> group_norm(2)", lambda x, k, y: normalised(x[:2], 1e-5) + normalised(x[2:], 1e-5)),
    ("kl", "kl(log_softmax(z), softmax(2 * z))",
     lambda x, k, y: [sum(math.exp(2 * v - lse([2 * a for a in x])) * (2 * v - lse([2 * a for a in x]) - v + lse(x)) for v in x)]),
    ("kl_normal", "kl_normal(z, 0.1 * z)", lambda x, k, y: [sum(v * v + math.exp(0.1 * v) - 1 - 0.1 * v for v in x) / 2]),
    ("rotary", "rotary(rearrange(\"b (t d) -> b t d\", z, t = 2)) |> flatten",
     lambda x, k, y: [x[0], x[1], x[2] * math.cos(1) - x[3] * math.sin(1), x[3] * math.cos(1) + x[2] * math.sin(1)]),
    ("key_mask", "attend_rows(z)", lambda x, k, y: [math.exp(x[i] - lse(x[:2])) if i < 2 else 0.0 for i in range(4)]),
    ("sinusoid", "z * sinusoid(1, 4)", lambda x, k, y: [0 * x[0], 0 * x[1], x[2], x[3]]),
]


def write(folder):
    with open(folder + "/rows.csv", "w") as out:
        print("a,b,c,d,k,y", file=out)
        for x, k, y in ROWS:
            print(*x, k, y, sep=",", file=out)
    text = "data rows { train csv(\"rows.csv\")\n  x: float[4] = \"a\", \"b\", \"c\", \"d\"\n  k: i32\n  y: float\n}\n"
    text += "fn range_weights() = float(range(4))\nfn head(pair) = pair[0]\n"
    text += "fn by_place[b, n](z: float[b, n]) = sum(z * float(range(n)), axes = 1)\n"
    text += "fn attend_rows(z) = rearrange(\"b 1 1 s -> b s\", softmax(key_mask(rearrange(\"b s -> b 1 1 s\", z), float(range(4)) + 0 * z < 2)))\n"
    clauses = ""
    for name, expr, f in FUNCTIONS:
        four = len(f(*ROWS[0])) == 4
        text += f"model m_{name}(x: float[batch, 4], k: i32[batch], y: float[batch]) {{\n"
        text += f"  param w: float[4] = zeros()\n  let z = x + w\n  {expr}\n}}\n"
        call = f"m_{name}(x, k, y)"
        weighted = f"sum({call} * {WEIGHTS}, axes = 1)" if four else call
        clauses += f"  predict p_{name} = {call}\n  loss l_{name} = {weighted}\n"
    text += "train t on rows {\n" + clauses + "  optimizer sgd(lr = 1)\n  batch 5\n  epochs 1\n  precision f64\n}\n"
    open(folder + "/functions.mlc", "w").write(text)


def tensors(path):
    data = open(path, "rb").read()
    size, = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + size])
    result = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = (8 + size + at for at in entry["data_offsets"])
            kind = {"F32": "f", "F64": "d"}[entry["dtype"]]
            result[name] = struct.unpack(f"<{(end - begin) // struct.calcsize(kind)}{kind}", data[begin:end])
    return result


def check(folder):
    wrong = 0
    weights = tensors(folder + "/run/model.safetensors")
    predicted = list(csv.reader(open(folder + "/before.csv")))
    header, lines = predicted[0], predicted[1:]
    assert len(lines) == len(ROWS), lines
    for name, _, f in FUNCTIONS:
        columns = [i for i, column in enumerate(header) if column == "p_" + name or column.startswith(f"p_{name}.")]
        for line, row in zip(lines, ROWS):
            got, want = [float(line[i]) for i in columns], f(*row)
            if len(got) != len(want) or any(abs(a - b) > 1e-9 + 1e-9 * abs(b) for a, b in zip(got, want)):
                print(f"{name}{row} = {got}, not {want}")
                wrong += 1

        def loss(w):
            total = 0
            for x, k, y in ROWS:
                out = f([a + b for a, b in zip(x, w)], k, y)
                total += sum(a * b for a, b in zip(out, WEIGHTS)) if len(out) == 4 else out[0]
            return total / len(ROWS)

        eps = 1e-6
        for i in range(4):
            up, down = [[s * eps * (j == i) for j in range(4)] for s in (1, -1)]
            want, got = (loss(up) - loss(down)) / (2 * eps), -weights[f"m_{name}.w"][i]
            if abs(got - want) > 1e-5 + 1e-3 * abs(want):
                print(f"d {name} / d w[{i}] = {got}, not {want}")
                wrong += 1
    print(f"{len(FUNCTIONS)} functions, {wrong} wrong")
    return wrong


sys.exit({"write": write, "check": check}[sys.argv[1]](sys.argv[2]))
