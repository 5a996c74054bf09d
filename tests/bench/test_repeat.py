#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""System test of the benchmark: two runs agree to the instruction, all rows are there and allowed, a listing adds up.

CTest runs it with the environment variable SELENE_BUILD, the build folder, in which all is built.
"""

import contextlib
import io
import json
import re
import sys
import tempfile
import unittest
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import bench  # noqa: E402

DESCENDANTS = (10, 100, 1000, 10000)
ROWS = {
    *("ipc.round_trip.0", "ipc.round_trip.4", "ipc.round_trip.8", "ipc.round_trip.stolen_tag", "lines.ipc0.code", "lines.ipc0.data"),
    *("call.refused", "invoke.cheapest", "cap.map", "cap.grant", "cap.unmap", "untyped.unmap.1000"),
    *(f"cap.unmap.{crowd}{count}" for crowd in ("", "crowd.") for count in DESCENDANTS),
    *("retype.endpoint", "retype.endpoint.64", "retype.thread", "retype.frame4k", "retype.frame2m"),
    *("frame.map", "frame.map.512", "frame.unmap", "thread.suspend", "thread.resume", "thread.set_priority"),
    *("boot.kernel_to_user", "boot.reset_to_user", "size.kernel", "memory.kernel", "latency.longest"),
    *("hardening.round_trip", "hardening.size"),
    *("source.kernel", "source.interface", "source.generated"),
}


def run(*words: str) -> tuple[int, str]:
    """How `bench` ends with these words, and what it prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = bench.bench(bench.parse(words))
    return code, out.getvalue()


class Measurement:
    """One run of all rows."""

    def __init__(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "bench.json"
            self.code, self.text = run("--json", str(file))
            self.results: list[dict[str, Any]] = json.loads(file.read_text())["results"]

    def exact(self) -> list[dict[str, Any]]:
        """All but what the host's machine has a part in: the compiler's time and memory."""
        return [result for result in self.results if not result["name"].startswith("capdl.")]


class Repeat(unittest.TestCase):
    first: Measurement
    second: Measurement

    @classmethod
    def setUpClass(cls) -> None:
        cls.first, cls.second = Measurement(), Measurement()

    def test_two_runs_agree(self) -> None:
        self.assertEqual(self.first.exact(), self.second.exact())

    def test_every_row_is_there(self) -> None:
        self.assertLessEqual(ROWS, {result["name"] for result in self.first.results})
        for result in self.first.results:
            self.assertGreater(result["value"], 0, result["name"])

    def test_nothing_is_worse_than_allowed(self) -> None:
        self.assertEqual(self.first.code, 0, self.first.text)

    def test_unmap_costs_the_same_for_each_descendant(self) -> None:
        cost = {result["name"]: result["value"] for result in self.first.results}
        alone = [cost[f"cap.unmap.{count}"] for count in DESCENDANTS]
        self.assertEqual([cost[f"cap.unmap.crowd.{count}"] for count in DESCENDANTS], alone)
        steps = pairwise(zip(DESCENDANTS, alone, strict=True))
        per_descendant = [(much - little) / (many - few) for (few, little), (many, much) in steps]
        self.assertLess(max(per_descendant) - min(per_descendant), 1, per_descendant)

    def test_listing_has_each_instruction_that_counts(self) -> None:
        code, text = run("--annotate", "ipc.round_trip.0")
        self.assertEqual(code, 0)
        listed, _, blocks = text.partition("\n\n")
        head, *listing = listed.splitlines()
        match = re.match(r"ipc\.round_trip\.0: (\d+) instructions", head)
        self.assertIsNotNone(match)
        self.assertEqual(len(listing), int(match[1]))
        calls = [number for number, line in enumerate(listing) if line.split()[2] == "svc"]
        self.assertEqual(len(calls), 2)
        self.assertEqual(calls[0], 0)
        self.assertIn("eret", listing[-1])
        self.assertEqual(sum(int(line.split()[0].replace(",", "")) for line in blocks.splitlines()), int(match[1]))


if __name__ == "__main__":
    unittest.main()
