"""epoch-lines.py LINES METRICS BEST: the lines of mlc train --json are the rows of metrics.csv, to the bit.

BEST is the member that says whether an epoch was the best so far.
"""
import csv
import json
import sys

lines = [json.loads(line) for line in open(sys.argv[1])]
rows = list(csv.DictReader(open(sys.argv[2])))
lowest = float("inf")
for row in rows:
    of_epoch = {line["split"]: line for line in lines if line.get("epoch") == int(row["epoch"])}
    train, validation = of_epoch["train"], of_epoch["validation"]
    assert train["update"] == validation["update"] == int(row["update"]), (row, of_epoch)
    assert train["loss"] == float(row["loss"]), (row, train)
    assert validation["loss"] == float(row["validation_loss"]), (row, validation)
    assert validation[sys.argv[3]] == (validation["loss"] < lowest), (row, validation)
    lowest = min(lowest, validation["loss"])
print(f"{len(rows)} epochs: the same numbers")
