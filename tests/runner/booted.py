# SPDX-License-Identifier: BSD-2-Clause
"""Tests that boot machines: what these say, and a log of that for each test that fails."""

import subprocess
import sys
import unittest
from collections.abc import Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "platforms"))

from console import ON_PIPE, watch  # noqa: E402
from terminal import LOGS  # noqa: E402

_said: list[str] = []  # by the machines of the test that runs: how each was started, and what came


class _Enough(Exception):
    """What was waited for has been said."""


def console_of(command: Sequence[str], until: str, time_out: float, *, times: int = 1, behind: Sequence[str] = ()) -> str:
    """What a machine says, with plain line ends: until it is off, a text has come so many times, or the time has passed.

    `behind` are arguments that follow the console's.
    """
    said = bytearray()

    def listen(piece: bytes) -> bytes:
        said.extend(piece)
        if said.count(until.encode()) >= times:
            raise _Enough
        return b""

    full = [*command, *ON_PIPE, *behind]
    ending = "what was waited for was said"
    try:
        ending = watch(full, on_output=listen, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, time_out=time_out).sentence
    except _Enough:
        pass
    text = said.decode(errors="replace").replace("\r", "")
    keep(full, f"{text}\n{ending}")
    return text


def keep(command: Sequence[str], said: str) -> None:
    """Remembers what a machine has said, for the log of the test that runs."""
    _said.append(f"{' '.join(command)}\n{said}\n")


class BootTest(unittest.TestCase):
    """A test case whose machines' consoles are kept in build/logs/SUITE if it fails."""

    suite = "boards"

    def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
        _said.clear()
        before = 0 if result is None else len(result.failures) + len(result.errors)
        done = super().run(result)
        log = LOGS / self.suite / f"{self.id()}.log"
        log.unlink(missing_ok=True)
        if result is not None and len(result.failures) + len(result.errors) > before:
            log.parent.mkdir(parents=True, exist_ok=True)
            log.write_text("\n".join(_said), encoding="utf-8")
            print(f"kept: {log}")
        return done
