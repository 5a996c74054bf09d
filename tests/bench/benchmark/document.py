# SPDX-License-Identifier: BSD-2-Clause
"""The table of accepted figures in docs/performance.md: written when figures are accepted, compared by a test."""

import re
from collections.abc import Mapping
from pathlib import Path

from terminal import FAILED, Failure

from benchmark.judgement import Accepted, Goal, compare
from benchmark.report import table

BEGIN = "<!-- What follows is written by `./selene bench --accept REASON`. -->"
END = "<!-- Until here. -->"
_SECTION = re.compile(re.escape(BEGIN) + "\n(.*)" + re.escape(END), re.DOTALL)


def section(goals: Mapping[str, Goal], accepted: Accepted, at_el2: Accepted) -> str:
    """What the document says between BEGIN and END: the table as it is printed when nothing has changed, and what is accepted
    for exception level 2."""
    return f"```\n{table(compare(accepted.figures(), goals, accepted), at_el2)}\n```\n"


def written_section(document: str) -> str:
    """What stands there now. Raises Failure if the document has no such place."""
    return _place(document)[1]


def write_section(file: Path, text: str) -> None:
    """Put it there. Raises Failure if the document has no such place."""
    document = file.read_text(encoding="utf-8")
    place = _place(document)
    file.write_text(document[: place.start(1)] + text + document[place.end(1) :], encoding="utf-8")


def _place(document: str) -> re.Match[str]:
    match = _SECTION.search(document)
    if match is None:
        raise Failure(f"docs/performance.md has lost the line '{BEGIN}' or '{END}'", FAILED)
    return match
