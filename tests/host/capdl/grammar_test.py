# SPDX-License-Identifier: BSD-2-Clause
"""The TextMate grammar: what it says each word is, and that it knows every word that the compiler knows.

Environment: REPOSITORY. The small reader of grammars here goes by "Language Grammars" in TextMate's manual.
"""

import json
import os
import re
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REPOSITORY = Path(os.environ["REPOSITORY"])
GRAMMAR = json.loads((REPOSITORY / "capdl" / "editors" / "capdl.tmLanguage.json").read_text(encoding="utf-8"))
VOCABULARY = (REPOSITORY / "capdl" / "language" / "vocabulary.cpp").read_text(encoding="utf-8")
Rule = dict[str, Any]


def flattened(patterns: list[Rule]) -> Iterator[Rule]:
    """The rules of a list, those of what it includes in their place."""
    for rule in patterns:
        if "include" in rule:
            included = GRAMMAR["repository"][rule["include"].removeprefix("#")]
            yield from flattened(included["patterns"]) if "begin" not in included and "patterns" in included else [included]
        else:
            yield rule


def scopes(text: str) -> list[str]:
    """For each character the innermost scope, empty if it has none."""
    result = [""] * (len(text) + 1)
    stack: list[Rule] = []
    begin = 0
    for line in text.splitlines(keepends=True):
        at = 0
        while at <= len(line.rstrip("\n")):
            inner = stack[-1] if stack else None
            candidates = []
            if inner is not None and (end := re.compile(inner["end"]).search(line.rstrip("\n"), at)):
                candidates.append((end.start(), -1, end, None))
            for number, rule in enumerate(flattened(inner.get("patterns", []) if inner else GRAMMAR["patterns"])):
                found = re.compile(rule.get("match") or rule["begin"]).search(line.rstrip("\n"), at)
                if found:
                    candidates.append((found.start(), number, found, rule))
            reach = min(candidates, key=lambda each: each[:2], default=None)
            stop = reach[2].end() if reach else len(line)
            for place in range(at, stop):
                result[begin + place] = inner["name"] if inner else ""
            if reach is None:
                break
            _, _, found, rule = reach
            if rule is None:
                stack.pop()
            else:
                mark(result, begin, found, rule)
                if "begin" in rule:
                    stack.append(rule)
            at = max(stop, at + 1) if found.end() == found.start() else stop
        begin += len(line)
    return result


def mark(result: list[str], begin: int, found: re.Match[str], rule: Rule) -> None:
    """Writes down what one match says."""
    for group, name in [(0, rule.get("name", ""))] + [(int(group), scope["name"]) for group, scope in rule.get("captures", {}).items()]:
        for place in range(found.start(group), found.end(group)):
            result[begin + place] = name or result[begin + place]


def words(table: str) -> list[str]:
    """The first strings of the rows of one of the compiler's tables."""
    body = re.search(rf"constexpr std::array(?:<[^=]*?>)? {table}\{{(.*?)\}};", VOCABULARY, re.DOTALL)
    assert body, table
    return re.findall(r'(?:Word|ParameterRule)?\{"([a-z_0-9]+)"', body[1])


class GrammarTest(unittest.TestCase):
    """Each text with the scope of its words."""

    def scope(self, text: str, word: str) -> str:
        """The one scope of a word in a text; `word` may hold a mark, |, before what is meant."""
        before, _, meant = word.rpartition("|")
        at = text.index(before + meant) + len(before)
        found = set(scopes(text)[at : at + len(meant)])
        self.assertEqual(len(found), 1, f"{meant} in {text}: {found}")
        return found.pop().removesuffix(".capdl")

    def test_sections(self) -> None:
        text = 'arch aarch64\ninclude "a"\nobjects { caps_ = ep }\nirq maps { } policies { no flow from a to b }\ngroups { g = a restarted by b }'
        self.assertEqual(self.scope(text, "arch"), "keyword.control")
        self.assertEqual(self.scope(text, "aarch64"), "constant.language")
        for word in ("include", "objects", "irq maps", "policies", "groups"):
            self.assertEqual(self.scope(text, word), "keyword.control")
        self.assertEqual(self.scope(text, "caps_"), "")
        for word in ("no flow from", "restarted by"):
            self.assertEqual(self.scope(text, word), "keyword.other")

    def test_comments_and_strings(self) -> None:
        text = 'a = ep -- caps {\n/* one /* two */ objects\nstill */ b = ep // end\nc: "objects \\" -- no" d = ep'
        self.assertEqual(self.scope(text, "-- caps {"), "comment.line.double-dash")
        self.assertEqual(self.scope(text, " objects\n|still"), "comment.block")
        self.assertEqual(self.scope(text, "// end"), "comment.line.double-slash")
        self.assertEqual(self.scope(text, "objects \\\" |-- no"), "string.quoted.double")
        self.assertEqual(self.scope(text, "d = |ep"), "storage.type")

    def test_every_type(self) -> None:
        for word in words("types"):
            self.assertEqual(self.scope(f"objects {{ x = {word} }}", f"= |{word}"), "storage.type")
        self.assertEqual(self.scope("objects { x = epp }", "epp"), "")

    def test_every_slot_and_authority(self) -> None:
        self.assertGreater(len(words("thread_slots")), 5)
        for word in words("thread_slots"):
            self.assertEqual(self.scope(f"caps {{ t {{ {word}: x }} }}", word), "variable.language")
        self.assertGreater(len(words("authorities")), 5)
        for word in words("authorities"):
            self.assertEqual(self.scope(f"caps {{ t {{ 1: {word} }} }}", word), "support.constant")

    def test_every_parameter(self) -> None:
        self.assertGreater(len(words("object_rules")), 20)
        for table in ("object_rules", "component_rules", "capability_rules"):
            for word in words(table):
                if word not in ("cached", "uncached", "executable", "execute_never", "inspect", "reply", "master_reply"):
                    self.assertEqual(self.scope(f"x (a, {word}: 1)", f"a, |{word}"), "variable.parameter")
        for text, word in (("f (RW, cached)", "RW"), ("f (masked: RWX)", "masked")):
            self.assertIn(self.scope(text, word), ("constant.language.rights", "variable.parameter"))
        self.assertEqual(self.scope("x (resume: True)", "True"), "constant.language")

    def test_numbers(self) -> None:
        for text in ("0x1f", "0o17", "4k", "12 bits", "100"):
            self.assertEqual(self.scope(f"x (size: {text})", text), "constant.numeric")

    def test_it_reads_the_systems(self) -> None:
        """Every declaration in the repository's specs is seen as one, and no code is taken for a comment or a string."""
        count = 0
        for spec in (REPOSITORY / "userland" / "systems").glob("*/*.cdl"):
            text = spec.read_text(encoding="utf-8")
            found = scopes(text)
            for declaration in re.finditer(r"^    \w+(?:\[\d+\])? = (ep|frame|notification|arm_irq)\b", text, re.MULTILINE):
                self.assertEqual(found[declaration.start(1)], "storage.type.capdl", declaration[0])
                count += 1
        self.assertGreater(count, 15)


if __name__ == "__main__":
    unittest.main()
