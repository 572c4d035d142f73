"""Rates that follow epochs and validation figures.

    schedules.py write FOLDER    ones.csv and a program for each row of ROWS
    schedules.py check FOLDER    the rates of their runs

All values of x are 1 and the loss is w x + 3, so that an update makes it smaller by just the rate, and updates.csv shows
each. w begins at 1; the rates are halves of each other, and what is computed with them is exact.
"""
import csv
import math
import pathlib
import sys

EPOCHS, UPDATES = 12, 3


class Plateau:
    """torch.optim.lr_scheduler.ReduceLROnPlateau with threshold_mode "rel"."""

    def __init__(self, rate, factor, patience, threshold, cooldown=0, least=0, largest=False):
        self.rate, self.factor, self.patience, self.threshold = rate, factor, patience, threshold
        self.cooldown, self.least, self.largest = cooldown, least, largest
        self.best, self.bad, self.cooling = -math.inf if largest else math.inf, 0, 0

    def epoch(self, figure):
        better = figure > self.best * (1 + self.threshold) if self.largest else figure < self.best * (1 - self.threshold)
        if better:
            self.best, self.bad = figure, 0
        else:
            self.bad += 1
        if self.cooling > 0:
            self.cooling, self.bad = self.cooling - 1, 0
        if self.bad > self.patience:
            self.rate = max(self.rate * self.factor, self.least)
            self.bad, self.cooling = 0, self.cooldown


class Follow:
    """A function of the epoch, from 0, and of the last figure."""

    def __init__(self, function):
        self.function, self.done, self.rate = function, 0, function(0, math.inf)

    def epoch(self, figure):
        self.done += 1
        self.rate = self.function(self.done, figure)


ROWS = {
    "loss": ("plateau(0.125, factor = 0.5, patience = 0, threshold = 0.125, least = 0.015625)", "",
             lambda: Plateau(0.125, 0.5, 0, 0.125, least=0.015625)),
    "up": ("plateau(0.125, factor = 0.5, patience = 1, threshold = 0.25, cooldown = 1)", "best max up",
           lambda: Plateau(0.125, 0.5, 1, 0.25, cooldown=1, largest=True)),
    "epoch": ("0.125 * 0.5^floor(epoch / 5)", "", lambda: Follow(lambda epoch, figure: 0.125 * 0.5 ** (epoch // 5))),
    "functions": ("0.125 * rsqrt(4^floor(epoch / 4)) * -sign(epoch - 100) * (1 - erf(0 * epoch))", "",
                  lambda: Follow(lambda epoch, figure: 0.125 * 0.5 ** (epoch // 4))),
    "figure": ("where(validation_figure < 3, 0.03125, 0.125)", "",
               lambda: Follow(lambda epoch, figure: 0.03125 if figure < 3 else 0.125)),
}


def write(folder):
    folder.mkdir(parents=True)
    (folder / "ones.csv").write_text("x\n" + "1\n" * 8)
    for name, (rate, clause, _) in ROWS.items():
        (folder / f"{name}.mlc").write_text(f"""data points {{
  train csv("ones.csv")
  x: f32
}}
model net(x: float[batch]) -> float[batch] {{
  param w: float = ones()
  w * x
}}
train t on points {{
  let y = net(x) + 3
  predict    y
  loss       y
  metric     up = 8 - y
  optimizer  sgd(lr = {rate})
  {clause}
  batch      2
  epochs     {EPOCHS}
  validation 0.25
}}
""")


def check(folder):
    for name, (_, clause, schedule) in ROWS.items():
        losses = [float(row["loss"]) for row in csv.DictReader(open(folder / name / "updates.csv"))]
        assert len(losses) == EPOCHS * UPDATES, losses
        follow, loss_of_w, rates = schedule(), 4.0, []
        for at, loss in enumerate(losses):
            assert loss == loss_of_w, f"{name}: update {at} had the loss {loss}, not {loss_of_w}; rates so far {rates}"
            rates.append(follow.rate)
            loss_of_w -= follow.rate
            if at % UPDATES == UPDATES - 1:
                follow.epoch(8 - loss_of_w if clause else loss_of_w)
        print(f"{name}: {len(rates)} rates, {len(set(rates))} values, as they should be")


{"write": write, "check": check}[sys.argv[1]](pathlib.Path(sys.argv[2]))
