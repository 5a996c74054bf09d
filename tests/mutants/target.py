# SPDX-License-Identifier: BSD-2-Clause
"""Puts a mutant into the machine-dependent part of the kernel, which no host can run: boots system tests with it in QEMU."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mutant import REPOSITORY, Mutant
from workshop import BUILD, Outcome, Verdict, first_error, ninja, run, without_files

# Kernels of its own, and a build folder that has these and for the rest what the real one has.
_FOLDER = BUILD / "mutants"
_VIEW = _FOLDER / "view"
_OWN = {"kernel", "tests", "logs", "images", "mutants"}
# Kernel by kernel, the system tests that see most of it.
_TESTS = {
    "release": ("siege", "time"),
    "debug": ("ipc", "partners", "faults", "floating_point"),
}
_MACHINE = ("--gic", "2", "--via", "kernel", "--el", "1")


def complaint_without_mutant() -> str:
    """Builds the kernels; what a test says of them as they are, empty if all pass."""
    _FOLDER.mkdir(exist_ok=True)
    configure = ["cmake", "--preset", "default", "-B", str(_FOLDER), f"-DSELENE_SOURCES={BUILD / 'sources'}"]
    made = subprocess.run(configure, cwd=REPOSITORY, check=False, capture_output=True, text=True)
    if made.returncode != 0:
        return first_error(made.stderr)
    for path in _FOLDER.glob("arch-aarch64/CMakeFiles/machine-*/*.o"):
        path.unlink()  # a campaign that was killed may have left a mutant there
    _VIEW.mkdir(exist_ok=True)
    for path in BUILD.iterdir():
        place = _VIEW / path.name
        if path.name not in _OWN and not place.is_symlink():
            place.symlink_to(path)
    if not (_VIEW / "kernel").is_symlink():
        (_VIEW / "kernel").symlink_to(_FOLDER / "kernel")
    for kind in _TESTS:
        outcome = _boot(kind)
        if outcome.verdict is not Verdict.SURVIVED:
            return outcome.by
    return ""


def judge(mutant: Mutant) -> Outcome:
    """Puts the mutant to the tests of one kernel after the other; nothing in the repository is touched."""
    with tempfile.TemporaryDirectory(prefix="selene-mutant-") as name:
        changed = Path(name) / Path(mutant.file).name
        changed.write_text(mutant.changed, encoding="utf-8")
        for kind in _TESTS:
            with _objects(mutant.file, kind) as objects:
                for source, target in objects:
                    text = Path(name) / source.name
                    if not text.exists():  # what includes a header finds the changed one beside itself
                        text.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
                    command = without_files(ninja("-t", "commands", "-s", target, folder=_FOLDER))
                    made = Path(name) / "made.o"
                    compiled = run([command[0], f"-I{name}", *command[1:], "-w", "-o", str(made), "-c", str(text)], _FOLDER)
                    if compiled.returncode != 0:
                        return Outcome(Verdict.BROKEN, first_error(compiled.stdout))
                    _replace(_FOLDER / target, made.read_bytes())
                if not objects:
                    return Outcome(Verdict.BROKEN, "nothing includes it")
                outcome = _boot(kind)
            if outcome.verdict is not Verdict.SURVIVED:
                return outcome
    return Outcome(Verdict.SURVIVED, "")


@contextmanager
def _objects(file: str, kind: str) -> Iterator[list[tuple[Path, str]]]:
    """The sources that a file is part of, each with the object that it is compiled to, which is put back at the end."""
    found = []
    path = REPOSITORY / file
    for block in ninja("-t", "deps", folder=_FOLDER).split("\n\n"):
        head, *lines = block.split("\n")
        target = head.partition(":")[0]
        files = [(_FOLDER / line.strip()).resolve() for line in lines]
        if f"/machine-{kind}-el1.dir/" in target and path in files:
            found.append((files[0], target))
    kept = {_FOLDER / target: (_FOLDER / target).read_bytes() for _, target in found}
    try:
        yield found
    finally:
        for place, contents in kept.items():
            _replace(place, contents)


def _replace(place: Path, contents: bytes) -> None:
    """Puts something else into a file in such a way that Ninja does not know."""
    then = place.stat().st_mtime_ns
    place.write_bytes(contents)
    os.utime(place, ns=(then, then))


def _boot(kind: str) -> Outcome:
    """Links the kernel and runs its tests, up to the first that fails."""
    for program in (_FOLDER / "kernel").glob(f"*-{kind}-el1.elf"):
        program.unlink()
    linked = run(["ninja", "-C", str(_FOLDER), f"kernel/selene-{kind}.bin"], _FOLDER)
    if linked.returncode != 0:
        return Outcome(Verdict.BROKEN, first_error(linked.stdout))
    runner = REPOSITORY / "tests" / "runner" / "system_test.py"
    for test in _TESTS[kind]:
        tested = run(["/usr/bin/python3", str(runner), "run", test, *_MACHINE], _FOLDER, {"SELENE_BUILD": str(_VIEW)})
        if tested.returncode != 0:
            last = [line for line in tested.stdout.splitlines() if line][-2:]
            return Outcome(Verdict.KILLED, f"system: {test}: {last[0] if last else 'no word'}")
    return Outcome(Verdict.SURVIVED, "")
