# SPDX-License-Identifier: BSD-2-Clause
"""What `./selene bench` does with its command line: measure and judge, or list the instructions of a row."""

import argparse
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from terminal import DONE, FAILED, REPOSITORY, USAGE, Failure, note

from benchmark import layout
from benchmark.annotate import annotate, disassemble, functions
from benchmark.capdl_rows import capdl_figures
from benchmark.counts import Figure, boot_figures, figures, instructions
from benchmark.document import headlines, section, write_section
from benchmark.hardening import ROUND_TRIP, hardening_figures
from benchmark.hardening import ROWS as HARDENING_ROWS
from benchmark.latency import listing, longest
from benchmark.load_rows import load_figures
from benchmark.judgement import Accepted, Verdict, compare, load_goals
from benchmark.report import table, write_json
from benchmark.rows import BOOT_ROWS, CAPDL_ROWS, LATENCY_ROW, LOAD_ROWS, LIBRARY_WORDS, MEMORY_ROW, STATIC_ROWS, group, selects
from benchmark.static_rows import kernel_size, source_lines

BENCH = Path(__file__).resolve().parents[1]
GOALS = BENCH / "goals.json"
ACCEPTED = BENCH / "accepted.json"
DOCUMENT = REPOSITORY / "docs" / "performance.md"
README = REPOSITORY / "README.md"
_COMPLAINTS = {
    Verdict.GREW: "more than was accepted; --accept REASON records growth that is meant",
    Verdict.FAR_FROM_EL1: "more than a tenth above what was accepted for exception level 1",
    Verdict.BEYOND_GOAL: "beyond the goal; --accept REASON records what is meant",
}


def bench(options: argparse.Namespace) -> int:
    """Do what the parsed command line asks for; returns the exit code."""
    layout.check_built(options.el)
    if options.annotate is not None:
        return _list(options.annotate, options.el)
    goals = load_goals(GOALS)
    accepted = Accepted(ACCEPTED, options.el)
    measured = _measure(options.rows, options.el)
    waits = ""
    if selects(options.rows, LATENCY_ROW):
        figure, waits = _measure_latency(options.every, options.el, goals[LATENCY_ROW].goal or 0)
        measured.append(figure)
    for word in options.rows:
        if not any(selects([word], figure.name) for figure in measured):
            raise _not_measured("row or group", word)
    if options.accept is not None:
        changed = accepted.record(measured, options.accept.strip())
        write_section(DOCUMENT, section(goals, Accepted(ACCEPTED, 1), Accepted(ACCEPTED, 2)))
        write_section(README, headlines(goals, Accepted(ACCEPTED, 1)))
        note(f"accepted: {', '.join(changed) or 'nothing changed'}")
    results = compare(measured, goals, accepted, Accepted(ACCEPTED, 1) if options.el != 1 else None)
    print("\n\n".join(text for text in (table(results), waits) if text))
    if options.json is not None:
        write_json(options.json, _commit(), results)
    for verdict, what in _COMPLAINTS.items():
        if rows := [result.figure.name for result in results if result.verdict is verdict]:
            note(f"{', '.join(rows)}: {what}")
    return FAILED if any(result.verdict.fails for result in results) else DONE


def _measure(words: Sequence[str], el: int) -> list[Figure]:
    """The figures of all rows that the words ask for. Boots a system only if one of them needs it."""
    found: list[Figure] = []
    if any(selects(words, row) for row in STATIC_ROWS):
        found.append(kernel_size(layout.kernel(el)))
        found += source_lines(REPOSITORY, layout.GENERATED)
    if selects(words, MEMORY_ROW):
        console, _ = layout.kept_memory(el).execute()
        found += console.values
    if any(selects(words, row) for row in CAPDL_ROWS):
        found += capdl_figures()
    if any(selects(words, row) for row in LOAD_ROWS):
        found += load_figures(el)
    if any(selects(words, row) for row in BOOT_ROWS):
        _, counts = layout.hello(el).execute()
        found += boot_figures(counts.boot)
    if any(selects(words, row) for row in HARDENING_ROWS):
        found += hardening_figures(_traced(ROUND_TRIP, el)[0]["trace"], disassemble(layout.kernel(el)))
    apart = {*STATIC_ROWS, MEMORY_ROW, LATENCY_ROW, *CAPDL_ROWS, *BOOT_ROWS, *LOAD_ROWS, *HARDENING_ROWS, "capdl", "boot", "load"}
    others = [word for word in words if word not in apart]
    of_library = [word for word in others if word.split(".")[0] in (*LIBRARY_WORDS, "library")]
    if not words or of_library or any("*" in word for word in others):
        found += figures(*layout.library_rows(el).execute())
    if not words or len(of_library) < len(others):
        found += figures(*layout.kernel_rows(el).execute())
    return [figure for figure in found if selects(words, figure.name)]


def _measure_latency(every: int, el: int, goal: int) -> tuple[Figure, str]:
    """The row of latencies, and the operations with the longest."""
    latencies = layout.latency(every, el).execute()
    names = functions(layout.kernel(el), [address for latency in latencies for address, _ in latency.blocks])
    return longest(latencies, names), listing(latencies, names, goal)


def _traced(row: str, el: int) -> tuple[dict[str, Any], int]:
    """One run of a row, one whose figure is the row's, with the addresses of its instructions; and that figure."""
    run = layout.library_rows(el) if group(row) == "library" else layout.kernel_rows(el)
    console, counts = run.execute()
    number = next((number for number, name in console.rows.items() if name == row), None)
    if number is None:
        raise _not_measured("row between markers", row)
    value = next(figure.value for figure in figures(console, counts) if figure.name == row)
    _, traced = replace(run, traced_row=number).execute()
    region = next((region for region in traced.regions[number] if instructions(region, row) == value), None)
    if region is None:
        raise Failure(f"two runs of {row} do not agree: {value} instructions were not seen again", FAILED)
    return region, value


def _list(row: str, el: int) -> int:
    """Print the instructions of one run of a row."""
    region, value = _traced(row, el)
    lines = region["kernel"]
    print(f"{row}: {value} instructions, {lines['code_lines']} code lines, {lines['data_lines']} data lines")
    print(annotate(region["trace"], layout.kernel(el), REPOSITORY))
    return DONE


def _not_measured(kind: str, word: str) -> Failure:
    return Failure(f"no {kind} '{word}' is measured: './selene bench' without words shows all rows", USAGE)


def _commit() -> str:
    """The commit that was measured."""
    command = ["git", "-C", str(REPOSITORY), "rev-parse", "HEAD"]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    return process.stdout.strip() or "unknown"
