# SPDX-License-Identifier: BSD-2-Clause
"""The table and the JSON file that show figures beside their goals and beside seL4."""

import json
from collections.abc import Sequence
from pathlib import Path

from benchmark.judgement import Accepted, Result, Verdict


def ratio(other: int | None, value: int) -> str:
    """How many times our value the other one is."""
    return "" if other is None or value == 0 else f"{other / value:.2f}x"


def table(results: Sequence[Result], at_el2: Accepted | None = None) -> str:
    """Lines of text, one a row: the figure, goal and both seL4 columns, each with its ratio to the figure; if given, what was
    accepted for exception level 2 beside the figure."""
    second = at_el2 is not None
    head = ["row", "Selene", *(["at EL2"] if second else []), "unit", "goal", "", "seL4 classic", "", "seL4 MCS", "", ""]
    lines = [head]
    for result in results:
        figure, goal = result.figure, result.goal
        line = [figure.name, f"{figure.value:,}"]
        if at_el2 is not None:
            value = at_el2.value(figure.name)
            line.append("-" if value is None else f"{value:,}")
        line.append(figure.unit)
        for other in (goal.goal, goal.sel4_classic, goal.sel4_mcs):
            line += ["-" if other is None else f"{other:,}", ratio(other, figure.value)]
        lines.append([*line, _remark(result)])
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    left = {0, head.index("unit"), len(head) - 1}
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def write_json(file: Path, commit: str, results: Sequence[Result]) -> None:
    """The file that CLI.md describes."""
    rows = [
        {
            "name": result.figure.name,
            "unit": result.figure.unit,
            "value": result.figure.value,
            "goal": result.goal.goal,
            "sel4_classic": result.goal.sel4_classic,
            "sel4_mcs": result.goal.sel4_mcs,
        }
        for result in results
    ]
    file.write_text(json.dumps({"commit": commit, "results": rows}, indent=1) + "\n")


def _remark(result: Result) -> str:
    figure, verdict = result.figure, result.verdict
    remarks = []
    if verdict in (Verdict.GREW, Verdict.BETTER):
        remarks.append(f"{verdict.value} (accepted: {result.accepted:,})")
    elif verdict is not Verdict.SAME:
        remarks.append(verdict.value)
    goal = result.goal.goal
    if verdict is not Verdict.BEYOND_GOAL and goal is not None and figure.value > goal:
        remarks.append("above goal")
    if figure.least != figure.most:
        remarks.append(f"samples {figure.least:,} to {figure.most:,}")
    if figure.note:
        remarks.append(figure.note)
    return ", ".join(remarks)
