#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every state of each model of the rules between cores is searched by Spin; each wrong variant must be found to be wrong.

A model's head names its variants, one a line: NAME, two spaces or more, what is wrong with it. Environment: SELENE_BUILD,
the build folder; SPIN, the program; CC, a C compiler.
"""

import os
import re
import subprocess
import unittest
from pathlib import Path

MODELS = sorted(Path(__file__).resolve().parent.glob("*.pml"))
FOLDER = Path(os.environ.get("SELENE_BUILD", "build")) / "tests" / "cores"
DEEPEST = 200_000  # steps of a run; a search that meets longer ones says so, and fails

_VARIANT = re.compile(r"^   ([A-Z_]+)  +\S", re.MULTILINE)
_SUMMARY = re.compile(r"errors: (\d+)$", re.MULTILINE)


def variants(model: Path) -> list[str]:
    """The wrong ones."""
    return _VARIANT.findall(model.read_text(encoding="utf-8").split("*/")[0])


def search(model: Path, variant: str = "") -> str:
    """What the search of a variant says, of the right one if none is named."""
    folder = FOLDER / f"{model.stem}-{variant or 'right'}"
    folder.mkdir(parents=True, exist_ok=True)
    define = [f"-D{variant}=1"] if variant else []
    compiler = [os.environ.get("CC", "cc"), "-w", "-O0", "-DSAFETY", "-o", "pan", "pan.c"]
    for command in ([os.environ.get("SPIN", "spin"), "-a", *define, str(model)], compiler):
        subprocess.run(command, cwd=folder, capture_output=True, check=True)
    return subprocess.run(["./pan", f"-m{DEEPEST}"], cwd=folder, capture_output=True, text=True, check=True).stdout


class Rules(unittest.TestCase):
    """Deadlocks and failed assertions."""

    def errors(self, said: str) -> int:
        self.assertNotIn("max search depth too small", said)
        found = _SUMMARY.search(said)
        self.assertIsNotNone(found, said)
        return int(found[1])

    def test_the_rules_hold(self) -> None:
        for model in MODELS:
            with self.subTest(model.stem):
                said = search(model)
                self.assertEqual(self.errors(said), 0, said)

    def test_without_them_something_breaks(self) -> None:
        self.assertGreaterEqual(len(MODELS), 6)
        for model in MODELS:
            self.assertTrue(variants(model), model.name)
            for variant in variants(model):
                with self.subTest(model.stem, variant=variant):
                    self.assertGreater(self.errors(search(model, variant)), 0)


if __name__ == "__main__":
    unittest.main()
