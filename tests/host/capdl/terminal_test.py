# SPDX-License-Identifier: BSD-2-Clause
"""Messages in colour: on a terminal, and nowhere else.

Environment: CAPDL, the program.
"""

import os
import pty
import subprocess
import tempfile
import unittest
from pathlib import Path

CAPDL = os.environ["CAPDL"]
COLOUR = b"\x1b["


class TerminalTest(unittest.TestCase):
    """The same mistake, seen by a terminal and by a pipe."""

    def messages(self, *, terminal: bool, **environment: str) -> bytes:
        """What is said of a wrong spec."""
        with tempfile.TemporaryDirectory() as folder:
            spec = Path(folder) / "wrong.cdl"
            spec.write_text("arch aarch64 objects { e = epp f = frame (4k, fill: []) }\n", encoding="utf-8")
            reader, writer = pty.openpty() if terminal else os.pipe()
            with os.fdopen(reader, "rb", buffering=0) as screen:
                variables = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | environment
                done = subprocess.run([CAPDL, "check", str(spec)], stderr=writer, env=variables, timeout=60, check=False)
                self.assertEqual(done.returncode, 1)
                said = os.read(screen.fileno(), 1 << 16)
                os.close(writer)
            self.assertIn(b"`epp` is not an object type", said)
            return said

    def test_colours(self) -> None:
        """Each label has one, and what has it is switched off again."""
        said = self.messages(terminal=True)
        self.assertIn(b"\x1b[1;31merror:\x1b[0m", said)
        self.assertTrue(said.rstrip().endswith(b"1 error, 0 warnings"))

    def test_no_colours(self) -> None:
        """A pipe gets none; who sets NO_COLOR to anything but nothing gets none on a terminal (no-color.org)."""
        self.assertNotIn(COLOUR, self.messages(terminal=False))
        self.assertNotIn(COLOUR, self.messages(terminal=True, NO_COLOR="1"))
        self.assertIn(COLOUR, self.messages(terminal=True, NO_COLOR=""))


if __name__ == "__main__":
    unittest.main()
