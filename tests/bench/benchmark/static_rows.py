# SPDX-License-Identifier: BSD-2-Clause
"""Rows that need no run: the size of the release kernel and of its sources."""

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from terminal import BUILD, MISSING, Failure

from benchmark.counts import Figure

UNMAPPED_AFTER_BOOT = "boot_text"
NAMES = "llvm-nm-19"
SYMBOLIZER = "llvm-symbolizer-19"
SOURCE_ENDINGS = (".cpp", ".hpp", ".S")


def kernel_size(elf: Path) -> Figure:
    """Bytes of the kernel's code and constants that stay mapped; the boot stage is a program of its own."""
    with elf.open("rb") as file:
        sections = [(section["sh_flags"], section["sh_size"]) for section in ELFFile(file).iter_sections()
                    if section.name != UNMAPPED_AFTER_BOOT]
    return Figure.exact("size.kernel", "bytes", read_only_bytes(sections))


def read_only_bytes(sections: Iterable[tuple[int, int]]) -> int:
    """Sum of the sizes of sections, given as (flags, size), that are loaded and not writable."""
    kinds = SH_FLAGS.SHF_ALLOC | SH_FLAGS.SHF_WRITE
    return sum(size for flags, size in sections if flags & kinds == SH_FLAGS.SHF_ALLOC)


def kernel_size_parts(elf: Path, repository: Path) -> dict[str, int]:
    """The same bytes by the folder of the source that code comes from, largest first; then what is no code."""
    with elf.open("rb") as file:
        code = ELFFile(file).get_section_by_name(".text")
        start, end = int(code["sh_addr"]), int(code["sh_addr"] + code["sh_size"])
    listed = subprocess.run([NAMES, "--radix=x", str(elf)], capture_output=True, text=True, check=True).stdout
    named = {int(words[0], 16) for line in listed.splitlines() if len(words := line.split()) == 3 and words[1] in "tT"}
    begins = sorted(address for address in named if start <= address < end)
    # What is between two names belongs to the first.
    sizes = {address: behind - address for address, behind in zip(begins, [*begins[1:], end])}
    command = [SYMBOLIZER, f"--obj={elf}", "--functions=none", "--no-inlines", "--output-style=JSON"]
    text = subprocess.run(command, input="".join(f"{a:#x}\n" for a in sizes), capture_output=True, text=True, check=True).stdout
    parts: dict[str, int] = {}
    for record in map(json.loads, text.splitlines()):
        file = Path(record["Symbol"][0]["FileName"])
        known = file.is_relative_to(repository) and not file.is_relative_to(BUILD)
        part = _part(file.relative_to(repository)) if known else "generated"
        parts[part] = parts.get(part, 0) + sizes[int(record["Address"], 16)]
    parts = dict(sorted(parts.items(), key=lambda one: -one[1]))
    return {**parts, "constants": kernel_size(elf).value - sum(parts.values())}


def source_parts(repository: Path) -> dict[str, int]:
    """Lines of code of the kernel by folder, most first."""
    files: dict[str, list[Path]] = {}
    for file in _kernel_sources(repository):
        files.setdefault(_part(file.relative_to(repository)), []).append(file)
    return dict(sorted(((part, cloc(found)) for part, found in files.items()), key=lambda one: -one[1]))


def _part(file: Path) -> str:
    """The folder of a source in the kernel; all of the machine's is one but for the boot stage."""
    return "/".join(file.parts[:2]) if len(file.parts) > 2 else file.parts[0]


def _kernel_sources(repository: Path) -> list[Path]:
    return [
        file
        for folder in ("kernel", "arch-aarch64")
        for file in _files(repository / folder, SOURCE_ENDINGS)
        if (repository / "kernel/invariants") not in file.parents
    ]


def source_lines(repository: Path, generated: Path) -> list[Figure]:
    """Lines of code by cloc: of the kernel, of the interface description, and of what is generated from it."""
    description = _files(repository / "kernel/abi", (".yaml",))
    rows = {
        "source.kernel": _kernel_sources(repository),
        "source.interface": description,
        "source.generated": _files(generated, SOURCE_ENDINGS),
    }
    return [Figure.exact(name, "count", cloc(files)) for name, files in rows.items()]


def _files(folder: Path, endings: tuple[str, ...]) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.suffix in endings)


def cloc(files: list[Path]) -> int:
    """Lines of code, neither blank nor comment, in these files. Equal files count each time."""
    if shutil.which("cloc") is None:
        raise Failure("cloc is not installed: run './selene setup bench'", MISSING)
    if not files:
        return 0
    command = ["cloc", "--json", "--quiet", "--skip-uniqueness", "--list-file=-"]
    names = "\n".join(str(file) for file in files)
    process = subprocess.run(command, input=names, capture_output=True, text=True, check=True)
    return int(json.loads(process.stdout)["SUM"]["code"])
