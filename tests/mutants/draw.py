# SPDX-License-Identifier: BSD-2-Clause
"""Draws mutants from the statements of the kernel: deletes, negates, counts off by one, swaps.

Each possible change has a rank that only the seed and its own statement decide, so that a change elsewhere in the
kernel leaves the draw as it is.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from mutant import REPOSITORY, Mutant

# What each draw is from.
FOLDERS = {"drawn": ("kernel/capability", "kernel/object"), "drawn_ipc": ("kernel/ipc", "kernel/scheduling")}

# What is no code of the release kernel, blanked out before the text is looked at.
_NOT_LOOKED_AT = re.compile(
    r"//[^\n]*|\"[^\"\n]*\"|'[^'\n]'|^ *#[^\n]*|(?:static_assert|SELENE_[A-Z_]+)\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)(?: *;)?",
    re.MULTILINE,
)
_CASE_LABELS = re.compile(r"(?:case [\w:]+:\s*|(?:public|private):\s*)+")
# Without these nothing compiles, or nothing changes.
_KEPT = re.compile(
    r"(?:const|constexpr|static|using|friend|template|struct|class|enum|inline|explicit|return|else|auto|namespace|break|do|typedef)\b"
    r"|\[\[|TRY\(|[\w:]+(?:<[^;]*>)?[&*]* [&*]?\w+(?:\[\w*\])?(?: =|;|\(|\{)|~|\}"
)
_CONDITION = re.compile(r"\b(?:if|while) \(")
_NUMBER = re.compile(r"(?<![\w.'])(\d+)(?![\w.'])")
_COMPARISON = re.compile(r" (<=?|>=?) ")
_OPERAND = r"[\w:.]+(?:->\w+|\.\w+|\(\)|\(\w+\))*"
_OPERANDS = re.compile(rf"({_OPERAND}) (<|>|<=|>=|-|/|%|<<|>>) ({_OPERAND})(?![\w(.])")
_CHOICE = re.compile(rf"\? ({_OPERAND}) : ({_OPERAND})(?=[;,)])")
_CALL = re.compile(r"\b\w+\(")
_PARAMETER = re.compile(r"(?:const )?[\w:]+(?:<[^()]*>)?[&*]* [&*]?\w+")
_OTHER_BOUND = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}


@dataclass(frozen=True)
class Change:
    """Part of a file's text and what it becomes."""

    begin: int
    end: int
    to: str
    kind: str


def drawn(seed: int, kind: str = "drawn") -> list[Mutant]:
    """Every possible mutant of a kind's folders, in the order of their ranks."""
    ranked = []
    for folder in FOLDERS[kind]:
        for path in sorted((REPOSITORY / folder).glob("*.[ch]pp")):
            file = str(path.relative_to(REPOSITORY))
            text = path.read_text(encoding="utf-8")
            times: Counter[str] = Counter()
            for change in changes(text):
                before, after = _lines(text, change)
                times[before + after] += 1
                what = f"{seed}\n{file}\n{before}\n{after}\n{times[before + after]}"
                changed = text[: change.begin] + change.to + text[change.end :]
                line = text.count("\n", 0, change.begin) + 1
                mutant = Mutant(file, changed, f"{file}:{line}: {change.kind}: {before} => {after}")
                ranked.append((hashlib.sha256(what.encode()).hexdigest(), mutant))
    return [mutant for _, mutant in sorted(ranked, key=lambda pair: pair[0])]


def content(mutant: Mutant) -> str:
    """What a mutant is called in lists: without its line's number, which does not last."""
    return re.sub(r":\d+: ", ": ", mutant.name, count=1)


def changes(text: str) -> Iterator[Change]:
    """All changes to a file."""
    code = _NOT_LOOKED_AT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    yield from _deletions(code)
    yield from _negations(code)
    for found in _NUMBER.finditer(code):
        yield Change(*found.span(1), str(int(found[1]) + 1), "off by one")
    for found in _COMPARISON.finditer(code):
        yield Change(*found.span(1), _OTHER_BOUND[found[1]], "off by one")
    for found in _OPERANDS.finditer(code):
        yield Change(*found.span(), f"{found[3]} {found[2]} {found[1]}", "swapped")
    for found in _CHOICE.finditer(code):
        yield Change(*found.span(), f"? {found[2]} : {found[1]}", "swapped")
    for found in _CALL.finditer(code):
        yield from _swapped_arguments(code, found.end())


def _deletions(code: str) -> Iterator[Change]:
    begin = 0
    depth = 0
    for place, letter in enumerate(code):
        depth += (letter in "([") - (letter in ")]")
        if depth > 0 or letter not in ";{}":
            continue
        if letter == ";":
            start = begin + len(code[begin:place]) - len(code[begin:place].lstrip())
            if labels := _CASE_LABELS.match(code, start, place):
                start = labels.end()
            if start < place and not _KEPT.match(code, start, place):
                yield Change(start, place, "", "deleted")
        begin = place + 1


def _negations(code: str) -> Iterator[Change]:
    for found in _CONDITION.finditer(code):
        end = _closing(code, found.end())
        begin = code.rfind("; ", found.end(), end) + 2
        begin = max(begin, found.end())
        yield Change(begin, end, f"!({code[begin:end]})", "negated")


def _swapped_arguments(code: str, begin: int) -> Iterator[Change]:
    end = _closing(code, begin)
    first = _argument_end(code, begin, end)
    if first == end:
        return
    second = _argument_end(code, first + 1, end)
    one, other = code[begin:first], code[first + 1 : second].strip()
    if one == other or _PARAMETER.fullmatch(one) or _PARAMETER.fullmatch(other) or one.startswith("ErrorCode::"):
        return
    yield Change(begin, second, f"{other}, {one}", "swapped")


def _closing(code: str, begin: int) -> int:
    """Where the bracket is closed that was opened right before `begin`."""
    depth = 1
    for place in range(begin, len(code)):
        depth += (code[place] in "([{") - (code[place] in ")]}")
        if depth == 0:
            return place
    return len(code)


def _argument_end(code: str, begin: int, end: int) -> int:
    depth = 0
    for place in range(begin, end):
        depth += (code[place] in "([{<") - (code[place] in ")]}>")
        if code[place] == "," and depth == 0:
            return place
    return end


def _lines(text: str, change: Change) -> tuple[str, str]:
    """The lines that a change touches, before and after, in one each."""
    begin = text.rfind("\n", 0, change.begin) + 1
    end = text.find("\n", change.end)
    before = text[begin:end]
    after = text[begin : change.begin] + change.to + text[change.end : end]
    return " ".join(before.split()), " ".join(after.split())
