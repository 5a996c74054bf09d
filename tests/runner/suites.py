# SPDX-License-Identifier: BSD-2-Clause
"""`./selene test`: chooses tests among CTest's, runs them with one line each, and counts."""

import argparse
import fnmatch
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from suggest import unknown
from terminal import BUILD, DONE, FAILED, LOGS, USAGE, Failure

SUITES = ("host", "model", "system", "invariants", "fuzz", "mutants", "boards", "style")
_ONLY_NAMED = ("mutants",)

# Labels beside the suite's.
_EVERYWHERE = "everywhere"  # a further machine for a system test: only with --all
_LONG = "long"  # only when named
_AT_LEVEL = "at_el"  # and its number: the exception level of a system test, which --el asks for
_USUAL = "usual"  # one of the machines that a system test runs on at its level

_RESULT = re.compile(r"^ *\d+/\d+ Test +#(\d+): .*(Passed|\*\*\*.*?) +([\d.]+) sec *$")
_NOISE = re.compile(r"^ +Start +\d+: |^Test project |^Internal ctest changing|^$")
_END = re.compile(r"^\d+% tests passed")


@dataclass(frozen=True)
class Test:
    """One of CTest's tests."""

    number: int
    name: str
    suite: str
    labels: frozenset[str]

    def again(self) -> str:
        """The command that runs this test alone."""
        return f"./selene test {shlex.quote(self.name)}"


def test_parser(make: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """The command line of `./selene test`."""
    parser = make(
        prog="./selene test",
        description="Runs tests: all suites but mutants, or what is named.",
        epilog=f"Suites: {' '.join(SUITES)}.\nA test is named in full, by the part before its colon, or by a pattern with *.",
    )
    parser.add_argument("names", nargs="*", metavar="SUITE|TEST", help="what to run")
    parser.add_argument("--list", action="store_true", help="only list the tests that would run")
    parser.add_argument("--all", action="store_true", help="each system test on every machine and boot path")
    parser.add_argument("--el", type=int, choices=(1, 2), help="each system test with the kernel at this exception level")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="seed of all random numbers (default: 1)")
    return parser


def test(options: argparse.Namespace) -> int:
    """Runs what the options ask for, all of it built; the last line counts. Raises Failure if nothing matches."""
    tests = _choose(_all_tests(), options.names, everywhere=options.all, level=options.el)
    if options.list:
        for one in tests:
            print(f"{one.suite:<10} {one.name}")
        return DONE
    failed = 0
    for position, (one, verdict, seconds, output) in enumerate(_results(tests, options.seed), start=1):
        passed = verdict == "Passed"
        print(f"[{position:>{len(str(len(tests)))}}/{len(tests)}] {'pass' if passed else 'FAIL'} {one.name} ({seconds} s)")
        if passed:
            _show_report(one)
        else:
            failed += 1
            _show_failure(one, verdict, output, options.seed)
        sys.stdout.flush()
    print(f"{len(tests) - failed} passed, {failed} failed")
    return FAILED if failed else DONE


def _all_tests() -> list[Test]:
    """All tests that CTest knows, in its order."""
    command = ["ctest", "--test-dir", str(BUILD), "--show-only=json-v1"]
    found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)["tests"]
    tests = []
    for number, entry in enumerate(found, start=1):
        properties = {item["name"]: item["value"] for item in entry.get("properties", [])}
        labels = frozenset(properties.get("LABELS", []))
        suite = next((suite for suite in SUITES if suite in labels), "")
        tests.append(Test(number, entry["name"], suite, labels))
    return tests


def _choose(tests: Sequence[Test], names: Sequence[str], *, everywhere: bool, level: int | None) -> list[Test]:
    """The tests that the names ask for; no name asks for all that are not reserved for being named."""
    tests = [one for one in tests if _is_at(one, level)]
    if not names:
        return [one for one in tests if one.suite not in _ONLY_NAMED and _is_default(one, everywhere, level)]
    chosen: set[Test] = set()
    for name in names:
        if name in SUITES:
            matching = {one for one in tests if one.suite == name and _is_default(one, everywhere, level)}
            if not matching:
                raise Failure(f"the suite '{name}' has no tests yet", USAGE)
        else:
            matching = {one for one in tests if _matches(one.name, name)}
            if not matching:
                known = [*SUITES, *(one.name for one in tests)]
                raise unknown("suite or test", name, known, listing="./selene test --list --all")
        chosen |= matching
    return sorted(chosen, key=lambda one: one.number)


def _is_at(one: Test, level: int | None) -> bool:
    levels = {label for label in one.labels if label.startswith(_AT_LEVEL)}
    return level is None or not levels or f"{_AT_LEVEL}{level}" in levels


def _is_default(one: Test, everywhere: bool, level: int | None) -> bool:
    chosen = _EVERYWHERE not in one.labels or (level is not None and _USUAL in one.labels)
    return _LONG not in one.labels and (everywhere or chosen)


def _matches(name: str, wanted: str) -> bool:
    return name == wanted or name.startswith(f"{wanted}:") or ("*" in wanted and fnmatch.fnmatchcase(name, wanted))


def _results(tests: Sequence[Test], seed: int) -> Iterator[tuple[Test, str, str, str]]:
    """Runs tests with CTest; gives for each, as it ends, the verdict, the seconds and, if it failed, its output."""
    if not tests:
        return
    numbers = ",".join(str(one.number) for one in tests)
    command = ["ctest", "--test-dir", str(BUILD), "--parallel", str(os.cpu_count() or 1), "--timeout", "300"]
    command += ["--output-on-failure", "--no-label-summary", "-I", f"0,0,0,{numbers}"]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "SELENE_TEST_SEED": str(seed)},
        start_new_session=True,  # one process group, so that an interrupt ends all tests
    )
    by_number = {one.number: one for one in tests}
    pending: tuple[Test, str, str] | None = None
    output: list[str] = []
    try:
        assert process.stdout is not None
        for raw in process.stdout:
            line = raw.decode(errors="replace").rstrip("\n")
            result = _RESULT.match(line)
            if pending is not None and (result or _END.match(line)):
                yield (*pending, "\n".join(output))
                pending, output = None, []
            if result:
                pending = (by_number.pop(int(result[1])), result[2].strip("*"), result[3])
                if pending[1] == "Passed":
                    yield (*pending, "")
                    pending = None
            elif pending is not None and not _NOISE.match(line):
                output.append(line)
        process.wait()
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
    for lost in by_number.values():
        yield lost, "Lost", "0", "CTest ended without a result for this test."


def _show_report(one: Test) -> None:
    """Prints what a test that must be named has to say though it passed: mutants have a score."""
    report = _log(one, "report")
    if one.suite in _ONLY_NAMED and report.exists():
        for line in report.read_text(encoding="utf-8").splitlines():
            print(f"    {line}")


def _log(one: Test, kind: str) -> Path:
    return LOGS / "tests" / (re.sub(r"[^\w.-]+", "-", one.name) + f".{kind}")


def _show_failure(one: Test, verdict: str, output: str, seed: int) -> None:
    """Prints what a failed test said and how to run it alone, and keeps it in build/logs/tests."""
    log = _log(one, "log")
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(f"{one.name}: {verdict}\n{output}\n", encoding="utf-8")
    for line in output.splitlines():
        print(f"    {line}")
    print(f"    {verdict}; alone: {one.again()}" + ("" if seed == 1 else f" --seed {seed}"))
