# SPDX-License-Identifier: BSD-2-Clause
"""What the boot stage says of a device tree that it cannot boot with, on the serial line that the tree names: then it halts."""

import subprocess
import sys
import tempfile
import unittest
from collections.abc import Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "platforms"), str(REPOSITORY / "tests" / "runner")]

from board_files import FOLDER as BOARD_FILES  # noqa: E402
from board_test import one_image  # noqa: E402
from console import ON_PIPE, watch  # noqa: E402
from machine import Machine  # noqa: E402
from terminal import LOGS  # noqa: E402

TIME_OUT = 30.0

kept: list[str] = []  # the machines of the test that runs: how they were started, and what they have said


class Said(Exception):
    """What was waited for has been said."""


def console_of(command: list[str], until: str, time_out: float, behind: Sequence[str] = ()) -> str:
    """What a machine says, up to a text or until the time has passed. It goes into the log of a test that fails."""
    said = bytearray()

    def listen(piece: bytes) -> bytes:
        said.extend(piece)
        if until.encode() in said:
            raise Said
        return b""

    full = [*command, *ON_PIPE, *behind]
    try:
        watch(full, on_output=listen, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, time_out=time_out)
    except Said:
        pass
    text = said.decode(errors="replace").replace("\r", "")
    kept.append(f"{' '.join(full)}\n{text}\n")
    return text


def with_tree(machine: Machine, tree: Path) -> list[str]:
    """The command line of a machine that boots hello with this tree."""
    return [*machine.command(one_image("hello", "debug")), "-dtb", str(tree)]


class TreeTest(unittest.TestCase):
    """A real tree that has been changed."""

    def setUp(self) -> None:
        kept.clear()
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.tree = Path(holder.name) / "tree.dtb"

    def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
        """Keeps what the machines of a test have said if it fails."""
        before = 0 if result is None else len(result.failures) + len(result.errors)
        done = super().run(result)
        log = LOGS / "boards" / f"{self.id()}.log"
        log.unlink(missing_ok=True)
        if result is not None and len(result.failures) + len(result.errors) > before:
            log.parent.mkdir(parents=True, exist_ok=True)
            log.write_text("\n".join(kept), encoding="utf-8")
            print(f"kept: {log}")
        return done

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
