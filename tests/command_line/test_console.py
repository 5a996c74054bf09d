# SPDX-License-Identifier: BSD-2-Clause
"""Running a machine (here a shell in its place): how it ends, what it is given, and that nothing is left behind."""

import os
import pty
import signal
import subprocess
import sys
import termios
import time
import unittest
from pathlib import Path

import support
from console import Ending, watch
from terminal import FAILED, MISSING, TIME_OUT, Failure, Interrupted, raise_on_signals


def shell(script: str, time_out: float | None = 20) -> Ending:
    """Watches a shell script as if it were QEMU."""
    return watch(["sh", "-c", script], on_output=lambda _: b"", stdin=subprocess.DEVNULL, time_out=time_out)


def is_alive(process: int) -> bool:
    """Whether a process still runs (one that has ended and waits for its parent does not)."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


class Console(unittest.TestCase):
    """watch()."""

    def test_exit_line(self) -> None:
        self.assertEqual(shell("echo hello; echo exit 3").code, 3)
        self.assertEqual(shell(r"printf 'exit 42\r\n\r\n'").code, 42)
        self.assertEqual(shell("printf 'exit 0'").code, 0)
        self.assertEqual(shell("echo exit 0; exit 9").code, 0)

    def test_no_exit_line(self) -> None:
        for script in ("echo hello", "echo exit 3; echo more", "echo exit 100", "echo exit -1", "echo the exit 3", "true", "exit 4"):
            self.assertEqual(shell(script).code, FAILED, script)

    def test_time_out(self) -> None:
        ending = shell("trap '' TERM INT; echo exit 0; exec sleep 60", time_out=0.3)
        self.assertEqual(ending.code, TIME_OUT)
        self.assertLess(ending.seconds, 5)

    def test_time_out_with_endless_output(self) -> None:
        self.assertEqual(shell("exec yes", time_out=0.3).code, TIME_OUT)

    def test_typing(self) -> None:
        said = bytearray()

        def answer(piece: bytes) -> bytes:
            said.extend(piece)
            return b"3\n" if piece.endswith(b"? ") else b""

        command = ["sh", "-c", "printf 'code? '; read code; echo; echo exit $code"]
        self.assertEqual(watch(command, on_output=answer, stdin=subprocess.PIPE, time_out=20).code, 3)
        self.assertEqual(bytes(said), b"code? \nexit 3\n")

    def test_missing_program(self) -> None:
        with self.assertRaises(Failure) as caught:
            watch(["no-such-qemu"], on_output=lambda _: b"")
        self.assertEqual(caught.exception.code, MISSING)

    def test_interrupt_kills(self) -> None:
        raise_on_signals()
        self.addCleanup(signal.signal, signal.SIGINT, signal.default_int_handler)
        process = 0

        def interrupt(piece: bytes) -> bytes:
            nonlocal process
            process = int(piece)
            os.kill(os.getpid(), signal.SIGINT)
            return b""

        with self.assertRaises(Interrupted):
            watch(["sh", "-c", "trap '' INT TERM; echo $$; exec sleep 60"], on_output=interrupt, stdin=subprocess.DEVNULL)
        self.assertFalse(is_alive(process))

    def test_machine_dies_with_killed_command(self) -> None:
        script = (
            f"import sys; sys.path.insert(0, {str(support.REPOSITORY / 'platforms')!r}); from console import watch; "
            "watch(['sh', '-c', 'echo $$; exec sleep 60'], on_output=lambda piece: print(int(piece), flush=True) or b'')"
        )
        command = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        with command:
            assert command.stdout is not None
            machine = int(command.stdout.readline())
            self.assertTrue(is_alive(machine))
            command.kill()
        deadline = time.monotonic() + 10
        while is_alive(machine) and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertFalse(is_alive(machine))

    def test_terminal_is_given_back(self) -> None:
        child, terminal = pty.fork()
        if child == 0:  # raw mode as QEMU sets it, then killed by the time-out
            ending = watch(["sh", "-c", "stty raw -echo; exec sleep 60"], on_output=lambda _: b"", time_out=0.5)
            os._exit(0 if ending.code == TIME_OUT and termios.tcgetattr(0)[3] & termios.ECHO else 1)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
        os.close(terminal)


if __name__ == "__main__":
    unittest.main()
