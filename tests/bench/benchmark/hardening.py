# SPDX-License-Identifier: BSD-2-Clause
"""What it costs to keep the processor from acting on guesses: counted in the kernel's instructions as they were emitted.

Two things are there for that alone (a test, tests/host/kernel/hardening_test.py, says that they are where they have to be):

    csel xN, xN, xzr, lo    an index that is too large becomes 0, also where a branch only guesses that it is not
    csdb                    and the select is not guessed

    eret                    to user code
    dsb nsh; isb            what lies behind is not executed in anticipation: nor ever else, so that this costs bytes only
"""

from collections.abc import Mapping, Sequence

from benchmark.counts import Figure

ROUND_TRIP = "ipc.round_trip.0"  # the row whose share is told
ROWS = ("hardening.round_trip", "hardening.size")
_INSTRUCTION = 4  # bytes


def belongs(address: int, instructions: Mapping[int, str]) -> bool:
    """Whether the instruction at an address is there for hardening alone."""
    text = instructions.get(address, "")
    behind, before = (instructions.get(address + step * _INSTRUCTION, "") for step in (1, -1))
    if text == "csdb":
        return True
    if text.startswith("csel "):
        return behind == "csdb"
    if text == "dsb nsh":
        return before == "eret"
    return text == "isb" and before == "dsb nsh" and instructions.get(address - 2 * _INSTRUCTION) == "eret"


def hardening_figures(trace: Sequence[int], instructions: Mapping[int, str]) -> list[Figure]:
    """Both rows, from the addresses that a round trip executes and the kernel's instructions by address."""
    executed = sum(belongs(address, instructions) for address in trace)
    size = _INSTRUCTION * sum(belongs(address, instructions) for address in instructions)
    values = (("instructions", executed), ("bytes", size))
    return [Figure.exact(name, unit, value) for name, (unit, value) in zip(ROWS, values)]
