"""Kills and failing calls at every file call of a run: what is in the run folder afterwards is one whole run.

    sweep.py FOLDER FAULTS KIND...

FAULTS is the library of test/faults, FOLDER has points.mlc and its data. A KIND is a command:

    plain      training in a new folder
    resume     --resume of a run that has epochs left
    longer     --resume, with an edited text that has an import, of a run that --steps ended within an epoch, so far its best
    overwrite  --overwrite of a run of another program, which has a best model, metrics and a text this one has not
    eval       `mlc eval` of a folder in which the commit of a checkpoint was cut off
    takeover   `mlc eval` of a folder in which the commit of a run that replaces another was cut off

For each call on a file in the run folder, and for each thing that can happen there (test/faults/FileFaults.cpp), the
command runs once. Its exit code must be the documented one. Then, for each state that this left the folder in,
`mlc eval` must give the figures of one of the runs
and checkpoints that can be there; after it no tensor file is another checkpoint's than the run's own names say; and
going on, with --resume or, where no run was begun, with the command itself, must end with the very files of a run that
nothing happened to, and nothing else in the folder.

MLC_SWEEP=N does so at every Nth call (10 by default), and interrupts the first of each function on each file;
MLC_SWEEP=1 does it at all of them, which takes some minutes.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ACTIONS = ("kill", "torn", "short", "EIO", "ENOSPC", "EINTR", "full", "EROFS")
STRIDE = int(os.environ.get("MLC_SWEEP", "10"))
faults = pathlib.Path(sys.argv[2]).resolve()
# In memory where there is such a file system: checkpoints sync, and there are thousands.
work = pathlib.Path(tempfile.mkdtemp(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)).resolve()
model, old, edited = work / "points.mlc", work / "old.mlc", work / "edited.mlc"
TENSORS = ("model.safetensors", "optimizer.safetensors")


def mlc(*arguments, folder=None, at=0, action="", log=""):
    environment = dict(os.environ)
    if folder:
        # The sanitizers want to be loaded first, and say so otherwise.
        environment["ASAN_OPTIONS"] = environment.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        environment.update(LD_PRELOAD=str(faults), MLC_FAULTS_FOLDER=str(folder), MLC_FAULTS_AT=str(at),
                           MLC_FAULTS_DO=action, MLC_FAULTS_LOG=str(log))
    return subprocess.run(["mlc", *map(str, arguments)], env=environment, capture_output=True, text=True)


def fine(run):
    assert run.returncode == 0, f"{run.args}: exit code {run.returncode}\n{run.stderr}"
    return run.stdout


def train(program, folder, *options):
    return ["train", program, "--threads", 1, "--log-every", 3, "--out", folder, *options]


def evaluate(folder):
    return mlc("eval", folder, "--split", "train", "--threads", 1, "--json")


def contents(folder):
    """Every file with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def update_of(tensors):
    """The update that a safetensors file says it belongs to."""
    raw = tensors.read_bytes()
    return int(json.loads(raw[8:8 + int.from_bytes(raw[:8], "little")])["__metadata__"]["update"])


class Kind:
    """A command, what is in the folder before it, what may be there after it."""

    def __init__(self, name):
        self.name = name
        self.before = {"plain": None, "resume": work / "half", "longer": work / "short", "overwrite": work / "old",
                       "eval": work / "cut", "takeover": work / "taken"}[name]
        # What config.json says of epochs is of the run's beginning.
        self.wanted = contents(work / {"resume": "resumed", "eval": "resumed", "longer": "lengthened"}.get(name, "whole"))
        self.good = set()  # what the folder held when all was well
        self.known = {}  # figures: the command that goes on from them
        text = edited if name == "longer" else model
        go_on = lambda folder: train(text, folder, "--resume", "--epochs", 4)
        for run in {"plain": ("begun", "whole"), "resume": ("half", "whole"), "longer": ("short", "half", "whole"),
                    "overwrite": ("begun", "whole"), "eval": ("whole",), "takeover": ("begun",)}[name]:
            self.known[fine(evaluate(work / run))] = go_on
        if name == "overwrite":
            self.known[fine(evaluate(work / "old"))] = lambda folder: train(model, folder, "--epochs", 4, "--overwrite")

    def command(self, folder):
        if self.name in ("eval", "takeover"):
            return ["eval", folder, "--split", "train", "--threads", 1, "--json"]
        options = {"plain": [], "overwrite": ["--overwrite"]}.get(self.name, ["--resume"])
        return train(edited if self.name == "longer" else model, folder, "--epochs", 4, *options)

    def prepare(self, folder):
        shutil.rmtree(folder, ignore_errors=True)
        if self.before:
            shutil.copytree(self.before, folder)

    def calls(self):
        """The calls of the command, by name and path, and that counting them changes nothing."""
        folder, log = work / f"{self.name}-counted", work / f"{self.name}.log"
        self.prepare(folder)
        log.unlink(missing_ok=True)
        fine(mlc(*self.command(folder), folder=folder, log=log))
        if self.name != "eval" and self.name != "takeover":
            same(contents(folder), self.wanted)
        return [tuple(line.split(" ", 2)[1:]) for line in log.read_text().splitlines()]

    def try_at(self, number, action, folder):
        """Empty if all is well, else what is not."""
        self.prepare(folder)
        run = mlc(*self.command(folder), folder=folder, at=number, action=action)
        reads = self.name in ("eval", "takeover")
        try:
            allowed = {"kill": {-9}, "torn": {-9}, "short": {0}, "EINTR": {0}}.get(action, {0, 74})
            if reads and action == "EROFS":
                allowed = {0}
            assert run.returncode in allowed, f"exit code {run.returncode}"
            if run.returncode == 74:
                assert "mlc: " in run.stderr and "a bug" not in run.stderr
            if run.returncode == 0 and reads:
                assert run.stdout in self.known, f"figures of no run: {run.stdout}"
            elif run.returncode == 0:
                same(contents(folder), self.wanted)
            # There are few states that a folder can be in, and many calls before and after which it is in one.
            state = tuple(sorted((file, hashlib.sha256(content).digest()) for file, content in contents(folder).items()))
            if state not in self.good:
                self.go_on(folder)
                self.good.add(state)
            return ""
        except AssertionError as error:
            kept = work / f"failed-{self.name}-{number}-{action}"
            shutil.rmtree(kept, ignore_errors=True)
            if folder.exists():
                folder.rename(kept)
            return f"{error}\n  what it said: {run.stderr.strip()[-400:]}\n  the folder: {kept}"
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def go_on(self, folder):
        found = evaluate(folder)
        if found.returncode == 0:
            assert found.stdout in self.known, f"figures of no run: {found.stdout}"
            assert not found.stderr, f"eval says {found.stderr}"
            state = json.loads((folder / "trainer_state.json").read_text())
            for name in TENSORS:
                assert update_of(folder / name) == state["update"], f"{name} is of another update after eval"
            if state["best"]:
                best = update_of(folder / "best/model.safetensors")
                assert best == state["best"]["update"], f"the best model is of update {best} after eval"
            command = self.known[found.stdout](folder)
        else:
            nothing = found.returncode == 74 and "there is no run in" in found.stderr
            assert self.name == "plain" and nothing, found.stderr
            command = self.command(folder)
        went = mlc(*command)
        assert went.returncode == 0, f"going on: exit code {went.returncode}: {went.stderr[-400:]}"
        same(contents(folder), self.wanted)


def same(found, wanted):
    assert sorted(found) == sorted(wanted), f"files {sorted(found)}, not {sorted(wanted)}"
    for name, content in wanted.items():
        assert found[name] == content, f"{name} is another than that of a run that nothing happened to"


def cut_off(command, before, to, renamed):
    """Leaves in `to` what `command` leaves that is killed after its last rename to a file of that name."""
    log = to.with_suffix(".log")
    for at in (0, None):
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(before, to)
        if at is None:
            calls = [line.split(" ") for line in log.read_text().splitlines()]
            at = 1 + max(int(call[0]) for call in calls if call[1] == "rename" and call[2].endswith("/" + renamed))
        run = mlc(*command, folder=to, at=at, action="kill", log=log)
        assert run.returncode == (-9 if at else 0), run.stderr


def set_up():
    for name in ("points.mlc", "points.csv"):
        shutil.copy(pathlib.Path(sys.argv[1]) / name, work)
    text = model.read_text()
    (work / "parts").mkdir(exist_ok=True)
    (work / "parts/body.mlc").write_text("fn body[s...](x: float[s...]) -> float[s...] = tanh(x)\n")
    old.write_text('import "parts/body.mlc"\n' + text.replace("|> relu", "|> body"))
    edited.write_text('import "parts/body.mlc"\n' + text)
    for name, command in {"whole": train(model, work / "whole", "--epochs", 4),
                          "half": train(model, work / "half", "--epochs", 2),
                          "begun": train(model, work / "begun", "--epochs", 0),
                          "short": train(model, work / "short", "--steps", 10),
                          "old": train(old, work / "old", "--epochs", 3)}.items():
        shutil.rmtree(work / name, ignore_errors=True)
        fine(mlc(*command))
    shutil.rmtree(work / "resumed", ignore_errors=True)
    shutil.copytree(work / "half", work / "resumed")
    fine(mlc(*train(model, work / "resumed", "--resume", "--epochs", 4)))
    whole, resumed = contents(work / "whole"), contents(work / "resumed")
    same(resumed, {**whole, "config.json": resumed["config.json"]})
    shutil.rmtree(work / "lengthened", ignore_errors=True)
    shutil.copytree(work / "short", work / "lengthened")
    fine(mlc(*train(edited, work / "lengthened", "--resume", "--epochs", 4)))
    differ = {name: contents(work / "lengthened")[name] for name in ("config.json", "model.mlc", "parts/body.mlc")}
    same(contents(work / "lengthened"), {**whole, **differ})
    assert (work / "short/best/before.safetensors").exists()
    cut_off(train(model, work / "cut", "--resume", "--epochs", 4), work / "half", work / "cut", "trainer_state.json")
    cut_off(train(model, work / "taken", "--overwrite", "--epochs", 4), work / "old", work / "taken", ".mlc-committed")
    assert (work / "taken/.mlc-committed/model.safetensors").exists() and (work / "cut/model.safetensors.next").exists()


def main():
    set_up()
    bad = 0
    workers = os.cpu_count() or 1
    for name in sys.argv[3:]:
        kind = Kind(name)
        calls = kind.calls()
        # Each action begins at another call, so that between them they are at many.
        tries = [(number, action) for i, action in enumerate(ACTIONS)
                 for number in range(1 + i * 3 % STRIDE, len(calls) + 1, STRIDE)
                 if action not in ("torn", "short") or calls[number - 1][0] == "write"]
        if STRIDE > 1:  # there are few writes, and each kind of call on each file wants to be made again on its own
            tries += [(i + 1, action) for i, call in enumerate(calls) if call[0] == "write" for action in ("torn", "short")
                      if (i + 1, action) not in tries][::STRIDE // 2]
            tries += [(i + 1, "EINTR") for i, call in enumerate(calls) if calls.index(call) == i
                      if (i + 1, "EINTR") not in tries]
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            found = pool.map(lambda at: kind.try_at(*at[1], work / f"{name}-{at[0]}"), enumerate(tries))
            wrong = [(at, text) for at, text in zip(tries, found) if text]
        for (number, action), text in wrong[:20]:
            print(f"{name}: {action} at call {number}, {calls[number - 1][0]}: {text}")
        print(f"{name}: {len(calls)} calls, {len(tries)} tries, {len(kind.good)} states, {len(wrong)} bad", flush=True)
        bad += len(wrong)
    if bad:
        sys.exit(1)
    shutil.rmtree(work)


main()
