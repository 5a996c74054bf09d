#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes the headers and the reference manual from the interface description (all YAML files of one folder).

A file is only written when its contents change, so that a build does not go through again for a comment.
"""

import argparse
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace

import jinja2

import schema
from description import Located, Place, Problems, Record, read_file
from rules import Rules

HERE = Path(__file__).resolve().parent
COLUMNS = 110

# What each built-in type becomes: in the kernel, in libsel, and in prose.
KERNEL_TYPES = {
    "word": "uint64_t", "index": "CapIndex", "address": "VirtAddr", "priority": "Priority", "ticks": "Ticks",
    "rights": "Rights", "capability": "Slot*", "object_type": "abi::ObjectType",
}


# --- Reading -----------------------------------------------------------------------------------------------------


def read_interface(folder: Path, problems: Problems) -> SimpleNamespace | None:
    """All YAML files of the folder as one checked interface; None if there are problems."""
    interface = SimpleNamespace(objects=[], place=Place(str(folder), 1))
    lists = {key for file in (schema.ERRORS_FILE, schema.SYSTEM_CALLS_FILE) for key in file.keys}
    for path in sorted(folder.glob("*.yaml")):
        record = read_file(path, schema.file_kind, problems)
        if record is None:
            continue
        if hasattr(record, "object"):
            record.name = record.object
            record.places["name"] = record.at("object")
            interface.objects.append(record)
            continue
        for key in record.places:
            if hasattr(interface, key):
                problems.add(record.at(key), f"'{key}' is given in another file too")
            setattr(interface, key, getattr(record, key))
    for key in sorted(lists):
        if not hasattr(interface, key) and not problems.sentences:
            problems.add(interface.place, f"no file gives '{key}'")
    if problems.sentences:
        return None
    interface.objects.sort(key=lambda thing: thing.number)
    Rules(interface, problems).check()
    return None if problems.sentences else interface


# --- What templates ask about the interface ------------------------------------------------------------------------


class Questions:
    """Facts that follow from the description and that more than one template needs."""

    def __init__(self, interface: SimpleNamespace) -> None:
        self.interface = interface
        self.limits = {limit.name: limit.value for limit in interface.limits}
        self.enumerations = {enumeration.name: enumeration for enumeration in interface.enumerations}
        self.all_rights = sum(1 << right.bit for right in interface.rights)

    def range_of(self, argument: Record) -> tuple[int, int]:
        """The smallest and the largest value that the decoder lets pass (a capability: any index)."""
        kind = argument.type.name
        largest = 2**64 - 1
        if kind == "word":
            return (argument.minimum or 0, largest if argument.maximum is None else argument.maximum)
        if kind in self.enumerations:
            return (0, len(self.enumerations[kind].values) - 1)
        return {
            "address": (0, 2 ** self.limits["address_bits"] - 1),
            "priority": (0, self.limits["priorities"] - 1),
            "rights": (0, self.all_rights),
            "object_type": (1, len(self.interface.objects)),
        }.get(kind, (0, largest))

    def kernel_type(self, value: Record) -> str:
        return KERNEL_TYPES.get(value.type.name) or f"abi::{pascal(value.type.name)}"

    def kernel_value(self, argument: Record) -> str:
        """C++: the checked message word of an argument as its kernel type."""
        kind, name = argument.type.name, argument.name
        if kind in ("word", "capability"):
            return name
        if kind == "rights":
            return f"Rights::from_mask({name})"
        if self.is_enumeration(argument):
            return f"static_cast<{self.kernel_type(argument)}>({name})"
        return f"{self.kernel_type(argument)}({f'static_cast<uint8_t>({name})' if kind == 'priority' else name})"

    def result_word(self, result: Record) -> str:
        """C++: a field of a method's result as a message word."""
        kind, name = result.type.name, f"result.{result.name}"
        if kind == "word":
            return name
        if kind == "rights":
            return f"{name}.mask()"
        return f"static_cast<uint64_t>({name})" if self.is_enumeration(result) else f"{name}.value()"

    def kernel_result(self, function: str, method: Record) -> str:
        return f"Result<{pascal(function)}Result>" if method.results else "Result<void>"

    def rights_value(self, rights: list[Located]) -> str:
        """C++: a set of rights."""
        return " | ".join(f"rights::{right}" for right in rights) or "rights::none"

    def is_enumeration(self, value: Record) -> bool:
        return value.type.name in self.enumerations or value.type.name == "object_type"

    def errors_of(self, method: Record) -> list[Record]:
        """Every error of a method, those of its decoder included, by number."""
        names = {error.name for error in method.errors} | {"wrong_length"}
        if method.rights:
            names.add("missing_right")
        for argument in method.arguments:
            low, high = self.range_of(argument)
            if argument.type.name == "capability":
                names |= {"empty_slot", "index_out_of_range", "too_many_links"}
                names |= {"wrong_type"} if argument.of.name != "any" else set()
                names |= {"missing_right"} if argument.rights else set()
            elif (low, high) != (0, 2**64 - 1):
                names.add("argument_out_of_range")
            if argument.alignment:
                names.add("misaligned")
        return sorted((e for e in self.interface.errors if e.name in names), key=lambda error: error.number)

    def tag_bits(self, kernel: bool) -> int:
        """The tag bits that only the kernel sets, or those that a user may."""
        bits = 0
        for field in self.interface.tag:
            if field.kernel == kernel:
                bits |= (2 ** (field.high + 1) - 1) & ~(2**field.low - 1)
        return bits


# --- Writing -----------------------------------------------------------------------------------------------------


def pascal(name) -> str:
    """address_space -> AddressSpace."""
    return "".join(part.capitalize() for part in str(name).split("_"))


def comment(text: str, indent: int = 0, mark: str = "///") -> str:
    """Prose as comment lines, the first without indentation."""
    margin = " " * indent
    lines = textwrap.wrap(text, COLUMNS - indent - len(mark) - 1, break_long_words=False, break_on_hyphens=False)
    return f"\n{margin}".join(f"{mark} {line}" for line in lines)


def table_cell(text: str) -> str:
    return text.replace("|", "\\|")


def environment(interface: SimpleNamespace) -> jinja2.Environment:
    result = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"), undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, finalize=named)
    result.filters.update(pascal=pascal, comment=comment, cell=table_cell, hex=lambda number: f"{number:#x}")
    result.globals.update(vars(interface), ask=Questions(interface))
    return result


def named(value):
    """References print as the name they refer to."""
    return value.name if isinstance(value, Located) else value


def templates() -> list[Path]:
    return sorted((HERE / "templates").glob("*.j2"))


def output_of(template: Path, folder: Path) -> Path:
    name = template.name.removesuffix(".j2")
    return folder / ("docs" if name.endswith(".md") else "generated/abi") / name


def write_if_changed(path: Path, text: str) -> None:
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--input", type=Path, default=HERE, help="folder with the YAML files")
    parser.add_argument("--output", type=Path, required=True, help="build folder: gets generated/abi/*.hpp and docs/reference.md")
    parser.add_argument("--list", action="store_true", help="print the files that would be written, and stop")
    options = parser.parse_args()
    if options.list:
        print("\n".join(str(output_of(template, options.output)) for template in templates()))
        return 0
    problems = Problems()
    interface = read_interface(options.input, problems)
    if interface is None:
        print("\n".join(problems.sentences), file=sys.stderr)
        return 1
    renderer = environment(interface)
    for template in templates():
        write_if_changed(output_of(template, options.output), renderer.get_template(template.name).render())
    return 0


if __name__ == "__main__":
    sys.exit(main())
