# SPDX-License-Identifier: BSD-2-Clause
"""Reads YAML with the place of every value, and says what is wrong with it by file and line."""

import difflib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

# Names become C++ identifiers, so they may be none of its words.
RESERVED = frozenset("""
    alignas alignof and asm auto bitand bitor bool break case catch char class compl concept const consteval constexpr
    constinit continue decltype default delete do double else enum explicit export extern false float for friend goto
    if inline int long mutable namespace new noexcept not nullptr operator or private protected public register
    requires return short signed sizeof static struct switch template this throw true try typedef typeid typename
    union unsigned using virtual void volatile while xor empty none""".split())


@dataclass(frozen=True)
class Place:
    """A line of a file."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Problems:
    """The mistakes found so far; all of them are reported, not just the first."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def add(self, place: Place, sentence: str) -> None:
        self.sentences.append(f"{place}: {sentence}")


def suggestion(word: str, known) -> str:
    """Half a sentence that says what may be used instead of word: the nearest, or else all."""
    known = sorted(str(name) for name in known)
    near = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean '{near[0]}'?" if near else f"; known: {', '.join(known)}"


class Record:
    """A checked mapping: its values as attributes, and where they stand."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.places: dict[str, Place] = {}

    def at(self, key: str) -> Place:
        return self.places.get(key, self.place)


@dataclass(frozen=True)
class Input:
    """A node of a YAML file on its way through the schema."""

    file: str
    node: yaml.Node
    problems: Problems

    @property
    def place(self) -> Place:
        return Place(self.file, self.node.start_mark.line + 1)

    def refuse(self, sentence: str) -> None:
        self.problems.add(self.place, sentence)

    def below(self, node: yaml.Node) -> "Input":
        return Input(self.file, node, self.problems)


# --- Kinds of values. Each reads an Input, or says what is wrong and returns None. -------------------------------


class Text:
    """One or more lines of prose, read as one."""

    def read(self, source: Input) -> str | None:
        text = source.node.value.strip() if isinstance(source.node, yaml.ScalarNode) else ""
        if not text:
            source.refuse("expected a text")
            return None
        return " ".join(text.split())


class Name:
    """A snake_case identifier."""

    def read(self, source: Input) -> str | None:
        name = source.node.value if isinstance(source.node, yaml.ScalarNode) else ""
        if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
            source.refuse(f"expected a name in snake_case, not '{name}'")
            return None
        if name in RESERVED:
            source.refuse(f"'{name}' is a reserved word")
            return None
        return name


class Letter:
    """One capital letter."""

    def read(self, source: Input) -> str | None:
        if not re.fullmatch(r"[A-Z]", str(source.node.value)):
            source.refuse("expected one capital letter")
            return None
        return source.node.value


@dataclass(frozen=True)
class Integer:
    """A number within a range, limits included."""

    minimum: int
    maximum: int

    def read(self, source: Input) -> int | None:
        value = source.node.value if isinstance(source.node, yaml.ScalarNode) else ""
        if not re.fullmatch(r"-?(0|[1-9][0-9]*|0x[0-9a-fA-F]+)", value):
            source.refuse(f"expected a number, not '{value}'" if value else "expected a number")
            return None
        number = int(value, 0)
        if not self.minimum <= number <= self.maximum:
            source.refuse(f"{number} is not within {self.minimum} to {self.maximum}")
            return None
        return number


class Flag:
    """true or false."""

    def read(self, source: Input) -> bool | None:
        if source.node.value not in ("true", "false"):
            source.refuse("expected true or false")
            return None
        return source.node.value == "true"


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    def read(self, source: Input) -> str | None:
        if source.node.value not in self.words:
            source.refuse(f"unknown word '{source.node.value}'{suggestion(str(source.node.value), self.words)}")
            return None
        return source.node.value


@dataclass(frozen=True)
class Located:
    """A name and the place where it was used, for names that another record must define."""

    name: str
    place: Place

    def __str__(self) -> str:
        return self.name


class Reference:
    """The name of something that is defined elsewhere."""

    def read(self, source: Input) -> Located | None:
        name = Name().read(source)
        return Located(name, source.place) if name else None


@dataclass(frozen=True)
class List:
    """A sequence of values of one kind."""

    of: Any

    def read(self, source: Input) -> list | None:
        if not isinstance(source.node, yaml.SequenceNode):
            source.refuse("expected a list")
            return None
        values = [self.of.read(source.below(node)) for node in source.node.value]
        return [value for value in values if value is not None]


@dataclass(frozen=True)
class Either:
    """A list, or a single word in its place."""

    sequence: List
    word: Any

    def read(self, source: Input) -> Any:
        kind = self.word if isinstance(source.node, yaml.ScalarNode) else self.sequence
        return kind.read(source)


@dataclass(frozen=True)
class Optional:
    """A key that may be left out."""

    kind: Any
    default: Any = None


@dataclass(frozen=True)
class Mapping:
    """A mapping with fixed keys. `what` names it in messages."""

    what: str
    keys: dict[str, Any] = field(hash=False)

    def read(self, source: Input) -> Record | None:
        if not isinstance(source.node, yaml.MappingNode):
            source.refuse(f"expected {self.what}, with the keys {', '.join(self.keys)}")
            return None
        record = Record(source.place)
        sound = True
        for key_node, value_node in source.node.value:
            key = key_node.value
            if key not in self.keys:
                source.below(key_node).refuse(f"{self.what} has no key '{key}'{suggestion(str(key), self.keys)}")
                sound = False
                continue
            if key in record.places:
                source.below(key_node).refuse(f"the key '{key}' is given twice")
                sound = False
            kind = self.keys[key].kind if isinstance(self.keys[key], Optional) else self.keys[key]
            value = kind.read(source.below(value_node))
            sound = sound and value is not None
            record.places[key] = source.below(key_node).place
            setattr(record, key, value)
        for key, kind in self.keys.items():
            if key in record.places:
                continue
            if isinstance(kind, Optional):
                setattr(record, key, kind.default)
            else:
                source.refuse(f"{self.what} lacks the key '{key}'")
                sound = False
        return record if sound else None


def read_file(path: Path, kind_of, problems: Problems) -> Record | None:
    """Reads one file; kind_of gives the Mapping for the keys it has."""
    name = str(path)
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        problems.add(Place(name, error.problem_mark.line + 1), f"not YAML: {error.problem}")
        return None
    if not isinstance(node, yaml.MappingNode):
        problems.add(Place(name, 1), "expected a mapping")
        return None
    return kind_of([key.value for key, _ in node.value]).read(Input(name, node, problems))
