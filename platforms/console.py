# SPDX-License-Identifier: BSD-2-Clause
"""Runs QEMU with its console passed through, watches what the system says, and always ends it."""

import os
import re
import select
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from terminal import FAILED, TIME_OUT, Failure, die_with_parent, kill

# The user's terminal is the console; Ctrl-A is QEMU's escape, and Ctrl-C goes to the system.
ON_TERMINAL = ["-chardev", "stdio,id=console,mux=on,signal=off", "-serial", "chardev:console", "-mon", "chardev=console"]
# Bytes are passed as they are.
ON_PIPE = ["-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console", "-monitor", "none"]

_EXIT_LINE = re.compile(rb"exit (\d{1,2})")
_TAIL = 4096  # bytes of output in which the last line is looked for


@dataclass(frozen=True)
class Ending:
    """How a run ended."""

    code: int  # the command's exit code: the system's own, FAILED or TIME_OUT
    sentence: str
    seconds: float


def stdin_is_console() -> bool:
    """Whether a person sits there: standard input is a terminal and this command is in its foreground."""
    try:
        return sys.stdin.isatty() and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (AttributeError, OSError, ValueError):
        return False


def watch(
    command: Sequence[str],
    *,
    on_output: Callable[[bytes], bytes],
    stdin: int | None = None,
    stderr: int | None = None,
    time_out: float | None = None,
) -> Ending:
    """Runs QEMU until it ends or `time_out` seconds have passed, whatever happens leaving no process behind.

    `on_output` gets each piece of the console's output and returns what to type; that needs stdin=PIPE.
    """
    start = time.monotonic()
    tail = b""
    with terminal_kept():
        try:
            process = subprocess.Popen(
                command, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, preexec_fn=die_with_parent
            )
        except FileNotFoundError as error:
            raise Failure(f"{command[0]} is not installed: run './selene setup run'", 3) from error
        try:
            assert process.stdout is not None
            for piece in _pieces(process.stdout.fileno(), start, time_out):
                tail = (tail + piece)[-_TAIL:]
                typed = on_output(piece)
                if typed and process.stdin is not None:
                    os.write(process.stdin.fileno(), typed)
            seconds = time.monotonic() - start
            if time_out is not None and seconds >= time_out:
                return Ending(TIME_OUT, f"the time of {time_out:g} s ran out", seconds)
            status = process.wait()
        finally:
            kill(process)
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
    return _ending(tail, status, seconds)


def _pieces(source: int, start: float, time_out: float | None) -> Iterator[bytes]:
    """What comes from a pipe, until its end or until the time is over."""
    while True:
        left = None if time_out is None else start + time_out - time.monotonic()
        if left is not None and left <= 0 or not select.select([source], [], [], left)[0]:
            return
        piece = os.read(source, 65536)
        if not piece:
            return
        yield piece


def _ending(tail: bytes, status: int, seconds: float) -> Ending:
    """Reads the system's own exit code from the last line of its console."""
    lines = [line.strip() for line in tail.splitlines() if line.strip()]
    found = _EXIT_LINE.fullmatch(lines[-1]) if lines else None
    if found:
        return Ending(int(found[1]), f"exit {int(found[1])}", seconds)
    if status != 0:
        return Ending(FAILED, f"QEMU ended with status {status}", seconds)
    return Ending(FAILED, "the machine was switched off without an exit line", seconds)


@contextmanager
def terminal_kept() -> Iterator[None]:
    """Gives the terminal back as it was: QEMU makes it raw and non-blocking, gdb raw, and when killed they leave it so."""
    if not stdin_is_console():
        yield
        return
    file = sys.stdin.fileno()
    settings = termios.tcgetattr(file)
    try:
        yield
    finally:
        termios.tcsetattr(file, termios.TCSANOW, settings)
        os.set_blocking(file, True)
