# SPDX-License-Identifier: BSD-2-Clause
"""Does what docs/first-hour.md says: its files, its commands, its output."""

import os
import re
import subprocess
import tempfile
import unittest
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from support import REPOSITORY

DOCUMENT = REPOSITORY / "docs" / "first-hour.md"
OUTSIDE = "/tmp/adding"  # the document's folder outside of the repository; the test takes one of its own
SECONDS = 100  # for one command, with what it builds

_BLOCK = re.compile(r"(?:^`(?P<path>\S+)`\n\n)?^```(?P<kind>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class File:
    """A file that the reader writes."""

    path: str
    text: str


_OTHERS_BUILD = "selene: waiting for another build to end\n"  # tests run beside each other, readers do not


@dataclass
class Command:
    """A command and what it prints, stdout and stderr together."""

    line: str
    expected: str


def steps(document: str) -> Iterator[File | Command]:
    """What the reader does, in order: files are blocks below a line with their path, commands begin with `$ ` in console blocks."""
    for block in _BLOCK.finditer(document):
        if block["path"]:
            yield File(block["path"], block["body"])
        elif block["kind"] == "console":
            for command in re.split(r"^\$ ", block["body"], flags=re.MULTILINE)[1:]:
                line, _, expected = command.partition("\n")
                yield Command(line, expected)


def agrees(expected: str, printed: str) -> bool:
    """Whether the output is as the document has it: `...` alone stands for any lines, at a line's end for the rest of it."""
    pattern = ""
    for line in expected.splitlines():
        if line == "...":
            pattern += r"(?:.*\n)*?"
        elif line.endswith(" ..."):
            pattern += re.escape(line[:-3]) + r".*\n"
        else:
            pattern += re.escape(line) + r"\n"
    return re.fullmatch(pattern, printed) is not None


class FirstHour(unittest.TestCase):
    """The document, from its first line to its last."""

    def test_document(self) -> None:
        with tempfile.TemporaryDirectory() as holder:
            folder = f"{holder}/{Path(OUTSIDE).name}"
            count = 0
            for step in steps(DOCUMENT.read_text(encoding="utf-8").replace(OUTSIDE, folder)):
                count += 1
                if isinstance(step, File):
                    self.write(step)
                else:
                    self.run_command(step, folder)
            self.assertGreater(count, 12)

    def write(self, file: File) -> None:
        """Writes a file; what belongs into the repository must be there already, or the document is out of date."""
        path = REPOSITORY / file.path  # an absolute path stays as it is
        if path.is_relative_to(REPOSITORY):
            self.assertEqual(path.read_text(encoding="utf-8"), file.text, f"{file.path} is not as the document has it")
        else:
            path.write_text(file.text, encoding="utf-8")

    def run_command(self, command: Command, folder: str) -> None:
        """Runs a command as the reader would and compares what it prints."""
        done = subprocess.run(
            ["bash", "-c", command.line],
            cwd=REPOSITORY,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        printed = done.stdout.replace("\r", "").replace(_OTHERS_BUILD, "")
        report = f"$ {command.line}\n{printed}\nwhere the document has\n{command.expected}".replace(folder, OUTSIDE)
        self.assertTrue(agrees(command.expected, printed), report)
        self.assertEqual(done.returncode, 0, report)


class Reading(unittest.TestCase):
    """The test's own parts."""

    def test_steps(self) -> None:
        text = "See\n\n`a/b.cpp`\n\n```cpp\nint x;\n```\n\n```console\n$ one\n1\n$ two\n```\n\n```cpp\nno step\n```\n"
        self.assertEqual(list(steps(text)), [File("a/b.cpp", "int x;\n"), Command("one", "1\n"), Command("two", "")])

    def test_output(self) -> None:
        self.assertTrue(agrees("a\n...\nb\n", "a\nb\n"))
        self.assertTrue(agrees("...\na at ...\n", "x\ny\na at 12\n"))
        self.assertFalse(agrees("a\n", "a\nb\n"))
        self.assertFalse(agrees("...\nb\n", "a\n"))


if __name__ == "__main__":
    unittest.main()
