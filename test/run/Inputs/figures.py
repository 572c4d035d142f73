"""Compares figures with numbers.

    figures.py FIGURES NUMBERS TOLERANCE    FIGURES: what --json prints, or the last line of a metrics.csv; each line of
                                            NUMBERS is a figure and its value, or the elements of a table
Numbers that FIGURES does not have are left out; at least five are there. The tolerance is relative to the larger of the
number and 1.
"""
import csv
import json
import sys


def flat(value):
    return [number for each in value for number in flat(each)] if isinstance(value, list) else [value]


with open(sys.argv[1]) as file:
    if sys.argv[1].endswith(".csv"):
        figures = {}
        for name, value in list(csv.DictReader(file))[-1].items():
            figures.setdefault(name.split(".")[0], []).append(float(value))
    else:
        figures = {name: flat(value) for name, value in json.load(file).items()}
seen = 0
for line in open(sys.argv[2]):
    name, *numbers = line.split()
    if name not in figures:
        continue
    seen += 1
    got = figures[name]
    assert len(got) == len(numbers), (name, got)
    for a, b in zip(got, map(float, numbers)):
        assert abs(a - b) <= float(sys.argv[3]) * max(1, abs(b)), (name, a, b)
assert seen >= 5, seen
print(f"{seen} figures agree")
