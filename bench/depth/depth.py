"""Time and memory of mlc by the depth of a model: is each block as cheap as the first?

Programs are generated: N residual blocks of layer_norm |> dense |> relu |> dense, N transformer blocks, N dense layers.
For each N `mlc check --plan`, and `mlc train --steps 1` from an empty cache: seconds from the command to its end, seconds of
processor time (which other programs on the machine disturb less), and the highest resident set.

What one block costs is (f(N) - f(M)) / (N - M) for neighbouring N and M: what every program costs, whatever its depth, is not
in it. `growth` is that, over the same of the pair before. 1 is linear; the square would be about the ratio of the depths.
Writes results.json and results.md beside it.
"""
import argparse
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

POINTS = """data points {{
  train csv("points.csv")
  x: f32[{width}]
  y: f32
}}
"""
FIT = """train fit on points {{
  loss mse(net(x), y)
  optimizer {optimizer}
  batch 32
  steps 1
}}
"""


def residual(n):
    return POINTS.format(width=64) + f"""
layer block[b](x: float[b, 64]) -> float[b, 64] {{ x + (x |> layer_norm |> dense(64) |> relu |> dense(64)) }}
model net(x: float[batch, 64]) -> float[batch] {{ x |> repeat({n}, |> block) |> dense(1) |> rearrange("b 1 -> b") }}
""" + FIT.format(optimizer="adam(lr = 1e-4)")


def transformer(n):
    return f"""data book {{
  train text("book.txt", stride = 8)
  x: i32[32]
  y: i32[32]
}}
layer block[b, t, d](x: float[b, t, d]; heads: dim, drop = 0.1) {{
  let y = x + (x |> layer_norm |> attention(heads, causal = true) |> dropout(drop))
  y + (y |> layer_norm |> dense(4 * d) |> gelu |> dense(d) |> dropout(drop))
}}
model gpt(x: i32[batch, 32]; d = 32, heads = 4) -> float[batch, 32, 256] {{
  param token: float[256, d] = normal(std = 0.02)
  param place: float[32, d] = normal(std = 0.02)
  let h = (gather(token, x) + place) |> dropout(0.1) |> repeat({n}, |> block(heads)) |> layer_norm
  einsum("b t d, v d -> b t v", h, token)
}}
train fit on book {{
  loss      cross_entropy(gpt(x), y)
  optimizer adamw(lr = 3e-4, decay = 0.1)
  group     "**.bias", "**.scale", "**.shift" (decay = 0)
  clip_norm 1
  batch     8
  steps     1
}}
"""


def dense(n):
    return POINTS.format(width=3) + f"""
model net(x: float[batch, 3]) -> float[batch] {{ x |> repeat({n}, |> dense(3)) |> dense(1) |> rearrange("b 1 -> b") }}
""" + FIT.format(optimizer="sgd(lr = 1e-4)")


KINDS = {"residual": (residual, 64, [10, 100, 300, 1000]), "transformer": (transformer, 0, [4, 16, 32, 64]),
         "dense": (dense, 3, [1000, 3000, 10000])}


def write_data(folder, width):
    draw = random.Random(1)
    if width:
        rows = [" ".join(f"{draw.gauss(0, 1):.3f}" for _ in range(width)) + f",{draw.gauss(0, 1):.3f}" for _ in range(64)]
        (folder / "points.csv").write_text("\n".join(["x,y", *rows]) + "\n")
    else:
        (folder / "book.txt").write_text("".join(draw.choice("abcdefgh \n") for _ in range(4000)))


def run(command, folder):
    """Seconds, seconds of processor time and KiB of a command, from an empty cache."""
    shutil.rmtree(folder / "cache", ignore_errors=True)
    begin = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, env={**os.environ, "XDG_CACHE_HOME": str(folder / "cache")},
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - begin
    process.stderr.close()
    if status:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{errors.decode(errors='replace')[-2000:]}")
    return {"seconds": seconds, "processor": usage.ru_utime + usage.ru_stime, "kib": usage.ru_maxrss}


def prepare(kind, n, args, root):
    """A folder with the program and its data; the commands to measure there, by name."""
    make, width, _ = KINDS[kind]
    folder = root / f"{kind}-{n}"
    folder.mkdir()
    write_data(folder, width)
    (folder / "model.mlc").write_text(make(n))
    commands = {"check": [args.mlc, "check", "--plan", "model.mlc"]}
    if kind != "dense" or args.train_dense:
        commands["train"] = [args.mlc, "train", "model.mlc", "--steps", "1", "--out", "run", "--threads", str(args.threads)]
    return folder, commands


def measure(kind, depths, args):
    """A row for each depth: medians of the rounds, each of which runs all depths one after the other. What a block costs is of
    the least that a depth took in any round: the clock of a shared processor moves, and only one way."""
    rounds = {n: [] for n in depths}
    with tempfile.TemporaryDirectory(prefix="mlc-depth-") as name:
        prepared = {n: prepare(kind, n, args, pathlib.Path(name)) for n in depths}
        for _ in range(args.rounds):
            for n, (folder, commands) in prepared.items():
                shutil.rmtree(folder / "run", ignore_errors=True)
                rounds[n].append({what: run(command, folder) for what, command in commands.items()})
    rows = []
    for n, taken in rounds.items():
        row = {"kind": kind, "blocks": n}
        for what in taken[0]:
            row[what] = {key: statistics.median(each[what][key] for each in taken) for key in taken[0][what]}
            for key in ("processor", "kib"):
                of, least = row[what], min(each[what][key] for each in taken)
                of[key + "_least"] = least
                if rows:
                    earlier = rows[-1][what]
                    of[key + "_each"] = (least - earlier[key + "_least"]) / (n - rows[-1]["blocks"])
                    if key + "_each" in earlier:
                        of[key + "_growth"] = of[key + "_each"] / earlier[key + "_each"]
        rows.append(row)
    return rows


def table(rows, note):
    def cell(of, key, digits, scale=1):
        return f"{of[key] * scale:.{digits}f}" if key in of else "-"

    title, rule = "| model | blocks |", "|---|---|"
    for what in ("check", "train, first step"):
        title += f" {what}: s | processor s | ms a block | growth | MiB | KiB a block | growth |"
        rule += "---|" * 7
    lines = [f"Measured on {note}.", "", title, rule]
    for row in rows:
        cells = [row["kind"], f"{row['blocks']:,}"]
        for of in (row.get("check", {}), row.get("train", {})):
            cells += [cell(of, "seconds", 2), cell(of, "processor", 2), cell(of, "processor_each", 2, 1000),
                      cell(of, "processor_growth", 2), cell(of, "kib", 0, 1 / 1024), cell(of, "kib_each", 0),
                      cell(of, "kib_growth", 2)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def processor_note():
    line = next((line for line in open("/proc/cpuinfo") if line.startswith("model name")), ": an unnamed processor")
    return f"{os.cpu_count()} cores of {line.split(':', 1)[1].strip()}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=list(KINDS), choices=list(KINDS), metavar="KIND")
    parser.add_argument("--blocks", nargs="+", type=int, help="depths instead of a kind's own")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--train-dense", action="store_true", help="train the dense layers, too, not check them only")
    parser.add_argument("--print", nargs=2, metavar=("KIND", "N"), help="print a program and end")
    parser.add_argument("--mlc", type=os.path.abspath, default=os.environ.get("MLC", str(ROOT / "build/release/bin/mlc")))
    parser.add_argument("--out", type=pathlib.Path, default=HERE, help="folder of the results (bench/depth)")
    args = parser.parse_args()
    if args.print:
        sys.stdout.write(KINDS[args.print[0]][0](int(args.print[1])))
        return
    args.out.mkdir(parents=True, exist_ok=True)
    rows, note = [], f"{processor_note()}; {args.rounds} rounds, {args.threads} threads"
    for kind in args.only:
        rows += measure(kind, args.blocks or KINDS[kind][2], args)
        (args.out / "results.json").write_text(json.dumps({"rows": rows}, indent=1) + "\n")
        (args.out / "results.md").write_text(table(rows, note))
    print(table(rows, note))


if __name__ == "__main__":
    main()
