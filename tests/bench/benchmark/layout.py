# SPDX-License-Identifier: BSD-2-Clause
"""Where the build keeps what is measured."""

from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile

from benchmark.failure import MISSING, WRONG_COMMAND, BenchFailure
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
        """The addresses that the kernel is linked to, the end excluded."""
        with self.kernel_elf.open("rb") as file:
            segments = list(ELFFile(file).iter_segments("PT_LOAD"))
        low = min(int(segment["p_vaddr"]) for segment in segments)
        high = max(int(segment["p_vaddr"] + segment["p_memsz"]) for segment in segments)
        return low, high

    def check(self) -> None:
        """Refuse what was not built."""
        if self.exception_level != 1:
            raise BenchFailure(WRONG_COMMAND, f"there is no kernel for exception level {self.exception_level} yet")
        if not self.kernel_elf.exists():
            raise BenchFailure(MISSING, f"{self.kernel_elf} was not built: run `./selene build`")

    def runs(self) -> list[Run]:
        """One run for each bench system."""
        systems = self.repository / "tests/bench/systems"
        names = sorted(folder.name for folder in systems.iterdir() if folder.is_dir())
        return [self.run(name) for name in names]

    def run(self, system: str, traced_row: int | None = None) -> Run:
        """A run of one bench system."""
        image = self.build / f"images/{system}-release.img"
        return Run(self.build / "bench/count.so", image, self.exception_level, self.kernel_range(), traced_row)
