# SPDX-License-Identifier: BSD-2-Clause
"""Nothing that stays mapped calls or names the kernel's code that is unmapped after boot.

Environment: SELENE_BUILD, the build folder; OBJDUMP, the disassembler.
"""

import os
import re
import subprocess
import unittest
from pathlib import Path

KERNELS = Path(os.environ["SELENE_BUILD"]) / "kernel"
BOOT_ONLY = "boot_text"


def instructions(kernel: Path, section: str) -> dict[int, str]:
    """The instructions of a section by their addresses."""
    command = [os.environ["OBJDUMP"], "--disassemble", "--no-show-raw-insn", f"--section={section}", str(kernel)]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {int(line[1], 16): line[2] for line in re.finditer(r"^\s*([0-9a-f]{9,16}):\s+(.*)$", listing, re.MULTILINE)}


def named(instruction: str) -> list[int]:
    """The addresses that an instruction names, but for where it begins, which who unmaps it has to know."""
    if instruction.startswith("adr") and "<__start_boot_text>" in instruction:
        return []
    return [int(address, 16) for address in re.findall(r"0x([0-9a-f]{9,16})", instruction)]


class BootText(unittest.TestCase):
    def check(self, kernel: Path) -> None:
        boot = instructions(kernel, BOOT_ONLY)
        resident = instructions(kernel, ".text")
        self.assertTrue(boot and resident)
        wrong = [f"{address:#x}: {instruction}" for address, instruction in resident.items()
                 if any(target in boot for target in named(instruction))]
        self.assertEqual(wrong, [])
        self.assertTrue(any(target in resident for instruction in boot.values() for target in named(instruction)))

    def test_kernels(self) -> None:
        for kernel in ("debug-el1", "debug-el2", "release-el1", "release-el2"):
            with self.subTest(kernel):
                self.check(KERNELS / f"selene-{kernel}.elf")


if __name__ == "__main__":
    unittest.main()
