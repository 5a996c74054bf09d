# SPDX-License-Identifier: BSD-2-Clause
"""What every word of the command shares: exit codes, failures as one sentence, progress, logs, child processes."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("SELENE_BUILD", REPOSITORY / "build")).resolve()
LOGS = BUILD / "logs"

DONE, FAILED, USAGE, MISSING, TIME_OUT = 0, 1, 2, 3, 124

_LOG_TAIL = 40  # lines of a failed step's log that are shown
_PR_SET_PDEATHSIG = 1  # prctl(2)
_libc = ctypes.CDLL(None)


class Failure(Exception):
    """Ends the command with one sentence for the user and an exit code."""

    def __init__(self, sentence: str, code: int = FAILED) -> None:
        super().__init__(sentence)
        self.code = code


class Interrupted(BaseException):
    """A signal asked the command to stop; raised wherever it happens to be, so that `finally` cleans up."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.code = 128 + number


def raise_on_signals() -> None:
    """Turns the signals that end a program into Interrupted."""

    def interrupt(number: int, _frame: object) -> None:
        raise Interrupted(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)


def note(sentence: str) -> None:
    """Says something beside the output of what runs."""
    print(f"selene: {sentence}", file=sys.stderr, flush=True)


def die_with_parent() -> None:
    """Runs in a child before its program starts: the child is killed when this command dies, however it dies."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Ends a child at once. Only SIGKILL is sure: an idle QEMU may ignore the gentle signals."""
    if process.poll() is None:
        process.kill()
        process.wait()


class Progress:
    """One line that says what takes so long: rewritten in place on a terminal, sparse elsewhere."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._live = sys.stderr.isatty()
        self._start = time.monotonic()
        self._next = self._start + (0.3 if self._live else 2.0)

    def show(self, detail: str) -> None:
        """Shows the newest detail if it is time to."""
        now = time.monotonic()
        if now < self._next:
            return
        text = f"selene: {self._title} ({now - self._start:.0f} s) {detail}"
        if self._live:
            width = os.get_terminal_size(sys.stderr.fileno()).columns
            sys.stderr.write("\r\033[K" + text[: width - 1])
            sys.stderr.flush()
            self._next = now + 0.1
        else:
            note(self._title)
            self._next = now + 60.0

    def clear(self) -> None:
        """Removes the line."""
        if self._live:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


def run_logged(
    title: str,
    command: Sequence[str | Path],
    log: str,
    *,
    advice: str = "",
    code: int = FAILED,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Runs a step quietly: progress while it takes long, its output in build/logs/LOG.log, the end of that on failure.

    Raises Failure with `code` when the step fails, and `advice` (what to do about it) as the end of the sentence.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / f"{log}.log"
    progress = Progress(title)
    lines: list[str] = []
    with path.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=REPOSITORY,
            env={**os.environ, **(environment or {})},
            preexec_fn=die_with_parent,
        )
        try:
            assert process.stdout is not None
            for raw in process.stdout:
                line = raw.decode(errors="replace")
                file.write(line)
                lines.append(line)
                progress.show(line.strip())
            ended = process.wait()
        finally:
            progress.clear()
            kill(process)
    if ended != 0:
        sys.stderr.writelines(lines[-_LOG_TAIL:])
        raise Failure(f"{title} failed (all of its output: {shown(path)})" + (f"; {advice}" if advice else ""), code)


def shown(path: Path) -> str:
    """A path as a reader wants it: relative to where they are when it lies below, else absolute."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
