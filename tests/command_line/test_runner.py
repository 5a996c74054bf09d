# SPDX-License-Identifier: BSD-2-Clause
"""Choosing tests, judging system tests, and the patterns of the style suite."""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

import support  # noqa: F401  # makes the modules below known
import style
import suites
import system_test
from system_test import Conversation, SystemTest, complaints
from terminal import USAGE, Failure


def entry(number: int, name: str, *labels: str) -> suites.Test:
    """One of CTest's tests."""
    return suites.Test(number, name, labels[0], frozenset(labels))


TESTS = [
    entry(1, "tree: grows", "host"),
    entry(2, "tree: shrinks", "host", "long"),
    entry(3, "system: hello (gic2, kernel, el1)", "system", "at_el1", "usual"),
    entry(4, "system: hello (gic3, kernel, el1)", "system", "at_el1", "everywhere"),
    entry(5, "mutant: 1", "mutants"),
    entry(6, "system: hello (gic2, kernel, el2)", "system", "at_el2", "usual", "everywhere"),
    entry(7, "system: hello (gic3, kernel, el2)", "system", "at_el2", "everywhere"),
]


class Choice(unittest.TestCase):
    """Which tests the words of the command line ask for."""

    def chosen(self, *names: str, everywhere: bool = False, level: int | None = None) -> list[int]:
        """The numbers of the chosen tests."""
        return [one.number for one in suites._choose(TESTS, names, everywhere=everywhere, level=level)]

    def test_default(self) -> None:
        self.assertEqual(self.chosen(), [1, 3])
        self.assertEqual(self.chosen(everywhere=True), [1, 3, 4, 6, 7])

    def test_suites(self) -> None:
        self.assertEqual(self.chosen("system"), [3])
        self.assertEqual(self.chosen("mutants", "host"), [1, 5])

    def test_names(self) -> None:
        self.assertEqual(self.chosen("tree"), [1, 2])
        self.assertEqual(self.chosen("tree: shrinks"), [2])
        self.assertEqual(self.chosen("system: hello*"), [3, 4, 6, 7])

    def test_levels(self) -> None:
        self.assertEqual(self.chosen(level=1), [1, 3])
        self.assertEqual(self.chosen(level=2), [1, 6])
        self.assertEqual(self.chosen("system", level=2), [6])
        self.assertEqual(self.chosen("system", everywhere=True, level=2), [6, 7])
        self.assertEqual(self.chosen("system: hello*", level=1), [3, 4])

    def test_unknown(self) -> None:
        for name, saying in (("fuzz", "no tests yet"), ("hots", "did you mean host?"), ("tree: grow", "did you mean tree: grows?")):
            with self.assertRaises(Failure) as caught:
                self.chosen(name)
            self.assertEqual(caught.exception.code, USAGE)
            self.assertIn(saying, str(caught.exception))


class Results(unittest.TestCase):
    """Reading CTest's output."""

    def results(self, script: str) -> list[tuple[str, str, str]]:
        """Names, verdicts and outputs, with a script in CTest's place."""
        with tempfile.TemporaryDirectory() as folder:
            ctest = Path(folder) / "ctest"
            ctest.write_text(f"#!/bin/sh\ncat <<'END'\n{script}\nEND\n", encoding="utf-8")
            ctest.chmod(0o755)
            with mock.patch.dict("os.environ", {"PATH": f"{folder}:/usr/bin:/bin"}):
                return [(one.name, verdict, output) for one, verdict, _, output in suites._results(TESTS[:3], 1)]

    def test_verdicts(self) -> None:
        output = """\
    Start 1: tree: grows
    Start 2: tree: shrinks
1/3 Test #2: tree: shrinks .........***Failed    0.02 sec
it broke
  here

2/3 Test #1: tree: grows ...........   Passed    0.01 sec
3/3 Test #3: system: hello (gic2, kernel, el1) ...***Timeout  20.00 sec
hangs

33% tests passed, 2 tests failed out of 3"""
        self.assertEqual(
            self.results(output),
            [
                ("tree: shrinks", "Failed", "it broke\n  here"),
                ("tree: grows", "Passed", ""),
                ("system: hello (gic2, kernel, el1)", "Timeout", "hangs"),
            ],
        )

    def test_lost(self) -> None:
        verdicts = [verdict for _, verdict, _ in self.results("1/3 Test #1: tree: grows ....   Passed    0.01 sec")]
        self.assertEqual(verdicts, ["Passed", "Lost", "Lost"])


class SystemTests(unittest.TestCase):
    """Entries of tests.yaml and their judgement."""

    def test_judgement(self) -> None:
        test = SystemTest(name="t", system="t", console=["^one$", "two"], never=["panic"])
        self.assertEqual(complaints(test, 0, "one\nand two\nexit 0\n"), [])
        self.assertIn("exit code 3", complaints(test, 3, "one\ntwo")[0])
        self.assertIn("/two/", complaints(test, 0, "two\none\n")[0])
        self.assertIn("/panic/", complaints(test, 0, "one\ntwo\npanic")[0])

    def test_machines(self) -> None:
        everywhere = list(SystemTest(name="t", system="t", machines="all").variants())
        self.assertEqual([one.default for one in everywhere], [True] * 8)
        chosen = list(SystemTest(name="t", system="t").variants())
        self.assertEqual(sum(one.default for one in chosen), 1)
        self.assertEqual(sorted(one.el for one in chosen if one.usual), [1, 2])
        self.assertTrue(all(one.usual for one in chosen if one.default))
        self.assertEqual(len({str(one) for one in chosen}), 8)
        by_default = [one.el for name in "abcdefgh" for one in SystemTest(name=name, system=name).variants() if one.default]
        self.assertEqual(set(by_default), {1, 2})

    def test_entries(self) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write("plain:\nother: {system: hello, exit: 3}\n")
            file.flush()
            with mock.patch.object(system_test, "TESTS", Path(file.name)):
                tests = SystemTest.load()
                self.assertEqual((tests["plain"].system, tests["other"].system, tests["other"].exit), ("plain", "hello", 3))
                file.write("third: {exits: 3}\n")
                file.flush()
                self.assertRaisesRegex(Failure, "third has an unknown field 'exits'", SystemTest.load)

    def test_conversation(self) -> None:
        test = SystemTest(name="t", system="t", type=[{"after": "name\\?", "text": "me\n"}, {"after": "age\\?", "text": "7\n"}])
        talk = Conversation(test)
        self.assertEqual([talk(b"na"), talk(b"me? "), talk(b"age"), talk(b"?"), talk(b"name?")], [b"", b"me\n", b"", b"7\n", b""])


class Style(unittest.TestCase):
    """What the style suite takes for a name that does not belong in the repository."""

    def test_foreign_names(self) -> None:
        host = "http://" + "deb.debian" + ".org/debian"
        for text in (host, "see " + "/root" + "/x", "cp " + "/home" + "/me/x"):
            self.assertRegex(text, style._FOREIGN)
        for text in ("http://mirror.example/debian", "/usr/bin/python3", "tests/work/x", "https://spdx" + ".org/x", "a/root/b"):
            self.assertNotRegex(text, style._FOREIGN)


if __name__ == "__main__":
    unittest.main()
