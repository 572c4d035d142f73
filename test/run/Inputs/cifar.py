"""Writes a stand-in for CIFAR-10 in its binary format: cifar.py FOLDER [ROWS [TEST_ROWS]].

A class is a colour and the direction of stripes, with noise over it, so that a small network can learn them.
"""
import math
import pathlib
import random
import sys

folder = pathlib.Path(sys.argv[1])
rows = int(sys.argv[2]) if len(sys.argv) > 2 else 100
test_rows = int(sys.argv[3]) if len(sys.argv) > 3 else 100
folder.mkdir(parents=True, exist_ok=True)
random.seed(1)


def record(label):
    tints = [60 + 60 * (label >> c & 1) for c in range(3)]
    angle = math.pi * label / 10
    step = [math.cos(angle), math.sin(angle)]
    stripes = [[math.sin(y * step[0] + x * step[1]) for x in range(32)] for y in range(32)]
    planes = [[min(255, max(0, int(tint + 40 * stripes[y][x] + random.gauss(0, 10)))) for y in range(32)
               for x in range(32)] for tint in tints]
    return bytes([label]) + b"".join(bytes(plane) for plane in planes)


def write(name, count):
    (folder / name).write_bytes(b"".join(record(random.randrange(10)) for _ in range(count)))


for i in range(1, 6):
    write(f"data_batch_{i}.bin", rows // 5)
write("test_batch.bin", test_rows)
