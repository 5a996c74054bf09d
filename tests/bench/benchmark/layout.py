# SPDX-License-Identifier: BSD-2-Clause
"""Where the build keeps what is measured, and the images made of it."""

from pathlib import Path

from build import LOADER, make_image
from elftools.elf.elffile import ELFFile
from systems import System
from terminal import BUILD, MISSING, REPOSITORY, Failure

from benchmark.machine import Run

KERNEL = BUILD / "kernel" / "selene-release.elf"  # with symbols, without its boot stage
GENERATED = BUILD / "generated" / "abi"
KEPT_MEMORY = BUILD / "bench" / "kept_memory.elf"
SYSTEM = System("kernel_rows", REPOSITORY / "tests" / "bench" / "systems" / "kernel_rows" / "kernel_rows.cdl", None)


def check_built() -> None:
    """Refuse to measure what was not built."""
    if not KERNEL.exists():
        raise Failure(f"{KERNEL} was not built: run './selene bench'", MISSING)


def kernel_range(elf: Path) -> tuple[int, int]:
    """The addresses that the kernel is linked to, the end excluded."""
    with elf.open("rb") as file:
        segments = list(ELFFile(file).iter_segments("PT_LOAD"))
    low = min(int(segment["p_vaddr"]) for segment in segments)
    high = max(int(segment["p_vaddr"] + segment["p_memsz"]) for segment in segments)
    return low, high


def kernel_rows() -> Run:
    """The system whose programs measure the kernel between markers; its boot is measured too."""
    return _run("kernel_rows", LOADER)


def kept_memory() -> Run:
    """The same image with a first task that says what the kernel has kept, instead of the loader."""
    return _run("kept_memory", KEPT_MEMORY)


def _run(name: str, first_task: Path) -> Run:
    """A run of the bench system, its image made anew from what was built."""
    image = make_image(SYSTEM, "release", BUILD / "images" / f"bench-{name}.img", first_task)
    return Run(image, kernel_range(KERNEL))
