#!/usr/bin/env python3
"""Writes days from 1950 to 2049 in many spellings, and as ISO dates: make_dates.py [FOLDER [ROWS]].

One day in ten is held out: dates.csv has ROWS rows of the others, dates-test.csv a tenth as many of those. Columns are numbers of letters, separated by blanks: 1 begins, 2 ends, a letter is its place in `letters` and 3. FOLDER is
that of this script if it is not given; ROWS are 10000.
"""
import datetime
import pathlib
import random
import sys

letters = " abcdefghijklmnopqrstuvwxyz0123456789-/.,"
begin, end = 1, 2
spellings = ["%d %B %Y", "%-d %b %Y", "%B %-d, %Y", "%b %-d %Y", "%A, %d %B %Y", "%a %-d %b %Y", "%d.%m.%Y", "%-d.%-m.%Y",
             "%m/%d/%Y", "%Y/%m/%d", "%d-%b-%Y", "%Y %B %d"]
folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent
rows = int(sys.argv[2]) if len(sys.argv) > 2 else 10000
chance = random.Random(1)
first = datetime.date(1950, 1, 1)
days = list(range((datetime.date(2050, 1, 1) - first).days))
chance.shuffle(days)


def numbers(text):
    return [letters.index(letter) + 3 for letter in text]


def joined(values):
    return " ".join(map(str, values))


def write(name, days, rows):
    with open(folder / name, "w", newline="\n") as out:
        out.write("source,shifted,target\n")
        for _ in range(rows):
            day = first + datetime.timedelta(chance.choice(days))
            target = numbers(day.isoformat())
            source = numbers(day.strftime(chance.choice(spellings)).lower())
            out.write(f"{joined(source)},{joined([begin] + target)},{joined(target + [end])}\n")


held = len(days) // 10
write("dates.csv", days[held:], rows)
write("dates-test.csv", days[:held], rows // 10)
