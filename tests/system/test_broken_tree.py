# SPDX-License-Identifier: BSD-2-Clause
"""What the boot stage says of a device tree that it cannot boot with, on the serial line that the tree names: then it halts."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "platforms"), str(REPOSITORY / "tests" / "runner")]

from board_files import FOLDER as BOARD_FILES  # noqa: E402
from board_test import one_image  # noqa: E402
from booted import BootTest, console_of  # noqa: E402
from machine import Machine  # noqa: E402

TIME_OUT = 30.0


def with_tree(machine: Machine, tree: Path) -> list[str]:
    """The command line of a machine that boots hello with this tree."""
    return [*machine.command(one_image("hello", "debug")), "-dtb", str(tree)]


class TreeTest(BootTest):
    """A real tree that has been changed."""

    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.tree = Path(holder.name) / "tree.dtb"

    def put(self, option: str, *words: str) -> None:
        """Changes the tree by fdtput."""
        subprocess.run(["fdtput", option, str(self.tree), *words], check=True)

    def refused(self, machine: Machine, *change: str, saying: str) -> None:
        """The tree, so changed by fdtput, is refused with a sentence."""
        self.put(*change)
        said = console_of(with_tree(machine, self.tree), "\n", TIME_OUT)
        self.assertIn("selene cannot boot: ", said)
        self.assertIn(saying, said)

    def virt_tree(self, machine: Machine | None = None) -> None:
        """QEMU's own for `virt`; one for a machine says all that there is to say of that."""
        dump = ["-M", f"virt,dumpdtb={self.tree}", "-cpu", "cortex-a72"]
        if machine is not None:
            el2 = ",virtualization=on" if machine.el == 2 else ""
            dump[1] = f"virt,gic-version={machine.gic or 3}{el2},dumpdtb={self.tree}"
            dump += ["-smp", str(machine.cores or 1), "-m", machine.memory or "512M"]
        subprocess.run(["qemu-system-aarch64", *dump, "-display", "none", "-nodefaults"], check=True, capture_output=True)


class BrokenTree(TreeTest):
    """A real tree with something missing."""

    def test_virt(self) -> None:
        for el in (1, 2):
            self.virt_tree()
            self.refused(Machine(gic=2, el=el), "-r", "/intc@8000000", saying="no interrupt controller that is known")
        self.virt_tree()
        self.refused(Machine(gic=2), "-ts", "/timer", "compatible", "acme,timer", saying="no timer that is known here")

    def test_it_halts(self) -> None:
        self.virt_tree()
        self.refused(Machine(gic=2), "-r", "/cpus", saying="the device tree names no core")
        said = console_of(with_tree(Machine(gic=2), self.tree), "fault: ", TIME_OUT / 10)
        self.assertEqual(said.count("\n"), 1, said)

    def test_raspberry_pi(self) -> None:
        self.tree.write_bytes((BOARD_FILES / "bcm2711-rpi-4-b.dtb").read_bytes())
        controller = "/soc/interrupt-controller@40041000"
        machine = Machine(platform="rpi4", via="kernel")
        self.refused(machine, "-ts", controller, "compatible", "acme,gic", saying="no interrupt controller that is known")


if __name__ == "__main__":
    unittest.main()
