# SPDX-License-Identifier: BSD-2-Clause
"""The shape of the interface description: which keys its files have, and of what kind their values are."""

from description import Choice, Either, Flag, Integer, Letter, List, Mapping, Name, Optional, Reference, Text

WORD = Integer(0, 2**64 - 1)
# Sizes stay far below 2^63, so that no sum or product of the generated code overflows.
BYTES = Integer(1, 2**40)

# The argument types that are not enumerations: what the kernel and libsel make of a message word.
BUILT_IN_TYPES = ("word", "index", "address", "priority", "ticks", "rights", "capability", "object_type",
                  "identity")

ARGUMENT = Mapping("an argument", {
    "name": Name(),
    "type": Reference(),
    "of": Optional(Reference()),  # capability: the object type, or any
    "rights": Optional(List(Reference())),  # capability: rights that it must have
    "optional": Optional(Flag(), False),  # capability: an index of all ones stands for none
    "minimum": Optional(WORD),  # word: limits, included
    "maximum": Optional(WORD),
    "alignment": Optional(Integer(2, 2**30)),  # word, address: what it must be a multiple of
    "prose": Text(),
})

RESULT = Mapping("a result", {
    "name": Name(),
    "type": Reference(),
    "prose": Text(),
})

METHOD = Mapping("a method", {
    "name": Name(),
    "number": Integer(1, 255),
    "rights": List(Reference()),  # that the invoked capability must have
    "preemptible": Flag(),
    "frequent": Optional(Flag(), False),  # its decoding is made fast rather than small
    "prose": Text(),
    "arguments": List(ARGUMENT),
    "results": Either(List(RESULT), Reference()),  # of its own, or those of a record
    "errors": List(Reference()),  # beyond those that the decoding of the arguments gives
})

# Bytes of an object: fixed + each * size, where size is the argument of retype, or 2^size for one of bits.
SIZE = Mapping("a size", {
    "fixed": Optional(BYTES, 0),
    "each": Optional(BYTES, 0),
    "unit": Optional(Name()),
    "minimum": Optional(Integer(0, 2**40), 0),
    "maximum": Optional(Integer(0, 2**40), 0),
    "alignment": Optional(BYTES),
    "bits": Optional(List(Integer(3, 39))),
})

OBJECT_FILE = Mapping("an object", {
    "object": Name(),
    "number": Integer(1, 63),
    "prose": Text(),
    "size": Optional(SIZE),  # left out: retype does not make it
    "methods": List(METHOD),
})

ERRORS_FILE = Mapping("the errors", {
    "details": List(Mapping("a kind of detail", {
        "name": Name(),
        "form": Choice(("number", "hexadecimal", "argument", "object_type", "rights", "error", "party", "thread_state")),
        "prose": Text(),
    })),
    "errors": List(Mapping("an error", {
        "name": Name(),
        "number": Integer(1, 255),
        "details": List(Reference()),
        "sentence": Text(),
    })),
})

SYSTEM_CALLS_FILE = Mapping("the system calls", {
    "system_calls": List(Mapping("a system call", {
        "name": Name(),
        "number": Integer(0, 65535),
        "objects": List(Reference()),  # objects that the capability in x0 may name; none: x0 is not used
        "rights": List(Reference()),
        "prose": Text(),
        "errors": List(Reference()),  # beyond those of every look-up
    })),
    "tag": List(Mapping("a field of the tag", {
        "name": Name(),
        "high": Integer(0, 63),
        "low": Integer(0, 63),
        "kernel": Optional(Flag(), False),  # only the kernel may set it
        "prose": Text(),
    })),
    "rights": List(Mapping("a right", {
        "name": Name(),
        "bit": Integer(0, 7),
        "capdl": Optional(Letter()),
        "prose": Text(),
    })),
    "fault_kinds": List(Mapping("a kind of fault", {
        "name": Name(),
        "number": Integer(1, 255),
        "words": List(Name()),
        "prose": Text(),
    })),
    "enumerations": List(Mapping("an enumeration", {
        "name": Name(),
        "prose": Text(),
        "values": List(Mapping("a value", {"name": Name(), "value": Integer(0, 255)})),
    })),
    "records": List(Mapping("a record", {  # results that several methods share
        "name": Name(),
        "prose": Text(),
        "fields": List(RESULT),
    })),
    "limits": List(Mapping("a limit", {"name": Name(), "value": WORD, "prose": Text()})),
})


def file_kind(keys: list[str]) -> Mapping:
    """Which kind of file has these keys at its top level."""
    if "errors" in keys:
        return ERRORS_FILE
    if "system_calls" in keys:
        return SYSTEM_CALLS_FILE
    return OBJECT_FILE
