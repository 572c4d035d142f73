"""Time and memory of mlc by the depth of a model: is each block as cheap as the first?

Programs are generated: N residual blocks of layer_norm |> dense |> relu |> dense, N transformer blocks, N dense layers.
For each N `mlc check`, and `mlc train --steps 1` from an empty cache: seconds from the command to its end, seconds of
processor time (which other programs on the machine disturb less), and the highest resident set.

What one block costs is (f(N) - f(M)) / (N - M) for neighbouring N and M: what every program costs, whatever its depth, is not
in it. `growth` is that, over the same of the pair before. 1 is linear; the square would be about the ratio of the depths.
Writes results.json and results.md beside it. Medians of rounds.
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


def measure(kind, n, args):
    make, width, _ = KINDS[kind]
    with tempfile.TemporaryDirectory(prefix="mlc-depth-") as name:
        folder = pathlib.Path(name)
        write_data(folder, width)
        (folder / "model.mlc").write_text(make(n))
        row = {"kind": kind, "blocks": n}
        commands = {"check": [args.mlc, "check", "model.mlc"]}
        if kind != "dense" or args.train_dense:
            commands["train"] = [args.mlc, "train", "model.mlc", "--steps", "1", "--out", "run", "--threads", str(args.threads)]
        for what, command in commands.items():
            rounds = []
            for _ in range(args.rounds):
                shutil.rmtree(folder / "run", ignore_errors=True)
                rounds.append(run(command, folder))
            row[what] = {key: statistics.median(each[key] for each in rounds) for key in rounds[0]}
        return row


def with_growth(rows):
    """Adds to each row what a block costs beyond those of the row before, and that over the same of the row before."""
    for earlier, row in zip(rows, rows[1:]):
        if earlier["kind"] != row["kind"]:
            continue
        for what in ("check", "train"):
            if what not in row:
                continue
            for key in ("processor", "kib"):
                each = (row[what][key] - earlier[what][key]) / (row["blocks"] - earlier["blocks"])
                row[what][key + "_each"] = each
                if before := earlier[what].get(key + "_each"):
                    row[what][key + "_growth"] = each / before
    return rows


def table(rows, note):
    lines = [f"Measured on {note}.", "",
             "| model | blocks | check: s | processor s | MiB | train, first step: s | processor s | MiB "
             "| ms of processor a block | growth | KiB a block | growth |", "|---|" + "---|" * 11]
    for row in rows:
        cells = [row["kind"], f"{row['blocks']:,}"]
        for what in ("check", "train"):
            cells += ([f"{row[what]['seconds']:.2f}", f"{row[what]['processor']:.2f}", f"{row[what]['kib'] / 1024:.0f}"]
                      if what in row else ["-"] * 3)
        last = row.get("train", row["check"])
        cells += [f"{last['processor_each'] * 1000:.2f}" if "processor_each" in last else "-",
                  f"{last['processor_growth']:.2f}" if "processor_growth" in last else "-",
                  f"{last['kib_each']:.0f}" if "kib_each" in last else "-",
                  f"{last['kib_growth']:.2f}" if "kib_growth" in last else "-"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def processor_note():
    line = next((line for line in open("/proc/cpuinfo") if line.startswith("model name")), ": an unnamed processor")
    return f"{os.cpu_count()} cores of {line.split(':', 1)[1].strip()}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=list(KINDS), choices=list(KINDS), metavar="KIND")
    parser.add_argument("--blocks", nargs="+", type=int, help="depths instead of a kind's own")
    parser.add_argument("--rounds", type=int, default=3)
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
        for n in args.blocks or KINDS[kind][2]:
            rows.append(measure(kind, n, args))
            with_growth(rows)
            (args.out / "results.json").write_text(json.dumps({"rows": rows}, indent=1) + "\n")
            (args.out / "results.md").write_text(table(rows, note))
    print(table(rows, note))


if __name__ == "__main__":
    main()
