"""Writes small data files into a folder: points.csv (75 rows of a, b, c, y) and pictures of 4 x 4 as IDX."""
import gzip
import pathlib
import random
import struct
import sys

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
random.seed(3)
with open(folder / "points.csv", "w") as out:
    out.write("a,b,c,y\n")
    for _ in range(75):
        a, b, c = (round(random.uniform(-1, 1), 3) for _ in range(3))
        out.write(f"{a},{b},{c},{round(a * b + c, 3)}\n")

rows = 20
pictures = bytes([0, 0, 8, 3]) + struct.pack(">III", rows, 4, 4) + bytes(i * 37 % 256 for i in range(rows * 16))
labels = bytes([0, 0, 8, 1]) + struct.pack(">I", rows) + bytes(i % 3 for i in range(rows))
files = {
    "pictures.idx": pictures,
    "labels.idx": labels,
    "pictures.idx.gz": gzip.compress(pictures, mtime=0),
    "cut.idx": pictures[:100],
    "promise.idx": pictures[:4] + struct.pack(">I", 0x7FFFFFFF) + pictures[8:],
    "text.idx": b"hello world, this is no IDX file",
    "cut.idx.gz": gzip.compress(pictures, mtime=0)[:40],
    "sum.idx.gz": gzip.compress(pictures, mtime=0)[:-8] + bytes(4) + struct.pack("<I", len(pictures)),
    "outside.idx": labels[:-1] + bytes([9]),
    "few.idx": bytes([0, 0, 8, 1]) + struct.pack(">I", 5) + bytes(5),
}
for name, content in files.items():
    (folder / name).write_bytes(content)
