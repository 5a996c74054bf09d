# SPDX-License-Identifier: BSD-2-Clause
"""The names of rows and groups, and which of them a command line means."""

import fnmatch
from collections.abc import Sequence

GROUPS = ("kernel", "boot", "library", "load", "capdl")
# The first words of rows that measure the library: what the user executes counts in them, too.
LIBRARY_WORDS = ("sync", "channel", "rpc", "pager", "restart")
# Rows that are not measured between markers.
STATIC_ROWS = ("size.kernel", "source.kernel", "source.interface", "source.generated")
MEMORY_ROW = "memory.kernel"
LATENCY_ROW = "latency.longest"
BOOT_ROWS = ("boot.kernel_to_user", "boot.reset_to_user")
LOAD_ROWS = ("load.instructions_per_object", "load.overhead", "load.read_back", "load.total.hello")
CAPDL_ROWS = ("capdl.check.100k", "capdl.build.100k", "capdl.memory.100k")


def row_number(row: str) -> int:
    """The number that markers carry for a name, as tests/bench/components/region.hpp makes it."""
    value = 0x811C9DC5
    for byte in row.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFF_FFFF
    return (value ^ value >> 16) & 0xFFFF


def group(row: str) -> str:
    """The group that a row belongs to: that of its first word, or the kernel's."""
    first = row.split(".")[0]
    if first in LIBRARY_WORDS:
        return "library"
    return first if first in GROUPS else "kernel"


def selects(words: Sequence[str], row: str) -> bool:
    """Whether these words (rows, patterns with *, groups) ask for a row. No word asks for all."""
    return not words or any(word == group(row) or fnmatch.fnmatchcase(row, word) for word in words)
