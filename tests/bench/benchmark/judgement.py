# SPDX-License-Identifier: BSD-2-Clause
"""Compares figures with their goals and with the accepted values that the repository keeps.

Instructions and lines may not grow over the accepted value; bytes and counts not beyond their goal, or beyond the
accepted value if that was so already. What was accepted last, and why, is in accepted.json, by the kernel's exception level:

    {"el1": {ROW: {"value": N, "unit": "...", "reason": "..."}}}
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from benchmark.counts import Figure

RATCHETED_UNITS = ("instructions", "lines")
LIMITED_UNITS = ("bytes", "count")
_MOST_OVER_EL1 = 1.1  # times the figure at exception level 1


class Verdict(Enum):
    """How a figure stands to what was accepted; the last three fail."""

    SAME = ""
    NEW = "new"
    BETTER = "better"
    GREW = "GREW"
    FAR_FROM_EL1 = "FAR FROM EL1"
    BEYOND_GOAL = "BEYOND GOAL"

    @property
    def fails(self) -> bool:
        return self in (Verdict.GREW, Verdict.FAR_FROM_EL1, Verdict.BEYOND_GOAL)


@dataclass(frozen=True)
class Goal:
    """A row of goals.json: what it is, what seL4 needs, what Selene shall need."""

    what: str = ""
    goal: int | None = None
    sel4_classic: int | None = None
    sel4_mcs: int | None = None


@dataclass(frozen=True)
class Result:
    """A figure with all that it is compared with."""

    figure: Figure
    goal: Goal
    accepted: int | None
    verdict: Verdict


def load_goals(file: Path) -> dict[str, Goal]:
    return {name: Goal(**row) for name, row in json.loads(file.read_text()).items()}


def judge(figure: Figure, goal: Goal, accepted: int | None, at_el1: int | None = None) -> Verdict:
    """How one figure stands. `accepted` is None where nothing was accepted yet; `at_el1` is what was accepted for level 1, if
    the figure is another level's."""
    if figure.unit in LIMITED_UNITS and goal.goal is not None:
        return Verdict.BEYOND_GOAL if figure.value > max(goal.goal, accepted or 0) else Verdict.SAME
    if figure.unit not in RATCHETED_UNITS:
        return Verdict.SAME
    if at_el1 is not None and figure.value > at_el1 * _MOST_OVER_EL1:
        return Verdict.FAR_FROM_EL1
    if accepted is None:
        return Verdict.NEW
    if figure.value == accepted:
        return Verdict.SAME
    return Verdict.GREW if figure.value > accepted else Verdict.BETTER


class Accepted:
    """The accepted figures of one exception level, and the file they are kept in."""

    def __init__(self, file: Path, exception_level: int) -> None:
        self._file = file
        self._key = f"el{exception_level}"
        self._levels = json.loads(file.read_text()) if file.exists() else {}

    def value(self, name: str) -> int | None:
        row = self._rows().get(name)
        return None if row is None else int(row["value"])

    def figures(self) -> list[Figure]:
        """All that was accepted, as if just measured."""
        rows = self._rows().items()
        return [Figure.exact(name, row["unit"], row["value"]) for name, row in rows]

    def record(self, figures: Iterable[Figure], reason: str) -> list[str]:
        """Accept the exact figures that differ from what was accepted; returns their names."""
        rows = self._levels.setdefault(self._key, {})
        exact = (figure for figure in figures if figure.unit in (*RATCHETED_UNITS, *LIMITED_UNITS))
        changed = [figure for figure in exact if figure.value != self.value(figure.name)]
        for figure in changed:
            rows[figure.name] = {"value": figure.value, "unit": figure.unit, "reason": reason}
        if changed:
            self._file.write_text(json.dumps(self._levels, indent=1, sort_keys=True) + "\n")
        return [figure.name for figure in changed]

    def _rows(self) -> dict[str, dict[str, Any]]:
        return self._levels.get(self._key, {})


def compare(
    figures: Iterable[Figure], goals: Mapping[str, Goal], accepted: Accepted, at_el1: Accepted | None = None
) -> list[Result]:
    """Each figure with what it is compared with, in the order of the goals; figures without a goal come last."""
    order = {name: number for number, name in enumerate(goals)}
    results = []
    for figure in sorted(figures, key=lambda figure: (order.get(figure.name, len(order)), figure.name)):
        goal, value = goals.get(figure.name, Goal()), accepted.value(figure.name)
        other = None if at_el1 is None else at_el1.value(figure.name)
        results.append(Result(figure, goal, value, judge(figure, goal, value, other)))
    return results
