#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Tests of the counting plugin: exact figures of a bare-metal program whose every count is known, and refusals.

CTest runs it with the environment variables COUNT_PLUGIN (the plugin), COUNT_IMAGE_EL1 and COUNT_IMAGE_EL2 (image.S
built for each exception level). The expected figures follow from image.S, where each block says what it amounts to.
"""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any

PLUGIN = os.environ["COUNT_PLUGIN"]
IMAGES = {1: os.environ["COUNT_IMAGE_EL1"], 2: os.environ["COUNT_IMAGE_EL2"]}
IMAGE_START = 0x4020_0008  # after two instructions of _start
KERNEL_ADDRESS = {1: 0xFFFF_FF80_4028_0000, 2: 0x4028_0000}
BOOT_INSTRUCTIONS = {1: 24, 2: 10}  # from image_start to kernel_start


def run(level: int, arguments: str, cores: int = 1) -> subprocess.CompletedProcess[str]:
    """Run the image for an exception level under the plugin with these plugin arguments."""
    machine = "virt" if level == 1 else "virt,virtualization=on"
    command = ["qemu-system-aarch64", "-M", machine, "-cpu", "cortex-a57", "-m", "64", "-smp", str(cores)]
    command += ["-display", "none", "-monitor", "none", "-nodefaults", "-nic", "none", "-icount", "shift=0,sleep=off"]
    command += ["-kernel", IMAGES[level], "-plugin", f"{PLUGIN}{arguments}"]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False)


def side(instructions: int, code_lines: int, data_lines: int) -> dict[str, int]:
    return {"instructions": instructions, "code_lines": code_lines, "data_lines": data_lines}


def region(row: int, system_calls: int, kernel: dict[str, int], user: dict[str, int]) -> dict[str, Any]:
    return {"kind": "region", "row": row, "system_calls": system_calls, "kernel": kernel, "user": user}


CHEAPEST = region(1, 1, side(5, 1, 0), side(1, 1, 0))
REGIONS = [
    CHEAPEST,
    CHEAPEST,
    CHEAPEST,
    region(2, 0, side(0, 0, 0), side(0, 0, 0)),
    region(3, 2, side(4 + 2 + 7 + 5, 3, 4), side(16, 2, 2)),
    region(65535, 1, side(4 + 4 + 4, 3, 0), side(1, 1, 0)),
    region(4, 0, side(0, 0, 0), side(201, 1, 0)),
]
ERRORS = [
    {"kind": "error", "what": "start marker without a row"},
    {"kind": "error", "what": "start marker while a region of row 5 is open"},
]


class Counts(unittest.TestCase):
    """What the plugin counts, at each exception level."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.out = Path(folder.name) / "counts.jsonl"

    def count(self, level: int, arguments: str = "") -> list[dict[str, Any]]:
        result = run(level, f",out={self.out},image={IMAGE_START:#x}{arguments}")
        self.assertEqual(result.returncode, 0, result.stderr)
        return [json.loads(line) for line in self.out.read_text().splitlines()]

    def check(self, level: int, arguments: str = "") -> None:
        records = self.count(level, arguments)
        kernel = 2 + BOOT_INSTRUCTIONS[level]
        self.assertEqual(records[0], {"kind": "boot", "image": 2, "stages": [], "kernel": kernel, "user": kernel + 5})
        self.assertEqual(records[1:-1], REGIONS + ERRORS)
        self.assertEqual(records[-1]["kind"], "end")

    def test_kernel_in_the_upper_half(self) -> None:
        self.check(1)

    def test_kernel_beside_its_user_at_exception_level_2(self) -> None:
        self.check(2, f",kernel={KERNEL_ADDRESS[2]:#x}-{KERNEL_ADDRESS[2] + 0x1000:#x}")

    def test_parts_of_the_boot_that_were_not_met(self) -> None:
        result = run(2, f",out={self.out}")
        self.assertEqual(result.returncode, 0, result.stderr)
        boot = json.loads(self.out.read_text().splitlines()[0])
        self.assertEqual(boot, {"kind": "boot", "image": None, "stages": [], "kernel": None, "user": 2 + BOOT_INSTRUCTIONS[2] + 5})

    def test_stages_of_the_boot_are_met_in_their_order(self) -> None:
        stages = "".join(f",stage={IMAGE_START + 4 * number:#x}" for number in (1, 3, 2, 4))
        self.assertEqual(self.count(1, stages)[0]["stages"], [3, 5])
        self.assertIn("stage: not an address", run(1, f",out={self.out},stage=early").stderr)

    def test_two_runs_agree(self) -> None:
        self.assertEqual(self.count(1, ",trace=3"), self.count(1, ",trace=3"))

    def test_trace_lists_the_system_call_and_the_kernel(self) -> None:
        records = self.count(1, ",trace=65535")
        traces = {record["row"]: record["trace"] for record in records if "trace" in record}
        self.assertEqual(list(traces), [65535])
        vectors = KERNEL_ADDRESS[1] + 0x800 + 0x400
        dispatch = KERNEL_ADDRESS[1] + 0x1000
        markers = dispatch + 0x80
        kernel = [start + 4 * i for start in (vectors, dispatch, markers) for i in range(4)]
        self.assertEqual(traces[65535][1:], kernel)
        self.assertLess(traces[65535][0], 0x4000_0000)


class Refusals(unittest.TestCase):
    """Wrong arguments end QEMU before it runs anything, with a sentence that names the argument."""

    def refused(self, arguments: str, sentence: str, cores: int = 1) -> None:
        result = run(1, arguments, cores)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn(f"count plugin: {sentence}", result.stderr)

    def test_no_output_file(self) -> None:
        self.refused("", "out=FILE is missing")

    def test_unwritable_output_file(self) -> None:
        self.refused(",out=/no/such/folder/file", "cannot write /no/such/folder/file")

    def test_unknown_argument(self) -> None:
        self.refused(",out=no-such-folder/unused,rows=3", "unknown argument rows")

    def test_image_address(self) -> None:
        self.refused(",out=no-such-folder/unused,image=0x40g", "image: not an address: 0x40g")

    def test_kernel_range(self) -> None:
        for value in ("5", "5-", "5-5", "6-5", "x-y"):
            self.refused(f",out=no-such-folder/unused,kernel={value}", f"kernel: not LOW-HIGH: {value}")

    def test_row_to_trace(self) -> None:
        for value in ("65536", "ipc", ""):
            self.refused(f",out=no-such-folder/unused,trace={value}", "trace: not a row")

    def test_more_than_one_core(self) -> None:
        self.refused(",out=no-such-folder/unused", "counts on qemu-system-aarch64 with one core only", cores=2)


if __name__ == "__main__":
    unittest.main()
