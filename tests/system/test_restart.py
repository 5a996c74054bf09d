# SPDX-License-Identifier: BSD-2-Clause
"""A restart and a machine that is off, told apart: QEMU ends with the latter only. By the firmware on `virt`, by the watchdog on
the Raspberry Pi; asked of the power server, and by who holds power control."""

import unittest

from test_broken_tree import TIME_OUT, BootTest, Machine, console_of, one_image

from board_test import may_restart

TIMES = 3
PI = Machine(platform="rpi4", via="kernel")


class Restart(BootTest):
    """Machines that may start anew."""

    def restarts(self, machine: Machine) -> None:
        """The system asks for a restart whenever it runs: again and again."""
        said = console_of(may_restart(machine.command(one_image("restart", "release"))), "restarting", TIME_OUT, times=TIMES)
        self.assertEqual(said.count("restarting"), TIMES)
        self.assertNotIn("still here", said)
        self.assertGreaterEqual(said.count("an unknown request is answered with 1"), TIMES)

    def ends(self, machine: Machine, system: str) -> None:
        """The system says `exit 0`, once, and the machine is off: nothing else ends QEMU in time."""
        said = console_of(may_restart(machine.command(one_image(system, "release"))), "never said", TIME_OUT)
        self.assertTrue(said.endswith("exit 0\n"), said)
        self.assertEqual(said.count("exit 0\n"), 1)

    def test_restart_on_virt(self) -> None:
        for el in (1, 2):
            self.restarts(Machine(el=el))

    def test_restart_on_the_raspberry_pi(self) -> None:
        self.restarts(PI)

    def test_off_by_the_power_server(self) -> None:
        for machine in (Machine(el=1), Machine(el=2), PI):
            self.ends(machine, "hello")

    def test_off_by_who_holds_power_control(self) -> None:
        for machine in (Machine(el=1), Machine(el=2), PI):
            self.ends(machine, "cores")


if __name__ == "__main__":
    unittest.main()
