# SPDX-License-Identifier: BSD-2-Clause
"""What must hold across the interface description: numbers and names unique, references defined, ranges possible."""

import string
from collections.abc import Iterable
from types import SimpleNamespace

from description import Located, Problems, Record, suggestion
from schema import BUILT_IN_TYPES

# Limits and errors that generated code stands on.
NEEDED_LIMITS = ("register_words", "address_bits", "priorities")
COMMON_ERRORS = (  # of any method: of the message, of the look-up of a capability and of its rights
    "empty_slot", "index_out_of_range", "too_many_links", "no_space", "missing_right", "unknown_method",
    "wrong_length", "invalid_tag")
ARGUMENT_ERRORS = ("wrong_type", "argument_out_of_range", "misaligned")

# Names that the generated functions use beside the arguments' own.
LOCAL_NAMES = ("call", "arguments", "required", "given", "result")


def is_power_of_two(number: int) -> bool:
    return number > 0 and number & (number - 1) == 0


class Rules:
    """Checks an interface of well-shaped records; every method adds what it finds to the problems."""

    def __init__(self, interface: SimpleNamespace, problems: Problems) -> None:
        self.interface = interface
        self.problems = problems
        self.limits = {limit.name: limit.value for limit in interface.limits}
        self.rights = {right.name for right in interface.rights}
        self.errors = {error.name for error in interface.errors}
        self.details = {detail.name: detail for detail in interface.details}
        self.objects = {thing.name for thing in interface.objects}
        self.enumerations = {enumeration.name for enumeration in interface.enumerations}
        self.types = set(BUILT_IN_TYPES) | self.enumerations
        self.records = {record.name: record for record in interface.records}

    def check(self) -> None:
        here = self.interface
        self.unique("record", here.records)
        for record in here.records:
            self.check_results(record, record.fields, "fields")
        self.unique("object", here.objects, "number")
        self.gapless("object", here.objects, "number", first=1)
        for thing in here.objects:
            self.check_object(thing)
        self.unique("detail", here.details)
        self.unique("error", here.errors, "number")
        for error in here.errors:
            self.check_error(error)
        self.unique("system call", here.system_calls, "number")
        for system_call in here.system_calls:
            self.known("object", system_call.objects, self.objects)
            self.known("right", system_call.rights, self.rights)
            self.known("error", system_call.errors, self.errors)
        self.unique("right", here.rights, "bit")
        self.gapless("right", here.rights, "bit", first=0)
        self.unique("fault kind", here.fault_kinds, "number")
        for kind in here.fault_kinds:
            self.check_length(kind, "words")
        self.unique("enumeration", here.enumerations)
        for enumeration in here.enumerations:
            self.check_enumeration(enumeration)
        self.unique("limit", here.limits)
        for what, needed, defined in (
            ("limit", NEEDED_LIMITS, self.limits),
            ("error", COMMON_ERRORS + ARGUMENT_ERRORS, self.errors),
        ):
            for name in needed:
                if name not in defined:
                    self.problems.add(here.place, f"the {what} '{name}' is missing")
        self.check_tag()

    # --- Names and numbers ---------------------------------------------------------------------------------------

    def unique(self, what: str, records: Iterable[Record], number: str | None = None) -> None:
        """No two records share a name or, if number names that key, a number."""
        for key in ("name", number) if number else ("name",):
            seen: dict = {}
            for record in records:
                value = getattr(record, key)
                if value in seen:
                    self.problems.add(record.at(key), f"{what} {key} '{value}' is taken by {seen[value]}")
                else:
                    seen[value] = f"{record.name} at {record.at(key)}" if key != "name" else str(record.at(key))

    def gapless(self, what: str, records: Iterable[Record], key: str, first: int) -> None:
        """The numbers run from first without a gap, so that generated code needs one comparison for all."""
        for expected, record in enumerate(sorted(records, key=lambda record: getattr(record, key)), first):
            if getattr(record, key) > expected:
                self.problems.add(record.at(key), f"{what} {key}s leave out {expected}")
                return

    def known(self, what: str, names: Iterable[Located], defined: Iterable[str]) -> None:
        """Every name is defined, and none is given twice."""
        seen = set()
        for located in names:
            if located.name not in defined:
                hint = suggestion(located.name, defined)
                self.problems.add(located.place, f"unknown {what} '{located.name}'{hint}")
            if located.name in seen:
                self.problems.add(located.place, f"{what} '{located.name}' is given twice")
            seen.add(located.name)

    def check_length(self, record: Record, key: str) -> None:
        """What travels in registers has at most as many words as there are registers."""
        limit = self.limits.get("register_words", 0)
        if limit and len(getattr(record, key)) > limit:
            count = len(getattr(record, key))
            self.problems.add(record.at(key), f"{record.name} has {count} {key}; registers carry {limit}")

    # --- Objects and methods -------------------------------------------------------------------------------------

    def check_object(self, thing: Record) -> None:
        if thing.size:
            self.check_size(thing.size)
        self.unique("method", thing.methods, "number")
        for method in thing.methods:
            self.known("right", method.rights, self.rights)
            self.known("error", method.errors, self.errors)
            if method.preemptible and len(method.arguments) == self.limits.get("register_words"):
                self.problems.add(method.at("arguments"), "a preemptible method leaves the last word to its progress")
            self.unique("argument", method.arguments)
            self.check_length(method, "arguments")
            for argument in method.arguments:
                self.check_argument(argument)
            if isinstance(method.results, Located):
                self.known("record", [method.results], self.records)
            else:
                self.check_results(method, method.results, "results")

    def check_results(self, owner: Record, results: list[Record], key: str) -> None:
        self.unique(key.removesuffix("s"), results)
        self.check_length(owner, key)
        for result in results:
            self.known("type", [result.type], self.types)
            if result.type.name == "capability":
                self.problems.add(result.at("type"), "a method returns words, not capabilities")

    def check_size(self, size: Record) -> None:
        if size.bits is not None:
            for key in ("fixed", "each", "unit", "minimum", "maximum", "alignment"):
                if key in size.places:
                    self.problems.add(size.at(key), f"a size in bits has no '{key}'")
            if not size.bits or size.bits != sorted(set(size.bits)):
                self.problems.add(size.at("bits"), "expected one or more numbers, ascending")
            return
        if not size.alignment or not is_power_of_two(size.alignment):
            self.problems.add(size.at("alignment"), "a size needs an alignment that is a power of two")
        if size.each and not size.unit:
            self.problems.add(size.at("each"), "a size that grows needs a unit")
        if not size.each:
            for key in ("unit", "minimum", "maximum"):
                if key in size.places:
                    self.problems.add(size.at(key), f"'{key}' needs a size that grows: 'each' is missing")
            if not size.fixed:
                self.problems.add(size.place, "a size of nothing: give 'fixed', 'each' or 'bits'")
            elif size.alignment and size.fixed % size.alignment:
                self.problems.add(size.at("fixed"), f"{size.fixed} is no multiple of the alignment {size.alignment}")
        elif not 1 <= size.minimum <= size.maximum:
            self.problems.add(size.at("minimum"), f"the range {size.minimum} to {size.maximum} is empty or has 0")
        elif size.fixed + size.each * size.maximum >= 2**62:
            self.problems.add(size.at("maximum"), "the largest object has 2^62 bytes or more")

    def check_argument(self, argument: Record) -> None:
        self.known("type", [argument.type], self.types - {"identity"})
        kind = argument.type.name
        if argument.name in LOCAL_NAMES:
            self.problems.add(argument.at("name"), f"'{argument.name}' is a local name of the generated code")
        allowed = {"word": {"minimum", "maximum", "alignment"}, "address": {"alignment"},
                   "capability": {"of", "rights", "optional"}}.get(kind, set())
        for key in ("of", "rights", "optional", "minimum", "maximum", "alignment"):
            if key in argument.places and key not in allowed:
                self.problems.add(argument.at(key), f"an argument of type '{kind}' has no '{key}'")
        if kind == "capability":
            for key in ("of", "rights"):
                if key not in argument.places:
                    self.problems.add(argument.place, f"a capability lacks the key '{key}'")
            if argument.of:
                self.known("object", [argument.of], self.objects | {"any"})
            self.known("right", argument.rights or (), self.rights)
        if argument.alignment and not is_power_of_two(argument.alignment):
            self.problems.add(argument.at("alignment"), f"the alignment {argument.alignment} is no power of two")
        elif kind == "word":
            self.check_range(argument)

    def check_range(self, argument: Record) -> None:
        given = {"minimum", "maximum"} & argument.places.keys()
        if len(given) == 1:
            self.problems.add(argument.place, "'minimum' and 'maximum' go together")
        elif given:
            low, high = argument.minimum, argument.maximum
            if low > high:
                self.problems.add(argument.at("minimum"), f"the range {low} to {high} is empty")
            if argument.alignment and (low % argument.alignment or high % argument.alignment):
                self.problems.add(argument.at("minimum"), f"a limit is no multiple of {argument.alignment}")

    # --- Errors, enumerations, the tag ---------------------------------------------------------------------------

    def check_error(self, error: Record) -> None:
        for detail in error.details:
            self.known("detail", [detail], self.details)
        if len(error.details) != 2:
            self.problems.add(error.at("details"), f"{error.name} has {len(error.details)} details; there are two")
            return
        used = {field for _, field, _, _ in string.Formatter().parse(error.sentence) if field is not None}
        meant = {str(place) for place, detail in enumerate(error.details) if detail.name != "zero"}
        for place in sorted(used - meant):
            self.problems.add(error.at("sentence"), f"the sentence names {{{place}}}, which means nothing here")
        for place in sorted(meant - used):
            self.problems.add(error.at("sentence"), f"the sentence leaves out the detail {{{place}}}")

    def check_enumeration(self, enumeration: Record) -> None:
        if enumeration.name in BUILT_IN_TYPES:
            self.problems.add(enumeration.at("name"), f"'{enumeration.name}' is a type already")
        if not enumeration.values:
            self.problems.add(enumeration.at("values"), f"{enumeration.name} has no values")
        self.unique("value", enumeration.values, "value")
        self.gapless("value", enumeration.values, "value", first=0)

    def check_tag(self) -> None:
        self.unique("tag field", self.interface.tag)
        taken: dict[int, str] = {}
        for field in self.interface.tag:
            if field.high < field.low:
                self.problems.add(field.at("high"), f"bits {field.high}:{field.low} run backwards")
            for bit in range(field.low, field.high + 1):
                if bit in taken:
                    self.problems.add(field.place, f"bit {bit} of '{field.name}' belongs to '{taken[bit]}'")
                    break
                taken[bit] = field.name
