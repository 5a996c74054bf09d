# SPDX-License-Identifier: BSD-2-Clause
"""`./selene run` and `./selene debug` from command line to exit code; the build is replaced, by images that say a text.

Where it says so, QEMU and gdb are replaced too, by shell scripts.
"""

import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import termios
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
run.build_system = lambda system, kernels, dry_run=False: {kernels[0]: Path(sys.argv[2])}
sys.exit(command_line.main(sys.argv[3:]))
"""
_LOADED_AT = 0x40200000  # where QEMU's -kernel puts the image

# In place of QEMU and gdb: {0} is the test's folder. QEMU makes its socket, here any file, and stays.
_FAKE_QEMU = """#!/bin/sh
printf '%s\\n' "$@" > {0}/qemu-arguments
for word; do case $word in socket,*) path=${{word#*path=}}; touch "${{path%%,*}}" ;; esac; done
exec sleep 60
"""
_FAKE_GDB = """#!/bin/sh
while [ $# -gt 0 ]; do [ "$1" = -x ] && cp "$2" {0}/gdb-commands; shift; done
"""


class Images(unittest.TestCase):
    """What the tests share: a folder, an image, processes."""

    word: str

    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        self.environment = dict(os.environ)
        self.spec = self.folder / "speaker.cdl"
        self.spec.touch()

    def command(self, text: str, *options: str) -> list[str]:
        """The command line that runs or debugs an image that says `text` (in C's syntax)."""
        compiled, image = self.folder / "speaker.o", self.folder / "speaker,.img"
        target = ["--target=aarch64-none-elf", f'-DTEXT="{text}"']
        subprocess.run(["clang-19", *target, "-c", _HERE / "speaker.S", "-o", compiled], check=True)
        subprocess.run(["llvm-objcopy-19", "-O", "binary", compiled, image], check=True)
        return [sys.executable, "-c", _DRIVER, str(REPOSITORY / "platforms"), str(image), self.word, str(self.spec), *options]

    def run_image(self, text: str, *options: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Runs such an image to its end."""
        command = self.command(text, *options)
        return subprocess.run(
            command, input=typed, capture_output=True, text=True, timeout=50, check=False, env=self.environment
        )

    def until(self, terminal: int, awaited: bytes) -> bytes:
        """Reads from a terminal until it says something."""
        said = b""
        deadline = time.monotonic() + 20
        while awaited not in said and select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))[0]:
            said += os.read(terminal, 4096)
        self.assertIn(awaited, said)
        return said

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


class Run(Images):
    """Each test runs an image."""

    word = "run"

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


class Debug(Images):
    """Each test has a build folder with a kernel's symbols and those of two components; what is typed is for gdb."""

    word = "debug"

    def setUp(self) -> None:
        super().setUp()
        for folder in ("kernel", "components", "bin"):
            (self.folder / folder).mkdir()
        self.environment["SELENE_BUILD"] = str(self.folder)
        self.environment["PATH"] = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        for name in ("adder", "asker"):
            (self.folder / "components" / f"{name}.elf").touch()

    def fake(self, program: str, script: str) -> None:
        """Puts a script in a program's place."""
        path = self.folder / "bin" / program
        path.write_text(script.format(self.folder), encoding="utf-8")
        path.chmod(0o755)

    def fakes(self, gdb: str = "") -> None:
        """Replaces QEMU, and gdb, which then does what is said here."""
        self.fake("qemu-system-aarch64", _FAKE_QEMU)
        self.fake("gdb-multiarch", _FAKE_GDB + gdb)

    def written(self, name: str) -> list[str]:
        """The lines that a fake has left."""
        return (self.folder / name).read_text(encoding="utf-8").splitlines()

    def symbols(self) -> None:
        """Makes true symbol files: the kernel's are the image's own, a component's have its name before them."""
        compiled, kernel = self.folder / "speaker.o", self.folder / "kernel" / "selene-debug-el1.elf"
        subprocess.run(["ld.lld-19", f"-Ttext={_LOADED_AT:#x}", "-e", f"{_LOADED_AT:#x}", compiled, "-o", kernel], check=True)
        for path in (self.folder / "components").iterdir():
            subprocess.run(["llvm-objcopy-19", f"--prefix-symbols={path.stem}_", kernel, path], check=True)

    def test_breakpoint(self) -> None:
        self.command("")
        self.symbols()
        answer = self.run_image(r"hello\r\nexit 3\r\n", typed="break off\ncontinue\ninfo symbol $pc\ncontinue\n")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        for said in ("Breakpoint 1,", "off in section .text", "hello\n", "exit 3\n"):
            self.assertIn(said, answer.stdout)
        for said in ("speaker", "debug kernel", "halted", "60 s"):
            self.assertIn(said, answer.stderr)

    def test_component(self) -> None:
        self.command("")
        self.symbols()
        ask = "info address adder_off\ninfo address asker_off\n"
        answer = self.run_image("~", "--component", "adder", typed=f"{ask}component asker\n{ask}info address off\n")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        for name in ("adder_off", "asker_off"):  # each is known once, and unknown once
            self.assertEqual(answer.stdout.count(f'Symbol "{name}" is at'), 1, answer.stdout)
            self.assertEqual(answer.stderr.count(f'No symbol "{name}" in current context'), 1, answer.stderr)
        self.assertLess(answer.stdout.index('"adder_off"'), answer.stdout.index('"asker_off"'))
        self.assertIn('Symbol "off" is at', answer.stdout)  # the kernel's stay

    def test_what_qemu_and_gdb_are_told(self) -> None:
        self.fakes()
        for kernel in ("debug", "release"):
            (self.folder / "kernel" / f"selene-{kernel}-el1.elf").touch()
        answer = self.run_image("", "--kernel", "release", "--gic", "2", "--component", "adder", "--", "-trace", "x")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        told, commands = self.written("qemu-arguments"), self.written("gdb-commands")
        self.assertIn("virt,gic-version=2", told)
        self.assertEqual(told[told.index("-trace") + 1], "x")
        self.assertIn("-S", told)
        loaded = [line for line in commands if line.startswith("add-symbol-file")]
        self.assertEqual(loaded, [f'add-symbol-file "{self.folder}/kernel/selene-release-el1.elf"'])
        self.assertEqual(commands[-2], "component adder")
        socket = commands[-1].removeprefix("target remote ")
        self.assertIn(f"socket,id=gdb,path={socket},server=on,wait=off", told)
        self.assertFalse(Path(socket).parent.exists())

    def test_no_component_unless_named(self) -> None:
        self.fakes()
        self.assertEqual(self.run_image("").returncode, 0)
        before_target = self.written("gdb-commands")[-2]
        self.assertEqual(before_target, "end")  # of what a command of gdb's is defined by

    def test_unknown_component(self) -> None:
        self.fakes()
        answer = self.run_image("", "--component", "ader")
        self.assertEqual(answer.returncode, 2)
        self.assertIn("did you mean adder?", answer.stderr)
        self.assertFalse((self.folder / "qemu-arguments").exists())

    def test_time_out(self) -> None:
        self.fakes("trap '' TERM INT; echo ready; exec sleep 60")
        self.ends(124, "--timeout", "2")

    def test_time_out_before_gdb_can_start(self) -> None:
        self.fakes()
        self.fake("qemu-system-aarch64", "#!/bin/sh\necho ready; exec sleep 60\n")
        self.ends(124, "--timeout", "1")
        self.assertFalse((self.folder / "gdb-commands").exists())

    def test_gdb_fails(self) -> None:
        self.fakes("exit 7")
        self.assertEqual(self.run_image("").returncode, 1)

    def test_qemu_fails(self) -> None:
        self.fakes()
        self.fake("qemu-system-aarch64", "#!/bin/sh\nexit 5\n")
        answer = self.run_image("")
        self.assertEqual(answer.returncode, 1)
        self.assertIn("QEMU ended with status 5 before gdb", answer.stderr)
        self.assertFalse((self.folder / "gdb-commands").exists())

    def test_interrupts(self) -> None:
        self.fakes("trap '' TERM INT; echo ready; exec sleep 60")
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGKILL):
            self.ends(-number if number == signal.SIGKILL else 128 + number, sent=number)

    def test_ctrl_c_is_for_gdb(self) -> None:
        self.fakes("trap 'echo stopped; exit 0' INT; echo ready; while true; do sleep 0.05; done")
        self.assertEqual(self.ends(0, sent=signal.SIGINT, to_group=True), b"stopped\n")

    def test_terminal_is_given_back(self) -> None:
        self.fakes("stty raw -echo; exec sleep 60")
        command = self.command("", "--timeout", "2")
        child, terminal = pty.fork()
        if child == 0:
            os.execve(command[0], command, self.environment)
        self.until(terminal, b"ran out")
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 124)
        self.assertTrue(termios.tcgetattr(terminal)[3] & termios.ECHO)
        os.close(terminal)

    def test_at_a_terminal(self) -> None:
        command = self.command(r"ready\r\n~")
        child, terminal = pty.fork()
        if child == 0:
            os.execve(command[0], command, self.environment)
        self.assertNotIn(b"at the latest", self.until(terminal, b"(gdb) "))
        os.write(terminal, b"continue\r")
        self.until(terminal, b"ready")
        os.write(terminal, b"\x03")  # Ctrl-C is for gdb: it stops the machine
        self.until(terminal, b"SIGINT")
        os.write(terminal, b"quit\r")
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
        os.close(terminal)

    def ends(self, code: int, *options: str, sent: int = 0, to_group: bool = False) -> bytes:
        """The command, sent a signal once `ready` is said, ends with this code, and QEMU and gdb with it.

        Returns what was said after.
        """
        process = subprocess.Popen(
            self.command("", *options),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self.environment,
            start_new_session=True,
        )
        with process:
            assert process.stdout is not None
            self.assertEqual(process.stdout.readline(), b"ready\n")
            if sent:
                (os.killpg if to_group else os.kill)(process.pid, sent)
            # QEMU and gdb hold the other end of the pipe if they are alive.
            said = process.stdout.read()
        self.assertEqual(process.returncode, code)
        self.assertEqual(self.session_of(process.pid), [])
        return said


if __name__ == "__main__":
    unittest.main()
