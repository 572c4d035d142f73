#!/usr/bin/env bash
# Expectation: a program that writes a file and then asks time() for the seconds of the clock gets a time that is not before
#   the file's modification time; "now - modified" is never negative on one machine with a steady clock.
# What happens: glibc's time() takes the second of the last timer tick, while newer kernels stamp a file with the fine clock
#   where somebody has looked at its stamp since that tick: for the first milliseconds of each second a file that was just
#   written is a second in the future, and so is what clock_gettime(CLOCK_REALTIME) said before. Who decides by age whether
#   a file may still change sees an age of -1.
# Source: https://man7.org/linux/man-pages/man2/time.2.html and https://docs.kernel.org/filesystems/multigrain-ts.html
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet cffi==1.17.1
cd "$folder" && venv/bin/python - <<'PYTHON'
import math
import os
import platform
import time

import cffi

ffi = cffi.FFI()
ffi.cdef("long time(long *);")
libc = ffi.dlopen("libc.so.6")
print("kernel", platform.release(), *platform.libc_ver())
tries = of_clock = of_file = 0
for _ in range(3):
    second = math.ceil(time.time())
    time.sleep(max(0.0, second - time.time() - 0.002))
    while time.time() < second + 0.01:
        with open("written", "w") as file:
            file.write("x")
        before = time.time()  # clock_gettime(CLOCK_REALTIME)
        stamp = os.stat("written").st_mtime
        now = libc.time(ffi.NULL)
        tries += 1
        of_clock += now < int(before)
        of_file += now < int(stamp)
        os.unlink("written")
print(f"{tries} tries around the change of a second: time() was behind the clock read before it in {of_clock},"
      f" behind the file written before it in {of_file}")
assert of_clock > 0, "time() is not behind the clock any more"
PYTHON
