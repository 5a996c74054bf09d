# SPDX-License-Identifier: BSD-2-Clause
"""Rows of the CapDL compiler on a spec of 100,000 objects: time to check and to build it, and memory.

Milliseconds are of processor time, so that they depend on the machine but little on what else it does; the compiler has one
thread. The best of some runs says most. They are shown, not judged.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from build import CAPDL, image_parts
from terminal import FAILED, Failure

from benchmark.counts import Figure
from benchmark.large_spec import PAGE, large_spec
from benchmark.rows import CAPDL_ROWS

_OBJECTS = 100_000
_RUNS = 3
_PROGRAM_PAGES = 16


def capdl_figures() -> list[Figure]:
    """Checks and builds the spec some times. Raises Failure if the compiler refuses it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spec = folder / "large.cdl"
        spec.write_text(large_spec(_OBJECTS), encoding="utf-8")
        (folder / "program.bin").write_bytes(bytes(_PROGRAM_PAGES * PAGE))
        parts = image_parts("release") | {"--components": folder}
        options = [word for option, path in parts.items() for word in (option, str(path))]
        check = [_run([str(CAPDL), "check", str(spec)]) for _ in range(_RUNS)]
        build = [_run([str(CAPDL), "build", str(spec), *options, "-o", str(folder / "large.img")]) for _ in range(_RUNS)]
    check_row, build_row, memory_row = CAPDL_ROWS
    return [
        _milliseconds(check_row, [seconds for seconds, _ in check]),
        _milliseconds(build_row, [seconds for seconds, _ in build]),
        Figure.exact(memory_row, "bytes", max(memory for _, memory in check + build)),
    ]


def _milliseconds(row: str, seconds: list[float]) -> Figure:
    values = sorted(round(1000 * each) for each in seconds)
    return Figure(row, "milliseconds", values[0], values[0], values[-1])


def _run(command: list[str]) -> tuple[float, int]:
    """Seconds of processor time that a command took, and the most bytes of memory that it had at a time."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=sys.stderr)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Failure(f"{' '.join(command)} failed", FAILED)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024
