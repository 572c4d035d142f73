"""Writes data files that promise far more than they hold: hostile.py FOLDER.

    hostile.py FOLDER --peak COMMAND...    runs a command that must fail, shows what it says and fails if its memory grew
                                           beyond 1.5 GiB
"""
import pathlib
import resource
import struct
import subprocess
import sys
import zipfile
import zlib

folder = pathlib.Path(sys.argv[1])
if sys.argv[2:3] == ["--peak"]:
    done = subprocess.run(sys.argv[3:], stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True)
    print(done.stdout, end="")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
    print(f"exit code {done.returncode}, peak {'fine' if peak < 1536 else str(peak) + ' MiB'}")
    sys.exit(0)

folder.mkdir(parents=True, exist_ok=True)


def npy(kind, shape):
    text = repr({"descr": kind, "fortran_order": False, "shape": shape})
    text += " " * (-(len(text) + 11) % 64) + "\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text.encode()



def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


# An archive with 640 MiB of zeros.
with zipfile.ZipFile(folder / "zeros.npz", "w", zipfile.ZIP_DEFLATED) as archive:
    with archive.open("x.npy", "w") as part:
        part.write(npy("|u1", (5 << 27,)))
        for _ in range(40):
            part.write(bytes(1 << 24))
# An array that is said to be larger than memory, in a small file.
(folder / "x.npy").write_bytes(npy("<f8", (1 << 50,)) + bytes(100))
# Pictures of 60000 by 60000.
for kind in ["png", "jpeg", "cut"]:
    (folder / kind / "a").mkdir(parents=True, exist_ok=True)
side = struct.pack(">HH", 60000, 60000)
png = (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)) +
       chunk(b"IDAT", zlib.compress(bytes(1 << 20))))
(folder / "png" / "a" / "a.png").write_bytes(png)
jpeg = (b"\xff\xd8\xff\xc0\0\x11\x08" + side + b"\3\1\x11\0\2\x11\0\3\x11\0" +
        b"\xff\xda\0\x0c\3\1\0\2\0\3\0\0\x3f\0" + bytes(100))
(folder / "jpeg" / "a" / "a.jpg").write_bytes(jpeg)
(folder / "cut" / "a" / "a.jpg").write_bytes(jpeg.replace(side, struct.pack(">HH", 6000, 6000)))
# 560 MiB of letters, gzipped.
packer = zlib.compressobj(9, zlib.DEFLATED, 31)
piece = packer.compress(b"a" * (1 << 24)) + packer.flush()
(folder / "book.gz").write_bytes(piece * 35)
