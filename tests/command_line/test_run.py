# SPDX-License-Identifier: BSD-2-Clause
"""`./selene run` from command line to exit code, in QEMU; only the build is replaced, by images that say a text."""

import os
import pty
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from support import REPOSITORY

_HERE = Path(__file__).resolve().parent
_DRIVER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import command_line, run
run.build_system = lambda system, kernels: {kernels[0]: Path(sys.argv[2])}
sys.exit(command_line.main(["run", *sys.argv[3:]]))
"""


class Run(unittest.TestCase):
    """Each test runs an image."""

    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        self.spec = self.folder / "speaker.cdl"
        self.spec.touch()

    def command(self, text: str, *options: str) -> list[str]:
        """The command line that runs an image that says `text` (in C's syntax)."""
        compiled, image = self.folder / "speaker.o", self.folder / "speaker,.img"
        target = ["--target=aarch64-none-elf", f'-DTEXT="{text}"']
        subprocess.run(["clang-19", *target, "-c", _HERE / "speaker.S", "-o", compiled], check=True)
        subprocess.run(["llvm-objcopy-19", "-O", "binary", compiled, image], check=True)
        return [sys.executable, "-c", _DRIVER, str(REPOSITORY / "platforms"), str(image), str(self.spec), *options]

    def run_image(self, text: str, *options: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Runs such an image to its end."""
        command = self.command(text, *options)
        return subprocess.run(command, input=typed, capture_output=True, text=True, timeout=50, check=False)

    def test_exit_code_on_every_boot_path(self) -> None:
        for via, named in {"kernel": "-kernel", "u-boot": "U-Boot"}.items():
            for gic in ("2", "3"):
                answer = self.run_image(r"hello\r\nexit 3\r\n", "--via", via, "--gic", gic)
                self.assertEqual(answer.returncode, 3, answer.stderr)
                self.assertTrue(answer.stdout.endswith("hello\nexit 3\n"), answer.stdout)
                for word in ("speaker", "debug kernel", f"GICv{gic}", named, "60 s"):
                    self.assertIn(word, answer.stderr)

    def test_no_exit_line(self) -> None:
        self.assertEqual(self.run_image(r"hello\r\n").returncode, 1)

    def test_time_out(self) -> None:
        answer = self.run_image(r"exit 0\r\n~", "--timeout", "1")
        self.assertEqual(answer.returncode, 124)
        self.assertIn("ran out", answer.stderr)

    def test_input_from_a_pipe(self) -> None:
        answer = self.run_image(r"name: <<\r\nexit <\r\n", typed="me4")
        self.assertEqual((answer.stdout, answer.returncode), ("name: me\nexit 4\n", 4))

    def test_arguments_for_qemu(self) -> None:
        answer = self.run_image(r"exit 0\r\n", "--", "-no-such-option")
        self.assertEqual(answer.returncode, 1)
        self.assertIn("no-such-option", answer.stderr)

    def test_leaving_at_a_terminal(self) -> None:
        command = self.command(r"ready\r\n<\r\n~")
        child, terminal = pty.fork()
        if child == 0:
            os.execv(command[0], command)
        said = self.until(terminal, b"ready")
        self.assertIn(b"Ctrl-A X", said)
        os.write(terminal, b"\x03")  # Ctrl-C is for the system
        self.until(terminal, b"\x03")
        os.write(terminal, b"\x01x")
        self.until(terminal, b"without an exit line")
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 1)
        os.close(terminal)

    def until(self, terminal: int, awaited: bytes) -> bytes:
        """Reads from a terminal until it says something."""
        said = b""
        deadline = time.monotonic() + 20
        while awaited not in said and time.monotonic() < deadline:
            said += os.read(terminal, 4096)
        self.assertIn(awaited, said)
        return said

    def test_interrupts_leave_nothing_behind(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL):
            command = self.command(r"ready\r\n~")
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
            )
            with process:
                assert process.stdout is not None
                self.assertEqual(process.stdout.readline().strip(), b"ready")
                process.send_signal(number)
                # QEMU holds the other end of the pipe only if it is alive; it ends with the command.
                self.assertEqual(process.stdout.read(), b"")
            self.assertEqual(process.returncode, -number if number == signal.SIGKILL else 128 + number)
            self.assertEqual(self.session_of(process.pid), [])

    def session_of(self, leader: int) -> list[int]:
        """The living processes of a session, after some time for the killed ones to vanish."""
        deadline = time.monotonic() + 10
        while True:
            left = []
            for path in Path("/proc").glob("[0-9]*/stat"):
                try:
                    fields = path.read_text(encoding="utf-8").rpartition(") ")[2].split()
                except OSError:
                    continue
                if int(fields[3]) == leader and fields[0] != "Z":
                    left.append(int(path.parent.name))
            if not left or time.monotonic() > deadline:
                return left
            time.sleep(0.02)


if __name__ == "__main__":
    unittest.main()
