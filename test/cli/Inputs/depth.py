"""Compiles models of 10, 100 and 300 residual blocks, from the text to LLVM IR, with nothing in the cache.

At 100 and 300 blocks there are the same kernels and functions, of equally many instructions, and the constants of the
functions, which list the launches, are at most three times as long. A block costs no more than twice the processor time and
memory when there are 300 as when there are 100; where the square of the depth was in it, it was 3.6 times.
"""
import pathlib
import re
import shutil
import sys

folder, mlc = pathlib.Path(sys.argv[1]), shutil.which(sys.argv[2])
sys.path.insert(0, sys.argv[3])
import depth  # noqa: E402: the programs of bench/depth, and how its commands are measured


def compiled(blocks):
    """Instructions of each function, words of constants, and what the command took."""
    (folder / "model.mlc").write_text(depth.residual(blocks))
    took = depth.run([mlc, "compile", "model.mlc", "--emit=llvm", "--out", "model.ll"], folder)
    text = (folder / "model.ll").read_text()
    lines = {name: body.count("\n") for name, body in re.findall(r"^define .*?@([\w.]+)\((.*?)^}", text, re.M | re.S)}
    words = sum(int(count) for count in re.findall(r"^@.* constant \[(\d+) x i64\]", text, re.M))
    return lines, words, took


few, some, many = (compiled(blocks) for blocks in (10, 100, 300))
assert {"mlc_fit_init", "mlc_fit_train_step"} < set(some[0]) and some[1] > 100 * 18, some
assert some[0] == many[0], f"code grows: {sorted(set(some[0].items()) ^ set(many[0].items()))}"
assert many[1] <= 3 * some[1], f"from {some[1]} to {many[1]} words"
for key in ("processor", "kib"):
    each = (some[2][key] - few[2][key]) / 90, (many[2][key] - some[2][key]) / 200
    assert each[1] < 2 * each[0], f"{key} of a block: {each[0]} of 100 blocks, {each[1]} of 300"
