#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`./selene bench`: measures the release kernel, shows the figures beside goals and seL4's, and guards them."""

import argparse
import fnmatch
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

BENCH = Path(__file__).resolve().parent
REPOSITORY = BENCH.parents[1]
sys.path.insert(0, str(BENCH))

from benchmark.annotate import annotate  # noqa: E402
from benchmark.counts import Figure, figures, instructions  # noqa: E402
from benchmark.failure import FAILED, WRONG_COMMAND, BenchFailure  # noqa: E402
from benchmark.judgement import Accepted, Goal, judge, load_goals  # noqa: E402
from benchmark.layout import Layout  # noqa: E402
from benchmark.report import Result, table, write_json  # noqa: E402
from benchmark.static_rows import kernel_size, source_lines  # noqa: E402

GROUPS = ("kernel", "boot", "load", "capdl")
MEASURED_GROUPS = ("kernel", "boot")
ALL_ROWS = "`./selene bench` without words shows all rows"
STATIC_ROWS = ("size.kernel", "source.kernel", "source.interface", "source.generated")


def group(row: str) -> str:
    """The group that a row belongs to: that of its first word, or the kernel's."""
    first = row.split(".")[0]
    return first if first in GROUPS else "kernel"


def selects(words: Sequence[str], row: str) -> bool:
    """Whether these words of the command line (rows, patterns with *, groups) ask for a row. No word asks for all."""
    return not words or any(word == group(row) or fnmatch.fnmatchcase(row, word) for word in words)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="selene bench", description=__doc__)
    add = parser.add_argument
    add("rows", nargs="*", metavar="ROW|GROUP", help=f"default: all; groups: {' '.join(GROUPS)}; ROW may hold *")
    add("--json", type=Path, metavar="FILE", help="write the figures to FILE too")
    add("--el", type=int, choices=(1, 2), default=1, help="exception level of the kernel (default: 1)")
    add("--annotate", metavar="ROW", help="list the instructions of one run of ROW, in order of execution")
    add("--accept", metavar="REASON", help="record the figures as accepted, for this reason")
    add("--build", type=Path, default=REPOSITORY / "build", help="build folder (default: the repository's)")
    options = parser.parse_args(arguments)
    if options.accept is not None and not options.accept.strip():
        parser.error("--accept needs a reason")
    for word in options.rows:
        if word in GROUPS and word not in MEASURED_GROUPS:
            parser.error(f"the group {word} has no rows yet")
    return options


def measure(layout: Layout, words: Sequence[str]) -> list[Figure]:
    """The figures of all rows that the words ask for. Boots the bench systems only if one of them needs it."""
    found: list[Figure] = []
    if any(selects(words, row) for row in STATIC_ROWS):
        found.append(kernel_size(layout.kernel_elf))
        found += source_lines(REPOSITORY, layout.generated)
    if not words or not set(words) <= set(STATIC_ROWS):
        for run in layout.runs():
            print(f"measuring {run.image.name} ...", file=sys.stderr, flush=True)
            found += figures(*run.execute())
    wanted = [figure for figure in found if selects(words, figure.name)]
    for word in words:
        if not any(selects([word], figure.name) for figure in wanted):
            raise BenchFailure(WRONG_COMMAND, f"no row or group `{word}` is measured; {ALL_ROWS}")
    return wanted


def show_listing(layout: Layout, row: str) -> int:
    """Print the instructions of one run of a row, one whose figure is the row's."""
    for run in layout.runs():
        console, counts = run.execute()
        numbers = [number for number, name in console.rows.items() if name == row]
        if not numbers:
            continue
        value = next(figure.value for figure in figures(console, counts) if figure.name == row)
        _, traced = replace(run, traced_row=numbers[0]).execute()
        region = next((region for region in traced.regions[numbers[0]] if instructions(region) == value), None)
        if region is None:
            raise BenchFailure(FAILED, f"two runs of {row} do not agree: {value} instructions were never seen again")
        lines = region["kernel"]
        print(f"{row}: {value} instructions, {lines['code_lines']} code lines, {lines['data_lines']} data lines")
        print(annotate(region["trace"], layout.kernel_elf, REPOSITORY))
        return 0
    raise BenchFailure(WRONG_COMMAND, f"no row `{row}` is measured between markers; {ALL_ROWS}")


def commit() -> str:
    """The commit that was measured."""
    command = ["git", "-C", str(REPOSITORY), "rev-parse", "HEAD"]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    return process.stdout.strip() or "unknown"


def bench(options: argparse.Namespace) -> int:
    """Do what the parsed command line asks for; returns the exit code."""
    layout = Layout(REPOSITORY, options.build.resolve(), options.el)
    layout.check()
    if options.annotate is not None:
        return show_listing(layout, options.annotate)
    goals = load_goals(BENCH / "goals.json")
    accepted = Accepted(BENCH / "accepted.json", options.el)
    order = {name: number for number, name in enumerate(goals)}
    measured = sorted(measure(layout, options.rows), key=lambda figure: order.get(figure.name, len(order)))
    if options.accept is not None:
        changed = accepted.record(measured, options.accept.strip())
        print(f"accepted: {', '.join(changed) or 'nothing changed'}", file=sys.stderr)
    results = []
    for figure in measured:
        goal, value = goals.get(figure.name, Goal()), accepted.value(figure.name)
        results.append(Result(figure, goal, value, judge(figure, goal, value)))
    print(table(results))
    if options.json is not None:
        write_json(options.json, commit(), results)
    failed = [result.figure.name for result in results if result.verdict.fails]
    if failed:
        print(f"worse than allowed: {', '.join(failed)}; --accept REASON records growth that is meant", file=sys.stderr)
    return FAILED if failed else 0


def main(argv: Sequence[str]) -> int:
    """`./selene bench ARGUMENTS`. The bench target must have been built. Returns the exit code of CLI.md."""
    options = parse(argv)
    try:
        return bench(options)
    except BenchFailure as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return failure.code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
