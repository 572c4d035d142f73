"""Checks the kernels of a file for every instruction set: planned for each, and run against the oracle on those that this
machine has; what it has not is compiled to assembly.

    every_isa.py [--emitter NAME] FILE.mlir

With --emitter, every kernel of the file has to be taken by it, whatever the instruction set.
"""
import re
import subprocess
import sys

# The one list: the flags that a processor must have, as Linux calls them.
ISAS = {"sse2": ["sse2"], "avx2": ["avx2", "fma"], "avx512": ["avx512f", "avx512vl", "avx512bw", "avx512dq"], "host": []}


def kernel(*arguments):
    run = subprocess.run(["mlc-kernel", *arguments], capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"mlc-kernel {' '.join(arguments)} ended with {run.returncode}:\n{run.stdout}{run.stderr}")
    return run.stdout


def main():
    emitter = sys.argv[2] if sys.argv[1] == "--emitter" else None
    file = sys.argv[-1]
    names = re.findall(r"^func\.func @(\w+)", open(file).read(), re.MULTILINE)
    flags = re.search(r"^flags\s*:(.*)$", open("/proc/cpuinfo").read(), re.MULTILINE)
    has = set(flags.group(1).split()) if flags else set()
    for isa, needed in ISAS.items():
        target = f"--target={isa}"
        plan = dict(re.findall(r"^(\w+): (\w+)", kernel(target, "--plan", file), re.MULTILINE))
        for name in names:
            if emitter and plan.get(name) != emitter:
                sys.exit(f"{isa}: {name} is taken by {plan.get(name)}, not by {emitter}")
        if not set(needed) <= has:
            kernel(target, "--asm", file)
            print(f"{isa}: compiled")
            continue
        agree = re.findall(r"^(\w+): agrees", kernel(target, file), re.MULTILINE)
        if sorted(agree) != sorted(names):
            sys.exit(f"{isa}: not all of {names} agree with the oracle: {agree}")
        print(f"{isa}: agrees")


main()
