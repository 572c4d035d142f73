"""Trains every example with 1, 2 and 3 threads, with one mlc or two, and says whether what they learnt is equal to the bit.

Each run makes --steps updates (200). Of all checkpoints that it leaves, a hash is taken of every tensor's name, type, shape and
bytes; not of what says when and where it was trained. All hashes of a program must be equal: those of its threads, and with
--before those of the other mlc. Prints a line for each run, and ends with 1 if any differ. A program whose data are not on this
machine is named and left out; none at all is an error, too.
"""
import argparse
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
NO_DATA = 74  # the exit code of files that are not there


def tensors(path):
    """Name, what is said of it, and bytes of each tensor of a safetensors file, by name."""
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + size])
    header.pop("__metadata__", None)
    for name, entry in sorted(header.items()):
        begin, end = entry["data_offsets"]
        yield name, f"{entry['dtype']} {entry['shape']}", data[8 + size + begin:8 + size + end]


def hash_of(run):
    """Of all checkpoints in a run folder."""
    files = sorted(run.rglob("*.safetensors"))
    if not files:
        raise SystemExit(f"{run} holds no checkpoint")
    whole = hashlib.sha256()
    for file in files:
        whole.update(f"{file.relative_to(run)}\n".encode())
        for name, kind, data in tensors(file):
            whole.update(f"{name} {kind}\n".encode() + data)
    return whole.hexdigest()


def train(mlc, program, threads, steps, data, folder):
    """The hash of what it learns; None if its data are not there."""
    command = [mlc, "train", program, "--steps", str(steps), "--threads", str(threads), "--out", folder / "run", "--overwrite", "-q"]
    run = subprocess.run([*command, *(["--data", data] if data else [])], capture_output=True, text=True, cwd=folder)
    if run.returncode == NO_DATA:
        return None
    if run.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {run.returncode}:\n{run.stderr}")
    return hash_of(folder / "run")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", nargs="*", type=pathlib.Path, help="instead of all of examples/")
    parser.add_argument("--mlc", default=os.environ.get("MLC", str(ROOT / "build/release/bin/mlc")))
    parser.add_argument("--before", default=os.environ.get("MLC_BEFORE"), help="another mlc, to be compared with")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--data", type=os.path.abspath, help="the folder of the data")
    args = parser.parse_args()
    # A name is looked up as the shell does, a path is one from here: runs are made in folders of their own.
    args.mlc, args.before = (os.path.abspath(mlc) if mlc and os.sep in mlc else mlc for mlc in (args.mlc, args.before))
    programs = [path.resolve() for path in args.programs] or sorted(
        path for path in ROOT.glob("examples/*/*.mlc") if "\ntrain " in "\n" + path.read_text())
    different, absent, compared = [], [], 0
    for program in programs:
        name, found = os.path.relpath(program, ROOT) if ROOT in program.parents else str(program), {}
        with tempfile.TemporaryDirectory(prefix="mlc-bits-") as folder:
            for which, mlc in (("before", args.before), ("mlc", args.mlc)):
                for threads in args.threads if mlc else []:
                    made = train(mlc, program, threads, args.steps, args.data, pathlib.Path(folder))
                    if made:
                        found[which, threads] = made
                        print(f"{made[:32]}  {name}  {which}, {threads} thread{'s' if threads > 1 else ''}", flush=True)
        if not found:
            absent.append(name)
            print(f"{'no data on this machine':32}  {name}", flush=True)
            continue
        compared += 1
        if len(set(found.values())) > 1:
            different.append(name)
            print(f"{'THESE DIFFER':32}  {name}", flush=True)
    print(f"{compared} programs compared, {len(different)} differ, {len(absent)} without data")
    sys.exit(1 if different or not compared else 0)


if __name__ == "__main__":
    main()
