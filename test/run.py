#!/usr/bin/env python3
"""Runs every test of a build folder (lit, FileCheck and GoogleTest) and ends with 'N passed, N failed'.

    test/run.py --build build/release [--lit-args ARGS] [PATH...]

PATH, a file or folder below test/ (`test/run`, `test/unit`), narrows the run.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

LIT = "/usr/lib/llvm-22/bin/lit"


def paths_in_build(build, wanted):
    """Maps paths below test/ of the source tree to what lit has to be given: unit tests live in the build."""
    source = pathlib.Path(__file__).resolve().parent
    tests = build / "test"
    if not wanted:
        return [tests, tests / "unit"]
    paths = []
    for name in wanted:
        inside = pathlib.Path(name).resolve().relative_to(source)
        paths.append(tests / inside)
        if inside == pathlib.Path("."):
            paths.append(tests / "unit")
    return paths


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--lit-args", default="", help="more arguments for lit, in one string")
    parser.add_argument("paths", nargs="*")
    args = parser.parse_args()
    build = args.build.resolve()
    report = build / "test" / "report.json"
    report.unlink(missing_ok=True)
    command = [LIT, "-s", "-v", "--no-progress-bar", "--output", str(report)]
    command += args.lit_args.split() + [str(path) for path in paths_in_build(build, args.paths)]
    status = subprocess.run(command, env={**os.environ, "LC_ALL": "C.UTF-8"}).returncode
    if not report.exists():
        print("0 passed, 1 failed")
        return status or 1

    counts = {"passed": 0, "failed": 0, "skipped": 0}
    kinds = {"PASS": "passed", "FLAKYPASS": "passed", "XFAIL": "passed",
             "UNSUPPORTED": "skipped", "SKIPPED": "skipped", "EXCLUDED": "skipped"}
    for test in json.loads(report.read_text())["tests"]:
        counts[kinds.get(test["code"], "failed")] += 1
    line = f"{counts['passed']} passed, {counts['failed']} failed"
    print(line + (f", {counts['skipped']} skipped" if counts["skipped"] else ""), flush=True)
    return 1 if status or counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
