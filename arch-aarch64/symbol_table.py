#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes the debug kernel's table of its own functions (symbol_table.hpp), which is then linked into it.

    symbol_table.py LISTING TABLE           write the table as an assembly source
    symbol_table.py LISTING TABLE --check   refuse a kernel that has moved since its table was made

LISTING is what `llvm-nm --demangle` says of the kernel.
"""

import re
import sys
from pathlib import Path

_BASE, _END = "kernel_base", "kernel_text_end"  # kernel.ld
_LINE = re.compile(r"([0-9a-f]{16}) ([A-Za-z]) (.*)")
_GROUP = re.compile(r"\([^()]*\)|<[^<>]*>")


def short_name(name: str) -> str:
    """A demangled name without namespaces that all share, parameters, template arguments and return type."""
    short = name.replace("(anonymous namespace)::", "").replace("operator()", "operator")
    while (less := _GROUP.sub("", short)) != short:
        short = less
    words = [word for word in short.split() if word != "const"]
    return words[-1].removeprefix("selene::") if words else name


def functions(listing: str) -> list[tuple[int, str]]:
    """Offset from the kernel's base and name of each function in a listing, in order, and the end without a name.

    Where several names share an address, one that kernel.ld has given gives way to one of the program.
    """
    symbols = [(int(address, 16), kind, name) for address, kind, name in _LINE.findall(listing)]
    where = {name: address for address, _, name in symbols}
    base, end = where[_BASE], where[_END]
    named: dict[int, tuple[bool, str]] = {}
    for address, kind, name in symbols:
        if kind in "tTwW" and base <= address < end:
            named[address] = max(named.get(address, (False, "")), (not name.startswith("kernel_"), name))
    return [(address - base, short_name(name)) for address, (_, name) in sorted(named.items())] + [(end - base, "")]


def assembly(table: list[tuple[int, str]]) -> str:
    """The table as symbol_table.hpp draws it."""
    lines = ["// SPDX-License-Identifier: BSD-2-Clause", "// The kernel's functions; made by symbol_table.py."]
    lines += ['    .section .symbols, "a"', "    .balign 4", f"    .long {len(table)}"]
    place = 4 + 8 * len(table)
    for offset, name in table:
        lines.append(f"    .long {offset:#x}, {place}")
        place += len(name.encode()) + 1
    lines += [f'    .asciz "{name}"' for _, name in table]
    return "\n".join([*lines, "    .balign 4", ""])


def main(listing: str, table: str, *options: str) -> int:
    """Does what the command line asks for."""
    text = assembly(functions(Path(listing).read_text(encoding="utf-8")))
    if "--check" not in options:
        Path(table).write_text(text, encoding="utf-8")
    elif Path(table).read_text(encoding="utf-8") != text:
        print(f"{listing}: the functions are not where {table} says: the table itself has moved them", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
