# SPDX-License-Identifier: BSD-2-Clause
"""The console is the serial line that the device tree names, by path, alias or label; the other one stays silent."""

import unittest
from pathlib import Path

from test_broken_tree import BOARD_FILES, TIME_OUT, Machine, TreeTest, console_of, one_image

PI = Machine(platform="rpi4", via="kernel")
PI_TREE = BOARD_FILES / "bcm2711-rpi-4-b.dtb"
END = "exit 0\n"


class Consoles(TreeTest):
    """Trees with another choice."""

    def other_line(self) -> Path:
        """The file that QEMU writes what is sent over the other line to."""
        return self.tree.with_name("other-line")

    def pi(self, *serial: str) -> list[str]:
        """The Raspberry Pi with the tree and QEMU's serial lines in this order; the console's comes last."""
        command = PI.command(one_image("hello", "debug"))
        command[command.index("-dtb") + 1] = str(self.tree)
        self.assertEqual(command[-2:], ["-serial", "null"])
        return [*command[:-2], *serial]

    def test_the_mini_uart_of_the_pi_is_silent_if_the_tree_names_the_pl011(self) -> None:
        for name in ("serial0:115200n8", "/soc/serial@7e201000"):
            with self.subTest(name):
                self.tree.write_bytes(PI_TREE.read_bytes())
                self.put("-ts", "/chosen", "stdout-path", name)
                self.put("-ts", "/aliases", "serial0", "/soc/serial@7e201000")
                # The first of QEMU's lines is the PL011; the second one is added behind the console's.
                said = console_of(self.pi(), END, TIME_OUT, behind=["-serial", f"file:{self.other_line()}"])
                self.assertIn("selene: 960 MiB, 4 cores, GICv2", said)  # the boot stage's and the kernel's
                self.assertIn("supervisor: bob has finished", said)  # the console driver's
                self.assertIn(END, said)
                self.assertEqual(self.other_line().read_bytes(), b"")

    def test_the_pl011_of_the_pi_is_silent_if_the_tree_names_the_mini_uart(self) -> None:
        self.tree.write_bytes(PI_TREE.read_bytes())
        said = console_of(self.pi("-serial", f"file:{self.other_line()}"), END, TIME_OUT)
        self.assertIn("selene: 960 MiB, 4 cores, GICv2", said)
        self.assertIn(END, said)
        self.assertEqual(self.other_line().read_bytes(), b"")

    def test_label(self) -> None:
        machine = Machine(gic=2)
        self.virt_tree(machine)
        self.put("-c", "/__symbols__")
        self.put("-ts", "/__symbols__", "the_uart", "/pl011@9000000")
        command = [*machine.command(one_image("by_label", "release")), "-dtb", str(self.tree)]
        self.assertEqual(console_of(command, "never", TIME_OUT), "found by its label\n")

    def test_a_tree_without_the_label(self) -> None:
        command = Machine(gic=2).command(one_image("by_label", "debug"))
        said = console_of(command, "never", TIME_OUT)
        self.assertIn("loader: serial needs the device `the_uart`, which this machine does not have", said)
        self.assertNotIn("found by its label", said)


if __name__ == "__main__":
    unittest.main()
