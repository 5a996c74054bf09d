# SPDX-License-Identifier: BSD-2-Clause
"""Every message that the compiler can print is seen by some test: in a golden file, an example of the document, or a test's own text.

Environment: REPOSITORY. Called by itself, prints all messages, those that no test sees first.
"""

import os
import re
import sys
import unittest
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(os.environ.get("REPOSITORY", Path(__file__).resolve().parents[3]))
TESTS = Path("tests") / "host" / "capdl"
# What says something: each takes its sentence as an argument, or several of which one is chosen.
_CALL = re.compile(r"(?:\.error|\.warning|\bfail|\bfail_unknown|\bexpect|\bexpect_word|\bunexpected|\bset_error|\brefuse)\s*\(")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_PLACE = re.compile(r"\{[^{}]*\}")
_LEAST = 6  # characters of a message that are its own: shorter ones are words
_TEXTS = ("*.golden", "*.py", "*.cpp")
# Said of the machine that the compiler runs on, of gigabytes of text, or of the largest systems: no test makes that happen.
_OUT_OF_REACH = (
    "no further process can be started",
    "no temporary file can be made",
    "cannot be read: ",
    "all texts together are larger than",
    "standard input is larger than",
    "memory is in too many pieces",
    "who can affect whom is not compared: ",
)


def calls(text: str) -> Iterator[str]:
    """The arguments of each call that says something."""
    for found in _CALL.finditer(text):
        depth, at, quoted = 1, found.end(), False
        while depth and at < len(text):
            if text[at] == '"' and text[at - 1] != "\\":
                quoted = not quoted
            elif not quoted:
                depth += (text[at] == "(") - (text[at] == ")")
            at += 1
        yield text[found.end() : at - 1]


def messages() -> dict[str, str]:
    """Each message as a regular expression, and the file that it is in."""
    found: dict[str, str] = {}
    for path in sorted((REPOSITORY / "capdl").rglob("*.cpp")):
        if "loader" in path.parts:
            continue
        for arguments in calls(path.read_text(encoding="utf-8")):
            joined = re.sub(r'"\s*\n\s*"', "", arguments)  # one literal over several lines
            for literal in _STRING.findall(joined):
                own = _PLACE.split(literal.replace('\\"', '"').replace("\\\\", "\\"))
                if sum(len(part) for part in own) >= _LEAST and " " in literal:
                    message = ".*".join(re.escape(part) for part in own)
                    found[re.sub(r"^\.\*(\\ )*", "", message)] = str(path.relative_to(REPOSITORY))
    return found


def seen() -> str:
    """All that tests expect to be said."""
    own = Path(__file__).name
    texts = [path for pattern in _TEXTS for path in (REPOSITORY / TESTS).rglob(pattern) if path.name != own]
    texts += (REPOSITORY / "tests" / "command_line").glob("*.py")
    texts.append(REPOSITORY / "docs" / "capdl.md")
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in texts).replace('\\"', '"')


def untested() -> list[str]:
    """The messages that no test sees, with their files."""
    text = seen()
    return [
        f"{path}: {message}"
        for message, path in messages().items()
        if not re.search(message, text) and not any(each in re.sub(r"\\(.)", r"\1", message) for each in _OUT_OF_REACH)
    ]


class MessagesTest(unittest.TestCase):
    """The list and what is on it."""

    def test_the_list_is_long(self) -> None:
        """If the compiler were written otherwise, nothing might be found."""
        self.assertGreater(len(messages()), 180)

    def test_no_message_is_untested(self) -> None:
        """Each is said in some test."""
        self.assertEqual(untested(), [])


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] == "list":
        print("\n".join([*untested(), "", *messages()]))
    else:
        unittest.main()
