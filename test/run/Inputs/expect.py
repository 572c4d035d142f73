"""Checks one JSON object from standard input.

    expect.py 'accuracy >= 0.7' 'split == "test"' ...    each a Python expression over the object's keys
"""
import json
import sys

result = json.load(sys.stdin)
wrong = [text for text in sys.argv[1:] if not eval(text, {"__builtins__": {}}, result)]
print(f"not so: {', '.join(wrong)}; got {result}" if wrong else f"as expected: {result}")
sys.exit(bool(wrong))
