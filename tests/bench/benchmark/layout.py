# SPDX-License-Identifier: BSD-2-Clause
"""Where the build keeps what is measured, and the images made of it."""

from pathlib import Path

from build import make_image
from elftools.elf.elffile import ELFFile
from systems import System
from terminal import BUILD, MISSING, REPOSITORY, Failure

from benchmark.machine import Run

KERNEL = BUILD / "kernel" / "selene-release.elf"  # with symbols, without its boot stage
GENERATED = BUILD / "generated" / "abi"
SYSTEMS = REPOSITORY / "tests" / "bench" / "systems"


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


def runs() -> list[Run]:
    """One run for each bench system, its image made anew from what was built."""
    result = []
    for spec in sorted(SYSTEMS.glob("*/*.cdl")):
        name = spec.parent.name
        image = make_image(System(name, spec, None), "release", BUILD / "images" / f"bench-{name}.img")
        result.append(Run(image, kernel_range(KERNEL)))
    return result
