"""Fails if a function @*.grad of a module holds the same op with the same operands and attributes twice, or reduces what it
has just broadcast."""
import re
import sys

function, ops, found = None, {}, 0
for line in open(sys.argv[1]):
    head = re.match(r"\s*func\.func .*@([\w.]+)\(", line)
    if head:
        function, ops, results = head.group(1), {}, {}
    op = re.match(r"\s*(%\d+)(?::\d+)? = (mlc\..*)", line.split("  //")[0])
    if not op or not function.endswith(".grad"):
        continue
    found += 1
    if op.group(2) in ops:
        sys.exit(f"@{function}: {op.group(1)} is {ops[op.group(2)]} again: {op.group(2)}")
    ops[op.group(2)], results[op.group(1)] = op.group(1), op.group(2)
    undone = re.match(r"mlc\.reduce sum (%\d+) ", op.group(2))
    if undone and results.get(undone.group(1), "").startswith("mlc.broadcast"):
        sys.exit(f"@{function}: {op.group(1)} sums the broadcast {undone.group(1)}")
assert found > 40, found
print(f"{found} ops of @forward.grad, none twice")
