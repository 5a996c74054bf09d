# SPDX-License-Identifier: BSD-2-Clause
"""What comes of an image whose system part is not as it was made."""

import sys
import unittest
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "platforms"), str(REPOSITORY / "tests" / "runner")]

from booted import BootTest, console_of  # noqa: E402
from build import make_image  # noqa: E402
from machine import Machine  # noqa: E402
from systems import find_system  # noqa: E402
from terminal import BUILD  # noqa: E402

TIME_OUT = 30.0


class DamagedImage(BootTest):
    """The loader looks before it trusts."""

    suite = "system"

    def test_one_byte(self) -> None:
        image = make_image(find_system("hello"), "release", BUILD / "tests" / "system" / "damaged.img")
        content = bytearray(image.read_bytes())
        content[len(content) * 3 // 4] ^= 1
        image.write_bytes(content)
        said = console_of(Machine().command(image), "never said", TIME_OUT)
        self.assertIn("the system image is damaged", said)
        self.assertIn("nothing has been started", said)


if __name__ == "__main__":
    unittest.main()
