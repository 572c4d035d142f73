"""Stops training by a signal in the middle of an epoch, resumes it, and compares with a run that was not stopped.

    stop.py SIGTERM 143 FOLDER
"""
import json
import pathlib
import signal
import subprocess
import sys

name, code, folder = sys.argv[1], int(sys.argv[2]), pathlib.Path(sys.argv[3])
model, stopped, straight = folder / "points.mlc", folder / "stopped", folder / "straight"


def train(*options):
    return ["mlc", "train", str(model), "--batch", "2", "--threads", "1", *options]


run = subprocess.Popen(train("--epochs", "100000", "--out", str(stopped)), stderr=subprocess.PIPE, text=True)
for line in run.stderr:
    if line.startswith("epoch      2/100000"):
        run.send_signal(getattr(signal, name))
        break
last = run.stderr.read().splitlines()[-1]
print(last.replace(str(stopped), "RUN"))
if run.wait() != code:
    sys.exit(f"stop.py: the exit code is {run.returncode}, not {code}")

state = json.loads((stopped / "trainer_state.json").read_text())
print(f"update {state['update']}, row {state['row']} of epoch {state['epoch'] + 1}")
assert f"after update {state['update']};" in last
epochs = str(state["epoch"] + 2)
subprocess.run(train("--epochs", epochs, "--resume", "--out", str(stopped)), check=True, capture_output=True)
subprocess.run(train("--epochs", epochs, "--overwrite", "--out", str(straight)), check=True, capture_output=True)
for file in ("metrics.csv", "model.safetensors", "optimizer.safetensors", "best/model.safetensors"):
    if (stopped / file).read_bytes() != (straight / file).read_bytes():
        sys.exit(f"stop.py: {file} differs from that of a run that was not stopped")
print("the same bits")
