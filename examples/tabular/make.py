#!/usr/bin/env python3
"""Writes adult.csv: 2000 people who are made up, with columns like those of the census data of 1994 (UCI's Adult).

Income depends on age, hours, occupation and gains, with noise; some ages and occupations are missing.
"""
import math
import pathlib
import random

jobs = {"Adm-clerical": -0.6, "Craft-repair": -0.3, "Exec-managerial": 1.0, "Farming-fishing": -1.2,
        "Handlers-cleaners": -1.4, "Machine-op-inspct": -0.8, "Other-service": -1.6, "Prof-specialty": 0.9,
        "Sales": 0.1, "Tech-support": 0.3, "Transport-moving": -0.4}
chance = random.Random(1)
with open(pathlib.Path(__file__).with_name("adult.csv"), "w", newline="\n") as out:
    out.write("age,hours-per-week,occupation,capital-gain,capital-loss,income\n")
    for _ in range(2000):
        age, hours = chance.randrange(17, 80), min(99, max(5, round(chance.gauss(41, 11))))
        job = chance.choice(list(jobs))
        gain = round(math.exp(chance.gauss(8.4, 0.9))) if chance.random() < 0.1 else 0
        loss = round(chance.gauss(1900, 300)) if chance.random() < 0.05 else 0
        score = (jobs[job] * 1.5 + (hours - 41) / 12 - ((age - 48) / 16) ** 2 + 1.2 + math.log1p(gain) / 3
                 + chance.gauss(0, 0.5))
        shown = "?" if chance.random() < 0.03 else str(age)
        out.write(f"{shown},{hours},{'?' if chance.random() < 0.05 else job},{gain},{loss},"
                  f"{'>50K' if score > 0.6 else '<=50K'}\n")
