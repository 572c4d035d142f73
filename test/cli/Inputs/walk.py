"""Does what a page says, block after block, in an empty folder.

    walk.py FOLDER PAGE    A block whose first line is a comment with a file's name is written there; `sh` is run, and
                           has to succeed; `text` after it is what it has to print. Exits 1 at the first that does not
"""
import pathlib
import re
import subprocess
import sys

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True)
printed, blocks = None, 0
for kind, text in re.findall(r"^```(\w+)\n(.*?)^```$", pathlib.Path(sys.argv[2]).read_text(), re.DOTALL | re.MULTILINE):
    blocks += 1
    if kind == "sh":
        run = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", text], cwd=folder, capture_output=True, text=True)
        printed = run.stdout
        if run.returncode != 0:
            sys.exit(f"block {blocks} exits with {run.returncode}:\n{text}\n{run.stdout}{run.stderr}")
        print(run.stdout, end="")
    elif kind == "text":
        if printed != text:
            sys.exit(f"block {blocks} says\n{text}and what is printed is\n{printed}")
    else:
        name = re.match(r"(?://|#) (\S+)\n", text)
        if not name:
            sys.exit(f"block {blocks} ({kind}) does not say which file it is")
        (folder / name[1]).write_text(text)
print(f"{blocks} blocks")
