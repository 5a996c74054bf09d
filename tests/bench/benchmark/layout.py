# SPDX-License-Identifier: BSD-2-Clause
"""Where the build keeps what is measured, and the images made of it."""

from pathlib import Path

from build import LOADER, make_image
from elftools.elf.elffile import ELFFile
from systems import System, find_system
from terminal import BUILD, FAILED, MISSING, REPOSITORY, Failure

from benchmark.counts import BOOT_STAGES
from benchmark.machine import LatencyRun, Run

GENERATED = BUILD / "generated" / "abi"
KEPT_MEMORY = BUILD / "bench" / "kept_memory.elf"
SYSTEMS = REPOSITORY / "tests" / "bench" / "systems"
HANDLER = "_ZN6selene17handle_interruptsERNS_4CoreE"  # selene::handle_interrupts(Core&)
TICK_INSTRUCTIONS = 16  # between two ticks of the counter, on the machine that the benchmark runs on
SWEEP_TICKS = 600  # from the begin of an operation on, an interrupt is asserted at a moment of its own for each run


def kernel(el: int) -> Path:
    """The kernel of an exception level, with symbols, without its boot stage."""
    return BUILD / "kernel" / f"selene-release-el{el}.elf"


def check_built(el: int) -> None:
    """Refuse to measure what was not built."""
    if not kernel(el).exists():
        raise Failure(f"{kernel(el)} was not built: run './selene bench'", MISSING)


def kernel_range(elf: Path) -> tuple[int, int]:
    """The addresses that the kernel is linked to, the end excluded."""
    with elf.open("rb") as file:
        segments = list(ELFFile(file).iter_segments("PT_LOAD"))
    low = min(int(segment["p_vaddr"]) for segment in segments)
    high = max(int(segment["p_vaddr"] + segment["p_memsz"]) for segment in segments)
    return low, high


def kernel_rows(el: int) -> Run:
    """The system whose programs measure the kernel between markers."""
    return _run("kernel_rows", "kernel_rows", LOADER, el)


def hello(el: int) -> Run:
    """The default system, whose boot is measured."""
    return _image_run(find_system("hello"), "hello", LOADER, el)


def library_rows(el: int) -> Run:
    """The system whose programs measure the library between markers."""
    return _run("library_rows", "library_rows", LOADER, el)


def kept_memory(el: int) -> Run:
    """The same image with a first task that says what the kernel has kept, instead of the loader."""
    return _run("kernel_rows", "kept_memory", KEPT_MEMORY, el)


def latency(every: int, el: int) -> LatencyRun:
    """The system whose program does long operations, with an interrupt asserted at each so-manieth instruction."""
    step = max(1, every // TICK_INSTRUCTIONS)
    spec = BUILD / "specs" / f"latency-{step}.cdl"
    spec.parent.mkdir(parents=True, exist_ok=True)
    text = (SYSTEMS / "latency" / "latency.cdl").read_text(encoding="utf-8")
    spec.write_text(text.replace("STEP", str(step)).replace("SHOTS", str(max(1, SWEEP_TICKS // step))), encoding="utf-8")
    image = make_image(System("latency", spec, None), "release", BUILD / "images" / "bench-latency.img")
    return LatencyRun(image, symbol(kernel(el), HANDLER), timeout_seconds=300 + 7200 / step, el=el)


def symbol(elf: Path, name: str) -> int:
    """The address of a symbol."""
    with elf.open("rb") as file:
        found = ELFFile(file).get_section_by_name(".symtab").get_symbol_by_name(name)
    if not found:
        raise Failure(f"{elf.name} has no function {name}", FAILED)
    return int(found[0]["st_value"])


def _run(system: str, name: str, first_task: Path, el: int) -> Run:
    """A run of a bench system."""
    return _image_run(System(system, SYSTEMS / system / f"{system}.cdl", None), name, first_task, el)


def _image_run(system: System, name: str, first_task: Path, el: int) -> Run:
    """A run of a system, its image made anew from what was built."""
    image = make_image(system, "release", BUILD / "images" / f"bench-{name}.img", first_task)
    return Run(image, kernel_range(kernel(el)), el=el, stages=boot_stages())


def boot_stages() -> tuple[int, ...]:
    """Where in the image the functions are that its stages begin with, but for the first."""
    with (BUILD / "kernel" / "boot-release.elf").open("rb") as file:
        symbols = {symbol.name: int(symbol["st_value"]) for symbol in ELFFile(file).get_section_by_name(".symtab").iter_symbols()}
    starts = [f"_ZN6selene4boot{len(function)}{function}E" for _, function in BOOT_STAGES if function]
    found = [[address for name, address in symbols.items() if name.startswith(start)] for start in starts]
    if any(len(addresses) != 1 for addresses in found):
        raise Failure("the boot stage lacks a function that a stage begins with", FAILED)
    return tuple(addresses[0] for addresses in found)
