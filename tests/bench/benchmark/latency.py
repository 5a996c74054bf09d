# SPDX-License-Identifier: BSD-2-Clause
"""From the latency plugin's JSON lines to the row `latency.longest`, with the operation and the function behind it.

The system that is measured says on its console, as those of counts.py do, which operation each row of markers is; what
the figures of an operation mean, plugin/latency_meter.hpp tells.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from terminal import FAILED, Failure

from benchmark.counts import Console, Figure

LISTED = 10  # operations in the listing, at least


@dataclass(frozen=True)
class Latency:
    """How long an interrupt waits at most during one operation, in instructions."""

    operation: str
    samples: int
    asserted: int  # the longest wait of an interrupt that was asserted
    longest: int  # the longest wait of one that could be asserted
    deaf: int  # the longest stretch in which the kernel did not look for one
    blocks: tuple[tuple[int, int], ...]  # where `longest` went: addresses and instructions


def parse_latencies(console: Console, text: str) -> list[Latency]:
    """The operations, the longest wait first. Refuses what is not whole and sweeps that have missed something."""
    records = [json.loads(line) for line in text.splitlines()]
    if error := next((record for record in records if record["kind"] == "error"), None):
        raise Failure(f"the measured program misuses the markers: {error['what']}", FAILED)
    if not records or records[-1]["kind"] != "end":
        raise Failure("the latencies are not whole: QEMU did not end in order", FAILED)
    by_row = {record["row"]: record for record in records if record["kind"] == "latency"}
    found = [_latency(name, by_row.get(number, {})) for number, name in console.rows.items()]
    found.sort(key=lambda latency: (-latency.longest, latency.operation))
    for latency in found:
        if latency.deaf > found[0].longest:
            raise Failure(f"the kernel is deaf for {latency.deaf} instructions in {latency.operation}, where no interrupt "
                          "was asserted: assert it more often, with --every", FAILED)  # fmt: skip
    return found


def _latency(operation: str, record: Mapping[str, object]) -> Latency:
    if not record.get("samples"):
        raise Failure(f"no interrupt was asserted during {operation}", FAILED)
    if record["withdrawn"]:
        raise Failure(f"{record['withdrawn']} interrupts were not handled during {operation}", FAILED)
    fields = {name: record[name] for name in ("samples", "asserted", "longest", "deaf")}
    return Latency(operation=operation, blocks=tuple((a, n) for a, n in record["blocks"]), **fields)


def busiest(latency: Latency, functions: Mapping[int, str]) -> str:
    """The function that most of the longest wait was spent in."""
    spent: Counter[str] = Counter()
    for address, instructions in latency.blocks:
        spent[functions.get(address) or "user code"] += instructions
    return spent.most_common(1)[0][0]


def longest(latencies: Sequence[Latency], functions: Mapping[int, str]) -> Figure:
    """The row."""
    worst = latencies[0]
    note = f"{worst.operation}, mostly in {busiest(worst, functions)}"
    return Figure("latency.longest", "instructions", worst.longest, worst.longest, worst.longest, note)


def listing(latencies: Sequence[Latency], functions: Mapping[int, str], goal: int) -> str:
    """The operations during which an interrupt waits longest, all that are above the goal among them, one a line."""
    above = sum(latency.longest > goal for latency in latencies)
    shown = latencies[: max(LISTED, above)]
    width = max(len(latency.operation) for latency in shown)
    digits = len(f"{shown[0].longest:,}")
    lines = [f"{latency.longest:{digits},}  {latency.operation:{width}}  {busiest(latency, functions)}" for latency in shown]
    head = f"An interrupt waits longest in these of {len(latencies)} operations, above the goal in {above} of them"
    head += " (instructions, operation, function):"
    return "\n".join([head, *lines])
