"""Checks every program of the given pages with `mlc check`: the code blocks without a language of their own.

    pages.py FOLDER PAGE...    writes the programs to FOLDER, prints how many were checked; exits 1 if one fails
"""
import pathlib
import re
import subprocess
import sys

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
checked, failed = 0, 0
for page in map(pathlib.Path, sys.argv[2:]):
    fences = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)
    for number, block in enumerate((block for language, block in fences if not language), 1):
        program = folder / f"{page.stem}-{number}.mlc"
        program.write_text(block)
        run = subprocess.run(["mlc", "check", program], capture_output=True, text=True)
        checked += 1
        if run.returncode != 0:
            failed += 1
            print(f"{page}: program {number}:\n{run.stderr}")
print(f"{checked} programs checked, {failed} failed")
sys.exit(bool(failed))
