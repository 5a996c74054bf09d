# SPDX-License-Identifier: BSD-2-Clause
"""The invariants that are declared, listed, documented and shown to find their corruption are the same ones."""

import re
import unittest
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
KERNEL = REPOSITORY / "kernel/invariants"
MACHINE = REPOSITORY / "tests/host/machine/translation_invariant.hpp"
TESTS = REPOSITORY / "tests/invariants"

# | what holds | `function` | its corrupted state; another |
ROW = re.compile(r"^\| .+ \| `(\w+)` \| (.+) \|$", re.MULTILINE)
DECLARED = re.compile(r"^(?:Function|Violation) (\w+)[;(]", re.MULTILINE)
LISTED = re.compile(r'^ +\{"(\w+)", (\w+), (?:light|heavy)\},$', re.MULTILINE)
TEST_CASE = re.compile(r'^TEST_CASE\("([^"]+)"\) \{$\n(.*?)^\}$', re.MULTILINE | re.DOTALL)
# | what | "a test"; "another" |
BY_NAME = re.compile(r'^\| .+ \| ("[^|]+") \|$', re.MULTILINE)
NAME = re.compile(r'^TEST_CASE\("([^"]+)"\)', re.MULTILINE)
SYSTEM = re.compile(r"^(\w+):", re.MULTILINE)
BREAKS = re.compile(r"check_(?:breaks|finds)\(\w+::(\w+)")


def declared(header: Path) -> list[str]:
    """The functions that a header declares inside of namespace invariant."""
    text = header.read_text(encoding="utf-8")
    start = re.search(r"^namespace (?:selene::)?(?:invariant|change) \{$", text, re.MULTILINE)
    assert start is not None
    return DECLARED.findall(text[start.end() : text.index("}  // namespace", start.end())])


def corruptions() -> dict[str, set[str]]:
    """Each invariant's test cases, by the names of both."""
    found: dict[str, set[str]] = {}
    for source in sorted(TESTS.glob("*_test.cpp")):
        for case, body in TEST_CASE.findall(source.read_text(encoding="utf-8")):
            names = BREAKS.findall(body) or (["no_translation_is_stale"] if "check_breaks_only_the_machines" in body else [])
            for name in names:
                found.setdefault(name, set()).add(case)
    return found


class InvariantTable(unittest.TestCase):
    """docs/invariants.md against the functions and their tests."""

    def setUp(self) -> None:
        rows = ROW.findall((REPOSITORY / "docs/invariants.md").read_text(encoding="utf-8"))
        self.documented = {name: set(cases.split("; ")) for name, cases in rows}
        self.assertEqual(len(rows), len(self.documented), "an invariant has one row")
        self.kernels = declared(KERNEL / "invariants.hpp")

    def test_every_function_is_in_the_table(self) -> None:
        changes = declared(KERNEL / "change_invariants.hpp")
        self.assertEqual(sorted(self.documented), sorted(self.kernels + changes + declared(MACHINE)))

    def test_every_function_is_in_the_list_that_is_run(self) -> None:
        listed = LISTED.findall((KERNEL / "invariants.cpp").read_text(encoding="utf-8"))
        self.assertTrue(all(name == function for name, function in listed))
        self.assertEqual([name for name, _ in listed], self.kernels)

    def test_every_invariant_has_its_corrupted_states(self) -> None:
        found = corruptions()
        for name in sorted(self.documented | found):
            self.assertEqual(self.documented.get(name), found.get(name), name)

    def test_every_test_that_is_named_exists(self) -> None:
        cases = {name for source in REPOSITORY.glob("tests/**/*_test.cpp") for name in NAME.findall(source.read_text("utf-8"))}
        systems = SYSTEM.findall((REPOSITORY / "tests/system/tests.yaml").read_text("utf-8"))
        rows = BY_NAME.findall((REPOSITORY / "docs/invariants.md").read_text("utf-8"))
        named = {name for row in rows for name in re.findall(r'"([^"]+)"', row)}
        self.assertGreater(len(named), 50)
        self.assertEqual([], sorted(named - cases - {f"system: {system}" for system in systems}))



if __name__ == "__main__":
    unittest.main()
