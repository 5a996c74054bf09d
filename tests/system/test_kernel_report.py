# SPDX-License-Identifier: BSD-2-Clause
"""What the debug kernel says when it is wrong. gdb makes it so, since nothing that user code does can.

gdb lets a system run up to the kernel's first interrupt, sets registers or memory there and lets go; the report is read
on the console. The kernel under test is the one that is shipped.
"""

import re
import select
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "platforms"), str(REPOSITORY / "tests" / "runner")]

from booted import BootTest, keep  # noqa: E402
from build import make_image  # noqa: E402
from console import ON_PIPE  # noqa: E402
from machine import Machine  # noqa: E402
from systems import find_system  # noqa: E402
from terminal import BUILD, die_with_parent, kill  # noqa: E402

# Arm Architecture Reference Manual, "ISS encoding for an exception from an Instruction Abort" and "from a Data Abort":
# from the kernel itself, permission fault of a page.
PERMISSION_TO_EXECUTE = "0x8600000f"
PERMISSION_TO_READ = "0x9600000f"
NOWHERE = 0x5E1E_0000_0000  # nothing is mapped there while the kernel runs
ENDS = 20.0  # seconds until a report must be complete
QUIET = 1.0  # seconds of silence that show that it is the last

_LAST_LINE = re.compile(rb"\n  core 0x.*\n|\nselene: and another .*\n.*\n.*\n")
_GDB = """
set confirm off
set pagination off
set remotetimeout 10
target remote {socket}
hbreak *selene_interrupt
continue
{settings}
detach
"""


@dataclass(frozen=True)
class Kernel:
    """The kernel of an exception level, and how the addresses of its image and of its objects are written."""

    el: int
    base: int  # arch-aarch64/CMakeLists.txt
    image: str
    objects: str
    no_code: str  # the syndrome where it executes a user's page: at EL1 one that it could read, at EL2 none that it has

    @property
    def elf(self) -> Path:
        """With symbols."""
        return BUILD / "kernel" / f"selene-debug-el{self.el}.elf"

    def flat(self) -> bytes:
        """As it lies in memory."""
        return self.elf.with_suffix(".flat").read_bytes()

    def address_of(self, content: bytes) -> int:
        """Where it has these bytes, a whole number of words from its start."""
        return self.base + next(found.start() for found in re.finditer(re.escape(content), self.flat()) if found.start() % 4 == 0)

    def text_of(self, content: str) -> int:
        """Where it has this text."""
        return self.base + self.flat().index(content.encode())


def report(kernel: Kernel, registers: Mapping[str, int | str], commands: Sequence[str] = (), cpu: str | None = None) -> str:
    """What a kernel says that goes on from its first interrupt with these registers, after gdb has done these commands;
    plain line ends."""
    with stopped(kernel, [*commands, *(f"set ${name} = {value}" for name, value in registers.items())], cpu) as (qemu, _):
        text = _console(qemu)
        keep([], text)
        return text


@contextmanager
def stopped(kernel: Kernel, commands: Sequence[str], cpu: str | None = None) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """QEMU with a system that goes on from the kernel's first interrupt, after gdb has done these commands, and what gdb said."""
    image = make_image(find_system("hangs"), "debug", BUILD / "tests" / "system" / f"kernel_report-el{kernel.el}.img")
    with tempfile.TemporaryDirectory(prefix="selene-") as folder:
        socket, script = Path(folder) / "gdb", Path(folder) / "script"
        script.write_text(_GDB.format(socket=socket, settings="\n".join(commands)), encoding="utf-8")
        command = [*Machine(el=kernel.el, cpu=cpu).command(image), *ON_PIPE, "-S"]
        command += ["-chardev", f"socket,id=gdb,path={socket},server=on,wait=off", "-gdb", "chardev:gdb"]
        qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, preexec_fn=die_with_parent)
        try:
            _wait_for(socket)
            gdb = ["gdb-multiarch", "--quiet", "--nx", "--batch", "-x", str(script), str(kernel.elf)]
            said = subprocess.run(gdb, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=ENDS, check=True)
            keep(command, said.stdout)
            yield qemu, said.stdout
        finally:
            kill(qemu)
            if qemu.stdout is not None:
                qemu.stdout.close()


def _wait_for(path: Path) -> None:
    end = time.monotonic() + ENDS
    while not path.exists():
        if time.monotonic() > end:
            raise TimeoutError(path)
        time.sleep(0.02)


def _console(qemu: subprocess.Popen[bytes]) -> str:
    """The output up to a report's last line, and what follows closely."""
    assert qemu.stdout is not None
    text, end = b"", time.monotonic() + ENDS
    while (left := end - time.monotonic()) > 0:
        wait = min(left, QUIET) if _LAST_LINE.search(text) else left
        if not select.select([qemu.stdout], [], [], wait)[0]:
            break
        piece = qemu.stdout.read1(65536)
        if not piece:
            break
        text += piece.replace(b"\r", b"")
    return text.decode(errors="replace")


class KernelReport:
    """One wrong kernel after another."""

    kernel: Kernel

    def report(self, registers: Mapping[str, int | str], commands: Sequence[str] = (), cpu: str | None = None) -> str:
        return report(self.kernel, registers, commands, cpu)

    def check(self, said: str, *patterns: str) -> None:
        for pattern in patterns:
            self.assertRegex(said, re.compile(pattern, re.MULTILINE))

    def test_store_through_a_bad_stack_pointer(self) -> None:
        said = self.report({"sp": NOWHERE, "x19": 0x1919_1919})
        self.check(
            said,
            r"^selene: unexpected exception: synchronous, kernel: data abort in the kernel$",
            rf"^  pc  selene_interrupt\+0x\w+ \({self.kernel.image}\)$",
            rf"^  esr 0x96000\w\w\w  far 0x{NOWHERE - 0x100 >> 8:014x}\w\w  pstate 0x\w+$",
            rf" x19 {0x1919_1919:#018x}",
            rf" sp (?:{NOWHERE:#018x}|{NOWHERE - 0x100 >> 8:#016x}\w\w)$",  # a frame may be made before the store
            rf"^  core {self.kernel.objects}, sp is not on its stack",
        )

    def test_jump_to_nowhere_with_known_registers(self) -> None:
        registers: dict[str, int | str] = {f"x{number}": 0x1111_0000_0000_0000 + number for number in range(30)}
        said = self.report({**registers, "x30": "selene_interrupt + 8", "pc": NOWHERE})
        self.check(
            said,
            r"^selene: unexpected exception: synchronous, kernel: instruction abort in the kernel$",
            rf"^  pc  {NOWHERE:#018x}$",
            rf"^  lr  selene_interrupt\+0x8 \({self.kernel.image}\)$",
            rf"^  esr 0x86000\w\w\w  far {NOWHERE:#018x}  pstate 0x\w+$",
            *(rf" x{number} {value:#018x}" for number, value in enumerate(registers.values())),
            rf"^  core {self.kernel.objects}, current thread {self.kernel.objects}$",
        )

    def test_failed_assertion(self) -> None:
        said = self.report(self.panic("FIQ, AArch32"))
        self.check(
            said,
            r"^selene: assertion failed: FIQ, AArch32\n  at SError, AArch32:77$",
            rf"^  pc  [\w:~]+\+0x\w+ \({self.kernel.image}\)$",
            r"^  lr  selene_interrupt\+0x8 ",
            r" x9 0x0000000000000999 ",
        )
        self.assertNotIn("unexpected", said)

    def test_exception_within_the_report_ends_it(self) -> None:
        said = self.report({**self.panic("FIQ, AArch32"), "x0": NOWHERE})
        self.check(said, r"^selene: assertion failed: \nselene: and another one in the report: data abort in the kernel$")
        self.check(said, rf"^  pc  SerialLine::\w+\+0x\w+ \({self.kernel.image}\)\n  far {NOWHERE:#018x}\n\Z")

    # At the interrupt x0 is the core and x1 the thread that was interrupted.

    def test_corrupt_ready_queues_are_named_by_their_invariant(self) -> None:
        said = self.report({}, ["set var ((selene::Core *)$x20)->ready.bitmap_[0] ^= 8"])
        self.check_broken(said, "bitmaps_equal_queues", "the bitmap says which queues are not empty")

    def test_a_corrupt_tree_is_named_by_its_invariant(self) -> None:
        first = "(selene::Slot *)(((selene::Core *)$x20)->kernel->tree.anchor_.next_ & ~31ul)"
        said = self.report({}, [f"set $first = {first}", "set var $first->previous_ ^= 32"])
        self.check_broken(said, "links_are_inverse", "the list's links are inverse")

    def test_a_corrupt_budget_of_the_running_thread_is_found_at_once(self) -> None:
        context = "((selene::Core *)$x20)->context"
        said = self.report({}, [f"set var {context}->limit = {context}->capacity + 1"])
        self.check_broken(said, "refills_are_at_most_the_maximum", "a context has as many refills as it may")

    def check_broken(self, said: str, invariant: str, words: str) -> None:
        self.check(
            said,
            rf"^selene: invariant broken: {invariant}\n  which says: {words}; see (?:0x0*{self.kernel.objects[2:]}|{self.kernel.image})$",
            rf"^  pc  (?:\S*leave|selene_\w+|selene::report_violation)\S*\+0x\w+ \({self.kernel.image}\)$",
            rf"^  core {self.kernel.objects}, current thread 0x\w+$",
        )
        self.assertNotIn("unexpected", said)

    def test_the_kernel_cannot_execute_user_code(self) -> None:
        for cpu in ("cortex-a53", "max"):
            with self.subTest(cpu):
                said = self.report({"pc": f"$ELR_EL{self.kernel.el}"}, cpu=cpu)
                self.check(said, r"^selene: unexpected exception: synchronous, kernel: instruction abort in the kernel$", r"^  pc  0x00000000002\w{5}$")
                self.check(said, rf"^  esr {self.kernel.no_code} ")

    def panic(self, expression: str) -> dict[str, int | str]:
        """The registers at one of the kernel's assertions, all of which are `brk #0x5e1e`."""
        brk = struct.pack("<I", 0xD420_0000 | 0x5E1E << 5)
        file = "SError, AArch32"
        values = {"x0": self.kernel.text_of(expression), "x1": self.kernel.text_of(file), "x2": 77, "x9": 0x999, "pc": self.kernel.address_of(brk)}
        return {**values, "x30": "selene_interrupt + 8"}


class KernelReportAtEl1(KernelReport, BootTest):
    """In the upper half, beside user pages in the lower one."""

    suite = "system"
    kernel = Kernel(1, 0xFFFF_FFFF_C000_0000, r"0xffffffffc00\w{5}", r"0xffffff80\w{8}", PERMISSION_TO_EXECUTE)


    def test_the_kernel_cannot_read_user_pages_where_the_core_knows_how(self) -> None:
        for cpu in ("cortex-a76", "max"):
            with self.subTest(cpu):
                load = struct.pack("<I", 0xF940_0000)  # ldr x0, [x0]
                said = self.report({"x0": "$ELR_EL1 & ~7", "pc": self.kernel.address_of(load)}, cpu=cpu)
                self.check(said, r"^selene: unexpected exception: synchronous, kernel: data abort in the kernel$", rf"^  esr {PERMISSION_TO_READ} ")
        with stopped(self.kernel, ['printf "PAN %d\\n", $cpsr >> 22 & 1'], "cortex-a72") as (_, said):
            self.assertIn("PAN 0\n", said)


class KernelReportAtEl2(KernelReport, BootTest):
    """Where addresses are positive."""

    suite = "system"
    kernel = Kernel(2, 0x7F_C000_0000, r"0x0000007fc00\w{5}", r"0x[89]\w{7}", r"0x8600000[4-7]")


if __name__ == "__main__":
    unittest.main()
