# SPDX-License-Identifier: BSD-2-Clause
"""The lists of mutants are well made, the draw is stable, and the workshop tells bugs from none."""

import unittest

import draw
from mutant import REPOSITORY, Mutant, seeded
from workshop import Verdict, judge


class Lists(unittest.TestCase):
    """What seeded.yaml, target.yaml and the draw offer."""

    def test_seeded_are_well_made(self) -> None:
        """Each text stands once in its file, and no two entries are the same change."""
        for kind, least in (("seeded", 40), ("target", 25)):
            mutants, complaints = seeded(kind)
            self.assertEqual(complaints, [])
            self.assertGreaterEqual(len(mutants), least)

    def test_draw_is_stable(self) -> None:
        """A seed draws the same again, another seed others; no two are the same; all four kinds are drawn."""
        one = [mutant.name for mutant in draw.drawn(1)]
        self.assertEqual(one, [mutant.name for mutant in draw.drawn(1)])
        self.assertNotEqual(one[:20], [mutant.name for mutant in draw.drawn(2)][:20])
        self.assertEqual({name.split(": ")[1] for name in one[:200]}, {"deleted", "negated", "off by one", "swapped"})

    def test_every_file_is_drawn_from(self) -> None:
        """No source file of the folders is left out."""
        files = {mutant.file for kind in draw.FOLDERS for mutant in draw.drawn(1, kind)}
        folders = [REPOSITORY / folder for folders in draw.FOLDERS.values() for folder in folders]
        sources = {str(path.relative_to(REPOSITORY)) for folder in folders for path in folder.glob("*.cpp")}
        without_choice = {"kernel/object/power_control.cpp"}
        self.assertEqual(sources - files - without_choice, set())

    def test_changes(self) -> None:
        """What is changed in a small text, and what is left alone."""
        text = "void f() {\n    // g(1, 2);\n    SELENE_ASSERT(a < 1);\n    if (x < y) g(a, b);\n}\n"
        made = sorted((change.kind, text[change.begin : change.end], change.to) for change in draw.changes(text))
        self.assertEqual(
            made,
            [
                ("deleted", "if (x < y) g(a, b)", ""),
                ("negated", "x < y", "!(x < y)"),
                ("off by one", "<", "<="),
                ("swapped", "a, b", "b, a"),
                ("swapped", "x < y", "y < x"),
            ],
        )


class Judging(unittest.TestCase):
    """The workshop, with one mutant of each verdict that comes fast."""

    def verdict(self, file: str, text: str, to: str) -> Verdict:
        """What becomes of one change."""
        original = (REPOSITORY / file).read_text(encoding="utf-8")
        self.assertEqual(original.count(text), 1)
        return judge(Mutant(file, original.replace(text, to), "")).verdict

    def test_a_bug_is_found(self) -> None:
        """The slot before one that moves is not told."""
        file = "kernel/capability/derivation_tree.cpp"
        self.assertEqual(self.verdict(file, "to.previous()->set_next(&to);", ""), Verdict.KILLED)

    def test_what_does_not_compile_is_no_mutant(self) -> None:
        """A name that there is none of."""
        file = "kernel/capability/derivation_tree.cpp"
        self.assertEqual(self.verdict(file, "to.previous()->set_next(&to);", "to.no_such_thing();"), Verdict.BROKEN)


if __name__ == "__main__":
    unittest.main()
