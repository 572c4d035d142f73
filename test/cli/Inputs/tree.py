"""Holds the tree to its own rules: who may include whom, names that say nothing, links that lead nowhere.

    tree.py ROOT    prints one line a violation; exits 1 if there is any
"""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
violations = []

# What the includes of a folder must not begin with.
BORDERS = {
    "runtime": ("mlir/", "llvm/", "dialects/", "frontend/", "compiler/"),
    "dialects": ("frontend/", "compiler/", "runtime/"),
    "frontend": ("compiler/",),
    "frontend/syntax": ("mlir/", "llvm/", "dialects/"),
    "frontend/check": ("mlir/", "llvm/", "dialects/"),
}
# The rooms, from the ground up: each may know those above it in this list, and none beside it.
ROOMS = [
    ["runtime"],
    ["runtime/files", "runtime/program"],
    ["runtime/cache", "runtime/profile"],
    ["runtime/data", "runtime/session"],
    ["runtime/checkpoint"],
    ["runtime/train"],
    ["dialects/mlc", "dialects/step"],
    ["frontend/syntax"],
    ["frontend/check"],
    ["frontend/emit"],
    ["compiler/passes", "compiler/source", "compiler/target"],
    ["compiler/ad", "compiler/lowering", "compiler/oracle", "compiler/plan"],
    ["compiler/kernels"],  # the interface; Kernel.cpp, which has it done, is the top of its rooms
    ["compiler/kernels/code"],
    ["compiler/kernels/cost"],
    ["compiler/kernels/emitters"],
    ["compiler/kernels/choose"],
    ["compiler/kernels/check", "compiler/fuse", "compiler/jit"],
    ["compiler/step"],
    ["compiler/model"],
    ["compiler/draw"],
    ["compiler/run"],
    ["compiler/tools/mlc", "compiler/tools/mlc-opt"],
    ["compiler/tools/mlc-bench"],
]
TOP = {"compiler/kernels/Kernel.cpp"}
CODE = {".cpp", ".h", ".hpp", ".td"}


def sources(folder, kinds=CODE):
    return sorted(path for path in (root / folder).rglob("*") if path.suffix in kinds)


def includes(folder):
    """Path, line and what is included there, of all files below."""
    for path in sources(folder):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            include = re.match(r'\s*#?include\s*["<]([^">]+)', line)
            if include:
                yield path.relative_to(root), number, include.group(1)


for folder, forbidden in BORDERS.items():
    for path, number, include in includes(folder):
        if include.startswith(forbidden):
            violations.append(f"{path}:{number}: {folder}/ must not include {include}")

LEVELS = {room: level for level, rooms in enumerate(ROOMS) for room in rooms}


def room_of(path):
    """The room a file lies in, or None: outside of all of them."""
    return next((str(folder) for folder in pathlib.PurePath(path).parents if str(folder) in LEVELS), None)


for folder in ("runtime", "dialects", "frontend", "compiler"):
    for path, number, include in includes(folder):
        room, other = room_of(path), room_of(include)
        if room is None:
            violations.append(f"{path}: {path.parent}/ is no room of {pathlib.Path(__file__).name}")
        elif other not in (None, room) and LEVELS[other] >= LEVELS[room] and str(path) not in TOP:
            violations.append(f"{path}:{number}: {room}/ must not know {other}/, which is above or beside it")

for folder in ("compiler", "dialects", "frontend", "runtime", "test", "bench", "examples"):
    for path in (root / folder).rglob("*"):
        if re.search(r"(?i)^(utils?|common|helpers?|misc)(\.|$)", path.name) and ".venv" not in path.parts:
            violations.append(f"{path.relative_to(root)}: a name that says nothing")

pages = [*root.glob("*.md"), *(root / "docs").glob("*.md"), root / "bench/README.md", root / "examples/README.md"]
for page in pages:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        if not (page.parent / target).exists():
            violations.append(f"{page.relative_to(root)}: a link to {target}, which is not there")

print("\n".join(violations) or "the tree keeps its rules")
sys.exit(bool(violations))
