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
from placed_image import placed  # noqa: E402

TIME_OUT = 30.0


def with_tree(machine: Machine, tree: Path, kernel: str = "debug") -> list[str]:
    """The command line of a machine that boots hello with this tree."""
    return [*machine.command(one_image("hello", kernel)), "-dtb", str(tree)]


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
        """The tree, so changed by fdtput, is refused with a sentence: whichever kernel there is, it has not run."""
        self.put(*change)
        for kernel in ("debug", "release"):
            said = console_of(with_tree(machine, self.tree, kernel), "\n", TIME_OUT)
            self.assertTrue(said.startswith("selene cannot boot: "), said)
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


class LyingTree(TreeTest):
    """A real tree that names what is not there: found before anything relies on it."""

    NOTHING, FLASH = "c000000", "7000000"  # of `virt`: an access is an exception, or reads something
    NO_CONTROLLER = "no such interrupt controller where the device tree says"

    def virt(self, machine: Machine, *change: str, saying: str) -> None:
        self.virt_tree(machine)
        self.refused(machine, *change, saying=saying)

    def test_distributor(self) -> None:
        for el in (1, 2):
            for place in (self.NOTHING, self.FLASH):
                for gic, interface in ((2, ("8010000", "0", "10000")), (3, ("80a0000", "0", "f60000"))):
                    reg = ("0", place, "0", "10000", "0", *interface)
                    self.virt(Machine(gic=gic, el=el), "-tx", "/intc@8000000", "reg", *reg, saying=f"{self.NO_CONTROLLER} (0x{place})")

    def test_interface(self) -> None:
        for place in (self.NOTHING, self.FLASH):
            reg = ("0", "8000000", "0", "10000", "0", place, "0", "40000")
            self.virt(Machine(gic=2), "-tx", "/intc@8000000", "reg", *reg, saying=f"has no interface where the device tree says (0x{place})")
            saying = f"no redistributor of the interrupt controller belongs to this core (0x{place})"
            self.virt(Machine(gic=3), "-tx", "/intc@8000000", "reg", *reg, saying=saying)

    def test_a_redistributor_for_others_only(self) -> None:
        reg = ("0", "8000000", "0", "10000", "0", "80c0000", "0", "40000")  # where core 1's is, the last one
        self.virt(Machine(gic=3, cores=2), "-tx", "/intc@8000000", "reg", *reg, saying="no redistributor")

    def test_the_other_kind(self) -> None:
        self.virt(Machine(gic=3), "-ts", "/intc@8000000", "compatible", "arm,gic-400", saying=self.NO_CONTROLLER)
        self.virt_tree(Machine(gic=2))
        self.put("-tx", "/intc@8000000", "reg", "0", "8000000", "0", "10000", "0", "8010000", "0", "20000")
        self.refused(Machine(gic=2), "-ts", "/intc@8000000", "compatible", "arm,gic-v3", saying=self.NO_CONTROLLER)

    def placed(self, machine: Machine, *change: str, saying: str) -> None:
        """What QEMU would mend in a tree that it is given: so it is put into memory, beside the image."""
        self.virt_tree(machine)
        self.put(*change)
        for kernel in ("debug", "release"):
            command = machine.command(Path("unused"))
            place = command.index("-kernel")
            command[place : place + 2] = placed(self.tree.parent, one_image("hello", kernel), 0x4900_0000, (self.tree, 0x4A00_0000))
            self.assertEqual(console_of(command, "\n", TIME_OUT), f"selene cannot boot: {saying}\n")

    def test_firmware(self) -> None:
        self.placed(Machine(el=1), "-ts", "/psci", "method", "smc", saying="there is no firmware that is called as the device tree says (0x0)")

    def test_memory(self) -> None:
        for el in (1, 2):
            for size, end in (("20001000", "60000000"), ("40000000", "7ffff000")):
                saying = f"there is no memory where the device tree says (0x{end})"
                self.placed(Machine(el=el, memory="512M"), "-tx", "/memory@40000000", "reg", "0", "40000000", "0", size, saying=saying)

    def test_raspberry_pi(self) -> None:
        reg = ("7e200000", "1000", "40042000", "2000")  # the pins', not the distributor's
        self.tree.write_bytes((BOARD_FILES / "bcm2711-rpi-4-b.dtb").read_bytes())
        machine = Machine(platform="rpi4", via="kernel")
        self.refused(machine, "-tx", "/soc/interrupt-controller@40041000", "reg", *reg, saying=f"{self.NO_CONTROLLER} (0xfe200000)")


if __name__ == "__main__":
    unittest.main()
