"""Compares tensors of two safetensors files by their bytes.

    same_tensors.py A B PREFIX_A PREFIX_B    each of B that begins with PREFIX_B, with A's of that name under PREFIX_A
    same_tensors.py --names A                prints the names in A
"""
import json
import sys


def read(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    header.pop("__metadata__", None)
    return {name: (entry["shape"], data[slice(*entry["data_offsets"])]) for name, entry in header.items()}


if sys.argv[1] == "--names":
    print("\n".join(read(sys.argv[2])))
    sys.exit()
first, second = read(sys.argv[1]), read(sys.argv[2])
prefix, own = sys.argv[3:5]
pairs = [(first.get(prefix + name[len(own):]), value) for name, value in second.items() if name.startswith(own)]
equal = sum(a == b for a, b in pairs)
print(f"{equal} tensors equal, {len(pairs) - equal} differ")
sys.exit(equal != len(pairs))
