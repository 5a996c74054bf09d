# SPDX-License-Identifier: BSD-2-Clause
"""Cores that do not come up are named, and the system runs without them; what a tree says of cores is checked."""

import unittest

from test_broken_tree import BOARD_FILES, TIME_OUT, Machine, TreeTest, console_of, with_tree

CORE_3 = "/cpus/cpu@3"
END = "exit 0\n"


class OtherCores(TreeTest):
    """A real tree with something wrong in what it says of a core."""

    def missing(self, machine: Machine, *cells: str) -> None:
        """The tree, so changed by fdtput, boots but for core 3."""
        self.put(cells[0], CORE_3, *cells[1:])
        said = console_of(with_tree(machine, self.tree), END, TIME_OUT)
        self.assertIn("selene: 2 of 3 other cores answer\n", said)
        self.assertIn("loader: core 3 of 4 has not come up, the system runs without it\n", said)
        self.assertNotIn("core 1 of", said)
        self.assertIn(END, said)

    def test_all_come_up(self) -> None:
        machine = Machine(gic=3, cores=4)
        self.virt_tree(machine)
        self.put("-ts", CORE_3, "model", "without the room that QEMU leaves")
        said = console_of(with_tree(machine, self.tree), END, TIME_OUT)
        self.assertIn("selene: 3 of 3 other cores answer\n", said)
        self.assertNotIn("loader: ", said)

    def test_firmware_knows_no_such_core(self) -> None:
        for el in (1, 2):
            machine = Machine(gic=2 + el % 2, el=el, cores=4)
            self.virt_tree(machine)
            self.missing(machine, "-tx", "reg", "7")

    def test_nobody_knows_how_to_start_it(self) -> None:
        machine = Machine(gic=2, cores=4)
        self.virt_tree(machine)
        self.missing(machine, "-ts", "enable-method", "acme,smoke-signals")

    def test_it_does_not_look_where_the_tree_says(self) -> None:
        self.tree.write_bytes((BOARD_FILES / "bcm2711-rpi-4-b.dtb").read_bytes())
        self.missing(Machine(platform="rpi4", via="kernel"), "-tx", "cpu-release-addr", "0", "800")

    def test_its_number_is_another_cores(self) -> None:
        machine = Machine(gic=3, cores=4)
        self.virt_tree(machine)
        self.refused(machine, "-tx", CORE_3, "reg", "1", saying="the device tree names a core twice (0x1)")

    def test_it_waits_where_something_else_is(self) -> None:
        machine = Machine(platform="rpi4", via="kernel")
        for place, saying in (("200000", "in memory that is in use"), ("fe201000", "where there is no memory"), ("e4", "where there")):
            self.tree.write_bytes((BOARD_FILES / "bcm2711-rpi-4-b.dtb").read_bytes())
            self.refused(machine, "-tx", CORE_3, "cpu-release-addr", "0", place, saying=f"waits for its start {saying}")


if __name__ == "__main__":
    unittest.main()
