# metrics.py FOLDER: rows.csv, 103 rows from a generator of its own, so that they are the same everywhere. Scores are
# in steps of 0.05 and have ties; every fifth weight is 0, and there the guess is missing.
# metrics.py --reference FOLDER: what scikit-learn makes of them (not run by the test, which quotes it).
import sys


def draws(state):
    while True:
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        yield (state >> 33) / 2**31


def rows():
    generator = draws(1)
    draw = lambda: next(generator)
    for i in range(103):
        y = int(draw() * 4)
        z = [round(draw() * 4 - 2 + 1.5 * (c == y), 3) for c in range(4)]
        t = int(draw() < 0.35)
        p = round(round(min(max(0.6 * draw() + 0.4 * t * draw() + 0.1, 0), 1) * 20) / 20, 2)
        goal = round(100 + 10 * (draw() - 0.5), 3)
        guess = round(goal + 3 * (draw() - 0.5), 3)
        w = 0 if i % 5 == 0 else round(0.25 + 2 * draw(), 3)
        yield dict(z0=z[0], z1=z[1], z2=z[2], z3=z[3], y=y, p=p, t=t, goal=goal, guess=guess, w=w)


if sys.argv[1] != "--reference":
    with open(sys.argv[1] + "/rows.csv", "w") as out:
        out.write("z0,z1,z2,z3,y,p,t,one,goal,guess,w\n")
        for r in rows():
            guess = r["guess"] if r["w"] else ""
            out.write(",".join(str(v) for v in (r["z0"], r["z1"], r["z2"], r["z3"], r["y"], r["p"], r["t"], 1,
                                                r["goal"], guess, r["w"])) + "\n")
    sys.exit()

import numpy as np
from sklearn import metrics as m

table = {k: np.array([r[k] for r in rows()]) for k in next(rows())}
z = np.stack([table[f"z{c}"] for c in range(4)], 1).astype(np.float32)
y, t, w = table["y"], table["t"], table["w"].astype(np.float32)
p, goal, guess = (table[k].astype(np.float32) for k in ("p", "goal", "guess"))
prob = np.exp(z.astype(np.float64))
prob /= prob.sum(1, keepdims=True)
keep = w > 0
for name, weight in (("", None), ("w_", w)):
    def say(key, value):
        print(f"{name}{key} {value:.9f}")
    say("accuracy", m.accuracy_score(y, z.argmax(1), sample_weight=weight))
    say("top2", m.top_k_accuracy_score(y, z, k=2, sample_weight=weight))
    say("perplexity", np.exp(m.log_loss(y, prob, sample_weight=weight)))
    said = p > np.float32(0.5)
    say("precision", m.precision_score(t, said, sample_weight=weight))
    say("recall", m.recall_score(t, said, sample_weight=weight))
    say("f1", m.f1_score(t, said, sample_weight=weight))
    say("roc_auc", m.roc_auc_score(t, p, sample_weight=weight))
    say("average_precision", m.average_precision_score(t, p, sample_weight=weight))
    # Without weights only the rows that have a guess.
    own = w[keep] if weight is not None else None
    say("rmse", m.root_mean_squared_error(goal[keep], guess[keep], sample_weight=own))
    say("mae", m.mean_absolute_error(goal[keep], guess[keep], sample_weight=own))
    say("r2", m.r2_score(goal[keep].astype(np.float64), guess[keep].astype(np.float64), sample_weight=own))
    print(name + "confusion", np.round(m.confusion_matrix(y, z.argmax(1), sample_weight=weight), 4).tolist())
