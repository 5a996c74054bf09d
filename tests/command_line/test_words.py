# SPDX-License-Identifier: BSD-2-Clause
"""Wrong words and options: one sentence, exit code 2, and nothing is built for it."""

import tempfile
import unittest
from pathlib import Path

from support import selene


class Words(unittest.TestCase):
    """Each command line is refused (or answered) as said here."""

    def refused(self, *words: str, saying: str) -> None:
        """The command line is refused with one sentence that contains `saying`."""
        answer = selene(*words)
        self.assertEqual(answer.returncode, 2, answer.stderr)
        self.assertEqual(answer.stdout, "")
        self.assertEqual(len(answer.stderr.splitlines()), 1, answer.stderr)
        self.assertTrue(answer.stderr.startswith("selene: "))
        self.assertIn(saying, answer.stderr)

    def test_wrong_words(self) -> None:
        self.refused("rnu", saying="did you mean run?")
        self.refused("zzz", saying="choose from bench, build")
        self.refused("spec", "chekc", "x.cdl", saying="did you mean check?")

    def test_wrong_options(self) -> None:
        self.refused("run", "--gic", "4", saying="--gic")
        self.refused("debug", "--dry-run", saying="--dry-run")
        self.refused("run", "--el", "3", saying="--el")
        self.refused("image", "rpi5", saying="did you mean rpi4?")
        self.refused("spec", "snapshot", "helo", saying="did you mean hello?")
        self.refused("spec", "snapshot", "--before", "x", saying="--before")
        self.refused("image", "imx8mp-evk", saying="no disk or card")
        self.refused("run", "--via", "floppy", saying="--via")
        self.refused("run", "--kernel", "fast", saying="--kernel")
        self.refused("run", "--timeout", "0", saying="number of seconds")
        self.refused("run", "--timeout", "soon", saying="number of seconds")
        self.refused("run", "--tim", "3", saying="unrecognized")
        self.refused("build", "one", "two", saying="unrecognized")
        self.refused("setup", "lunch", saying="invalid choice: 'lunch'")
        self.refused("test", "--seed", "x", saying="--seed")
        self.refused("debug", "--timeout", "0", saying="number of seconds")
        self.refused("debug", "--component", saying="expected one argument")
        self.refused("run", "--component", "memory", saying="unrecognized")

    def test_unknown_names(self) -> None:
        self.refused("run", "no-such-system", saying="there is no system 'no-such-system'")
        self.refused("run", "./none.cdl", saying="there is no file or folder './none.cdl'")
        self.refused("build", str(Path(__file__)), saying="is not a spec")
        with tempfile.TemporaryDirectory() as empty:
            self.refused("build", empty, saying="has no spec")

    def test_help(self) -> None:
        for words in ([], ["setup"], ["build"], ["run"], ["debug"], ["test"], ["bench"], ["spec"]):
            answer = selene(*words, "--help")
            self.assertEqual(answer.returncode, 0, answer.stderr)
            self.assertIn("usage:", answer.stdout)

    def test_no_word(self) -> None:
        answer = selene()
        self.assertEqual(answer.returncode, 2)
        self.assertIn("usage:", answer.stdout)

    def test_any_folder(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(selene("setup", "--help", folder=Path(folder)).returncode, 0)


if __name__ == "__main__":
    unittest.main()
