# SPDX-License-Identifier: BSD-2-Clause
"""What comes of an image whose system part is not as it was made."""

import subprocess
import sys
import unittest
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "platforms"))

from build import make_image  # noqa: E402
from console import ON_PIPE, watch  # noqa: E402
from machine import Machine  # noqa: E402
from systems import find_system  # noqa: E402
from terminal import BUILD  # noqa: E402

TIME_OUT = 30.0


def console_of(image: Path) -> str:
    """All that the machine says, until it is off."""
    said = bytearray()

    def listen(piece: bytes) -> bytes:
        said.extend(piece)
        return b""

    watch([*Machine().command(image), *ON_PIPE], on_output=listen, stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT,
          time_out=TIME_OUT)
    return said.decode(errors="replace").replace("\r", "")


class DamagedImage(unittest.TestCase):
    """The loader looks before it trusts."""

    def test_one_byte(self) -> None:
        image = make_image(find_system("hello"), "release", BUILD / "tests" / "system" / "damaged.img")
        content = bytearray(image.read_bytes())
        content[len(content) * 3 // 4] ^= 1
        image.write_bytes(content)
        said = console_of(image)
        self.assertIn("the system image is damaged", said)
        self.assertIn("nothing has been started", said)


if __name__ == "__main__":
    unittest.main()
