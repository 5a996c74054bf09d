# SPDX-License-Identifier: BSD-2-Clause
"""Runs a bench system in QEMU under the counting plugin, on the machine that the figures to beat were measured on."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from console import ON_PIPE, watch
from machine import Machine
from terminal import BUILD, FAILED, MISSING, TIME_OUT, Failure

from benchmark.counts import Console, Counts, parse_console, parse_counts

PLUGIN = BUILD / "bench" / "count.so"
EXACT = ["-icount", "shift=0,sleep=off", "-rtc", "clock=vm"]
# QEMU's own boot code lies at the start of RAM; it loads an image with text_offset 0 2 MiB above and jumps there.
IMAGE_START = 0x4020_0000
TIMEOUT_SECONDS = 300


@dataclass(frozen=True)
class Run:
    """One run of one image."""

    image: Path
    kernel_range: tuple[int, int]  # addresses that the kernel is linked to, the end excluded
    traced_row: int | None = None

    def command(self, out: Path) -> list[str]:
        """The command line of QEMU; the plugin writes its counts to `out`."""
        arguments = f"{PLUGIN},out={out},image={IMAGE_START:#x}"
        arguments += f",kernel={self.kernel_range[0]:#x}-{self.kernel_range[1]:#x}"
        if self.traced_row is not None:
            arguments += f",trace={self.traced_row}"
        machine = Machine(platform="virt", gic=2, cpu="cortex-a57", cores=1, memory="1024M")
        return [*machine.command(self.image), *ON_PIPE, *EXACT, "-plugin", arguments]

    def execute(self) -> tuple[Console, Counts]:
        """Run to the end. Raises Failure if QEMU fails, time runs out, or the system does not say `exit 0`."""
        if not PLUGIN.exists():
            raise Failure("the counting plugin was not built: run './selene bench'", MISSING)
        said: list[bytes] = []

        def listen(piece: bytes) -> bytes:
            said.append(piece)
            return b""

        with tempfile.TemporaryDirectory(prefix="selene-") as folder:
            out = Path(folder) / "counts.jsonl"
            ending = watch(self.command(out), on_output=listen, time_out=TIMEOUT_SECONDS)
            text = b"".join(said).decode(errors="replace")
            console = parse_console(text)
            if ending.code != 0 or console.exit_code != 0:
                code = TIME_OUT if ending.code == TIME_OUT else FAILED
                raise Failure(f"{self.image.name} failed: {ending.sentence}{_last_words(text)}", code)
            return console, parse_counts(out.read_text())


def _last_words(console: str) -> str:
    lines = console.strip().splitlines()[-10:]
    return "; the last lines of its console:\n    " + "\n    ".join(lines) if lines else "; its console stayed empty"
