# SPDX-License-Identifier: BSD-2-Clause
"""Does what docs/capdl.md shows to be done on the command line, and compares.

A line that ends with the name of a spec and a colon stands before that spec; a block that begins with `$ ./selene spec`
shows a command and what it prints. Numbers that depend on the machine and its kernel may differ by a fifth.
"""

import re
import tempfile
import unittest
from pathlib import Path

from support import REPOSITORY, said, selene

PAGE = (REPOSITORY / "docs" / "capdl.md").read_text(encoding="utf-8")
_SPEC = re.compile(r"`(\w+\.cdl)`:\n\n```capdl\n(.*?)```", re.DOTALL)
_RUN = re.compile(r"```text\n\$ \./selene spec ([^\n]*)\n(.*?)```", re.DOTALL)
_NUMBER = re.compile(r"\b\d+\b")
_WORDS = {"check", "expand", "format", "build", "stat", "diff", "graph", "why", "policy"}
_LEEWAY = 5


class CapdlPage(unittest.TestCase):
    """Each command in a folder with all the specs."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        for name, text in _SPEC.findall(PAGE):
            (self.folder / name).write_text(text, encoding="utf-8")

    def compare(self, printed: str, shown: str, *, exact: bool) -> None:
        """What is printed is what is shown."""
        if exact:
            self.assertEqual(printed, shown)
            return
        self.assertEqual(_NUMBER.sub("N", printed), _NUMBER.sub("N", shown))
        for number, expected in zip(_NUMBER.findall(printed), _NUMBER.findall(shown), strict=True):
            self.assertLessEqual(abs(int(number) - int(expected)), int(expected) // _LEEWAY, f"{expected} is shown, it is {number}")

    def test_commands(self) -> None:
        """All that are shown."""
        for words, shown in _RUN.findall(PAGE):
            with self.subTest(words):
                answer = selene("spec", *words.split(), folder=self.folder)
                self.assertEqual(answer.returncode, 1 if "error: " in shown else 0, answer.stderr)
                self.compare(answer.stdout + said(answer), shown, exact="--platform" not in words)

    def test_every_word(self) -> None:
        """Each word that prints something has an example, and each spec is used."""
        lines = [line.split() for line, _ in _RUN.findall(PAGE)]
        self.assertEqual({words[0] for words in lines}, _WORDS)
        self.assertEqual({name for name, _ in _SPEC.findall(PAGE)}, {word for words in lines for word in words if word.endswith(".cdl")})
        self.assertTrue(all(f"./selene spec {word}" in PAGE for word in _WORDS | {"lsp"}))


if __name__ == "__main__":
    unittest.main()
