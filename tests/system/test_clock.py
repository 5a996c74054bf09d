# SPDX-License-Identifier: BSD-2-Clause
"""How fast time counts: as the device tree says, otherwise as the firmware does; kernel and programs agree."""

import unittest

from test_broken_tree import TIME_OUT, Machine, TreeTest, console_of, one_image

OF_THE_TREE = 31_250_000
OF_THE_FIRMWARE = 62_500_000  # what QEMU leaves in CNTFRQ_EL0 of a Cortex-A72


class Clock(TreeTest):
    """The same machine with another frequency in its tree."""

    def counts(self, machine: Machine, frequency: int) -> None:
        command = [*machine.command(one_image("cores", "release")), "-dtb", str(self.tree)]
        said = console_of(command, "exit ", TIME_OUT)
        self.assertIn(f"a second has {frequency} ticks\n", said)
        self.assertIn(", 0 failed\n", said)

    def test_frequency(self) -> None:
        for el in (1, 2):
            machine = Machine(gic=1 + el, el=el, cores=2)
            self.virt_tree(machine)
            self.put("-tx", "/timer", "clock-frequency", f"{OF_THE_TREE:x}")
            self.counts(machine, OF_THE_TREE)
            self.put("-d", "/timer", "clock-frequency")
            self.counts(machine, OF_THE_FIRMWARE)


if __name__ == "__main__":
    unittest.main()
