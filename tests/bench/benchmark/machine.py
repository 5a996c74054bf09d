# SPDX-License-Identifier: BSD-2-Clause
"""Runs a system image in QEMU under the counting plugin, on the machine that the figures to beat were measured on."""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmark.counts import Console, Counts, parse_console, parse_counts
from benchmark.failure import FAILED, MISSING, TIMED_OUT, BenchFailure

QEMU = "qemu-system-aarch64"
# QEMU's boot code lies at the start of RAM and jumps to the image, which it loads 2 MiB above if text_offset is 0.
IMAGE_START = 0x4020_0000
TIMEOUT_SECONDS = 300


@dataclass(frozen=True)
class Run:
    """One run of one image."""

    plugin: Path
    image: Path
    exception_level: int = 1
    kernel_range: tuple[int, int] | None = None  # addresses of the kernel; None: the upper half
    traced_row: int | None = None

    def command(self, out: Path) -> list[str]:
        """The command line of QEMU; the plugin writes its counts to `out`."""
        machine = "virt" if self.exception_level == 1 else "virt,virtualization=on"
        arguments = f"{self.plugin},out={out},image={IMAGE_START:#x}"
        if self.kernel_range is not None:
            arguments += f",kernel={self.kernel_range[0]:#x}-{self.kernel_range[1]:#x}"
        if self.traced_row is not None:
            arguments += f",trace={self.traced_row}"
        return [
            *(QEMU, "-M", machine, "-cpu", "cortex-a57", "-m", "1024", "-smp", "1"),
            *("-display", "none", "-monitor", "none", "-nodefaults", "-nic", "none", "-serial", "stdio"),
            *("-icount", "shift=0,sleep=off", "-rtc", "clock=vm"),
            *("-kernel", str(self.image), "-plugin", arguments),
        ]

    def execute(self) -> tuple[Console, Counts]:
        """Run to the end. Raises BenchFailure if QEMU fails, time runs out, or the system does not say `exit 0`."""
        if shutil.which(QEMU) is None:
            raise BenchFailure(MISSING, f"{QEMU} is not installed: run `./selene setup bench`")
        for file in (self.plugin, self.image):
            if not file.exists():
                raise BenchFailure(MISSING, f"{file} was not built: run `./selene setup bench`, then `./selene build`")
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "counts.jsonl"
            try:
                process = subprocess.run(
                    self.command(out),
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=TIMEOUT_SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired as late:
                sentence = f"{self.image.name} ran for {TIMEOUT_SECONDS} s{_last_words(late.stdout)}"
                raise BenchFailure(TIMED_OUT, sentence) from late
            if process.returncode != 0:
                error = process.stderr.decode(errors="replace").strip()
                words = _last_words(process.stdout)
                raise BenchFailure(FAILED, f"QEMU ended with code {process.returncode}: {error}{words}")
            console = parse_console(process.stdout.decode(errors="replace"))
            if console.exit_code != 0:
                ended = "without an exit code" if console.exit_code is None else f"with exit {console.exit_code}"
                raise BenchFailure(FAILED, f"{self.image.name} ended {ended}{_last_words(process.stdout)}")
            return console, parse_counts(out.read_text())


def _last_words(console: bytes | None) -> str:
    lines = (console or b"").decode(errors="replace").strip().splitlines()[-10:]
    return "; the last lines of its console:\n    " + "\n    ".join(lines) if lines else "; its console stayed empty"
