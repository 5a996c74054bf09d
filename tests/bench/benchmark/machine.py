# SPDX-License-Identifier: BSD-2-Clause
"""Runs a bench system in QEMU under a plugin, on the machine that the figures to beat were measured on."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from console import ON_PIPE, watch
from machine import Machine
from terminal import BUILD, FAILED, MISSING, TIME_OUT, Failure

from benchmark.counts import Console, Counts, parse_console, parse_counts
from benchmark.latency import Latency, parse_latencies
from benchmark.rows import row_number

PLUGINS = BUILD / "bench"
EXACT = ["-icount", "shift=0,sleep=off", "-rtc", "clock=vm"]
# QEMU's own boot code lies at the start of RAM; it loads an image with text_offset 0 2 MiB above and jumps there.
IMAGE_START = 0x4020_0000


@dataclass(frozen=True)
class Run:
    """One run of one image under the plugin that counts."""

    image: Path
    kernel_range: tuple[int, int]  # addresses that the kernel is linked to, the end excluded
    traced: tuple[str, ...] = ()  # rows whose regions list their instructions
    el: int = 1
    stages: tuple[int, ...] = ()  # offsets in the image of the functions that the boot's stages begin with

    def command(self, out: Path) -> list[str]:
        """The command line of QEMU; the plugin writes its counts to `out`."""
        arguments = f"out={out},image={IMAGE_START:#x},kernel={self.kernel_range[0]:#x}-{self.kernel_range[1]:#x}"
        arguments += "".join(f",stage={IMAGE_START + offset:#x}" for offset in self.stages)
        arguments += "".join(f",trace={row_number(row)}" for row in self.traced)
        return _command(self, f"count.so,{arguments}", "1024M")

    def execute(self) -> tuple[Console, Counts]:
        """Run to the end. Raises Failure if QEMU fails, time runs out, or the system does not say `exit 0`."""
        console, written = _execute(self, "count.so", 300)
        return console, parse_counts(written)


@dataclass(frozen=True)
class LatencyRun:
    """One run of one image under the plugin that measures how long interrupts wait."""

    image: Path
    handler: int  # the address of the first instruction that handles an interrupt
    timeout_seconds: float
    el: int = 1

    def command(self, out: Path) -> list[str]:
        """The command line of QEMU; the plugin writes what it finds to `out`."""
        arguments = f"out={out},handler={self.handler:#x},level={self.el}"
        return _command(self, f"latency.so,{arguments}", "3072M")  # for a frame of 1 GiB

    def execute(self) -> list[Latency]:
        """As that of Run."""
        return parse_latencies(*_execute(self, "latency.so", self.timeout_seconds))


def _command(run: Run | LatencyRun, plugin: str, memory: str) -> list[str]:
    machine = Machine(platform="virt", gic=2, el=run.el, cpu="cortex-a57", cores=1, memory=memory)
    return [*machine.command(run.image), *ON_PIPE, *EXACT, "-plugin", f"{PLUGINS}/{plugin}"]


def _execute(run: Run | LatencyRun, plugin: str, timeout_seconds: float) -> tuple[Console, str]:
    """What the console said and what the plugin wrote."""
    if not (PLUGINS / plugin).exists():
        raise Failure("the benchmark's plugins were not built: run './selene bench'", MISSING)
    said: list[bytes] = []

    def listen(piece: bytes) -> bytes:
        said.append(piece)
        return b""

    with tempfile.TemporaryDirectory(prefix="selene-") as folder:
        out = Path(folder) / "counts.jsonl"
        ending = watch(run.command(out), on_output=listen, time_out=timeout_seconds)
        text = b"".join(said).decode(errors="replace")
        console = parse_console(text)
        if ending.code != 0 or console.exit_code != 0:
            code = TIME_OUT if ending.code == TIME_OUT else FAILED
            raise Failure(f"{run.image.name} failed: {ending.sentence}{_last_words(text)}", code)
        return console, out.read_text()


def _last_words(console: str) -> str:
    lines = console.strip().splitlines()[-10:]
    return "; the last lines of its console:\n    " + "\n    ".join(lines) if lines else "; its console stayed empty"
