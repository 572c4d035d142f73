# The rows of the prelude's optimizers: PyTorch's formulas in Python on f64, twelve updates of two weights.
#   optimizers.py write FOLDER      points.csv and a program for each row
#   optimizers.py check FOLDER      the losses `mlc train` wrote against these formulas
import csv
import math
import sys

X, Y = [1.0, 2.0, -0.5], [3.0, -1.0, 2.0]
UPDATES = 12


def gradient(w):
    off = [w[0] * x + w[1] * x * x - y for x, y in zip(X, Y)]
    return [sum(2 * o * x for o, x in zip(off, X)) / 3, sum(2 * o * x * x for o, x in zip(off, X)) / 3]


def loss(w):
    return sum((w[0] * x + w[1] * x * x - y) ** 2 for x, y in zip(X, Y)) / 3


def sgd(lr, momentum=0, nesterov=False, decay=0, clip=None):
    def step(w, g, t, s):
        if clip:
            factor = min(1, clip / (math.sqrt(sum(v * v for v in g)) + 1e-6))
            g = [v * factor for v in g]
        g = [a + decay * b for a, b in zip(g, w)]
        if momentum:
            s["m"] = [momentum * a + b for a, b in zip(s["m"], g)] if "m" in s else g
            g = [a + momentum * b for a, b in zip(g, s["m"])] if nesterov else s["m"]
        return [a - lr(t) * b for a, b in zip(w, g)]
    return step


def adam(lr, b1=0.9, b2=0.999, eps=1e-8, decay=0, apart=False):
    def step(w, g, t, s):
        if apart:
            w = [a * (1 - lr(t) * decay) for a in w]
        else:
            g = [a + decay * b for a, b in zip(g, w)]
        s["m"] = [b1 * a + (1 - b1) * b for a, b in zip(s.get("m", [0, 0]), g)]
        s["v"] = [b2 * a + (1 - b2) * b * b for a, b in zip(s.get("v", [0, 0]), g)]
        rate = lr(t) / (1 - b1 ** (t + 1))
        return [a - rate * m / (math.sqrt(v) / math.sqrt(1 - b2 ** (t + 1)) + eps)
                for a, m, v in zip(w, s["m"], s["v"])]
    return step


def rmsprop(lr, alpha=0.99, eps=1e-8, momentum=0):
    def step(w, g, t, s):
        s["v"] = [alpha * a + (1 - alpha) * b * b for a, b in zip(s.get("v", [0, 0]), g)]
        u = [a / (math.sqrt(b) + eps) for a, b in zip(g, s["v"])]
        if momentum:
            u = s["m"] = [momentum * a + b for a, b in zip(s.get("m", [0, 0]), u)]
        return [a - lr(t) * b for a, b in zip(w, u)]
    return step


def adagrad(lr, eps=1e-10, decay=0):
    def step(w, g, t, s):
        g = [a + decay * b for a, b in zip(g, w)]
        s["v"] = [a + b * b for a, b in zip(s.get("v", [0, 0]), g)]
        return [a - lr(t) * b / (math.sqrt(v) + eps) for a, b, v in zip(w, g, s["v"])]
    return step


def lion(lr, b1=0.9, b2=0.99, decay=0):
    def step(w, g, t, s):
        m = s.get("m", [0, 0])
        s["m"] = [b2 * a + (1 - b2) * b for a, b in zip(m, g)]
        return [a * (1 - lr(t) * decay) - lr(t) * math.copysign(1, b1 * c + (1 - b1) * b) for a, b, c in zip(w, g, m)]
    return step


def lamb(lr, b1=0.9, b2=0.999, eps=1e-6, decay=0.01):
    def step(w, g, t, s):
        s["m"] = [b1 * a + (1 - b1) * b for a, b in zip(s.get("m", [0, 0]), g)]
        s["v"] = [b2 * a + (1 - b2) * b * b for a, b in zip(s.get("v", [0, 0]), g)]
        u = [m / (1 - b1 ** (t + 1)) / (math.sqrt(v / (1 - b2 ** (t + 1))) + eps) + decay * a
             for a, m, v in zip(w, s["m"], s["v"])]
        trust = math.hypot(*w) / math.hypot(*u)
        return [a - lr(t) * trust * b for a, b in zip(w, u)]
    return step


def one_cycle(peak, rise=0.3):
    """torch.optim.lr_scheduler.OneCycleLR with its defaults."""
    def rate(t):
        top, last, low = rise * UPDATES - 1, UPDATES - 1, peak / 25
        start, end, part = (low, peak, t / top) if t <= top else (peak, low / 1e4, (t - top) / (last - top))
        return end + (start - end) / 2 * (1 + math.cos(math.pi * part))
    return rate


def always(rate):
    return lambda t: rate


ROWS = [
    ("sgd(lr = 0.05)", "", sgd(always(0.05))),
    ("sgd(lr = 0.02, momentum = 0.9)", "", sgd(always(0.02), 0.9)),
    ("sgd(lr = 0.02, momentum = 0.9, nesterov = true, decay = 0.1)", "", sgd(always(0.02), 0.9, True, 0.1)),
    ("sgd(lr = 0.1)", "clip_norm 1", sgd(always(0.1), clip=1)),
    ("sgd(lr = cosine(0.1, step / total_steps))", "", sgd(lambda t: 0.05 * (1 + math.cos(math.pi * t / UPDATES)))),
    ("sgd(lr = steps_down(0.08, 0.5, 4, step))", "", sgd(lambda t: 0.08 * 0.5 ** (t // 4))),
    ("adam(lr = 0.1)", "", adam(always(0.1))),
    ("adam(lr = 0.1, b1 = 0.5, decay = 0.1)", "", adam(always(0.1), 0.5, decay=0.1)),
    ("adamw(lr = 0.1, decay = 0.1)", "", adam(always(0.1), decay=0.1, apart=True)),
    ("rmsprop(lr = 0.05)", "", rmsprop(always(0.05))),
    ("rmsprop(lr = 0.02, momentum = 0.9)", "", rmsprop(always(0.02), momentum=0.9)),
    ("adagrad(lr = 0.1, decay = 0.1)", "", adagrad(always(0.1), decay=0.1)),
    ("lion(lr = 0.05, decay = 0.1)", "", lion(always(0.05), decay=0.1)),
    ("lamb(lr = 0.05)", "", lamb(always(0.05))),
    ("sgd(lr = 0.1 * warmup(5, step))", "", sgd(lambda t: 0.1 * min(1, (t + 1) / 5))),
    ("sgd(lr = exponential(0.1, 0.8, step))", "", sgd(lambda t: 0.1 * 0.8 ** t)),
    ("sgd(lr = one_cycle(0.1, step, total_steps))", "", sgd(one_cycle(0.1))),
]


def write(folder):
    with open(folder + "/points.csv", "w") as out:
        print("x,y", *(f"{x},{y}" for x, y in zip(X, Y)), sep="\n", file=out)
    for i, (optimizer, clause, _) in enumerate(ROWS):
        with open(f"{folder}/{i}.mlc", "w") as out:
            out.write("data points { train csv(\"points.csv\")\n  x: float\n  y: float\n}\n"
                      "model net(x: float[batch]) -> float[batch] {\n  param w: float[2] = ones()\n"
                      "  w[0] * x + w[1] * x * x\n}\n"
                      f"train t on points {{\n  loss mse(net(x), y)\n  optimizer {optimizer}\n  {clause}\n"
                      f"  batch 3\n  epochs {UPDATES}\n  precision f64\n}}\n")


def check(folder):
    wrong = 0
    for i, (optimizer, clause, step) in enumerate(ROWS):
        got = [float(line["loss"]) for line in csv.DictReader(open(f"{folder}/{i}/metrics.csv"))]
        w, state, want = [1.0, 1.0], {}, []
        for t in range(UPDATES):
            want.append(loss(w))
            w = step(w, gradient(w), t, state)
        if len(got) != UPDATES or any(abs(a - b) > 1e-9 + 1e-9 * b for a, b in zip(got, want)):
            print(f"{optimizer} {clause}: losses {got}, not {want}")
            wrong += 1
    print(f"{len(ROWS)} optimizers, {wrong} wrong")
    return wrong


sys.exit({"write": write, "check": check}[sys.argv[1]](sys.argv[2]))
