"""reads-along.py MODEL RUN: reads the first line of mlc train --json while it trains, then closes the pipe."""
import csv
import pathlib
import subprocess
import sys

words = ["mlc", "train", sys.argv[1], "--json", "--epochs", "2000", "--out", sys.argv[2]]
process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
line = process.stdout.readline()
running = process.poll() is None
process.stdout.close()
code = process.wait()
epochs = len(list(csv.DictReader(open(pathlib.Path(sys.argv[2]) / "metrics.csv"))))
when = "before the last epoch" if running and '"epoch":1,' in line else "too late"
print(f"the first line came {when}; closed after it: exit code {code}, {epochs} epochs")
