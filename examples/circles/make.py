#!/usr/bin/env python3
"""Writes circles.csv: 1000 points on two rings of radius 1 and 0.5 with noise, the inner ring labelled 1."""
import math
import pathlib
import random

chance = random.Random(1)
with open(pathlib.Path(__file__).with_name("circles.csv"), "w", newline="\n") as out:
    out.write("x,y,inner\n")
    for _ in range(1000):
        inner = chance.randrange(2)
        angle, radius = chance.uniform(0, 2 * math.pi), 0.5 if inner else 1.0
        x, y = radius * math.cos(angle) + chance.gauss(0, 0.08), radius * math.sin(angle) + chance.gauss(0, 0.08)
        out.write(f"{x:.4f},{y:.4f},{inner}\n")
