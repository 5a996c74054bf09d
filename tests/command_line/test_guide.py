# SPDX-License-Identifier: BSD-2-Clause
"""Holds the guide and the examples in libsel's headers against the files that the build compiles.

A page of docs/guide shows a file as a block below a line with its path, whole or in part; a header shows an example below a
line `Example: ...`, indented. Of the guide's blocks all lines must be in the file; of a header's examples, in
tests/host/libsel/header_examples.cpp, but for spaces and line ends.
"""

import re
import unittest
from collections.abc import Iterator
from pathlib import Path

from support import REPOSITORY
from test_first_hour import File, steps

GUIDE = REPOSITORY / "docs" / "guide"
HEADERS = REPOSITORY / "libsel" / "include" / "sel"
EXAMPLES = REPOSITORY / "tests" / "host" / "libsel" / "header_examples.cpp"
_EXAMPLE = re.compile(r"^/// Example: .*\n(?:/// .*\n)*///\n((?:///(?:     .*)?\n)+)", re.MULTILINE)


def words(text: str) -> str:
    """A text with a single space wherever it has some space."""
    return " ".join(text.split())


def examples(header: str) -> Iterator[str]:
    """The examples in a header."""
    for match in _EXAMPLE.finditer(header):
        yield match[1].replace("///", "")


class Guide(unittest.TestCase):
    """What the guide shows is what is built."""

    def test_files(self) -> None:
        for page in sorted(GUIDE.glob("*.md")):
            shown = [step for step in steps(page.read_text(encoding="utf-8")) if isinstance(step, File)]
            with self.subTest(page.name):
                self.assertNotEqual(shown, [], "the page shows no file that is built")
            for file in shown:
                with self.subTest(f"{page.name}: {file.path}"):
                    built = words((REPOSITORY / file.path).read_text(encoding="utf-8"))
                    self.assertTrue(words(file.text) in built, f"the page shows what is not there:\n{file.text}")

    def test_every_page_is_linked(self) -> None:
        readme = (REPOSITORY / "libsel" / "README.md").read_text(encoding="utf-8")
        for page in GUIDE.glob("*.md"):
            self.assertIn(f"docs/guide/{page.name}", readme)


# Types of capabilities: who takes one says which rights it needs.
_CAPABILITY = re.compile(r"\b(CapTable|Untyped|AddressSpace|Endpoint|Notification|Reply|Thread|ScheduleControl|Frame) \w+[,);{]")


def documented_faults(header: str) -> list[str]:
    """What a public header leaves out: its purpose, an example, its errors, the rights that it needs."""
    comments = "\n".join(line for line in header.splitlines() if line.lstrip().startswith("//"))
    code = "\n".join(line for line in header.splitlines() if not line.lstrip().startswith("//"))
    faults = []
    if not re.search(r"\A// SPDX.*\n// [A-Z].*[.:]?", header):
        faults.append("its purpose")
    if not list(examples(header)):
        faults.append("an example")
    if re.search(r"\bResult<", code) and not re.search(r"[Ee]rrors?\b|[Rr]efus", comments):
        faults.append("errors")
    if _CAPABILITY.search(code) and not re.search(r"[Rr]ights?\b", comments):
        faults.append("the rights needed")
    return faults


class Examples(unittest.TestCase):
    """Every public header reads like documentation, and the examples in them compile."""

    def test_examples(self) -> None:
        compiled = words(EXAMPLES.read_text(encoding="utf-8"))
        count = 0
        for header in sorted(HEADERS.glob("*.hpp")):
            for example in examples(header.read_text(encoding="utf-8")):
                count += 1
                with self.subTest(header.name):
                    self.assertTrue(words(example) in compiled, f"not in {EXAMPLES.name}:\n{example}")
        self.assertGreater(count, 30)

    def test_every_header(self) -> None:
        for header in sorted(HEADERS.glob("*.hpp")):
            with self.subTest(header.name):
                faults = documented_faults(header.read_text(encoding="utf-8"))
                self.assertEqual(faults, [], f"{header.name} does not say: {', '.join(faults)}")

    def test_faults(self) -> None:
        bare = "// SPDX-License-Identifier: BSD-2-Clause\n#pragma once\nResult<void> take(Endpoint from);\n"
        self.assertEqual(
            documented_faults(bare), ["its purpose", "an example", "errors", "the rights needed"]
        )

    def test_reading(self) -> None:
        text = "/// One.\n///\n/// Example: so\n/// it goes.\n///\n///     a;\n///\n///       b;\n/// Two.\nclass X;\n"
        self.assertEqual([words(example) for example in examples(text)], ["a; b;"])


if __name__ == "__main__":
    unittest.main()
