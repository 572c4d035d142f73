"""Copies a run folder with a changed model.safetensors: weights.py KIND FROM TO."""
import json
import pathlib
import shutil
import struct
import sys

kind, source, target = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
shutil.copytree(source, target)
path = target / "model.safetensors"
content = path.read_bytes()
size = struct.unpack("<Q", content[:8])[0]
header, data = json.loads(content[8:8 + size]), content[8 + size:]
first = next(name for name in header if name != "__metadata__")


def pack(text):
    text = text.encode()
    return struct.pack("<Q", len(text)) + text + data


if kind == "cut":
    content = content[:100]
elif kind == "short":
    content = content[:-1]
elif kind == "length":
    content = struct.pack("<Q", 1 << 62) + content[8:]
elif kind == "offsets":
    header[first]["data_offsets"] = [0, 1 << 50]
    content = pack(json.dumps(header))
elif kind == "shape":
    header[first]["shape"] = [1 << 40, 1 << 40]
    content = pack(json.dumps(header))
elif kind == "deep":
    content = pack("[" * 100000)
elif kind == "missing":
    del header[first]
    content = pack(json.dumps(header))
elif kind == "empty":
    content = b""
path.write_bytes(content)
