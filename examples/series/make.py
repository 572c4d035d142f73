#!/usr/bin/env python3
"""Writes hours.csv: what a meter shows in 600 stretches of 48 hours, and in the hour after each.

Days have a wave of their own height, weeks make it higher or lower, and chance adds to it.
"""
import math
import pathlib
import random

chance = random.Random(1)
values, height, drift = [], 1.0, 0.0
for hour in range(48 + 600 * 5 + 1):
    if hour % 24 == 0:
        height = 0.9 * height + 0.1 * chance.uniform(0.4, 1.8)
    drift = 0.995 * drift + chance.gauss(0, 0.02)
    week = 0.2 * math.sin(2 * math.pi * hour / 168)
    values.append((1 + week) * height * math.sin(2 * math.pi * hour / 24) + drift + chance.gauss(0, 0.05))
with open(pathlib.Path(__file__).with_name("hours.csv"), "w", newline="\n") as out:
    out.write("past,next\n")
    for row in range(600):
        window = values[5 * row:5 * row + 49]
        out.write(" ".join(f"{value:.2f}" for value in window[:48]) + f",{window[48]:.2f}\n")
