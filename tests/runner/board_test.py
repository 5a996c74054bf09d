#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A test of the suite `boards`: boots the default system, one and the same file for all, on one machine by one path; on
boards other than virt also systems of the system tests.

    board_test.py list           the tests for CTest, as CMake commands
    board_test.py run NAME       one of them

What the console has to say is what the system test of the same system says; the debug kernel also says what it has found of the machine.
"""

import argparse
import fcntl
import hashlib
import itertools
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "platforms"), str(REPOSITORY / "tests" / "runner")]

from build import CAPDL, image_parts, make_image  # noqa: E402
from console import ON_PIPE, watch  # noqa: E402
from covering import covering, enough  # noqa: E402
from machine import Machine  # noqa: E402
from system_test import Conversation, SystemTest, complaints  # noqa: E402
from systems import find_system  # noqa: E402
from terminal import BUILD, DONE, FAILED, LOGS, Failure, die_with_parent, raise_on_signals  # noqa: E402

_SECONDS = {"kernel": 60.0, "initrd": 60.0, "u-boot": 90.0, "u-boot-initrd": 90.0, "disk": 90.0, "kernel8": 60.0}
_BUILD_SECONDS = 30
_MIB = {"M": 1, "G": 1024}
# What can be chosen on virt. The product of all is 9,600 boots, many hours: of these are made every combination of what
# decides which code runs, and every pair of any two values.
DIMENSIONS: dict[str, Sequence[object]] = {
    "gic": (2, 3),
    "el": (1, 2),
    "kernel": ("debug", "release"),
    "cpu": ("cortex-a53", "cortex-a57", "cortex-a72", "cortex-a76", "max"),
    "cores": tuple(range(1, 9)),
    "memory": ("256M", "512M", "1G", "2G", "4G", "8G"),
    "via": ("kernel", "initrd", "u-boot", "u-boot-initrd", "disk"),
}
WHOLE = ("gic", "el", "kernel", "cpu")


@dataclass(frozen=True)
class Boot:
    """One boot: on which machine, by which path, with which kernel."""

    platform: str
    via: str
    gic: int
    el: int
    cpu: str
    cores: int
    memory: str
    sees: int  # MiB that the device tree names
    kernel: str = "debug"
    system: str = "hello"  # the system test of this name
    reports: bool = True  # whether the kernel has a driver for the board's serial line, to report on
    default: bool = False  # whether it is run without --all

    def __str__(self) -> str:
        cores = "1 core" if self.cores == 1 else f"{self.cores} cores"
        machine = f"gic{self.gic}, {self.cpu}, {cores}, {self.memory}, el{self.el}, {self.via}, {self.kernel}"
        return f"{self.platform} ({machine}{'' if self.system == 'hello' else f', {self.system}'})"

    def test(self) -> SystemTest:
        """What the console has to say, and what is typed."""
        cores = "1 core" if self.cores == 1 else f"{self.cores} cores"
        found = [f"selene: {self.sees} MiB, {cores}, GICv{self.gic}"] if self.reports and self.kernel == "debug" else []
        if found and self.cores > 1:
            found.append(f"selene: {self.cores - 1} of {self.cores - 1} other cores answer")
        test = SystemTest.load()[self.system]
        return replace(test, console=found + test.console, never=[*test.never, "has not come up"])


def virt_boots() -> Iterator[Boot]:
    """Those on virt. By default as many that each value occurs."""
    choices = covering(DIMENSIONS, WHOLE)
    default = enough(choices)
    for choice in choices:
        memory = str(choice["memory"])
        yield Boot("virt", sees=int(memory[:-1]) * _MIB[memory[-1]], default=choice in default, **choice)  # type: ignore[arg-type]


def boots() -> Iterator[Boot]:
    """All."""
    yield from virt_boots()
    pi = Boot("rpi4", "kernel", 2, 2, "cortex-a72", 4, "2G", sees=960, default=True)
    for via, kernel in itertools.product(("kernel", "u-boot", "u-boot-initrd", "kernel8", "initrd"), ("debug", "release")):
        yield replace(pi, via=via, kernel=kernel, default=(kernel == "debug" and via in ("kernel", "u-boot", "u-boot-initrd")))
    imx = Boot("imx8mp-evk", "kernel", 3, 2, "cortex-a53", 4, "1G", sees=1024, reports=False, default=True)
    yield imx
    yield replace(imx, memory="6G", sees=6144, cores=1, default=False)
    yield replace(imx, kernel="release", default=False)
    for system in ("console_input", "cores"):
        yield replace(pi, system=system)
        yield replace(imx, system=system)
    # Where the loader itself has to switch the machine off.
    yield replace(pi, system="dry_run")
    yield replace(pi, system="missing_device", kernel="release", default=False)
    for system in ("capabilities", "faults", "floating_point", "ipc", "many_spaces", "memory_server", "partners", "runtime"):
        yield replace(pi, system=system, default=False)
        yield replace(imx, system=system, default=False)


def all_boots() -> dict[str, Boot]:
    """By their names, each once."""
    found: dict[str, Boot] = {}
    for boot in boots():
        found.setdefault(str(boot), boot)
    return found


def list_tests() -> None:
    """Prints the add_test commands."""
    for name, boot in all_boots().items():
        labels = ";".join(["boards", f"at_el{boot.el}", "usual", *([] if boot.default else ["everywhere"])])
        print(f'add_test([[boards: {name}]] "${{Python3_EXECUTABLE}}" [[{__file__}]] run [[{name}]])')
        print(
            f'set_tests_properties([[boards: {name}]] PROPERTIES LABELS "{labels}" TIMEOUT {_SECONDS[boot.via] + _BUILD_SECONDS:g} '
            f'ENVIRONMENT "SELENE_BUILD=${{CMAKE_BINARY_DIR}}")'
        )


def one_image(name: str, kernel: str, *, dry_run: bool = False) -> Path:
    """The file that all boots of a system with this kernel share; made anew if a part of it is newer."""
    what = f"{name}-dry" if dry_run else name
    image = BUILD / "tests" / "boards" / f"{what}-{kernel}.img"
    image.parent.mkdir(parents=True, exist_ok=True)
    system = find_system(name)
    parts = [CAPDL, system.spec, *(path for path in image_parts(kernel).values() if path.is_file())]
    parts += (BUILD / "components").glob("*.elf")
    with (image.parent / f"{what}-{kernel}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not image.exists() or image.stat().st_mtime < max(part.stat().st_mtime for part in parts):
            part = image.with_suffix(".part")
            make_image(system, kernel, part, dry_run=dry_run)
            part.rename(image)
    return image


def may_restart(command: list[str]) -> list[str]:
    """The command line of a machine that is allowed to start anew."""
    return [word for word in command if word != "-no-reboot"]


def run_test(boot: Boot) -> int:
    """Boots; a failure shows the console and keeps it in build/logs/boards.

    QEMU ends when the machine is switched off, and not when it restarts: then time runs out.
    """
    test = boot.test()
    image = one_image(test.system, boot.kernel, dry_run=test.dry_run)
    machine = Machine(
        platform=boot.platform, via=boot.via, gic=boot.gic, el=boot.el, cpu=boot.cpu, cores=boot.cores, memory=boot.memory
    )
    command = [*may_restart(machine.command(image)), *ON_PIPE]
    talk = Conversation(test)
    stdin = subprocess.PIPE if test.type else subprocess.DEVNULL
    ending = watch(command, on_output=talk, stdin=stdin, stderr=subprocess.STDOUT, time_out=_SECONDS[boot.via])
    text = talk.text()
    found = complaints(test, ending.code, text)
    log = LOGS / "boards" / (str(boot).replace(" ", "-").replace(",", "").strip(")").replace("(", "") + ".log")
    if not found:
        log.unlink(missing_ok=True)
        return DONE
    log.parent.mkdir(parents=True, exist_ok=True)
    checksum = hashlib.sha256(image.read_bytes()).hexdigest()
    log.write_text(f"{' '.join(command)}\nSHA-256 of the image: {checksum}\n{text}\n{ending.sentence}\n", encoding="utf-8")
    print(f"{text}\n{machine}: {ending.sentence} (after {ending.seconds:.1f} s)\n{'; '.join(found)}\nkept: {log}")
    return FAILED


def main() -> int:
    """Does what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words = parser.add_subparsers(dest="word", required=True)
    words.add_parser("list")
    words.add_parser("run").add_argument("name")
    options = parser.parse_args()
    try:
        if options.word == "list":
            list_tests()
            return DONE
        raise_on_signals()
        die_with_parent()  # so QEMU ends too if CTest is killed
        return run_test(all_boots()[options.name])
    except Failure as failure:
        print(f"board_test: {failure}", file=sys.stderr)
        return failure.code


if __name__ == "__main__":
    sys.exit(main())
