"""Writes the first rows of Fashion-MNIST as a data set of its own.

    fashion.py DIR ROWS TEST_ROWS    the four files of the examples, gzipped, in DIR
"""
import gzip
import pathlib
import struct
import sys

source = pathlib.Path("/usr/share/datasets/fashion-mnist")
folder, rows, test_rows = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
folder.mkdir(parents=True)
for split, count in (("train", rows), ("t10k", test_rows)):
    for kind, size, header in (("images-idx3", 28 * 28, 16), ("labels-idx1", 1, 8)):
        name = f"{split}-{kind}-ubyte.gz"
        data = gzip.decompress((source / name).read_bytes())
        part = data[:4] + struct.pack(">I", count) + data[8:header + count * size]
        (folder / name).write_bytes(gzip.compress(part, mtime=0))
