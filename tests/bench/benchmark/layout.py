# SPDX-License-Identifier: BSD-2-Clause
"""Where the build keeps what is measured."""

from dataclasses import dataclass, replace
from pathlib import Path

from elftools.elf.elffile import ELFFile

from benchmark.failure import MISSING, BenchFailure
from benchmark.machine import Run


@dataclass(frozen=True)
class Layout:
    """The build's products for one exception level of the kernel."""

    repository: Path
    build: Path
    exception_level: int

    @property
    def kernel_elf(self) -> Path:
        """The release kernel with symbols."""
        return self.build / "kernel/selene-release.elf"

    @property
    def generated(self) -> Path:
        """The headers and sources that are generated for the kernel from the interface description."""
        return self.build / "generated/abi"

    def kernel_range(self) -> tuple[int, int]:
        """The addresses that the kernel is linked to, the end excluded, without its boot stage."""
        if not self.kernel_elf.exists():
            raise BenchFailure(MISSING, f"{self.kernel_elf} was not built: run `./selene build`")
        with self.kernel_elf.open("rb") as file:
            elf = ELFFile(file)
            entry = elf["e_entry"]
            segments = [s for s in elf.iter_segments("PT_LOAD") if s["p_vaddr"] != s["p_paddr"] and s["p_vaddr"] > entry]
            low = min(s["p_vaddr"] for s in segments)
            high = max(s["p_vaddr"] + s["p_memsz"] for s in segments)
        return low, high

    def runs(self) -> list[Run]:
        """One run for each bench system."""
        systems = sorted(folder.name for folder in (self.repository / "tests/bench/systems").iterdir() if folder.is_dir())
        plugin = self.build / "bench/count.so"
        return [
            Run(plugin, self.build / f"images/{name}-release.img", self.exception_level, self.kernel_range()) for name in systems
        ]

    @staticmethod
    def traced(run: Run, row: int) -> Run:
        """The same run with the trace of one row."""
        return replace(run, traced_row=row)
