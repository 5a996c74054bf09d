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
    """The addresses that an instruction names."""
    return [int(address, 16) for address in re.findall(r"0x([0-9a-f]{9,16})", instruction)]


class BootText(unittest.TestCase):
    def check(self, kernel: Path) -> None:
        boot = instructions(kernel, BOOT_ONLY)
        resident = instructions(kernel, ".text")
        self.assertTrue(boot and resident)
        # Where it begins, who unmaps it has to know: an address, to which nobody jumps.
        beyond = {address for address in boot if address != min(boot)}
        wrong = [f"{address:#x}: {instruction}" for address, instruction in resident.items()
                 if any(target in (beyond if instruction.startswith("adr") else boot) for target in named(instruction))]
        self.assertEqual(wrong, [])
        self.assertTrue(any(target in resident for instruction in boot.values() for target in named(instruction)))

    def test_kernels(self) -> None:
        for kernel in ("debug-el1", "debug-el2", "release-el1", "release-el2"):
            with self.subTest(kernel):
                self.check(KERNELS / f"selene-{kernel}.elf")


if __name__ == "__main__":
    unittest.main()
