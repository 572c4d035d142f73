"""The compiler's table of element types, for Python."""
import pathlib
import re

TABLE = pathlib.Path(__file__).resolve().parent.parent / "runtime/ElementTypes.def"


def numpy_of_safetensors():
    """{"F32": "<f4", ...}: numpy's little-endian dtype by the name in a safetensors file."""
    row = re.compile(r'^MLC_\w+_TYPE\(.*"(\w+)", "(\w+)"\)$', re.MULTILINE)
    return {name: "<" + numpy for name, numpy in row.findall(TABLE.read_text())}
