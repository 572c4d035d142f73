"""Checks a trace of `mlc train --profile`: trace.py FILE MODEL STEPS."""
import json
import sys

events = json.load(open(sys.argv[1]))["traceEvents"]
model, steps = sys.argv[2], int(sys.argv[3])
spans = [event for event in events if event["ph"] == "X"]
named = {name: [span for span in spans if span["name"] == name] for name in {span["name"] for span in spans}}
for name in ("load the program", "check the program", "read the data", "compile", "initial values", "first checkpoint"):
    assert len(named[name]) == 1, name
assert len(named["training step"]) == steps, len(named["training step"])
assert all(span["dur"] >= 0 and span["ts"] >= 0 for span in spans)

kernels = [span for span in spans if span["cat"] == "kernel"]
assert kernels
for kernel in kernels:
    assert kernel["name"].startswith("k_"), kernel
    assert set(kernel["args"]) == {"lines", "flops", "bytes", "share_of_peak_flops", "share_of_peak_bytes"}
    # Each lies within a step.
    assert any(step["ts"] <= kernel["ts"] and kernel["ts"] + kernel["dur"] <= step["ts"] + step["dur"] + 0.01
               for step in named["training step"]), kernel
assert any(model in kernel["args"]["lines"] for kernel in kernels)
assert sum(kernel["args"]["flops"] for kernel in kernels) > 0
