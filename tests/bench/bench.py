#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The command `./selene bench`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

BENCH = Path(__file__).resolve().parent
sys.path[:0] = [str(BENCH), str(BENCH.parents[1] / "platforms")]

from build import build_bench  # noqa: E402
from command_line import Parser  # noqa: E402
from setup import setup  # noqa: E402
from terminal import Failure, Interrupted, note, raise_on_signals  # noqa: E402

from benchmark.rows import GROUPS  # noqa: E402

_DESCRIPTION = "Measures the release kernel, shows the figures beside goals and seL4's, and guards them."
_EXPLANATION = f"""\
Groups: {" ".join(GROUPS)}. ROW may hold *, as in 'cap.*'. Default: all rows.

Instructions count from the svc through the last kernel instruction, user code not, but for rows of the library, where
all of both sides count; a figure is the median of 32 warm runs. Instructions and cache lines may not grow over
tests/bench/accepted.json, nor at exception level 2 be more than a tenth above those accepted for level 1; sizes may not
go beyond their goal and what was accepted."""


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line of `./selene bench`. Raises Failure (USAGE)."""
    parser = Parser(prog="./selene bench", description=_DESCRIPTION, epilog=_EXPLANATION)
    parser.add_argument("rows", nargs="*", metavar="ROW|GROUP", help="what to measure")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE too")
    parser.add_argument("--el", type=int, choices=(1, 2), default=1, help="the kernel's exception level")
    parser.add_argument("--annotate", metavar="ROW", help="list the instructions of ROW, and what they are for")
    parser.add_argument("--every", type=int, default=400, metavar="N",
                        help="assert the interrupt of latency.longest at each Nth instruction (default: %(default)s)")  # fmt: skip
    parser.add_argument("--accept", metavar="REASON", help="record the figures as accepted, for this reason")
    options = parser.parse_args(arguments)
    if options.accept is not None and not options.accept.strip():
        parser.error("--accept needs a reason")
    if options.every < 1:
        parser.error("--every needs a number of instructions")
    return options


def bench(options: argparse.Namespace) -> int:
    """Does what the options ask for, with all that is measured built. Raises Failure. Returns the exit code."""
    from benchmark import session  # not above: it needs packages that --help must do without

    return session.bench(options)


def main(argv: Sequence[str]) -> int:
    """`./selene bench ARGUMENTS`. Returns the exit code."""
    raise_on_signals()
    try:
        options = parse(argv)
        setup("bench")
        build_bench()
        return bench(options)
    except (Failure, Interrupted) as ending:
        note(str(ending) if isinstance(ending, Failure) else "interrupted")
        return ending.code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
