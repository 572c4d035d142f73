"""Damages every file of a folder: damage.py cut|change|empty FOLDER."""
import pathlib
import sys

how, folder = sys.argv[1], pathlib.Path(sys.argv[2])
files = [path for path in folder.iterdir() if path.is_file() and path.name.startswith("entry-")]
assert files, "there is nothing to damage"
for path in files:
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes({"cut": content[:middle],
                      "change": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1:],
                      "empty": b""}[how])
