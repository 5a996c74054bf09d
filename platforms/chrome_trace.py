# SPDX-License-Identifier: BSD-2-Clause
"""Writes a timeline as Chrome's trace viewer, Perfetto and others read it.

The format: "Trace Event Format" by Google, the JSON object form. `ph` is M (a name), X (a slice), B and E (a span), i (an
instant), C (a counter); `ts` and `dur` are microseconds.
"""

from typing import Any

from timeline import Timeline

THREADS, KERNEL, EVENTS = 1, 2, 3  # the processes of the viewer


def chrome_trace(line: Timeline, system: str) -> dict[str, Any]:
    """The timeline of a system, to be written as JSON."""
    threads = {name: number for number, name in enumerate(line.threads, 1)}
    components = {name: number for number, name in enumerate(line.components, 1)}
    events = [_name("process_name", THREADS, 0, f"{system}: threads")]
    events += [_name("thread_name", THREADS, number, name) for name, number in threads.items()]
    events += [_name("process_name", KERNEL, 0, "kernel"), _name("thread_name", KERNEL, 1, "core 0")] if line.kernel else []
    events += [_name("process_name", EVENTS, 0, f"{system}: events")] if components else []
    events += [_name("thread_name", EVENTS, number, name) for name, number in components.items()]
    timed: list[dict[str, Any]] = []
    for piece in line.running:
        timed.append({"ph": "X", "name": piece.name, "ts": piece.start, "dur": piece.length, "pid": THREADS, "tid": threads[piece.row]})
    for piece in line.kernel:
        timed.append({"ph": "X", "name": piece.name, "ts": piece.start, "dur": piece.length, "pid": KERNEL, "tid": 1})
        if piece.details:
            timed[-1]["args"] = dict(piece.details)
    for mark in line.marks:
        event: dict[str, Any] = {"ph": mark.phase, "name": mark.name, "ts": mark.time, "pid": EVENTS, "tid": components[mark.row]}
        if mark.phase == "i":
            event["s"] = "t"
        if mark.phase in "iC":
            event["args"] = {"value": mark.value}
        timed.append(event)
    timed.sort(key=lambda one: one["ts"])
    return {"traceEvents": events + timed, "displayTimeUnit": "ns", "otherData": {"system": system, "missing": line.missing}}


def _name(what: str, process: int, thread: int, name: str) -> dict[str, Any]:
    return {"ph": "M", "name": what, "pid": process, "tid": thread, "args": {"name": name}}
