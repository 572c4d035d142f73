#!/usr/bin/env python3
"""Writes linear.csv: 200 rows of y = 2 a - 3 b + 0.5 c + 1 with a little noise; b leans on a."""
import pathlib
import random

chance = random.Random(1)
with open(pathlib.Path(__file__).with_name("linear.csv"), "w", newline="\n") as out:
    out.write("a,b,c,y\n")
    for _ in range(200):
        a, own, c = (chance.uniform(-1, 1) for _ in range(3))
        b = 0.5 * a + 0.8 * own
        y = 2 * a - 3 * b + 0.5 * c + 1 + chance.gauss(0, 0.02)
        out.write(f"{a:.4f},{b:.4f},{c:.4f},{y:.4f}\n")
