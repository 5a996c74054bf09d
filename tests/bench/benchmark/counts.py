# SPDX-License-Identifier: BSD-2-Clause
"""From what a measured run leaves behind (the plugin's JSON lines and the console) to the figures of rows.

A bench component prints on its console, one to a line:

    row NUMBER NAME SAMPLES the region markers with this number measure the row of this name, so many times
    note NAME TEXT          what the figure stands for, shown beside it
    value NAME UNIT NUMBER  a figure that the component knows itself
    exit 0                  all was well

Every row is measured several times, warm; its figure is the median, for instructions of
`kernel.instructions + system_calls` (see plugin/count_plugin.cpp for what that means), for rows of the library all
instructions, the user's included.
"""

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from statistics import median_low
from typing import Any

from terminal import FAILED, Failure

from benchmark.rows import group

# The stages of the boot stage's work, each from the first instruction of a function of the boot stage to that of the next one's, the first
# from the image's; the last ends where the kernel begins.
BOOT_STAGES = (
    ("caches on", ""),
    ("device tree", "read_device_tree"),
    ("system part", "read_system_part"),
    ("memory", "survey_memory"),
    ("kernel's tables", "build_kernel_map"),
    ("description", "describe_memory"),
)
# Rows that are the difference of two others: what the first takes more than the second.
DIFFERENCES = {"rpc.overhead": ("rpc.call.2", "rpc.bare.2")}
LINE_ROWS = re.compile(r"ipc\.round_trip\.(0|10)")  # whose cache lines are rows too: lines.ipcN.code and .data


@dataclass(frozen=True)
class Figure:
    """One measured value. `least` and `most` are the extremes of its samples."""

    name: str
    unit: str  # instructions, lines, bytes, count or milliseconds
    value: int
    least: int
    most: int
    note: str = ""

    @classmethod
    def exact(cls, name: str, unit: str, value: int) -> "Figure":
        """A figure that is not one of several samples."""
        return cls(name, unit, value, value, value)


@dataclass
class Console:
    """What the bench components said."""

    rows: dict[int, str] = field(default_factory=dict)
    samples: dict[str, int] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    values: list[Figure] = field(default_factory=list)
    exit_code: int | None = None


@dataclass
class Counts:
    """What the plugin wrote: the regions of each row's number, and the boot line."""

    regions: dict[int, list[dict[str, Any]]]
    boot: dict[str, Any]


def parse_console(text: str) -> Console:
    """Collect the benchmark's lines from a console, passing over all others."""
    console = Console()
    for line in text.splitlines():
        if match := re.fullmatch(r"row (\d+) (\S+) (\d+)", line.strip()):
            number, name = int(match[1]), match[2]
            if console.rows.setdefault(number, name) != name:
                raise Failure(f"rows {console.rows[number]} and {name} have the same number {number}", FAILED)
            console.samples[name] = int(match[3])
        elif match := re.fullmatch(r"note (\S+) (.+)", line.strip()):
            console.notes[match[1]] = match[2]
        elif match := re.fullmatch(r"value (\S+) (\S+) (\d+)", line.strip()):
            console.values.append(Figure.exact(match[1], match[2], int(match[3])))
        elif match := re.fullmatch(r"exit (\d+)", line.strip()):
            console.exit_code = int(match[1])
    return console


def parse_counts(text: str) -> Counts:
    """Read the plugin's JSON lines; refuse a file that is not whole or tells of misused markers."""
    records: list[dict[str, Any]] = [json.loads(line) for line in text.splitlines()]
    by_kind: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        by_kind[record["kind"]].append(record)
    if by_kind["error"]:
        raise Failure(f"the measured programs misuse the markers: {by_kind['error'][0]['what']}", FAILED)
    if not by_kind["end"]:
        raise Failure("the counts are not whole: QEMU did not end in order", FAILED)
    regions: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for region in by_kind["region"]:
        regions[region["row"]].append(region)
    return Counts(dict(regions), by_kind["boot"][0] if by_kind["boot"] else {})


def figures(console: Console, counts: Counts) -> list[Figure]:
    """The figures of all rows of one run: those between markers, and those its programs know."""
    unnamed = sorted(set(counts.regions) - set(console.rows))
    if unnamed:
        raise Failure(f"regions of row {unnamed[0]} were measured, but no component says what it is", FAILED)
    result: list[Figure] = []
    for number, name in console.rows.items():
        regions = counts.regions.get(number, [])
        if len(regions) != console.samples[name]:
            raise Failure(f"{name} was measured {len(regions)} times, not {console.samples[name]}", FAILED)
        note = console.notes.get(name, "")
        result.append(_figure(name, "instructions", [instructions(region, name) for region in regions], note))
        if match := LINE_ROWS.fullmatch(name):
            for part in ("code", "data"):
                lines = [region["kernel"][f"{part}_lines"] for region in regions]
                result.append(_figure(f"lines.ipc{match[1]}.{part}", "lines", lines))
    return result + _differences(result) + console.values


def instructions(region: dict[str, Any], name: str) -> int:
    """The figure of one measured region of a row: from each svc through the last kernel instruction; all, if the library is
    measured."""
    if group(name) == "library":
        return int(region["kernel"]["instructions"]) + int(region["user"]["instructions"])
    return int(region["kernel"]["instructions"]) + int(region["system_calls"])


def _figure(name: str, unit: str, samples: list[int], note: str = "") -> Figure:
    return Figure(name, unit, median_low(samples), min(samples), max(samples), note)


def _differences(measured: list[Figure]) -> list[Figure]:
    values = {figure.name: figure.value for figure in measured}
    known = {name: pair for name, pair in DIFFERENCES.items() if values.keys() >= set(pair)}
    return [
        replace(Figure.exact(name, "instructions", values[one] - values[other]), note=f"{one} less {other}")
        for name, (one, other) in known.items()
    ]


def boot_figures(boot: dict[str, Any]) -> list[Figure]:
    """The rows of a boot, from the plugin's line about it; each stage's share is the note of the second."""
    user = boot.get("user")
    result = []
    for name, part in (("boot.kernel_to_user", "kernel"), ("boot.reset_to_user", "image")):
        start = boot.get(part)
        if user is None or start is None:
            raise Failure(f"the boot was not seen whole: no first instruction of the {part} or of a user", FAILED)
        result.append(Figure.exact(name, "instructions", user - start))
    limits = [boot["image"], *boot.get("stages", []), boot["kernel"], user]
    if len(limits) != len(BOOT_STAGES) + 2:
        raise Failure(f"of the boot's {len(BOOT_STAGES)} stages {len(limits) - 2} were seen", FAILED)
    names = [*(name for name, _ in BOOT_STAGES), "kernel"]
    shares = ", ".join(f"{name} {end - start:,}" for name, start, end in zip(names, limits, limits[1:]))
    return [*result[:-1], replace(result[-1], note=shares)]
