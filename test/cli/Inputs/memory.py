"""Compares what `mlc check` states with what `mlc train` allocates: memory.py MODEL ARGUMENTS..."""
import json
import re
import subprocess
import sys
import tempfile

model = sys.argv[1:]
stated = json.loads(subprocess.run(["mlc", "check", *model, "--json"], check=True, capture_output=True).stdout)
parts = stated["state_bytes"] + stated["arena_bytes"] + stated["batch_bytes"]
assert stated["memory_bytes"] == parts + stated["workers"] * stated["scratch_bytes"], stated
with tempfile.TemporaryDirectory() as folder:
    run = subprocess.run(["mlc", "train", *model, "--epochs", "1", "--out", folder, "--profile"], check=True,
                         capture_output=True, text=True)
found = re.search(r"memory: (\d+) bytes stated, (\d+) bytes allocated", run.stderr)
assert found, run.stderr
allocated = int(found[2])
assert int(found[1]) == allocated == stated["memory_bytes"], (stated, found[0])
