# SPDX-License-Identifier: BSD-2-Clause
"""What keeps the processor from acting on guesses is in the kernels as they are shipped.

Environment: SELENE_BUILD, the build folder; OBJDUMP, the disassembler.
"""

import os
import re
import subprocess
import unittest
from pathlib import Path

KERNELS = Path(os.environ["SELENE_BUILD"]) / "kernel"
# What looks up an index that user code has named, or the number of a method.
LOOKS_UP = ("selene_hot_call", "selene_hot_reply_receive", "selene_hot_signal", "selene_hot_take", "selene_long_call",
            "selene_long_reply_receive", "selene_method_call")


def functions(kernel: Path) -> dict[str, list[str]]:
    """The instructions of each function, with one blank between words."""
    command = [os.environ["OBJDUMP"], "--disassemble", "--no-show-raw-insn", "--section=.text", str(kernel)]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found: dict[str, list[str]] = {}
    instructions: list[str] = []
    for line in listing.splitlines():
        if label := re.fullmatch(r"[0-9a-f]{16} <(.+)>:", line):
            instructions = found.setdefault(label[1], [])
        elif instruction := re.match(r"\s*[0-9a-f]{9,16}:\s+(.*)", line):
            instructions.append(" ".join(instruction[1].split()))
    return found


class Hardening(unittest.TestCase):
    """Each kernel, instruction by instruction."""

    def check_kernel(self, kernel: Path) -> None:
        text = functions(kernel)
        everything = [instruction for instructions in text.values() for instruction in instructions]
        returns = [place for place, instruction in enumerate(everything) if instruction == "eret"]
        self.assertGreater(len(returns), 4)
        for place in returns:
            self.assertEqual(everything[place + 1 : place + 3], ["dsb nsh", "isb"], "nothing behind a return is executed")
        for name in LOOKS_UP:
            instructions = text[name]
            barriers = [place for place, instruction in enumerate(instructions) if instruction == "csdb"]
            self.assertTrue(barriers, name)
            for place in barriers:
                self.assertRegex(instructions[place - 1], r"^csel x\d+, x\d+, xzr, lo$", name)

    def test_kernels(self) -> None:
        for kernel in ("debug-el1", "debug-el2", "release-el1", "release-el2"):
            with self.subTest(kernel):
                self.check_kernel(KERNELS / f"selene-{kernel}.elf")


if __name__ == "__main__":
    unittest.main()
