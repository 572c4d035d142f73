#!/usr/bin/env python3
"""Draws cats (pointed ears) and dogs (hanging ears) of many sizes and colours: make.py [FOLDER [TRAIN [TEST]]].

Writes FOLDER/pets/train/{cat,dog}/*.png and FOLDER/pets/test/..., TRAIN and TEST pictures of each class (100, 25).
FOLDER is the folder of this script if it is not given.
"""
import pathlib
import random
import struct
import sys
import zlib

folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent
counts = [int(argument) for argument in sys.argv[2:4]]
counts += [100, 25][len(counts):]
chance = random.Random(1)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, pixels):
    rows = b"".join(b"\0" + pixels[y * width * 3:(y + 1) * width * 3] for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def draw(kind):
    width, height = chance.randrange(56, 96), chance.randrange(56, 96)
    back = [chance.randrange(120, 256) for _ in range(3)]
    coat = [chance.randrange(0, 110) for _ in range(3)]
    x0, y0 = width / 2 + chance.uniform(-5, 5), height / 2 + chance.uniform(-2, 6)
    r = min(width, height) * chance.uniform(0.24, 0.3)
    pixels = bytearray()
    for y in range(height):
        for x in range(width):
            u, v = (x - x0) / r, (y - y0) / r
            side = abs(u)
            if kind == "cat":
                ear = 0.25 < side < 1 and -1.6 < v < -0.4 and abs(side - 0.62) < 0.35 * (v + 1.6)
            else:
                ear = ((side - 1) / 0.35) ** 2 + ((v - 0.1) / 0.8) ** 2 < 1
            eye = (side - 0.4) ** 2 + (v + 0.2) ** 2 < 0.02
            nose = u * u + (v - 0.3) ** 2 < 0.03
            inside = u * u + v * v < 1 or ear
            colour = [240, 240, 240] if eye else [230, 120, 130] if nose else coat if inside else back
            grain = chance.randrange(-8, 9)
            pixels += bytes(min(255, max(0, c + grain)) for c in colour)
    return png(width, height, bytes(pixels))


for split, count in zip(["train", "test"], counts):
    for kind in ["cat", "dog"]:
        place = folder / "pets" / split / kind
        place.mkdir(parents=True, exist_ok=True)
        for i in range(count):
            (place / f"{i:04}.png").write_bytes(draw(kind))
