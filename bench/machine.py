"""What a table must say about where its figures are from."""
import os
import pathlib
import re
from importlib import metadata


def note():
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    versions = ", ".join(f"{name} {metadata.version(package)}" for name, package in
                         (("PyTorch", "torch"), ("JAX", "jax"), ("ONNX Runtime", "onnxruntime"), ("numpy", "numpy")))
    return f"{os.cpu_count()} cores of {cpu[1] if cpu else 'an unnamed processor'}, {versions}"
