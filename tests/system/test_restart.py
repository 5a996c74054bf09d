# SPDX-License-Identifier: BSD-2-Clause
"""A restart, asked of the power server: by the firmware on `virt`, by the watchdog on the Raspberry Pi."""

import subprocess
import sys
import unittest
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "platforms"), str(REPOSITORY / "tests" / "runner")]

from board_test import one_image  # noqa: E402
from console import ON_PIPE, watch  # noqa: E402
from machine import Machine  # noqa: E402

TIME_OUT = 30.0
TIMES = 3


class Enough(Exception):
    """It has restarted often enough."""


class Restart(unittest.TestCase):
    """The system asks for a restart whenever it runs."""

    def restarts(self, machine: Machine) -> None:
        """The machine runs the system again and again."""
        said = bytearray()

        def listen(piece: bytes) -> bytes:
            said.extend(piece)
            if said.count(b"restarting") == TIMES:
                raise Enough
            return b""

        command = [word for word in machine.command(one_image("restart", "release")) if word != "-no-reboot"]
        with self.assertRaises(Enough, msg=said):
            watch(
                [*command, *ON_PIPE], on_output=listen, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, time_out=TIME_OUT
            )
        self.assertNotIn(b"still here", said)
        self.assertGreaterEqual(said.count(b"an unknown request is answered with 1"), TIMES)

    def test_virt(self) -> None:
        for el in (1, 2):
            self.restarts(Machine(el=el))

    def test_raspberry_pi(self) -> None:
        self.restarts(Machine(platform="rpi4", via="kernel"))


if __name__ == "__main__":
    unittest.main()
