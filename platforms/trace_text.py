# SPDX-License-Identifier: BSD-2-Clause
"""Reads the tracer's lines on a console: userland/servers/tracer/trace_text.hpp says what they are."""

import re
import zlib
from dataclasses import dataclass, field

from terminal import FAILED, Failure

KINDS = {1: "system call", 2: "exception", 3: "interrupt", 4: "leave", 5: "idle", 6: "awake"}
SYSTEM_CALLS = ("call", "reply_receive", "send", "receive", "try_send", "try_receive", "wait", "poll", "signal", "yield")
CARRIERS = ("call", "reply_receive", "send", "try_send")  # of these, the ones that send something with a label
PHASES = {1: "B", 2: "E", 3: "i", 4: "C"}

_LINE = re.compile(rb"trace: (([0-9a-f]+) ([a-z]+)(?: (.*))?) \*([0-9a-f]{8})$")


@dataclass(frozen=True)
class KernelEvent:
    """An entry, an exit, a wait of the kernel, in ticks of the counter."""

    time: int
    thread: int  # index
    kind: str
    number: int
    detail: int


@dataclass(frozen=True)
class OwnEvent:
    """What a component has written; `phase` as Chrome's traces have it."""

    time: int
    phase: str
    value: int
    name: str


@dataclass
class Ring:
    """A component's own events; `missing` of those that it has written were overwritten or given up."""

    component: str
    written: int
    events: list[OwnEvent] = field(default_factory=list)

    @property
    def missing(self) -> int:
        return self.written - len(self.events)


@dataclass
class Trace:
    """All that a tracer has told."""

    frequency: int = 0
    threads: dict[int, str] = field(default_factory=dict)  # by index; "-" if the tracer does not know its name
    kernel_missing: int | None = None  # events before the first one that is told; None without the debug kernel's
    kernel: list[KernelEvent] = field(default_factory=list)
    rings: list[Ring] = field(default_factory=list)


class TraceReader:
    """Takes the tracer's lines out of a console's output."""

    def __init__(self) -> None:
        self.trace = Trace()
        self._rest = b""
        self._next = 0
        self._ended = False

    def take(self, piece: bytes) -> bytes:
        """Reads a piece of output and returns what is not the tracer's, whole lines.

        Raises Failure if a line of the tracer's is missing or makes no sense. What only looks like one is somebody else's.
        """
        *lines, self._rest = (self._rest + piece).split(b"\n")
        return b"".join(line + b"\n" for line in lines if not self._line(line.rstrip(b"\r")))

    def rest(self) -> bytes:
        """What has come since the last whole line."""
        return self._rest

    def finished(self) -> Trace | None:
        """The trace; None if no tracer has said anything.

        Raises Failure if it is not complete.
        """
        if self._next == 0:
            return None
        if not self._ended:
            raise Failure(f"the trace ends after {self._next} lines without an end", FAILED)
        return self.trace

    def _line(self, line: bytes) -> bool:
        match = _LINE.match(line)
        if match is None or int(match[5], 16) != zlib.crc32(match[1]):
            return False  # somebody else's, or damaged: then its number is missing
        if int(match[2], 16) != self._next:
            raise Failure(f"line {self._next} of the trace is missing: line {int(match[2], 16)} comes instead", FAILED)
        self._next += 1
        try:
            self._understand(match[3].decode(), (match[4] or b"").decode())
        except (KeyError, IndexError, ValueError) as error:
            raise Failure(f"line {self._next - 1} of the trace makes no sense: {line.decode(errors='replace')}", FAILED) from error
        return True

    def _understand(self, kind: str, text: str) -> None:
        trace = self.trace
        if kind == "begin":
            trace.frequency = int(text, 16)
        elif kind == "thread":
            index, name = text.split(" ", 1)
            trace.threads[int(index, 16)] = name
        elif kind == "kernel":
            _written, first = text.split()
            trace.kernel_missing = int(first, 16)
        elif kind == "k":
            for event in text.split():
                since, thread, what, detail = (int(part, 16) for part in event.split(":"))
                self._kernel_event(since, thread, what, detail)
        elif kind == "ring":
            name, written, _dropped = text.split(" ")
            trace.rings.append(Ring(name, int(written, 16)))
        elif kind == "e":
            _number, time, phase, value, name = text.split(" ", 4)
            trace.rings[-1].events.append(OwnEvent(int(time, 16), PHASES[int(phase, 16)], int(value, 16), name))
        elif kind == "end":
            self._ended = True
        else:
            raise ValueError(kind)

    def _kernel_event(self, since: int, thread: int, what: int, detail: int) -> None:
        before = self.trace.kernel[-1].time if self.trace.kernel else 0
        self.trace.kernel.append(KernelEvent(before + since, thread, KINDS[what & 0xFF], what >> 8 & 0xFF, detail))
