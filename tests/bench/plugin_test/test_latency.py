#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Tests of the latency plugin: exact figures of a bare-metal program whose every wait is known, and refusals.

CTest runs it with the environment variables LATENCY_PLUGIN (the plugin) and LATENCY_IMAGE (latency.S, built). The
expected figures follow from latency.S, where each block says what it amounts to.
"""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any

PLUGIN = os.environ["LATENCY_PLUGIN"]
IMAGE = os.environ["LATENCY_IMAGE"]
HANDLER = 0x4020_1000

# What a call costs before it is told apart, and an interrupt before it is handled.
DEAF_ENTRY, POLLING_ENTRY, WITHDRAWING_ENTRY, INTERRUPT = 3, 5, 7, 2
DEAF = DEAF_ENTRY + 202
HANDLING, HANDLING_AND_SETTING = 10, 32
FIRST_KERNEL_INSTRUCTION, FIRST_ASSERTED = 29, 80


def run(arguments: str, cores: int = 1) -> subprocess.CompletedProcess[str]:
    """Run the image under the plugin with these plugin arguments."""
    command = ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a57", "-m", "64", "-smp", str(cores)]
    command += ["-display", "none", "-monitor", "none", "-nodefaults", "-nic", "none", "-icount", "shift=0,sleep=off"]
    command += ["-kernel", IMAGE, "-plugin", f"{PLUGIN}{arguments}"]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False)


class Latencies(unittest.TestCase):
    """What the plugin finds in each row."""

    records: list[dict[str, Any]]
    rows: dict[int, dict[str, Any]]

    @classmethod
    def setUpClass(cls) -> None:
        cls.records = cls.measure()
        cls.rows = {record["row"]: record for record in cls.records if record["kind"] == "latency"}

    @staticmethod
    def measure() -> list[dict[str, Any]]:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "latency.jsonl"
            result = run(f",out={out},handler={HANDLER:#x}")
            assert result.returncode == 0, result.stderr
            return [json.loads(line) for line in out.read_text().splitlines()]

    def check(self, row: int, samples: int, longest: int, deaf: int, withdrawn: int = 0) -> None:
        found = self.rows[row]
        figures = tuple(found[name] for name in ("samples", "longest", "deaf", "withdrawn"))
        self.assertEqual(figures, (samples, longest, deaf, withdrawn))
        self.assertEqual(sum(instructions for _, instructions in found["blocks"]), longest)

    def test_a_deaf_call(self) -> None:
        self.check(1, samples=1, longest=DEAF + INTERRUPT, deaf=DEAF + INTERRUPT)

    def test_when_the_interrupt_was_asserted(self) -> None:
        handled = FIRST_KERNEL_INSTRUCTION + DEAF + INTERRUPT
        self.assertEqual(self.rows[1]["asserted"], handled - FIRST_ASSERTED)

    def test_a_call_that_polls(self) -> None:
        turn, first_turn, gives_way = 54, 1 + 51, 5
        self.check(2, samples=1, longest=turn + gives_way + INTERRUPT, deaf=POLLING_ENTRY + first_turn)
        self.assertLess(self.rows[2]["asserted"], self.rows[2]["longest"])

    def test_user_code_takes_an_interrupt_at_once(self) -> None:
        self.check(3, samples=1, longest=INTERRUPT, deaf=HANDLING)

    def test_the_handler_is_deaf_to_the_next_interrupt(self) -> None:
        whole = HANDLING_AND_SETTING + INTERRUPT
        self.check(4, samples=2, longest=whole, deaf=whole)
        until_set = 4
        self.assertEqual(self.rows[4]["asserted"], whole - until_set)

    def test_an_interrupt_that_goes_away(self) -> None:
        self.check(5, samples=0, longest=0, deaf=WITHDRAWING_ENTRY + 203, withdrawn=1)

    def test_a_stretch_without_an_interrupt(self) -> None:
        self.check(6, samples=0, longest=0, deaf=DEAF)

    def test_what_is_outside_of_regions_is_not_counted(self) -> None:
        self.assertEqual(set(self.rows), {1, 2, 3, 4, 5, 6})

    def test_misused_markers(self) -> None:
        errors = [record["what"] for record in self.records if record["kind"] == "error"]
        self.assertEqual(errors, ["start marker without a row", "start marker while a region of row 7 is open"])
        self.assertEqual(self.records[-1]["kind"], "end")

    def test_two_runs_agree(self) -> None:
        self.assertEqual(self.measure(), self.records)


class Refusals(unittest.TestCase):
    """Wrong arguments end QEMU before it runs anything, with a sentence that names the argument."""

    def refused(self, arguments: str, sentence: str, cores: int = 1) -> None:
        result = run(arguments, cores)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn(f"latency plugin: {sentence}", result.stderr)

    def test_arguments(self) -> None:
        self.refused(",handler=0x1000", "out=FILE is missing")
        self.refused(",out=/no/such/folder/file,handler=0x1000", "cannot write /no/such/folder/file")
        self.refused(",out=no-such-folder/unused", "handler=ADDRESS is missing")
        self.refused(",out=no-such-folder/unused,handler=main", "handler: not an address: main")
        self.refused(",out=no-such-folder/unused,handler=0x1000,level=3", "level: not an exception level of a kernel: 3")
        self.refused(",out=no-such-folder/unused,rows=3", "unknown argument rows")

    def test_more_than_one_core(self) -> None:
        self.refused(",out=no-such-folder/unused", "counts on qemu-system-aarch64 with one core only", cores=2)


if __name__ == "__main__":
    unittest.main()
