# SPDX-License-Identifier: BSD-2-Clause
"""What the instructions of rows above their goals are for: how many belong to which block of blocks.yaml.

Counted in what was executed when figures were last accepted, and kept in blocks.json, from which docs/performance.md has its
listings; so the blocks of a row add up to its accepted figure.
"""

import fnmatch
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from benchmark.judgement import Accepted, Goal

FILE = Path(__file__).resolve().parents[1] / "blocks.yaml"
COUNTED = FILE.with_suffix(".json")
_OUTLINED = re.compile(r"OUTLINED_FUNCTION_\d+")
Counts = dict[str, int]  # instructions by block, in order of first execution


@dataclass(frozen=True)
class Block:
    """What some functions are for."""

    name: str
    why: str
    functions: tuple[str, ...]

    def names(self, function: str) -> bool:
        """Whether a function is one of them."""
        return any(fnmatch.fnmatchcase(function, pattern) for pattern in self.functions)


def load_blocks(file: Path = FILE) -> list[Block]:
    """All blocks, in the order of the file."""
    entries = yaml.safe_load(file.read_text(encoding="utf-8"))
    return [Block(entry["block"], entry["why"], tuple(entry["functions"])) for entry in entries]


def block_of(chain: Sequence[str], blocks: Iterable[Block]) -> str:
    """The block of an instruction in these functions, the innermost first; without one it goes by the outermost function."""
    known = list(blocks)
    for function in chain:
        for block in known:
            if block.names(function):
                return block.name
    return chain[-1]


def summarize(trace: Sequence[int], chains: Mapping[int, Sequence[str]], blocks: Iterable[Block]) -> Counts:
    """How many of these instructions belong to which block. An address without a chain is the user's svc."""
    known = list(blocks)
    found: dict[int, str] = {}
    counted: Counts = {}
    last = ""
    for address in trace:
        chain = chains.get(address, ("svc",))
        if _OUTLINED.fullmatch(chain[-1]):
            name = last
        else:
            name = last = found.setdefault(address, block_of(chain, known))
        counted[name] = counted.get(name, 0) + 1
    return counted


def rows_above_goal(accepted: Accepted, goals: Mapping[str, Goal], unit: str = "instructions") -> list[str]:
    """The rows of a unit whose accepted figures are above their goals, in the goals' order."""
    figures = {figure.name: figure for figure in accepted.figures() if figure.unit == unit}
    return [name for name, goal in goals.items() if name in figures and goal.goal is not None and figures[name].value > goal.goal]


def record(counted: Mapping[str, Counts], accepted: Accepted, goals: Mapping[str, Goal]) -> None:
    """Keep what was counted for rows that are above their goals, and forget those that no longer are."""
    kept = json.loads(COUNTED.read_text(encoding="utf-8")) if COUNTED.exists() else {}
    kept.update(counted)
    wanted = [row for unit in ("instructions", "bytes", "count") for row in rows_above_goal(accepted, goals, unit)]
    rows = {row: kept[row] for row in wanted if row in kept}
    COUNTED.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def section() -> str:
    """What the document says of what was counted last."""
    return listing(json.loads(COUNTED.read_text(encoding="utf-8")), load_blocks())


def listing(counted: Mapping[str, Counts], blocks: Iterable[Block]) -> str:
    """What the document says: each row with its blocks, then what the blocks are, and why."""
    lines = ["| row | what it is made of |", "|---|---|"]
    used: set[str] = set()
    for row, counts in counted.items():
        parts = ", ".join(f"{name} {count:,}" for name, count in counts.items())
        lines.append(f"| {row}: {sum(counts.values()):,} | {parts} |")
        used |= counts.keys()
    lines += ["", "| block | why it must be |", "|---|---|"]
    lines += [f"| {block.name} | {block.why} |" for block in blocks if block.name in used]
    return "\n".join(lines) + "\n"
