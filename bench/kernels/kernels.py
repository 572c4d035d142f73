"""Single kernels of mlc as shares of what the same run measures of the machine: products and convolutions of the peak of f32
multiply-adds, kernels over large tensors of the triad's bandwidth. Beside them oneDNN and PyTorch's own kernels (through
PyTorch, in the better of its memory formats), for products OpenBLAS, too (through numpy).

mlc's kernels are compiled and timed by `mlc-kernel --time`, alone: layouts are the ones of the text, and what a product packs
is packed each time (weights in panels need no packing: see `product`). Each round measures the machine, mlc and the peers
after each other; figures are medians of rounds. Bandwidth counts each tensor once for each pass that cannot be avoided, and
each result once.

Writes results.json and results.md beside it.
"""
import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import machine  # noqa: E402

ROOT = HERE.parent.parent


def tensor(*shape):
    return f"tensor<{'x'.join(map(str, shape))}xf32>"


def function(name, inputs, lines, result):
    """A kernel as text: `inputs` {name: shape}; the last line's value is the result, or `result` names all of them."""
    arguments = ", ".join(f"%{key}: {tensor(*shape)}" for key, shape in inputs.items())
    values = ", ".join(f"%{key}" for key in result)
    types = ", ".join(tensor(*shape) for shape in result.values())
    body = "".join(f"  {line}\n" for line in lines)
    return f"func.func @{name}({arguments}) -> ({types}) {{\n{body}  return {values} : {types}\n}}\n"


class Case:
    """`work` is multiply-adds times two ("flops") or bytes; `torch` and `numpy` give a function without arguments to be timed, or
    several of which the fastest counts. `in_place`: inputs are overwritten, in mlc as in PyTorch."""

    def __init__(self, name, kind, work, mlir, torch=None, numpy=None, in_place=False):
        self.name, self.kind, self.work, self.mlir, self.torch, self.numpy = name, kind, work, mlir, torch, numpy
        self.in_place = in_place


def product(m, n, k, form):
    """The operands as they lie, or transposed; "panels": b in panels of columns, as mlc keeps weights of few rows."""
    left, right = {"nn": ("mk", "kn"), "tn": ("km", "kn"), "nt": ("mk", "nk"), "panels": ("mk", "kn")}[form]
    sizes = {"m": m, "n": n, "k": k}
    a, b = ([sizes[axis] for axis in axes] for axes in (left, right))
    contract = f'mlc.contract "{left},{right}->mn" %a, %{{}} : ({tensor(*a)}, {tensor(*b)}) -> {tensor(m, n)}'
    if form == "panels":
        panels, rows = (n // 32, k, 32), (k, n // 32, 32)
        text = function("product", {"a": a, "b": panels},
                        [f"%t = mlc.transpose %b [1, 0, 2] {{mlc.strided}} : {tensor(*panels)} -> {tensor(*rows)}",
                         f"%w = mlc.reshape %t : {tensor(*rows)} -> {tensor(*b)}", "%r = " + contract.format("w")], {"r": (m, n)})
    else:
        text = function("product", {"a": a, "b": b}, ["%r = " + contract.format("b")], {"r": (m, n)})

    def operands(made):
        x, y = made(*a), made(*b)
        return (x.T if left == "km" else x), (y.T if right == "nk" else y)

    def with_torch(torch):
        (x, y), out = operands(torch.randn), torch.empty(m, n)
        return [lambda: torch.mm(x, y, out=out)]

    def with_numpy(numpy):
        r = numpy.random.default_rng(1)
        (x, y), out = operands(lambda *s: r.standard_normal(s, "f4")), numpy.empty((m, n), "f4")
        return [lambda: numpy.matmul(x, y, out=out)]
    return Case(f"product {m}x{n}x{k} {form}", "flops", 2 * m * n * k, text, with_torch, with_numpy)


def convolution(batch, size, channels, face):
    """3 by 3, padded by 1, as many channels out as in."""
    x, w = (batch, size, size, channels), (3, 3, channels, channels)
    options = "strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1"
    op, left, right, out = {"forward": ("conv", x, w, x), "input gradient": ("conv_input", x, w, x),
                            "weight gradient": ("conv_filter", x, x, w)}[face]
    text = function("convolution", {"a": left, "b": right},
                    [f"%r = mlc.{op} %a, %b {options} : ({tensor(*left)}, {tensor(*right)}) -> {tensor(*out)}"], {"r": out})

    def with_torch(torch):
        found = []
        for memory_format in (torch.contiguous_format, torch.channels_last):
            def made(*shape):
                return torch.randn(*shape).to(memory_format=memory_format)
            image, weight, ct = (made(batch, channels, size, size), made(channels, channels, 3, 3), made(batch, channels, size, size))
            if face == "forward":
                found.append(lambda i=image, w=weight: torch.nn.functional.conv2d(i, w, padding=1))
            else:
                mask = [face == "input gradient", face == "weight gradient", False]
                found.append(lambda i=image, w=weight, c=ct: torch.ops.aten.convolution_backward(
                    c, i, w, None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, mask))
        return found
    return Case(f"conv 3x3 {batch}x{size}x{size}x{channels} {face}", "flops", 2 * batch * size * size * 9 * channels * channels,
                text, with_torch)


def adam(n):
    t = tensor(n)
    constants = {"c1": 0.9, "c2": 0.1, "c3": 0.999, "c4": 0.001, "rate": 1e-3, "eps": 1e-8}
    lines = [f"%{name} = mlc.constant dense<{value:.9e}> : {t}" for name, value in constants.items()]
    for line in ("%m1 = mlc.mul %m, %c1", "%m2 = mlc.mul %g, %c2", "%mm = mlc.add %m1, %m2", "%gg = mlc.mul %g, %g",
                 "%v1 = mlc.mul %v, %c3", "%v2 = mlc.mul %gg, %c4", "%vv = mlc.add %v1, %v2", "%s = mlc.sqrt %vv",
                 "%d = mlc.add %s, %eps", "%q = mlc.div %mm, %d", "%u = mlc.mul %q, %rate", "%pp = mlc.sub %p, %u"):
        lines.append(f"{line} : {t}")
    text = function("adam", {"p": (n,), "m": (n,), "v": (n,), "g": (n,)}, lines, {"pp": (n,), "mm": (n,), "vv": (n,)})

    def with_torch(torch):
        p = torch.randn(n, requires_grad=True)
        p.grad = torch.randn(n)
        return [torch.optim.Adam([p], fused=True).step]
    return Case(f"adam {n}", "bytes", 7 * 4 * n, text, with_torch, in_place=True)


def moments(x, kept, reduced):
    """Lines for mean and variance over one axis."""
    n, other = x[reduced], x[kept]
    a, b = tensor(*x), tensor(other)
    return [f"%n = mlc.constant dense<{1 / n:.9e}> : {b}", f"%s = mlc.reduce sum %x axes = [{reduced}] : {a} -> {b}",
            f"%mean = mlc.mul %s, %n : {b}", f"%mb = mlc.broadcast %mean axes = [{kept}] : {b} -> {a}", f"%d = mlc.sub %x, %mb : {a}",
            f"%q = mlc.mul %d, %d : {a}", f"%v = mlc.reduce sum %q axes = [{reduced}] : {a} -> {b}", f"%var = mlc.mul %v, %n : {b}"]


def scaled(x, kept):
    """Lines for what a norm makes of %d and %var, with scale and shift along the last axis."""
    a, b, c = tensor(*x), tensor(x[kept]), tensor(x[1])
    return [f"%eps = mlc.constant dense<1.0e-5> : {b}", f"%ve = mlc.add %var, %eps : {b}", f"%r = mlc.rsqrt %ve : {b}",
            f"%rb = mlc.broadcast %r axes = [{kept}] : {b} -> {a}", f"%z = mlc.mul %d, %rb : {a}",
            f"%wb = mlc.broadcast %w axes = [1] : {c} -> {a}", f"%bb = mlc.broadcast %b axes = [1] : {c} -> {a}",
            f"%zw = mlc.mul %z, %wb : {a}", f"%o = mlc.add %zw, %bb : {a}"]


def layer_norm(rows, columns):
    x = (rows, columns)
    text = function("layer_norm", {"x": x, "w": (columns,), "b": (columns,)}, moments(x, 0, 1) + scaled(x, 0), {"o": x})

    def with_torch(torch):
        a, w, b = torch.randn(*x), torch.randn(columns), torch.randn(columns)
        return [lambda: torch.nn.functional.layer_norm(a, (columns,), w, b)]
    return Case(f"layer norm {rows}x{columns}", "bytes", 8 * rows * columns, text, with_torch)


def batch_norm(pixels, channels):
    """Two kernels: what the second needs is known only after all of the first. Three passes over x, one result."""
    x, c = (pixels, channels), (channels,)
    statistics_text = function("statistics", {"x": x}, moments(x, 1, 0), {"mean": c, "var": c})
    a, b = tensor(*x), tensor(channels)
    apply_text = function("apply", {"x": x, "mean": c, "var": c, "w": c, "b": c}, [
        f"%mb = mlc.broadcast %mean axes = [1] : {b} -> {a}", f"%d = mlc.sub %x, %mb : {a}", *scaled(x, 1)], {"o": x})

    def with_torch(torch):
        size = int((pixels / 32) ** 0.5)
        found = []
        for memory_format in (torch.contiguous_format, torch.channels_last):
            a = torch.randn(32, channels, size, size).to(memory_format=memory_format)
            mean, var, w, b = (torch.ones(channels) for _ in range(4))
            found.append(lambda a=a: torch.nn.functional.batch_norm(a, mean, var, w, b, True))
        return found
    return Case(f"batch norm {pixels}x{channels}", "bytes", 12 * pixels * channels, statistics_text + apply_text, with_torch)


def softmax(rows, columns):
    x = (rows, columns)
    a, b = tensor(*x), tensor(rows)
    text = function("softmax", {"x": x}, [
        f"%m = mlc.reduce max %x axes = [1] : {a} -> {b}", f"%mb = mlc.broadcast %m axes = [0] : {b} -> {a}",
        f"%d = mlc.sub %x, %mb : {a}", f"%e = mlc.exp %d : {a}", f"%s = mlc.reduce sum %e axes = [1] : {a} -> {b}",
        f"%sb = mlc.broadcast %s axes = [0] : {b} -> {a}", f"%o = mlc.div %e, %sb : {a}"], {"o": x})

    def with_torch(torch):
        z = torch.randn(*x)
        return [lambda: torch.softmax(z, -1)]
    return Case(f"softmax {rows}x{columns}", "bytes", 8 * rows * columns, text, with_torch)


def bias_relu(rows, columns):
    x = (rows, columns)
    a, b = tensor(*x), tensor(columns)
    text = function("bias_relu", {"x": x, "b": (columns,)}, [
        f"%bb = mlc.broadcast %b axes = [1] : {b} -> {a}", f"%y = mlc.add %x, %bb : {a}",
        f"%z = mlc.constant dense<0.0> : {a}", f"%o = mlc.max %y, %z : {a}"], {"o": x})

    def with_torch(torch):
        z, bias = torch.randn(*x), torch.randn(columns)
        return [lambda: torch.relu_(z + bias)]
    return Case(f"bias and relu {rows}x{columns}", "bytes", 8 * rows * columns, text, with_torch)


CASES = [
    *(product(n, n, n, form) for n in (512, 1024, 2048) for form in ("nn", "tn", "nt")),
    *(product(m, 1024, 1024, form) for m in (32, 64) for form in ("nn", "panels")),
    *(convolution(32, size, channels, face) for size, channels in ((32, 64), (16, 128), (8, 256))
      for face in ("forward", "weight gradient", "input gradient")),
    adam(10_000_000), layer_norm(8192, 1024), softmax(8192, 1024), batch_norm(32768, 256), bias_relu(8192, 1024),
]


def seconds_of(function, least=0.25):
    """One call's time: the least of ten batches that together take about `least` seconds, as mlc-kernel has it."""
    def timed(runs):
        begin = time.perf_counter()
        for _ in range(runs):
            function()
        return (time.perf_counter() - begin) / runs
    timed(1)
    runs = max(1, int(least / 10 / max(timed(1), 1e-8)))
    return min(timed(runs) for _ in range(10))


def serve(threads):
    """In a process with a fixed number of threads: for each line, a case's number and a library, the seconds of the best way."""
    import numpy
    import torch
    torch.set_num_threads(threads)
    torch.set_float32_matmul_precision("highest")
    for line in sys.stdin:
        number, library = line.split()
        make = getattr(CASES[int(number)], library)
        with torch.no_grad():
            print(min(map(seconds_of, make({"torch": torch, "numpy": numpy}[library]))), flush=True)


class Peers:
    def __init__(self, threads):
        environment = {**os.environ, **{name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}}
        # Results in memory that was used before: what is measured are kernels, not the kernel's zeroed pages.
        environment["MALLOC_MMAP_THRESHOLD_"] = environment["MALLOC_TRIM_THRESHOLD_"] = str(1 << 33)
        self.process = subprocess.Popen([sys.executable, __file__, "--serve", str(threads)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, env=environment)

    def seconds(self, number, library):
        self.process.stdin.write(f"{number} {library}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def mlc_seconds(tool, case, threads, folder):
    """Of all kernels of the case together."""
    path = folder / "kernel.mlir"
    path.write_text(case.mlir)
    options = ["--in-place"] if case.in_place else []
    run = subprocess.run([tool, "--time", f"--workers={threads}", *options, path], capture_output=True, text=True)
    times = [float(time) for time in re.findall(r": ([0-9.]+) us,", run.stdout)]
    if run.returncode != 0 or len(times) != case.mlir.count("func.func"):
        raise SystemExit(f"mlc-kernel failed on {case.name}:\n{run.stderr}")
    return sum(times) / 1e6


def measure(number, threads, args, peers, folder):
    case = CASES[number]
    row = {"kernel": case.name, "threads": threads, "kind": case.kind, "machine": [], "mlc": [], "torch": [], "numpy": []}
    for _ in range(args.rounds):
        peak, triad = map(float, subprocess.run([args.peak, str(threads)], capture_output=True, text=True, check=True).stdout.split())
        row["machine"].append(peak if case.kind == "flops" else triad)
        row["mlc"].append(case.work / mlc_seconds(args.mlc_kernel, case, threads, folder) / 1e9)
        for library in ("torch", "numpy"):
            if getattr(case, library):
                row[library].append(case.work / peers.seconds(number, library) / 1e9)
    for name in ("mlc", "torch", "numpy"):
        if row[name]:
            row["share_" + name] = statistics.median(a / b for a, b in zip(row[name], row["machine"]))
    return row


def line(row):
    unit = "GFLOP/s" if row["kind"] == "flops" else "GB/s"
    cells = [f"{row['share_' + name]:.0%}" if row[name] else "-" for name in ("mlc", "torch", "numpy")]
    return f"| {row['kernel']} | {row['threads']} | {statistics.median(row['machine']):.0f} {unit} | " + " | ".join(cells) + " |"


HEADER = "| kernel | threads | peak or triad | mlc | PyTorch (oneDNN) | numpy (OpenBLAS) |\n|---|---|---|---|---|---|"


def main():
    if sys.argv[1:2] == ["--serve"]:
        return serve(int(sys.argv[2]))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="a regular expression that the kernel's name contains")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peak", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--mlc-kernel", default=os.environ.get("MLC_KERNEL", str(ROOT / "build/release/bin/mlc-kernel")))
    parser.add_argument("--out", type=pathlib.Path, default=HERE, help="folder of the results (bench/kernels)")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    rows = []
    print(HEADER, flush=True)
    with tempfile.TemporaryDirectory(prefix="mlc-bench-") as folder:
        for threads in map(int, args.threads.split(",")):
            peers = Peers(threads)
            for number, case in enumerate(CASES):
                if re.search(args.only, case.name):
                    rows.append(measure(number, threads, args, peers, pathlib.Path(folder)))
                    print(line(rows[-1]), flush=True)
            peers.close()
    note = f"{machine.note()}; {args.rounds} rounds"
    (args.out / "results.json").write_text(json.dumps({"rows": rows, "note": note}, indent=1) + "\n")
    (args.out / "results.md").write_text("\n".join([f"Measured on {note}.", "", HEADER, *map(line, rows)]) + "\n")


if __name__ == "__main__":
    sys.exit(main())
