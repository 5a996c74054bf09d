# SPDX-License-Identifier: BSD-2-Clause
"""Machines: choices against the platform's description, and QEMU's command line."""

import unittest
from pathlib import Path

import support  # noqa: F401  # makes the modules below known
from machine import Machine, platform_names
from terminal import USAGE, Failure


class Machines(unittest.TestCase):
    """The platform `virt`."""

    def refused(self, saying: str, **choices: object) -> None:
        """These choices are refused with a sentence that contains `saying`."""
        with self.assertRaises(Failure) as caught:
            Machine(**choices)  # type: ignore[arg-type]
        self.assertEqual(caught.exception.code, USAGE)
        self.assertIn(saying, str(caught.exception))

    def test_refusals(self) -> None:
        self.refused("did you mean virt?", platform="vrit")
        self.refused("not there yet", platform="rpi4")
        self.refused("did you mean cortex-a57?", cpu="cortex-a57x")
        self.refused("1 to 8 cores", cores=0)
        self.refused("1 to 8 cores", cores=9)
        self.refused("no GICv1", gic=1)
        self.refused("does not start at EL3", el=3)
        self.refused("as in 512M", memory="lots")
        self.refused("as in 512M", memory="0M")

    def test_defaults(self) -> None:
        self.assertIn("virt", platform_names())
        command = Machine().command(Path("image"))
        self.assertIn("virt,gic-version=3", command)
        self.assertEqual(command[-2:], ["-kernel", "image"])
        self.assertEqual(str(Machine()), "QEMU virt (GICv3, EL1, cortex-a72, 1 core, 512M)")

    def test_choices(self) -> None:
        machine = Machine(gic=2, el=2, cpu="max", cores=4, memory="2G")
        self.assertEqual(str(machine), "QEMU virt (GICv2, EL2, max, 4 cores, 2G)")
        self.assertIn("virt,gic-version=2,virtualization=on", machine.command(Path("image")))

    def test_u_boot_gets_image_with_comma(self) -> None:
        command = Machine(via="u-boot").command(Path("a,b.img"))
        self.assertNotIn("-kernel", command)
        self.assertTrue(any(argument.endswith("file=a,,b.img") for argument in command))


if __name__ == "__main__":
    unittest.main()
