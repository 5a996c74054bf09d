# SPDX-License-Identifier: BSD-2-Clause
"""`./selene spec snapshot`: boots a system, has its state reported at some moment, and prints that as a spec.

The system is the one that `run` boots, but for its loader: that stays (capdl/loader/observer.cpp), in a thread that wakes up
every millisecond of the machine's time and looks at a word of its memory. This command keeps the machine's memory in a file, and
writes to that word when it wants a report. What components say is on the same line: the image has a ticket, which is new for
each run, and only what shows it is the loader's.
"""

import mmap
import os
import re
import secrets
import subprocess
import tempfile
from pathlib import Path

from build import CAPDL, LOADER, build_system, make_image
from console import ON_PIPE, watch
from machine import Machine
from systems import System
from template import plain_spec
from terminal import BUILD, FAILED, TIME_OUT, Failure, die_with_parent, note

OBSERVING_LOADER = LOADER.with_stem("observing_loader")
TIME = 60.0  # seconds that a report may take to come


def snapshot(system: System, machine: Machine, kernel: str, after: str | None, time_out: float | None) -> int:
    """Prints the state of a system as a spec: right after loading, or once the console has said `after`."""
    build_system(system, [kernel])
    ticket = new_ticket()
    image = make_image(system, kernel, BUILD / "images" / f"{system.name}-{kernel}-snapshot.img", OBSERVING_LOADER, ticket=ticket)
    moment = "right after loading" if after is None else f"once it has said '{after}'"
    note(f"{system.name} with the {kernel} kernel on {machine}, {moment}")
    console = BUILD / "specs" / f"{system.name}-snapshot.console"
    console.parent.mkdir(parents=True, exist_ok=True)
    console.write_bytes(observe(image, ticket, machine, after, TIME if time_out is None else time_out))
    command = [CAPDL, "snapshot", plain_spec(system.spec), console, "--components", BUILD / "components"]
    return subprocess.run(command, check=False, preexec_fn=die_with_parent).returncode


def new_ticket() -> int:
    """A ticket that nobody can guess."""
    return secrets.randbelow(1 << 32)


class _Taken(Exception):
    """The report is there: the machine has done its duty."""


class _Watch:
    """Reads the console, asks for a report when it is time, and ends the run with the report."""

    def __init__(self, ticket: int, memory: Path, base: int, after: str | None) -> None:
        self.report = b""
        self._text = b""
        self._waits = re.compile(b"snapshot %x: waits at ([0-9a-f]+)\r?\n" % ticket)
        self._whole = re.compile(b"snapshot %x: (begin .*?)snapshot %x: (end [0-9a-f]+\r?\n)" % (ticket, ticket), re.DOTALL)
        self._memory = memory
        self._base = base
        self._after = None if after is None else after.encode()
        self._asked_at: int | None = 0 if after is None else None  # where in the text

    @property
    def has_asked(self) -> bool:
        """Whether the moment has come."""
        return self._asked_at is not None

    def __call__(self, piece: bytes) -> bytes:
        self._text += piece
        if self._asked_at is None and (waits := self._waits.search(self._text)) and self._after in self._text[waits.end() :]:
            self._asked_at = len(self._text)
            self._ask(int(waits[1], 16) - self._base)
        if self._asked_at is not None and (whole := self._whole.search(self._text, self._asked_at)):
            self.report = b"snapshot: " + whole[1] + b"snapshot: " + whole[2]
            raise _Taken
        return b""

    def _ask(self, offset: int) -> None:
        with self._memory.open("r+b") as file, mmap.mmap(file.fileno(), 0) as bytes_:
            bytes_[offset : offset + 8] = (1).to_bytes(8, "little")


def observe(image: Path, ticket: int, machine: Machine, after: str | None, time_out: float) -> bytes:
    """Boots an image whose loader stays and has this ticket; returns the report that was wanted, without the ticket.

    Raises Failure if the system ends before, or the time runs out. A machine that is switched off within a millisecond of the
    moment cannot be looked at any more.
    """
    with tempfile.TemporaryDirectory(prefix="selene-", dir=_spacious()) as folder:
        memory = Path(folder) / "memory"
        command = machine.command(image)
        base = 0
        if after is not None:
            base = machine.memory_base
            command = machine.with_memory_in(memory, command)
        watching = _Watch(ticket, memory, base, after)
        try:
            ending = watch([*command, *ON_PIPE], on_output=watching, stdin=subprocess.DEVNULL, time_out=time_out)
        except _Taken:
            return watching.report
    if ending.code == TIME_OUT:
        raise Failure(f"{ending.sentence} before there was a report", TIME_OUT)
    if watching.has_asked:
        raise Failure(f"the system has said it, and has switched the machine off at once: say something earlier ({ending.sentence})", FAILED)
    raise Failure(f"the system ended before there was a report: {ending.sentence}", FAILED)


def _spacious() -> str | None:
    """Where files are memory, if there is such a place."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
