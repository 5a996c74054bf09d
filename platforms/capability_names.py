# SPDX-License-Identifier: BSD-2-Clause
"""What the capabilities of a component are called in its specification, and the methods of the kernel's objects."""

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from build import CAPDL
from terminal import BUILD, FAILED, REPOSITORY, Failure

_SECTION = re.compile(r"^ *(objects|caps) \{$")
_OBJECT = re.compile(r"^ *([\w.@-]+)(?:\[\d+\])? = (\w+)")
_TABLE = re.compile(r"^ *([\w.@-]+) \{$")
_SLOT = re.compile(r"^ *(\d+): ([\w.@-]+)(?:\[(\d+)(?:\.\.(\d+))?\])?")  # a range fills consecutive slots
# The specification's types that have methods, as kernel/abi has them.
_TYPES = {
    "cnode": "cap_table", "tcb": "thread", "ut": "untyped", "pgd": "address_space", "frame": "frame", "sc": "sched_context",
    "notification": "notification", "arm_irq": "interrupt_handler", "irq": "interrupt_handler",
}  # fmt: skip
_CONTROLS = {"power_control": "power_control", "sched_control": "schedule_control", "irq_control": "interrupt_control"}


@dataclass(frozen=True)
class CapabilityNames:
    """What a slot's capability is called, by component and slot; what is there at the start."""

    slots: dict[str, dict[int, str]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)  # object of kernel/abi, by name in the specification
    methods: dict[str, dict[int, str]] = field(default_factory=dict)  # by object of kernel/abi and number

    def name(self, component: str, slot: int) -> str:
        """The specification's name, or the slot's number for what came there later."""
        return self.slots.get(component, {}).get(slot, f"slot {slot}")

    def method(self, component: str, slot: int, label: int) -> str | None:
        """The method that a label is; None if it is a message's."""
        kind = self.kinds.get(re.sub(r"\[\d+\]$", "", self.name(component, slot)), "")
        return self.methods.get(kind, {}).get(label)


def capability_names(spec: Path) -> CapabilityNames:
    """The names in a specification, a .cdl file.

    Raises Failure if it is refused.
    """
    command = [CAPDL, "expand", spec, "--components", BUILD / "components"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        raise Failure(f"the names of {spec.name} are not known: {done.stderr.strip()}", FAILED)
    return read_names(done.stdout)


def read_names(expanded: str) -> CapabilityNames:
    """The names in what `capdl expand` prints."""
    names = CapabilityNames(kinds=dict(_CONTROLS), methods=_methods())
    section, table = "", {}
    for line in expanded.splitlines():
        if match := _SECTION.match(line):
            section = match[1]
        elif section == "objects" and (match := _OBJECT.match(line)):
            if match[2] in _TYPES:
                names.kinds[match[1]] = _TYPES[match[2]]
        elif section == "caps" and (match := _TABLE.match(line)):
            component, _, what = match[1].rpartition(".")
            table = names.slots.setdefault(component, {}) if what == "cnode" else {}
        elif section == "caps" and (match := _SLOT.match(line)):
            first, name = int(match[1]), match[2]
            if match[3] is None:
                table[first] = name
            else:
                numbers = range(int(match[3]), int(match[4] or match[3]) + 1)
                table |= {first + place: f"{name}[{number}]" for place, number in enumerate(numbers)}
    return names


def _methods() -> dict[str, dict[int, str]]:
    methods: dict[str, dict[int, str]] = {}
    for file in sorted((REPOSITORY / "kernel" / "abi").glob("*.yaml")):
        # As text: `off` is a name there, not a truth value.
        description = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
        if isinstance(description, dict) and "object" in description:
            methods[description["object"]] = {int(one["number"]): one["name"] for one in description.get("methods", [])}
    return methods
