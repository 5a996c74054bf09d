# SPDX-License-Identifier: BSD-2-Clause
"""Calls `capdl` as a person would.

Environment: CAPDL, the program; PARTS, the build folder with kernel, loader and components; REPOSITORY.
"""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

CAPDL = os.environ["CAPDL"]
PARTS = Path(os.environ["PARTS"])
REPOSITORY = Path(os.environ["REPOSITORY"])
HELLO = REPOSITORY / "userland" / "systems" / "hello" / "hello.cdl"

DONE, REFUSED, USAGE, MISSING = 0, 1, 2, 3

WRONG = "arch aarch64 objects { e = epp }\n"


class ProgramTest(unittest.TestCase):
    """What the tests of the program's words share."""

    def setUp(self) -> None:
        """A folder for what is read and written."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def spec(self, text: str) -> str:
        """Makes a spec and returns its path."""
        path = self.folder / "test.cdl"
        path.write_text(text, encoding="utf-8")
        return str(path)

    def run_capdl(self, *words: str, code: int = DONE, text: str = "") -> tuple[str, str]:
        """What it printed as result and as messages, with a text on standard input."""
        done = subprocess.run([CAPDL, *words], input=text, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout, done.stderr

    def build(self, *words: str, code: int = DONE, **replaced: str) -> tuple[str, str]:
        """Builds hello, or what the options say."""
        options = {
            "kernel": str(PARTS / "kernel" / "selene-release.bin"),
            "loader": str(PARTS / "loader" / "loader.elf"),
            "components": str(PARTS / "components"),
            "output": str(self.folder / "test.img"),
        } | replaced
        return self.run_capdl("build", *(words or (str(HELLO),)), *(f"--{name}={value}" for name, value in options.items()), code=code)
