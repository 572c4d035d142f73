"""Runs the commands between `--` at the same time; fails if one of them does."""
import subprocess
import sys

commands, words = [], []
for word in sys.argv[1:] + ["--"]:
    if word == "--":
        commands.append(words)
        words = []
    else:
        words.append(word)
running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for command in commands if command]
for process in running:
    _, text = process.communicate()
    print(text)
    if process.returncode != 0:
        sys.exit(process.returncode)
