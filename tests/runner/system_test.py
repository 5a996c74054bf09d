#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A system test: boots a system in QEMU and compares what it says and how it ends with tests/system/tests.yaml.

    system_test.py list                                  the tests for CTest, as CMake commands
    system_test.py run NAME --gic N --via PATH --el N    one test on one machine
"""

import argparse
import re
import subprocess
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "platforms"))

from build import LOADER, make_image  # noqa: E402
from console import ON_PIPE, watch  # noqa: E402
from machine import Machine  # noqa: E402
from systems import find_system  # noqa: E402
from terminal import BUILD, DONE, FAILED, LOGS, Failure, die_with_parent, raise_on_signals  # noqa: E402

TESTS = REPOSITORY / "tests" / "system" / "tests.yaml"
COMBINATIONS = [(gic, via) for gic in (2, 3) for via in ("kernel", "u-boot")]
LEVELS = (1, 2)
_BUILD_SECONDS = 30  # what CTest grants beyond the test's own time, for capdl on a busy machine
# Time goes by instructions, 8 ns each, and jumps ahead while nothing runs: what the host does meanwhile does not count.
_BY_INSTRUCTIONS = ["-icount", "shift=3,sleep=off", "-rtc", "clock=vm"]
_TAIL = 200  # lines of the console that a failure shows; its log has all


@dataclass(frozen=True)
class Variant:
    """A test on one machine: interrupt controller, boot path, exception level."""

    gic: int
    via: str
    el: int
    usual: bool = True  # whether it is one of those that the test runs on at this level
    default: bool = True  # whether it is one of those when no level is asked for

    def __str__(self) -> str:
        return f"gic{self.gic}, {self.via}, el{self.el}"

    def labels(self) -> list[str]:
        """What CTest knows of it; tests/runner/suites.py says what for."""
        return [f"at_el{self.el}", *(["usual"] if self.usual else []), *([] if self.default else ["everywhere"])]


@dataclass(frozen=True)
class SystemTest:
    """An entry of tests.yaml; the comments there say what the fields mean."""

    name: str
    system: str
    machines: str = "one"
    levels: str = "one"
    kernel: str = "debug"
    loader: str = "loader"
    cores: int | None = None
    cpu: str | None = None
    memory: str | None = None
    exit: int = 0
    console: list[str] = field(default_factory=list)
    never: list[str] = field(default_factory=list)
    type: list[dict[str, str]] = field(default_factory=list)
    clock: str = "host"
    dry_run: bool = False
    long: bool = False
    timeout: float = 20

    @staticmethod
    def load() -> dict[str, "SystemTest"]:
        """All entries of tests.yaml. Raises Failure for a field that does not exist."""
        known = {item.name for item in fields(SystemTest)} - {"name"}
        entries: dict[str, dict[str, Any] | None] = yaml.load(TESTS.read_text(encoding="utf-8"), yaml.CSafeLoader) or {}
        tests = {}
        for name, given in entries.items():
            values = {"system": name, **(given or {})}
            if strange := values.keys() - known:
                raise Failure(f"{TESTS}: the test {name} has an unknown field '{min(strange)}'")
            tests[name] = SystemTest(name=name, **values)
        return tests

    def variants(self) -> Iterator[Variant]:
        """All of them; those that run by default are chosen by the name."""
        level, chosen = divmod(zlib.crc32(self.name.encode()) % (len(LEVELS) * len(COMBINATIONS)), len(COMBINATIONS))
        for number, (gic, via) in enumerate(COMBINATIONS):
            for el in LEVELS:
                usual = self.machines == "all" or number == chosen
                every_level = "all" in (self.machines, self.levels)
                yield Variant(gic, via, el, usual, usual and (every_level or el == LEVELS[level]))


def list_tests() -> None:
    """Prints the add_test commands."""
    for test in SystemTest.load().values():
        for one in test.variants():
            full_name = f"system: {test.name} ({one})"
            labels = ";".join(["system", *one.labels(), *(["long"] if test.long else [])])
            machine = f"--gic {one.gic} --via {one.via} --el {one.el}"
            print(f'add_test([[{full_name}]] "${{Python3_EXECUTABLE}}" [[{__file__}]] run [[{test.name}]] {machine})')
            print(
                f'set_tests_properties([[{full_name}]] PROPERTIES LABELS "{labels}" TIMEOUT {test.timeout + _BUILD_SECONDS:g} '
                f'ENVIRONMENT "SELENE_BUILD=${{CMAKE_BINARY_DIR}}")'
            )


class Conversation:
    """Collects the console's output and types what the test says, each text once its time has come."""

    def __init__(self, test: SystemTest) -> None:
        self.output = b""
        self._to_type = list(test.type)
        self._seen = 0

    def text(self) -> str:
        """The output so far, with plain line ends."""
        return self.output.decode(errors="replace").replace("\r", "")

    def __call__(self, piece: bytes) -> bytes:
        self.output += piece
        if not self._to_type:
            return b""
        found = re.search(self._to_type[0]["after"], self.text()[self._seen :])
        if not found:
            return b""
        self._seen += found.end()
        return self._to_type.pop(0)["text"].encode()


def complaints(test: SystemTest, code: int, text: str) -> list[str]:
    """What was not as the test expects."""
    found = [] if code == test.exit else [f"exit code {code} instead of {test.exit}"]
    position = 0
    for pattern in test.console:
        match = re.compile(pattern, re.MULTILINE).search(text, position)
        if match is None:
            found.append(f"the console does not say (there) /{pattern}/")
            break
        position = match.end()
    found += [f"the console says /{pattern}/" for pattern in test.never if re.search(pattern, text, re.MULTILINE)]
    return found


def run_test(test: SystemTest, variant: Variant) -> int:
    """Runs one test on one machine; a failure shows the console and keeps all of it in build/logs/system."""
    label = f"{test.name}-gic{variant.gic}-{variant.via}-el{variant.el}"
    system = str(REPOSITORY / test.system) if "/" in test.system else test.system
    image = BUILD / "tests" / "system" / f"{label}.img"
    make_image(find_system(system), test.kernel, image, LOADER.with_stem(test.loader), dry_run=test.dry_run)
    machine = Machine(gic=variant.gic, via=variant.via, el=variant.el, cores=test.cores, cpu=test.cpu, memory=test.memory)
    clock = _BY_INSTRUCTIONS if test.clock == "instructions" else []
    command = [*machine.command(image), *clock, *ON_PIPE]
    talk = Conversation(test)
    stdin = subprocess.PIPE if test.type else subprocess.DEVNULL
    ending = watch(command, on_output=talk, stdin=stdin, stderr=subprocess.STDOUT, time_out=test.timeout)
    found = complaints(test, ending.code, talk.text())
    log = LOGS / "system" / f"{label}.log"
    if not found:
        log.unlink(missing_ok=True)
        return DONE
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(f"{' '.join(command)}\n{talk.text()}\n{ending.sentence}\n", encoding="utf-8")
    print("\n".join(talk.text().splitlines()[-_TAIL:]))
    print(f"{test.system} with the {test.kernel} kernel on {machine}, by {variant.via}: {ending.sentence} (after {ending.seconds:.1f} s)")
    print(f"{'; '.join(found)}\nwhole console: {log}")
    return FAILED


def main() -> int:
    """Does what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words = parser.add_subparsers(dest="word", required=True)
    words.add_parser("list")
    one = words.add_parser("run")
    one.add_argument("name")
    one.add_argument("--gic", type=int, required=True)
    one.add_argument("--via", required=True)
    one.add_argument("--el", type=int, required=True)
    options = parser.parse_args()
    try:
        if options.word == "list":
            list_tests()
            return DONE
        raise_on_signals()
        die_with_parent()  # so QEMU ends too if CTest is killed
        return run_test(SystemTest.load()[options.name], Variant(options.gic, options.via, options.el))
    except Failure as failure:
        print(f"system_test: {failure}", file=sys.stderr)
        return failure.code


if __name__ == "__main__":
    sys.exit(main())
