# SPDX-License-Identifier: BSD-2-Clause
"""`./selene trace`: runs a system that has a tracer and makes a timeline of what that tells."""

import json
import subprocess
import sys
from pathlib import Path

from build import build_system
from capability_names import capability_names
from chrome_trace import chrome_trace
from console import ON_PIPE, watch
from machine import Machine
from systems import System
from template import plain_spec
from terminal import BUILD, DONE, FAILED, TIME_OUT, Failure, note, shown
from timeline import timeline
from timeline_picture import picture
from trace_text import TraceReader

# Time goes by instructions, 8 ns each: what the host does meanwhile does not count, and every run is the same.
_BY_INSTRUCTIONS = ["-icount", "shift=3,sleep=off", "-rtc", "clock=vm", "-nic", "none"]
_NO_TRACER = "has no tracer: docs/guide/tracing.md says how to give it one"


def trace(system: System, machine: Machine, kernel: str, out: Path | None, time_out: float) -> int:
    """Runs a system, shows its console, and writes a timeline and a picture of it. With the debug kernel that has the
    kernel's events, with the release kernel the components' own only.

    Raises Failure if it has no tracer, or does not end, or the trace is damaged or empty.
    """
    spec = plain_spec(system.spec)
    if '"tracer.elf"' not in spec.read_text(encoding="utf-8"):
        raise Failure(f"{system.name} {_NO_TRACER}", FAILED)
    file = out or BUILD / "traces" / f"{system.name}.json"
    if file.suffix != ".json":
        raise Failure(f"'{file}' does not end in .json", 2)
    image = build_system(system, [kernel])[kernel]
    note(f"{system.name} with the {kernel} kernel ({shown(image)}) on {machine}")
    if kernel == "release":
        note("the release kernel writes no events: who ran when is missing, what components say of themselves is there")
    reader = TraceReader()

    def show(piece: bytes) -> bytes:
        sys.stdout.buffer.write(reader.take(piece))
        sys.stdout.buffer.flush()
        return b""

    command = [*machine.command(image), *ON_PIPE, *_BY_INSTRUCTIONS]
    ending = watch(command, on_output=show, stdin=subprocess.DEVNULL, time_out=time_out)
    sys.stdout.buffer.write(reader.rest())
    sys.stdout.buffer.flush()
    if ending.code == TIME_OUT:
        raise Failure(f"{ending.sentence}: a trace comes when the system switches the machine off", TIME_OUT)
    found = reader.finished()
    if found is None:
        raise Failure(f"{system.name} has told nothing: does it switch the machine off through its tracer?", FAILED)
    line = timeline(found, capability_names(spec))
    if not line.kernel and not line.marks:
        raise Failure(f"{system.name} has no events of its own to show: a timeline of it needs the debug kernel's", FAILED)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(chrome_trace(line, system.name), indent=None) + "\n", encoding="utf-8")
    drawn = file.with_suffix(".svg")
    drawn.write_text(picture(line, system.name), encoding="utf-8")
    for name, count in line.missing.items():
        note(f"{count} events of {name} are missing: they were overwritten before the end")
    note(f"{len(found.kernel)} events of the kernel, {sum(len(ring.events) for ring in found.rings)} of components")
    print(shown(file))
    print(shown(drawn))
    return DONE
