"""Writes small data for the programs of docs/from-pytorch.md into a folder: ported.py FOLDER."""
import gzip
import io
import json
import pathlib
import random
import struct
import sys
import zipfile

folder = pathlib.Path(sys.argv[1])
random.seed(5)

with open(folder / "flowers.csv", "w") as out:
    out.write("sepal_length,sepal_width,petal_length,petal_width,species\n")
    for row in range(150):
        kind = row % 3
        numbers = (random.gauss(centre, 0.2) for centre in (5 + kind, 3.5 - 0.3 * kind, 1.5 + 2 * kind, 0.3 + 0.8 * kind))
        out.write(",".join(f"{number:.2f}" for number in numbers) + f",{('setosa', 'versicolor', 'virginica')[kind]}\n")
with open(folder / "points.csv", "w") as out:
    out.write("a,b,c\n")
    for _ in range(64):
        out.write(",".join(f"{random.gauss(1, 0.5):.3f}" for _ in range(3)) + "\n")

rows = 128
pictures = bytes([0, 0, 8, 3]) + struct.pack(">III", rows, 28, 28) + bytes(i * 31 % 251 for i in range(rows * 784))
labels = bytes([0, 0, 8, 1]) + struct.pack(">I", rows) + bytes(i % 10 for i in range(rows))
(folder / "train-images.gz").write_bytes(gzip.compress(pictures, mtime=0))
(folder / "train-labels.gz").write_bytes(gzip.compress(labels, mtime=0))
(folder / "book.txt").write_text("the quick brown fox jumps over the lazy dog\n" * 40)


def npy(kind, shape, values):
    header = f"{{'descr': '<{kind}4', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (63 - (len(header) + 10) % 64) + "\n"
    form = {"i": "i", "f": "f"}[kind]
    return (b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() +
            struct.pack(f"<{len(values)}{form}", *values))


def npz(name, **arrays):
    with zipfile.ZipFile(folder / name, "w") as archive:
        for array, content in arrays.items():
            archive.writestr(array + ".npy", content)


npz("reviews.npz", words=npy("i", (60, 20), [random.randrange(1000) for _ in range(1200)]),
    liked=npy("f", (60,), [row % 2 for row in range(60)]))
npz("lines.npz", image=npy("f", (32, 8, 8, 3), [random.random() for _ in range(32 * 192)]),
    y=npy("f", (32,), [random.random() for _ in range(32)]))

# As PyTorch has them: a convolution [out, in, height, width], gates first in an LSTM, a linear layer [out, in].
tensors = {"conv.weight": (16, 3, 3, 3), "conv.bias": (16,), "lstm.weight_ih_l0": (128, 128),
           "lstm.weight_hh_l0": (128, 32), "lstm.bias_ih_l0": (128,), "lstm.bias_hh_l0": (128,), "fc.weight": (1, 32),
           "fc.bias": (1,)}
head, body = {}, io.BytesIO()
for name, shape in tensors.items():
    count = 1
    for size in shape:
        count *= size
    begin = body.tell()
    body.write(struct.pack(f"<{count}f", *(random.gauss(0, 0.1) for _ in range(count))))
    head[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [begin, body.tell()]}
text = json.dumps(head).encode()
(folder / "net.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + body.getvalue())
