# SPDX-License-Identifier: BSD-2-Clause
"""What the templates ask about the interface: facts that follow from the description, and how C++ spells them."""

from types import SimpleNamespace

from description import Located, Record
from rules import COMMON_ERRORS
from schema import BUILT_IN_TYPES

# What a built-in type is in the kernel and in libsel; an enumeration is the generated one.
KERNEL_TYPES = {
    "word": "uint64_t", "index": "CapIndex", "address": "VirtAddr", "priority": "Priority", "ticks": "Ticks",
    "rights": "Rights", "capability": "Slot*", "object_type": "abi::ObjectType",
    "identity": "Identity",
}
LIBSEL_TYPES = {
    "word": "uint64_t", "index": "uint64_t", "address": "uint64_t", "priority": "uint8_t", "ticks": "uint64_t",
    "rights": "abi::RightsMask", "object_type": "abi::ObjectType", "identity": "uint64_t",
}
LARGEST_WORD = 2**64 - 1


def pascal(name) -> str:
    """address_space -> AddressSpace."""
    return "".join(part.capitalize() for part in str(name).split("_"))


def in_words(number: int) -> str:
    """Large numbers as powers of two: 1048575 -> 2^20 - 1."""
    for below in (0, 1):
        power = number + below
        if power >= 2**16 and power & (power - 1) == 0:
            return f"2^{power.bit_length() - 1}" + (" - 1" if below else "")
    return str(number)


def in_bytes(number: int) -> str:
    """4096 -> 4 KiB."""
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if number >= size and number % size == 0:
            return f"{number // size} {unit}"
    return f"{number} bytes"


class Questions:
    """Answers about one interface."""

    def __init__(self, interface: SimpleNamespace) -> None:
        self.interface = interface
        self.limits = {limit.name: limit.value for limit in interface.limits}
        self.enumerations = {enumeration.name: enumeration for enumeration in interface.enumerations}
        self.all_rights = sum(1 << right.bit for right in interface.rights)

    # --- The description -----------------------------------------------------------------------------------------

    def is_enumeration(self, value: Record) -> bool:
        return value.type.name in self.enumerations or value.type.name == "object_type"

    def range_of(self, argument: Record) -> tuple[int, int]:
        """The smallest and the largest word that the decoder lets pass; of a capability, the index."""
        kind = argument.type.name
        if kind == "word":
            return (argument.minimum or 0, LARGEST_WORD if argument.maximum is None else argument.maximum)
        if kind in self.enumerations:
            return (0, len(self.enumerations[kind].values) - 1)
        return {
            "address": (0, 2 ** self.limits["address_bits"] - 1),
            "priority": (0, self.limits["priorities"] - 1),
            "rights": (0, self.all_rights),
            "object_type": (1, len(self.interface.objects)),
        }.get(kind, (0, LARGEST_WORD))

    def has_range(self, argument: Record) -> bool:
        return self.range_of(argument) != (0, LARGEST_WORD)

    def common_errors(self) -> list[Record]:
        """What every method may answer before it looks at its arguments, or while it looks up capabilities."""
        return [error for error in self.interface.errors if error.name in COMMON_ERRORS]

    def errors_of(self, method: Record) -> list[Record]:
        """Every other error of a method, those of its decoder included, by number."""
        names = {error.name for error in method.errors}
        for argument in method.arguments:
            if argument.type.name == "capability" and argument.of.name != "any":
                names.add("wrong_type")
            elif argument.type.name != "capability" and self.has_range(argument):
                names.add("argument_out_of_range")
            if argument.alignment:
                names.add("misaligned")
        return sorted((e for e in self.interface.errors if e.name in names), key=lambda error: error.number)

    def constraint(self, argument: Record) -> str:
        """What the decoder demands of an argument beyond its type, in words; empty if nothing."""
        kind = argument.type.name
        low, high = self.range_of(argument)
        parts = []
        if kind == "capability":
            rights = " and ".join(str(right) for right in argument.rights)
            parts = [*([f"needs {rights}"] if rights else []), *(["may be none"] if argument.optional else [])]
        elif kind == "address":
            parts = [f"below 2^{self.limits['address_bits']}"]
        elif kind in ("word", "priority") and self.has_range(argument):
            parts = [f"{in_words(low)} to {in_words(high)}"]
        if argument.alignment:
            parts.append(f"a multiple of {argument.alignment}")
        return ", ".join(parts)

    def described(self, argument: Record) -> str:
        """The prose of an argument with its constraint as a sentence."""
        constraint = self.constraint(argument)
        return f"{argument.prose} {constraint[0].upper()}{constraint[1:]}." if constraint else argument.prose

    def form_of(self, detail: Located) -> str:
        """How an error's detail reads."""
        return next(kind.form for kind in self.interface.details if kind.name == detail.name)

    def tag_bits(self, kernel: bool) -> int:
        """The tag bits that only the kernel sets, or those that a user may."""
        bits = 0
        for field in self.interface.tag:
            if field.kernel == kernel:
                bits |= (2 ** (field.high + 1) - 1) & ~(2**field.low - 1)
        return bits

    # --- The manual ----------------------------------------------------------------------------------------------

    def size_prose(self, thing: Record) -> str:
        """How large objects of a type are, in a sentence."""
        size = thing.size
        if size is None:
            return "Retype does not make it."
        if size.bits:
            sizes = [in_bytes(2**bits) for bits in size.bits]
            return f"Size {' or '.join(sizes)}, aligned to that; retype takes {' or '.join(map(str, size.bits))}."
        parts = [in_bytes(size.fixed)] if size.fixed else []
        if size.each:
            count = f"{in_words(size.minimum)} to {in_words(size.maximum)}"
            parts.append(f"{in_bytes(size.each)} for each of {count} {size.unit}")
        return f"Size {' and '.join(parts)}, aligned to {in_bytes(size.alignment)}."

    def linked_type(self, value: Record) -> str:
        """The type of an argument or result, with a link to where it is explained."""
        name = value.type.name
        if name == "capability":
            return "any capability" if value.of.name == "any" else f"capability to [{value.of}](#{value.of})"
        if name in self.enumerations or name == "rights":
            return f"[{name}](#{name})"
        return {"object_type": "[object_type](#objects)", "identity": "[identity](#identities)"}.get(name, name)

    # --- C++ for all ---------------------------------------------------------------------------------------------

    def argument_kinds(self) -> list[str]:
        return [*BUILT_IN_TYPES, "enumeration"]

    def argument_kind(self, value: Record) -> str:
        return value.type.name if value.type.name in BUILT_IN_TYPES else "enumeration"

    def rights_mask(self, rights: list[Located]) -> str:
        return " | ".join(f"Right::{right}" for right in rights) or "{}"

    # --- Kernel C++ ----------------------------------------------------------------------------------------------

    def methods_by_number(self, thing: Record) -> list[Record | None]:
        """The methods of an object by their numbers, from 1 on; None where a number is not used."""
        methods = {method.number: method for method in thing.methods}
        return [methods.get(number) for number in range(1, max(methods, default=0) + 1)]

    def method_entries(self) -> list[SimpleNamespace | None]:
        """All methods by the number of their object's type, then by their own."""
        return [method and SimpleNamespace(function=f"{thing.name}_{method.name}", type=thing.name,
                                           rights=method.rights, arguments=len(method.arguments))
                for thing in self.interface.objects for method in self.methods_by_number(thing)]

    def first_methods(self) -> list[int]:
        """How many entries lie before those of each object, by their numbers from 1 on."""
        counts = [len(self.methods_by_number(thing)) for thing in self.interface.objects]
        return [sum(counts[:place]) for place in range(len(counts))]

    def kernel_type(self, value: Record) -> str:
        return KERNEL_TYPES.get(value.type.name) or f"abi::{pascal(value.type.name)}"

    def kernel_value(self, argument: Record) -> str:
        """The checked message word of an argument as its kernel type."""
        kind, name = argument.type.name, argument.name
        if kind in ("word", "capability"):
            return name
        if kind == "rights":
            return f"Rights::from_mask({name})"
        if self.is_enumeration(argument):
            return f"static_cast<{self.kernel_type(argument)}>({name})"
        return f"{self.kernel_type(argument)}({f'static_cast<uint8_t>({name})' if kind == 'priority' else name})"

    def kernel_word(self, result: Record) -> str:
        """A field of a method's result as a message word."""
        kind, name = result.type.name, f"result.{result.name}"
        if kind == "word":
            return name
        if kind == "rights":
            return f"{name}.mask()"
        return f"static_cast<uint64_t>({name})" if self.is_enumeration(result) else f"{name}.value()"

    def kernel_result(self, function: str, method: Record) -> str:
        if method.record:
            return f"Result<{pascal(method.record)}>"
        return f"Result<{pascal(function)}Result>" if method.results else "Result<void>"

    def kernel_rights(self, rights: list[Located]) -> str:
        return " | ".join(f"rights::{right}" for right in rights) or "rights::none"

    # --- libsel C++ ----------------------------------------------------------------------------------------------

    def libsel_type(self, value: Record) -> str:
        if value.type.name == "capability":
            return "Capability" if value.of.name == "any" else f"CapabilityTo<abi::ObjectType::{value.of}>"
        return LIBSEL_TYPES.get(value.type.name) or f"abi::{pascal(value.type.name)}"

    def takes_structure(self, method: Record) -> bool:
        """From three arguments on, libsel takes them by name."""
        return len(method.arguments) > 2

    def libsel_parameters(self, method: Record) -> str:
        if self.takes_structure(method):
            return f"const {pascal(method.name)}& arguments"
        return ", ".join(f"{self.libsel_type(argument)} {argument.name}" for argument in method.arguments)

    def libsel_words(self, method: Record) -> str:
        """The message words of a call, each with a comma in front."""
        prefix = "arguments." if self.takes_structure(method) else ""
        return "".join(f", {self.libsel_word(argument, prefix + argument.name)}" for argument in method.arguments)

    def libsel_word(self, argument: Record, name: str) -> str:
        kind = self.libsel_type(argument)
        if argument.type.name == "capability":
            return f"{name}.index().raw()"
        if argument.type.name == "rights":
            return f"{name}.raw()"
        return name if kind == "uint64_t" else f"static_cast<uint64_t>({name})"

    def libsel_result(self, method: Record) -> str:
        """One result is returned as such, several as a structure."""
        if len(method.results) > 1:
            return f"Result<{self.libsel_structure(method)}>"
        return f"Result<{self.libsel_type(method.results[0])}>" if method.results else "Result<void>"

    def libsel_structure(self, method: Record) -> str:
        """What several results are returned in."""
        return pascal(method.record) if method.record else f"{pascal(method.name)}Result"

    def libsel_value(self, result: Record, word: str) -> str:
        """A result from the word that came back."""
        kind = self.libsel_type(result)
        return word if kind == "uint64_t" else f"static_cast<{kind}>({word})"
