"""Changes each number of trainer_state.json and config.json and resumes.

    tampered.py FOLDER      (which has points.mlc and its data: 60 rows, 4 updates an epoch)
"""
import json
import pathlib
import shutil
import subprocess
import sys

folder = pathlib.Path(sys.argv[1])
model, good = str(folder / "points.mlc"), folder / "good"
failures = 0


def mlc(*words):
    return subprocess.run(["mlc", *map(str, words)], capture_output=True, text=True)


def change(member, value):
    def apply(root):
        *path, last = member.split(".")
        for key in path:
            root = root[key]
        root[last] = value
    return apply


def refused(file, member, value, command, names=None):
    global failures
    run = folder / "changed"
    shutil.rmtree(run, ignore_errors=True)
    shutil.copytree(good, run)
    root = json.loads((run / file).read_text())
    change(member, value)(root)
    (run / file).write_text(json.dumps(root))
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    words = ("train", model, "--resume", "--out", run) if command == "resume" else ("eval", run)
    result = mlc(*words)
    wanted = f"{run}/{file}.{names or member} "
    trained = any(line.startswith("epoch ") for line in result.stderr.splitlines())
    untouched = all(path.read_bytes() == content for path, content in before.items())
    if result.returncode != 65 or wanted not in result.stderr or trained or not untouched:
        failures += 1
        print("WRONG:", file, member, value, result.returncode, result.stderr)


# Stopped within the second epoch.
stopped = mlc("train", model, "--steps", "6", "--out", good)
assert stopped.returncode == 0, stopped.stderr
config = json.loads((good / "config.json").read_text())
config["settings"] = {}  # as if it had been stopped by a signal: six epochs were asked for
del config["manifest"]["train"]["steps"]
config["manifest"]["train"]["epochs"] = 6
(good / "config.json").write_text(json.dumps(config))
state = json.loads((good / "trainer_state.json").read_text())
assert (state["epoch"], state["row"], state["update"]) == (1, 32, 6), state
state["finished"] = False
(good / "trainer_state.json").write_text(json.dumps(state))

for member, value, names in [
        ("epoch", 100, None), ("epoch", 2**62, None), ("epoch", 2**63 - 1, None), ("epoch", 2**63, None),
        ("epoch", -1, None), ("epoch", "1", None), ("epoch", 2, "update"), ("epoch", 0, None), ("row", 5, None),
        ("row", 932, None), ("row", 2**62, None), ("row", 48, "update"), ("row", -16, None), ("update", 7, None),
        ("update", 0, None), ("update", 2**64 - 1, None), ("seed", 1, None), ("sums", [], None),
        ("sums", ["nan"] * len(state["sums"]), None), ("sums", ["inf"] * len(state["sums"]), None),
        ("best.epoch", 2, None), ("best.epoch", 0, None), ("best.epoch", 2**62, None), ("best.update", 5, None),
        ("best.figure", "nan", None), ("best", None, "epochs_without_better"),
        ("epochs_without_better", 5, None), ("epochs_without_better", -1, None), ("finished", True, None),
        ("finished", 1, None), ("version", 2, None)]:
    if member == "epoch" and value == 0:
        names = "update"
    refused("trainer_state.json", member, value, "resume", names)
for member, value in [
        ("manifest.train.seed", 5), ("manifest.train.batch", 8), ("manifest.train.epochs", 9),
        ("manifest.train.patience", 3), ("manifest.data.validation_fraction", 0.5)]:
    refused("config.json", member, value, "resume")
    refused("config.json", member, value, "eval")
refused("config.json", "data.train.rows", -1, "resume")
refused("config.json", "data.train.fields", {"x": "many"}, "resume")
run = mlc("train", model, "--resume", "--out", good)
if run.returncode != 0:
    failures += 1
    print("WRONG: the run that was not changed:", run.stderr)
print("wrong:", failures)
sys.exit(failures != 0)
