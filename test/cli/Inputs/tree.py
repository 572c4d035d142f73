"""Holds the tree to its own rules: who may include whom, names that say nothing, links that lead nowhere.

    tree.py ROOT    prints one line a violation; exits 1 if there is any
"""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
violations = []

# Folder, files excepted, and what its includes must not begin with.
BORDERS = [
    ("runtime", (), ("mlir/", "llvm/", "dialects/", "frontend/", "compiler/")),
    ("dialects", (), ("frontend/", "compiler/", "runtime/")),
    ("frontend", ("Emit",), ("mlir/", "llvm/", "dialects/")),
    ("frontend", (), ("compiler/",)),
]
CODE = {".cpp", ".h", ".hpp", ".td"}


def sources(folder, kinds=CODE):
    return sorted(path for path in (root / folder).rglob("*") if path.suffix in kinds)


for folder, excepted, forbidden in BORDERS:
    for path in sources(folder):
        if path.name.startswith(excepted) and excepted:
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            include = re.match(r'\s*#?include\s*["<]([^">]+)', line)
            if include and include.group(1).startswith(forbidden):
                violations.append(f"{path.relative_to(root)}:{number}: {folder}/ must not include {include.group(1)}")

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
