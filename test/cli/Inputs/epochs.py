"""epochs.py metrics.csv best.json last.json: the evaluated losses are those of the best and of the last epoch."""
import csv
import json
import sys

losses = [float(row["validation_loss"]) for row in csv.DictReader(open(sys.argv[1]))]
best, last = (json.load(open(path)) for path in sys.argv[2:])
assert best["split"] == last["split"] == "validation" and best["samples"] == 15, (best, last)
assert best["loss"] == min(losses) and last["loss"] == losses[-1], (losses, best, last)
