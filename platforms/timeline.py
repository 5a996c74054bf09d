# SPDX-License-Identifier: BSD-2-Clause
"""What a trace shows: who ran when, what the kernel did meanwhile, what components say of themselves."""

from collections.abc import Iterator
from dataclasses import dataclass

from capability_names import CapabilityNames
from trace_text import CARRIERS, SYSTEM_CALLS, KernelEvent, OwnEvent, Trace


@dataclass(frozen=True)
class Slice:
    """Something that took time, in microseconds since the trace's first event."""

    row: str
    name: str
    start: float
    length: float
    details: tuple[tuple[str, int | str], ...] = ()


@dataclass(frozen=True)
class Mark:
    """A component's own event, at a time in microseconds; `phase` as Chrome's traces have it."""

    row: str
    phase: str
    name: str
    time: float
    value: int


@dataclass(frozen=True)
class Timeline:
    """A trace in microseconds, by rows with names."""

    threads: list[str]  # rows of `running`, in the order of the specification
    running: list[Slice]
    kernel: list[Slice]
    marks: list[Mark]
    missing: dict[str, int]  # events that were overwritten or given up, by who has written them
    length: float

    @property
    def components(self) -> list[str]:
        """Who writes events of its own, in the order of the specification."""
        return list(dict.fromkeys(mark.row for mark in self.marks))


@dataclass(frozen=True)
class _Names:
    threads: dict[int, str]
    capabilities: CapabilityNames


_EXCEPTIONS = {0x07: "floating point", 0x15: "unknown system call", 0x20: "page fault", 0x24: "page fault"}


def timeline(trace: Trace, capabilities: CapabilityNames | None = None) -> Timeline:
    """Makes a trace one; its threads without a name get one. `capabilities` are the names in its specification."""
    times = [event.time for event in trace.kernel] + [event.time for ring in trace.rings for event in ring.events]
    start = min(times, default=0)

    def microseconds(time: int) -> float:
        return round((time - start) * 1e6 / trace.frequency, 3) if trace.frequency else 0.0

    names = {index: f"thread {index}" if name == "-" else name for index, name in trace.threads.items()}
    running, kernel = _slices(trace.kernel, _Names(names, capabilities or CapabilityNames()), microseconds)
    used = {piece.row for piece in running}
    missing = {} if trace.kernel_missing is None else {"kernel": trace.kernel_missing}
    missing |= {ring.component: ring.missing for ring in trace.rings}
    return Timeline(
        threads=[name for name in names.values() if name in used],
        running=running,
        kernel=kernel,
        marks=[mark for ring in trace.rings for mark in _marks(ring.component, ring.events, microseconds)],
        missing={name: count for name, count in missing.items() if count},
        length=microseconds(max(times, default=0)),
    )


def _marks(row: str, events: list[OwnEvent], microseconds) -> Iterator[Mark]:  # noqa: ANN001
    """A component's events in the order of time; an end whose beginning was overwritten is left out."""
    open_spans: list[str] = []
    for event in sorted(events, key=lambda one: one.time):
        if event.phase == "B":
            open_spans.append(event.name)
        elif event.phase == "E":
            if event.name not in open_spans:
                continue
            open_spans.remove(event.name)
        yield Mark(row, event.phase, event.name, microseconds(event.time), event.value)


def _slices(events: list[KernelEvent], names: _Names, microseconds) -> tuple[list[Slice], list[Slice]]:  # noqa: ANN001
    """Who ran between an exit and an entry, and what the kernel did between an entry and an exit."""
    running: list[Slice] = []
    kernel: list[Slice] = []
    left: KernelEvent | None = None  # the exit after which a thread runs
    entered: KernelEvent | None = None  # the event since which the kernel does something
    for event in events:
        time = microseconds(event.time)
        if event.kind in ("leave", "idle", "awake"):
            if entered is not None:
                since = microseconds(entered.time)
                name, details = _what(entered, names)
                kernel.append(Slice("kernel", name, since, round(time - since, 3), details))
            left, entered = (event, None) if event.kind == "leave" else (None, event)
        else:
            if left is not None:
                since = microseconds(left.time)
                running.append(Slice(names.threads[left.thread], "runs", since, round(time - since, 3)))
            left, entered = None, event
    return running, kernel


def _what(event: KernelEvent, names: _Names) -> tuple[str, tuple[tuple[str, int | str], ...]]:
    """What the kernel does from an event on, in words."""
    if event.kind == "idle":
        return "idle", ()
    if event.kind == "awake":
        return "interrupt", ()
    thread = names.threads[event.thread]
    by = ("thread", thread)
    if event.kind == "system call":
        return _system_call(event, thread, names.capabilities)
    if event.kind == "exception":
        return _EXCEPTIONS.get(event.number, f"exception {event.number:#x}"), (by,)
    return event.kind, (by,)


def _system_call(event: KernelEvent, thread: str, names: CapabilityNames) -> tuple[str, tuple[tuple[str, int | str], ...]]:
    """Its name, and on what it was: the specification's name if the capability has been there from the start."""
    name = SYSTEM_CALLS[event.number] if event.number < len(SYSTEM_CALLS) else f"system call {event.number}"
    by = ("thread", thread)
    if name == "yield":
        return name, (by,)
    slot, label = event.detail & 0xFFFFFFFF, event.detail >> 32
    on = ("capability", names.name(thread, slot))
    if name not in CARRIERS:
        return name, (by, on)
    method = names.method(thread, slot, label) if name == "call" else None
    return name, (by, on, ("label", label) if method is None else ("method", method))
