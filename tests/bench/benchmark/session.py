# SPDX-License-Identifier: BSD-2-Clause
"""What `./selene bench` does with its command line: measure and judge, or list the instructions of a row."""

import argparse
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median_low

from terminal import DONE, FAILED, REPOSITORY, USAGE, Failure, note

from benchmark import blocks, layout
from benchmark.annotate import annotate, chains, disassemble, functions
from benchmark.blocks import load_blocks, summarize
from benchmark.capdl_rows import capdl_figures
from benchmark.counts import Figure, boot_figures, figures, instructions
from benchmark.document import LISTINGS, headlines, section, write_section
from benchmark.hardening import ROUND_TRIP, hardening_figures
from benchmark.hardening import ROWS as HARDENING_ROWS
from benchmark.inside import FUNCTIONS, inside
from benchmark.latency import listing, longest
from benchmark.load_rows import load_figures
from benchmark.judgement import Accepted, Goal, Verdict, compare, load_goals
from benchmark.report import table, write_json
from benchmark.rows import BOOT_ROWS, CAPDL_ROWS, LATENCY_ROW, LOAD_ROWS, LIBRARY_WORDS, MEMORY_ROW, STATIC_ROWS, group, row_number, selects
from benchmark.static_rows import kernel_size, kernel_size_parts, source_lines, source_parts

BENCH = Path(__file__).resolve().parents[1]
GOALS = BENCH / "goals.json"
ACCEPTED = BENCH / "accepted.json"
DOCUMENT = REPOSITORY / "docs" / "performance.md"
README = REPOSITORY / "README.md"
LINE_BYTES = 64
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
    listed = [name for name in goals if group(name) == "kernel"] if options.accept is not None else []
    measured, traces = _measure(options.rows, options.el, listed)
    waits = ""
    if selects(options.rows, LATENCY_ROW):
        figure, waits = _measure_latency(options.every, options.el, goals[LATENCY_ROW].goal or 0)
        measured.append(figure)
    for word in options.rows:
        if not any(selects([word], figure.name) for figure in measured):
            raise _not_measured("row or group", word)
    if options.accept is not None:
        changed = accepted.record(measured, options.accept.strip())
        if options.el == 1:
            _record_blocks(measured, traces, goals)
        write_section(DOCUMENT, section(goals, Accepted(ACCEPTED, 1), Accepted(ACCEPTED, 2)))
        write_section(DOCUMENT, blocks.section(), LISTINGS)
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


def _measure(words: Sequence[str], el: int, listed: Sequence[str]) -> tuple[list[Figure], dict[str, list[int]]]:
    """The figures of all rows that the words ask for, and what was executed for those of the rows listed that were run. Boots a
    system only if one of them needs it."""
    found: list[Figure] = []
    traces: dict[str, list[int]] = {}
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
    apart = {*STATIC_ROWS, MEMORY_ROW, LATENCY_ROW, *CAPDL_ROWS, *BOOT_ROWS, *LOAD_ROWS, *HARDENING_ROWS, "capdl", "boot", "load"}
    others = [word for word in words if word not in apart]
    of_library = [word for word in others if word.split(".")[0] in (*LIBRARY_WORDS, "library")]
    if not words or of_library or any("*" in word for word in others):
        found += figures(*layout.library_rows(el).execute())
    if not words or len(of_library) < len(others) or any(selects(words, row) for row in HARDENING_ROWS):
        of_kernel, traces = _measure_kernel(el, listed)
        found += of_kernel
    return [figure for figure in found if selects(words, figure.name)], traces


def _measure_kernel(el: int, listed: Sequence[str]) -> tuple[list[Figure], dict[str, list[int]]]:
    """The figures of the kernel's rows, and what a run of each row listed executes that takes as long as its figure says."""
    traced = (ROUND_TRIP, *FUNCTIONS, *(row for row in listed if row != ROUND_TRIP and row not in FUNCTIONS))
    console, counts = replace(layout.kernel_rows(el), traced=traced).execute()
    code = disassemble(layout.kernel(el))
    found = {figure.name: figure for figure in figures(console, counts)}
    traces = {}
    for row in traced:
        regions = counts.regions.get(row_number(row), [])
        lengths = [instructions(region, row) for region in regions]
        if row in FUNCTIONS:
            entry = layout.symbol(layout.kernel(el), FUNCTIONS[row])
            regions = [{**region, "trace": inside(region["trace"], code, entry)} for region in regions]
            lengths = [len(region["trace"]) for region in regions]
            median = median_low(lengths)
            found[row] = replace(found[row], value=median, least=min(lengths), most=max(lengths))
        matching = [region["trace"] for region, length in zip(regions, lengths) if length == found[row].value]
        if matching:
            traces[row] = matching[0]
    return [*found.values(), *hardening_figures(traces[ROUND_TRIP], code)], traces


def _measure_latency(every: int, el: int, goal: int) -> tuple[Figure, str]:
    """The row of latencies, and the operations with the longest."""
    latencies = layout.latency(every, el).execute()
    names = functions(layout.kernel(el), [address for latency in latencies for address, _ in latency.blocks])
    return longest(latencies, names), listing(latencies, names, goal)


def _list(row: str, el: int) -> int:
    """Print the instructions of one run of a row, one that takes as long as its figure says, and what they are for."""
    if group(row) == "library":
        console, counts = replace(layout.library_rows(el), traced=(row,)).execute()
        measured = {figure.name: figure.value for figure in figures(console, counts)}
        regions = counts.regions.get(row_number(row), [])
        traces = {row: region["trace"] for region in regions if instructions(region, row) == measured[row]}
    else:
        found, traces = _measure_kernel(el, [row])
        measured = {figure.name: figure.value for figure in found}
    if row not in traces:
        raise _not_measured("row between markers", row)
    trace = traces[row]
    code = disassemble(layout.kernel(el))
    lines = {address // LINE_BYTES for address in trace if address in code}
    print(f"{row}: {measured[row]} instructions, {len(lines)} code lines")
    print(annotate(trace, layout.kernel(el), REPOSITORY))
    if group(row) != "library":
        counted = summarize(trace, chains(layout.kernel(el), trace), load_blocks())
        print("\n" + "\n".join(f"{number:6,}  {name}" for name, number in counted.items()))
    return DONE


def _record_blocks(measured: Sequence[Figure], traces: Mapping[str, Sequence[int]], goals: Mapping[str, Goal]) -> None:
    """Keep what the instructions of rows above their goals are for, and the parts of the two sizes that were measured."""
    elf = layout.kernel(1)
    known = load_blocks()
    found = chains(elf, [address for trace in traces.values() for address in trace])
    counted = {row: summarize(trace, found, known) for row, trace in traces.items()}
    for figure in measured:
        if figure.name == "size.kernel":
            counted[figure.name] = kernel_size_parts(elf, REPOSITORY)
        if figure.name == "source.kernel":
            counted[figure.name] = source_parts(REPOSITORY)
    blocks.record(counted, Accepted(ACCEPTED, 1), goals)


def _not_measured(kind: str, word: str) -> Failure:
    return Failure(f"no {kind} '{word}' is measured: './selene bench' without words shows all rows", USAGE)


def _commit() -> str:
    """The commit that was measured."""
    command = ["git", "-C", str(REPOSITORY), "rev-parse", "HEAD"]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    return process.stdout.strip() or "unknown"
