"""Kills training with SIGKILL once a checkpoint within its first epoch is there, resumes it, and compares.

    killed.py MODEL RUN
"""
import json
import pathlib
import subprocess
import sys
import time

model, run = sys.argv[1], pathlib.Path(sys.argv[2])
straight = run.with_name("never-killed")
# Each update syncs its checkpoint, so that the epoch of 30 takes long enough to be met within.
words = ["mlc", "train", model, "--batch", "2", "--epochs", "2", "--log-every", "4"]
process = subprocess.Popen([*words, "--save-every", "1", "--out", str(run)], stderr=subprocess.DEVNULL)
state = {}
while process.poll() is None:
    try:
        state = json.loads((run / "trainer_state.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        state = {}
    if state.get("row", 0) > 0:
        process.kill()
        break
    time.sleep(0.0005)
process.wait()
state = json.loads((run / "trainer_state.json").read_text())
if state["row"] == 0:
    sys.exit(f"killed.py: no checkpoint within an epoch was there to be killed after: {state}")
subprocess.run([*words, "--resume", "--out", str(run)], check=True, capture_output=True)
subprocess.run([*words, "--out", str(straight)], check=True, capture_output=True)
for name in ("metrics.csv", "updates.csv", "model.safetensors", "optimizer.safetensors", "best/model.safetensors"):
    if (run / name).read_bytes() != (straight / name).read_bytes():
        sys.exit(f"killed.py: {name} differs from that of a run that was not killed")
print("killed within an epoch, resumed: the same bits")
