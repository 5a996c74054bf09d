# SPDX-License-Identifier: BSD-2-Clause
"""Rows that need no run: the size of the release kernel and of its sources."""

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from terminal import MISSING, Failure

from benchmark.counts import Figure

UNMAPPED_AFTER_BOOT = "boot_text"
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


def source_lines(repository: Path, generated: Path) -> list[Figure]:
    """Lines of code by cloc: of the kernel, of the interface description, and of what is generated from it."""
    kernel = [
        file
        for folder in ("kernel", "arch-aarch64")
        for file in _files(repository / folder, SOURCE_ENDINGS)
        if (repository / "kernel/invariants") not in file.parents
    ]
    description = _files(repository / "kernel/abi", (".yaml",))
    rows = {
        "source.kernel": kernel,
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
