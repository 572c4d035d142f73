"""Every setting, said in the text, by --set and by its option, in every command that reads it.

    settings.py FOLDER      (which has points.csv)

A run must be the same however its settings were said, and remember them: when it is resumed, evaluated and asked for
predictions.
"""
import csv
import json
import pathlib
import subprocess
import sys

folder = pathlib.Path(sys.argv[1])
PROGRAM = """data points {{
  train csv("points.csv")
  x: f32[3] = "a", "b", "c"
  y: f32
}}
model net(x: float[batch, 3]) -> float[batch] {{
  x |> dense(8) |> batch_norm |> relu |> dropout(0.3) |> dense(1) |> rearrange("b 1 -> b")
}}
train points on points {{
  let guess = net(float(x))
  let noise: float[batch] = normal()
  predict   y = guess
  predict   noisy = guess + noise
  loss      mse(guess, float(y))
  optimizer sgd(lr = {lr}, momentum = 0.9)
{lines}}}
"""
TEXT = {"batch": "16", "epochs": "2", "validation": "0.2"}
# The setting, the value that is given, whether there is an option of its name, and what --resume does when another
# value is given anew: a text that it says, or exit code 2 that names the setting.
TABLE = [
    ("batch", "10", True, "from here on an update is made of 12 rows, was of 10"),
    ("seed", "5", True, 2),
    ("validation", "0.4", False, 2),
    ("accumulate", "2", False, "from here on an update is made of 48 rows, was of 32"),
    ("precision", "f64", False, 2),
    ("clip_norm", "0.05", False, "from here on clip_norm is 0.01, was 0.05"),
    ("optimizer.lr", "0.1", False, "from here on optimizer.lr is 0.01, was 0.1"),
    ("patience", "7", False, "from here on patience is 9, was 7"),
    ("epochs", "3", True, "from here on training is 4 epochs long, was 3 epochs"),
    ("steps", "7", True, "from here on training is 9 updates long, was 7 updates"),
]
ANEW = {"batch": "12", "seed": "6", "validation": "0.3", "accumulate": "3", "precision": "f32", "clip_norm": "0.01",
        "optimizer.lr": "0.01", "patience": "9", "epochs": "4", "steps": "9"}
FILES = ("metrics.csv", "model.safetensors", "optimizer.safetensors", "best/model.safetensors")
failures = 0


def check(good, *words):
    global failures
    if not good:
        failures += 1
        print("WRONG:", *words)


def write(name, values):
    lines = {**TEXT, **values}
    if "steps" in values:
        del lines["epochs"]
    lr = lines.pop("optimizer.lr", "0.02")
    text = PROGRAM.format(lr=lr, lines="".join(f"  {key} {value}\n" for key, value in lines.items()))
    (folder / name).write_text(text)
    return folder / name


def mlc(*words, code=0):
    run = subprocess.run(["mlc", *map(str, words)], capture_output=True, text=True)
    check(run.returncode == code, words, "exits with", run.returncode, run.stderr)
    return run


def same(a, b, what):
    for name in FILES:
        check((a / name).read_bytes() == (b / name).read_bytes(), what, name)


def figures(run):
    """What metrics.csv says of the best epoch, and eval of the validation rows."""
    rows = list(csv.DictReader(open(run / "metrics.csv")))
    best = min(float(row["validation_loss"]) for row in rows)
    said = json.loads(mlc("eval", run, "--split", "validation", "--json").stdout)
    check(abs(said["loss"] - best) <= 1e-6 * best, run.name, "eval says", said["loss"], "training said", best)
    return said


plain = write("plain.mlc", {})
for name, value, option, anew in TABLE:
    longer = () if name in ("epochs", "steps") else ("--epochs", "3")
    text = write("said.mlc", {name: value})
    runs = {"text": [text], "set": [plain, "--set", f"{name}={value}"]}
    if option:
        runs["option"] = [plain, f"--{name}", value]
    said = {}
    for way, words in runs.items():
        out = folder / f"{name}-{way}"
        mlc("train", *words, "--out", out)
        same(out, folder / f"{name}-text", f"{name} by {way}")
        said[way] = figures(out), mlc("predict", out, folder / "points.csv").stdout
        check(said[way] == said["text"], name, way, "eval or predict differs")
    # Gone on with, with nothing of it said again.
    if longer:
        straight = folder / f"{name}-straight"
        mlc("train", text, *longer, "--out", straight)
        for way, words in runs.items():
            out = folder / f"{name}-{way}"
            mlc("train", words[0], "--resume", *longer, "--out", out)
            same(out, straight, f"{name} by {way}, resumed")
            check(figures(out) == figures(straight), name, way, "resumed, eval differs")
    # Another value, given anew and edited into the text.
    other = write("other.mlc", {name: ANEW[name]})
    for words, run in (([plain, "--set", f"{name}={ANEW[name]}"], "set"), ([other], "text")):
        out = folder / f"{name}-{run}"
        before = (out / "model.safetensors").read_bytes()
        refused = anew == 2
        again = mlc("train", *words, "--resume", *(("--epochs", "4") if longer else ()), "--out", out,
                    code=2 if refused else 0)
        if refused:
            check(f"`{name}` cannot change when a run is resumed" in again.stderr, name, again.stderr)
            check((out / "model.safetensors").read_bytes() == before, name, "the run was touched")
        else:
            check(anew in again.stderr, name, again.stderr)
            check((out / "model.safetensors").read_bytes() != before, name, "nothing was trained")

# A setting of the command line stands above the text, when the run is begun and ever after.
out = folder / "above"
mlc("train", plain, "--set", "optimizer.lr=0.1", "--out", out)
edited = write("edited.mlc", {"optimizer.lr": "0.5"})
again = mlc("train", edited, "--resume", "--epochs", "3", "--out", out)
check("optimizer.lr" not in again.stderr, again.stderr)
mlc("train", plain, "--set", "optimizer.lr=0.1", "--epochs", "3", "--out", folder / "straight")
same(out, folder / "straight", "an edit below a setting")
print("wrong:", failures)
sys.exit(failures != 0)
