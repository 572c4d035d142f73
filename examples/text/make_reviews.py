#!/usr/bin/env python3
"""Writes reviews.npz: sentences of made-up words that praise or blame: make_reviews.py [FOLDER [ROWS]].

Words are numbers below 10000, the commonest first. Number 1 says "not" and turns what the next word thinks around; of the
others every fifth praises and every fifth blames. The label is 1 if there is more praise. FOLDER is that of this script
if it is not given; ROWS are 2000. Arrays: words [ROWS, 64], 0 after the end; length; label.
"""
import pathlib
import random
import struct
import sys
import zipfile

folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent
rows = int(sys.argv[2]) if len(sys.argv) > 2 else 2000
chance = random.Random(1)


def npy(shape, values):
    header = repr({"descr": "<i4", "fortran_order": False, "shape": shape})
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode() + struct.pack(f"<{len(values)}i", *values)


def review():
    while True:
        words, score, turned = [], 0, 1
        for _ in range(chance.randrange(8, 65)):
            word = 1 if chance.random() < 0.1 else min(9999, 2 + int(chance.expovariate(1 / 60)))
            words.append(word)
            score += turned * (0 if word == 1 else {0: 1, 1: -1}.get(word % 5, 0))
            turned = -1 if word == 1 else 1
        if score != 0:
            return words, int(score > 0)


reviews = [review() for _ in range(rows)]
with zipfile.ZipFile(folder / "reviews.npz", "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("words.npy", npy((rows, 64), [w for words, _ in reviews for w in words + [0] * (64 - len(words))]))
    archive.writestr("length.npy", npy((rows,), [len(words) for words, _ in reviews]))
    archive.writestr("label.npy", npy((rows,), [label for _, label in reviews]))
