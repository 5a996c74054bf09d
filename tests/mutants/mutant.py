# SPDX-License-Identifier: BSD-2-Clause
"""Mutants: one change to one file of the kernel each, from the lists in seeded.yaml and target.yaml."""

from dataclasses import dataclass
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
_FIELDS = {"file", "text", "to", "wrong"}
_SURVIVES = "survives"


@dataclass(frozen=True)
class Mutant:
    """One changed file: its path in the repository, its new text, and what to call the change."""

    file: str
    changed: str
    name: str
    survives: str = ""  # why no test can find it


def seeded(kind: str = "seeded") -> tuple[list[Mutant], list[str]]:
    """The mutants of a list, seeded.yaml or target.yaml, and what is wrong with those that are none."""
    entries = yaml.safe_load((Path(__file__).parent / f"{kind}.yaml").read_text(encoding="utf-8"))
    mutants = []
    complaints = []
    seen = set()
    for number, entry in enumerate(entries, start=1):
        name = f"entry {number} ({entry.get('wrong', 'without a sentence')})"
        if not _FIELDS <= set(entry) <= _FIELDS | {_SURVIVES} or not all(isinstance(value, str) for value in entry.values()):
            complaints.append(f"{name}: has fields other than {', '.join(sorted(_FIELDS))} and {_SURVIVES}, all text")
            continue
        original = (REPOSITORY / entry["file"]).read_text(encoding="utf-8")
        times = original.count(entry["text"])
        if times != 1:
            complaints.append(f"{name}: its text stands in {entry['file']} {times} times")
        changed = original.replace(entry["text"], entry["to"])
        if changed == original or (entry["file"], changed) in seen:
            complaints.append(f"{name}: changes nothing, or the same as another")
        seen.add((entry["file"], changed))
        mutants.append(Mutant(entry["file"], changed, entry["wrong"], entry.get(_SURVIVES, "")))
    return mutants, complaints
