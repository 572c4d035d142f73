"""Runs a command, prints what it printed (stdout, then stderr), fails unless it exits with CODE.

    exits.py CODE [--largest-file BYTES] COMMAND...

--largest-file makes writing beyond that size of a file fail, as on a full disk.
"""
import resource
import subprocess
import sys

code, command = int(sys.argv[1]), sys.argv[2:]
limit = None
if command[0] == "--largest-file":
    limit, command = int(command[1]), command[2:]
run = subprocess.run(
    command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    preexec_fn=limit and (lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))))
sys.stdout.write(run.stdout + run.stderr)
if run.returncode != code:
    sys.exit(f"exits.py: the exit code is {run.returncode}, not {code}")
