#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The suite of mutants: each bug put into the kernel must be found. `mutants.py seeded|target|drawn|drawn_ipc [--only TEXT]`."""

import argparse
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import yaml

import target
import workshop
from draw import FOLDERS, content, drawn
from mutant import Mutant, seeded
from workshop import BUILD, Outcome, Verdict

_LISTS = ("seeded", "target")
_DRAWN = 200
_LEAST_KILLED = 0.95
_AHEAD = 16  # mutants that wait, so that one that takes long keeps nobody idle


class Report:
    """Lines that are printed as they come and kept for `./selene test` to show."""

    def __init__(self, kind: str) -> None:
        folder = BUILD / "logs" / "tests"
        folder.mkdir(parents=True, exist_ok=True)
        self._all = (folder / f"mutants-{kind}.all").open("w", encoding="utf-8")
        self._short = (folder / f"mutants-{kind}.report").open("w", encoding="utf-8")

    def judged(self, number: int, name: str, outcome: Outcome) -> None:
        """Notes one mutant."""
        self._write(self._all, f"{number} {outcome.verdict.value}: {name}" + (f" ({outcome.by})" if outcome.by else ""))

    def line(self, text: str) -> None:
        """Notes what everybody should see."""
        print(text, flush=True)
        self._write(self._short, text)

    @staticmethod
    def _write(file, text: str) -> None:
        file.write(text + "\n")
        file.flush()


def run_seeded(kind: str, only: str) -> int:
    """Judges the mutants of a list: all must be killed but those that say why they survive."""
    mutants, complaints = seeded(kind)
    chosen = [mutant for mutant in mutants if only in mutant.file or only in mutant.name]
    report = Report(kind)
    wrong = len(complaints)
    killed = 0
    explained = 0
    for complaint in complaints:
        report.line(complaint)
    for number, mutant, outcome in _judged(kind, chosen):
        name = f"{mutant.file}: {mutant.name}"
        report.judged(number, name, outcome)
        killed += outcome.verdict is Verdict.KILLED
        expected = Verdict.SURVIVED if mutant.survives else Verdict.KILLED
        if outcome.verdict is not expected:
            wrong += 1
            report.line(f"{outcome.verdict.value}: {name} {outcome.by}")
        elif mutant.survives:
            explained += 1
            report.line(f"survived: {name}: {mutant.survives}")
    report.line(f"{kind} mutants: {killed} of {len(chosen)} killed, {explained} cannot be")
    return 1 if wrong else 0


def run_drawn(kind: str, only: str, seed: int) -> int:
    """Judges mutants drawn by a seed until there are enough that compile; survivors must be listed in drawn.yaml."""
    known = _known_survivors()
    report = Report(kind)
    candidates = [mutant for mutant in drawn(seed, kind) if only in mutant.name]
    judged = killed = broken = 0
    unlisted = []
    outdated = []
    for _, mutant, outcome in _judged(kind, candidates):
        broken += outcome.verdict is Verdict.BROKEN
        if outcome.verdict is Verdict.BROKEN:
            continue
        judged += 1
        report.judged(judged, mutant.name, outcome)
        killed += outcome.verdict is Verdict.KILLED
        why = known.get(content(mutant))
        if outcome.verdict is Verdict.SURVIVED:
            report.line(f"survived: {mutant.name}" + (f" ({why})" if why else ""))
            if why is None:
                unlisted.append(mutant.name)
        elif why is not None:
            outdated.append(mutant.name)
        if judged == _DRAWN:
            break
    report.line(f"drawn mutants: {killed} of {judged} killed; {broken} more did not compile")
    for name in unlisted:
        report.line(f"not in drawn.yaml: {name}")
    for name in outdated:
        report.line(f"in drawn.yaml, but killed: {name}")
    return 1 if unlisted or outdated or killed < _LEAST_KILLED * judged else 0


def _known_survivors() -> dict[str, str]:
    entries = yaml.safe_load((Path(__file__).parent / "drawn.yaml").read_text(encoding="utf-8")) or []
    return {entry["survivor"]: entry["why"] for entry in entries}


def _judged(kind: str, mutants: list[Mutant]) -> Iterator[tuple[int, Mutant, Outcome]]:
    """Judges in order, as many at once as there are processors, or one on the target; stops when nobody asks for more."""
    judge = _judge_of(kind).judge
    workers = 1 if kind == "target" else os.cpu_count() or 1
    waiting = iter(enumerate(mutants, start=1))
    with ThreadPoolExecutor(workers) as pool:
        queue = [(number, mutant, pool.submit(judge, mutant)) for number, mutant in islice(waiting, workers + _AHEAD)]
        try:
            while queue:
                number, mutant, future = queue.pop(0)
                yield number, mutant, future.result()
                queue += [(at, one, pool.submit(judge, one)) for at, one in islice(waiting, 1)]
        finally:
            for _, _, future in queue:
                future.cancel()


def _judge_of(kind: str):
    return target if kind == "target" else workshop


def main() -> int:
    """Runs one kind of mutants; 0 if all that should be are killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=[*_LISTS, *FOLDERS])
    parser.add_argument("--only", default="", metavar="TEXT", help="those with this text in their name or file")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SELENE_TEST_SEED", "1")), help="of the draw")
    options = parser.parse_args()
    if complaint := _judge_of(options.kind).complaint_without_mutant():
        print(f"nothing can be judged, since a test fails without any mutant: {complaint}")
        return 1
    return run_seeded(options.kind, options.only) if options.kind in _LISTS else run_drawn(options.kind, options.only, options.seed)


if __name__ == "__main__":
    sys.exit(main())
