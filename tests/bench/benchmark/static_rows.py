# SPDX-License-Identifier: BSD-2-Clause
"""Rows that need no run: the size of the release kernel and of its sources."""

import json
import shutil
import subprocess
from pathlib import Path

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from benchmark.counts import Figure
from benchmark.failure import MISSING, BenchFailure

SOURCE_ENDINGS = (".cpp", ".hpp", ".S")


def kernel_size(elf: Path, address: int) -> Figure:
    """Bytes of .text and .rodata of the kernel that are mapped after boot: its read-only sections from `address` up.

    The boot stage lies below, at its physical address, and becomes untyped memory.
    """
    with elf.open("rb") as file:
        sections = [
            section
            for section in ELFFile(file).iter_sections()
            if section["sh_flags"] & SH_FLAGS.SHF_ALLOC
            and not section["sh_flags"] & SH_FLAGS.SHF_WRITE
            and section["sh_addr"] >= address
        ]
        value = sum(section["sh_size"] for section in sections)
    return Figure("size.kernel", "bytes", value, value, value)


def source_lines(repository: Path, generated: Path) -> list[Figure]:
    """Lines of code by cloc: of the kernel, of the interface description, of what is generated from it for the kernel."""
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
    return [_count(name, files) for name, files in rows.items()]


def _files(folder: Path, endings: tuple[str, ...]) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.suffix in endings)


def _count(name: str, files: list[Path]) -> Figure:
    value = cloc(files)
    return Figure(name, "count", value, value, value)


def cloc(files: list[Path]) -> int:
    """Lines of code, neither blank nor comment, in these files. Equal files count each time."""
    if shutil.which("cloc") is None:
        raise BenchFailure(MISSING, "cloc is not installed: run `./selene setup bench`")
    if not files:
        return 0
    command = ["cloc", "--json", "--quiet", "--skip-uniqueness", "--list-file=-"]
    names = "\n".join(str(file) for file in files)
    process = subprocess.run(command, input=names, capture_output=True, text=True, check=True)
    return int(json.loads(process.stdout)["SUM"]["code"])
