"""Runs a command on a terminal of so many columns and prints what the terminal gets, escapes spelled out.

    terminal.py COLUMNS [NAME=VALUE...] -- COMMAND...
"""
import fcntl
import os
import pty
import struct
import sys
import termios

split = sys.argv.index("--")
columns, settings, command = int(sys.argv[1]), sys.argv[2:split], sys.argv[split + 1:]
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    os.environ["TERM"] = "xterm"
    os.environ.update(setting.split("=", 1) for setting in settings)
    os.execvp(command[0], command)
output = b""
while True:
    try:
        some = os.read(terminal, 1 << 16)
    except OSError:  # Linux says so when the other side is closed
        break
    if not some:
        break
    output += some
os.waitpid(child, 0)
print(output.decode().replace("\r\n", "\n").replace("\r", "<redraw>").replace("\033", "<esc>").replace("<redraw>", "\n<redraw>"))
