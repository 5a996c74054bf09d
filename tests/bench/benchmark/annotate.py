# SPDX-License-Identifier: BSD-2-Clause
"""The listing of a row: each counted instruction in order of execution, with its source line."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from terminal import MISSING, Failure

DISASSEMBLER = "llvm-objdump-19"
SYMBOLIZER = "llvm-symbolizer-19"
DISASSEMBLED = re.compile(r"^\s*([0-9a-f]+):\s+([0-9a-f]{8})\s+(\S.*)$")


@dataclass(frozen=True)
class Place:
    """Where an instruction comes from; the innermost function that was inlined there."""

    function: str
    file: str
    line: int


def disassemble(elf: Path) -> dict[int, str]:
    """Every instruction of the kernel by its address."""
    text = _output([DISASSEMBLER, "--disassemble", "--no-print-imm-hex", str(elf)])
    return parse_disassembly(text)


def parse_disassembly(text: str) -> dict[int, str]:
    """Instructions by address from llvm-objdump's text; operands separated by one space, without comments."""
    instructions = {}
    for line in text.splitlines():
        if match := DISASSEMBLED.match(line):
            instructions[int(match[1], 16)] = " ".join(match[3].split("//")[0].split())
    return instructions


def places(elf: Path, addresses: Sequence[int]) -> dict[int, Place]:
    """The source place of each address."""
    unique = sorted(set(addresses))
    names = "\n".join(f"{address:#x}" for address in unique)
    text = _output([SYMBOLIZER, f"--obj={elf}", "--output-style=JSON"], names + "\n")
    return parse_symbols(text)


def parse_symbols(text: str) -> dict[int, Place]:
    """Places by address from llvm-symbolizer's JSON, one object a line."""
    result = {}
    for line in text.splitlines():
        record = json.loads(line)
        innermost = (record.get("Symbol") or [{}])[0]
        place = Place(innermost.get("FunctionName", ""), innermost.get("FileName", ""), innermost.get("Line", 0))
        result[int(record["Address"], 16)] = place
    return result


def functions(elf: Path, addresses: Sequence[int]) -> dict[int, str]:
    """The function of each address that has one: not what was inlined there but where to, without its arguments."""
    unique = sorted(set(addresses))
    text = _output([SYMBOLIZER, f"--obj={elf}", "--output-style=JSON", "--no-inlines"], "".join(f"{a:#x}\n" for a in unique))
    return {address: plain_name(place.function) for address, place in parse_symbols(text).items()}


def chains(elf: Path, addresses: Sequence[int]) -> dict[int, list[str]]:
    """The functions that each address of the kernel lies in: what was inlined innermost first, without their arguments."""
    known = disassemble(elf)
    unique = sorted({address for address in addresses if address in known})
    text = _output([SYMBOLIZER, f"--obj={elf}", "--output-style=JSON"], "".join(f"{a:#x}\n" for a in unique))
    records = (json.loads(line) for line in text.splitlines())
    return {int(record["Address"], 16): [plain_name(frame["FunctionName"]) for frame in record["Symbol"]] for record in records}


def plain_name(function: str) -> str:
    """A C++ function's name as its namespace would call it."""
    return function.replace("(anonymous namespace)::", "").removeprefix("selene::").split("(")[0]


def listing(
    trace: Sequence[int],
    instructions: dict[int, str],
    found: dict[int, Place],
    source_line: Callable[[str, int], str],
    repository: Path,
) -> str:
    """One line for each instruction: number, address, instruction, source. What is not the kernel's is the user's svc.

    The source is printed where it differs from the line above.
    """
    lines = []
    above = None
    for number, address in enumerate(trace, start=1):
        instruction = instructions.get(address)
        if instruction is None:
            lines.append(f"{number:5}  {address:016x}  {'svc':38}  the user's")
            above = None
            continue
        place = found.get(address, Place("", "", 0))
        shown = ""
        if place != above and place.file:
            file = Path(place.file)
            name = file.relative_to(repository) if file.is_relative_to(repository) else file
            shown = f"{name}:{place.line} {place.function}: {source_line(place.file, place.line)}"
        above = place
        lines.append(f"{number:5}  {address:016x}  {instruction:38}  {shown}".rstrip())
    return "\n".join(lines)


class Sources:
    """Lines of source files, each file read once."""

    def __init__(self) -> None:
        self._files: dict[str, list[str]] = {}

    def line(self, file: str, number: int) -> str:
        if file not in self._files:
            path = Path(file)
            self._files[file] = path.read_text(errors="replace").splitlines() if path.exists() else []
        lines = self._files[file]
        return lines[number - 1].strip() if 0 < number <= len(lines) else ""


def annotate(trace: Sequence[int], elf: Path, repository: Path) -> str:
    """The listing of one trace against the release kernel."""
    instructions = disassemble(elf)
    found = places(elf, [address for address in trace if address in instructions])
    return listing(trace, instructions, found, Sources().line, repository)


def _output(command: list[str], text: str = "") -> str:
    if shutil.which(command[0]) is None:
        raise Failure(f"{command[0]} is not installed: run './selene setup bench'", MISSING)
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
