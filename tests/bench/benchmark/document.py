# SPDX-License-Identifier: BSD-2-Clause
"""The tables of accepted figures in docs/performance.md and README.md: written when figures are accepted, compared by a test."""

import re
from collections.abc import Mapping
from pathlib import Path

from terminal import FAILED, Failure

from benchmark.judgement import Accepted, Goal, compare
from benchmark.report import table

BEGIN = "<!-- What follows is written by `./selene bench --accept REASON`. -->"
END = "<!-- Until here. -->"
# Where the listings of rows above their goals begin; they end with a line like the table's.
LISTINGS = "<!-- What follows is written by `./selene bench --accept REASON` too, by tests/bench/blocks.yaml. -->"


def section(goals: Mapping[str, Goal], accepted: Accepted, at_el2: Accepted) -> str:
    """What the document says between BEGIN and END: the table as it is printed when nothing has changed, and what is accepted
    for exception level 2."""
    return f"```\n{table(compare(accepted.figures(), goals, accepted), at_el2)}\n```\n"


_HEADLINES = {
    "ipc.round_trip.0": "a call and its answer between two address spaces",
    "ipc.round_trip.8": "the same with eight words each way (seL4: five)",
    "signal.wakes_higher": "a signal that wakes a thread in another space",
    "irq.to_thread.busy": "an interrupt, up to the thread that handles it",
    "fault.loop": "a page fault told to its handler, and the answer",
    "cap.map": "a capability derived",
    "cap.unmap.1000": "1,000 derived capabilities taken away",
    "frame.map.512": "512 frames mapped",
    "thread.resume": "a thread resumed",
    "boot.reset_to_user": "from the image's first instruction to the first of user level",
    "latency.longest": "the longest that any operation lets an interrupt wait",
    "size.kernel": "the kernel's code and constants, bytes",
}


def headlines(goals: Mapping[str, Goal], accepted: Accepted) -> str:
    """What README.md says between BEGIN and END: some rows, in words."""
    lines = ["| instructions of the kernel | Selene | seL4 MCS | seL4 classic |", "|---|--:|--:|--:|"]
    figures = {figure.name: figure for figure in accepted.figures()}
    for row, what in _HEADLINES.items():
        goal = goals[row]
        values = (figures[row].value, goal.sel4_mcs, goal.sel4_classic)
        lines.append(f"| {what} | {' | '.join('' if value is None else f'{value:,}' for value in values)} |")
    return "\n".join(lines) + "\n"


def written_section(document: str, begin: str = BEGIN) -> str:
    """What stands there now. Raises Failure if the document has no such place."""
    return _place(document, begin)[1]


def write_section(file: Path, text: str, begin: str = BEGIN) -> None:
    """Put it there. Raises Failure if the document has no such place."""
    document = file.read_text(encoding="utf-8")
    place = _place(document, begin)
    file.write_text(document[: place.start(1)] + text + document[place.end(1) :], encoding="utf-8")


def _place(document: str, begin: str) -> re.Match[str]:
    match = re.search(re.escape(begin) + "\n(.*?)" + re.escape(END), document, re.DOTALL)
    if match is None:
        raise Failure(f"a document has lost the line '{begin}' or '{END}'", FAILED)
    return match
