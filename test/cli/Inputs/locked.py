"""Runs a command while another training goes on in the run folder; prints what it says, fails unless it exits with CODE.

    locked.py CODE MODEL RUN COMMAND...
"""
import subprocess
import sys

code, model, run, command = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:]
first = subprocess.Popen(["mlc", "train", model, "--epochs", "100000", "--overwrite", "--out", run], stderr=subprocess.PIPE, text=True)
try:
    for line in first.stderr:
        if line.startswith("epoch "):
            break
    second = subprocess.run(command, capture_output=True, text=True)
    if first.poll() is not None:
        sys.exit("locked.py: the first training ended")
finally:
    first.terminate()
    first.stderr.read()
    first.wait()
sys.stdout.write(second.stdout + second.stderr)
if second.returncode != code:
    sys.exit(f"locked.py: the exit code is {second.returncode}, not {code}")
if first.returncode != 143:
    sys.exit(f"locked.py: the first training exits with {first.returncode}, not 143")
