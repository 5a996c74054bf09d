# SPDX-License-Identifier: BSD-2-Clause
"""Writes a plain spec of any size, in the mix of what the default system expands to."""

import sys
from collections.abc import Iterator

OBJECTS_EACH = 28
_TEXT, _CONSTANTS, _VARIABLES, _STACK = 7, 2, 5, 4  # frames; with the IPC buffer and the environment there are 20
_CODE = 0x200000
_ENVIRONMENT = "53454c454e454e5601000000" + "00" * 388  # 400 bytes, as long as that of a component with some capabilities
PAGE = 4096


def _component(name: str) -> Iterator[str]:
    stack = _TEXT + _CONSTANTS + _VARIABLES + 1
    top, buffer = _CODE + (stack + _STACK) * PAGE, _CODE + (stack + _STACK + 1) * PAGE
    yield f"  {name}.home = ut {{"
    yield f"    {name}.cnode = cnode (8 bits)"
    yield f"    {name}.tcb = tcb (addr: {buffer:#x}, ip: {_CODE:#x}, sp: {top:#x}, prio: 100, max_prio: 100, affinity: 0, resume: True)"
    yield f"    {name}.sc = sc (period: 5000, budget: 5000, data: 0)"
    yield f"    {name}.pgd = pgd"
    for page in range(_TEXT + _CONSTANTS):
        yield f'    {name}.text.{page} = frame (4k, fill: [{{0 4096 CDL_FrameFill_FileData "program.bin" {page * PAGE}}}])'
    for page in range(_VARIABLES):
        yield f"    {name}.data.{page} = frame (4k)"
    for page in range(_STACK):
        yield f"    {name}.stack.{page} = frame (4k)"
    yield f"    {name}.ipc_buffer = frame (4k)"
    yield f'    {name}.environment = frame (4k, fill: [{{0 400 bytes "{_ENVIRONMENT}"}}])'
    for table in ("pud", "pd", "pt"):
        yield f"    {name}.{table} = {table}"
    yield "  }"


def _capabilities(name: str, server: str) -> Iterator[str]:
    yield f"  {name}.cnode {{ 1: requests (R) 2: {name}.cnode 3: {name}.pgd }}"
    yield f"  {server}.cnode {{ {0x40 + hash_of(name)}: requests (WP, badge: {1 + hash_of(name)}) }}"
    yield f"  {name}.tcb {{ cspace: {name}.cnode (guard: 0, guard_size: 56) vspace: {name}.pgd ipc_buffer_slot: {name}.ipc_buffer (RW) sc_slot: {name}.sc }}"
    yield f"  {name}.pgd {{ 0: {name}.pud }}"
    yield f"  {name}.pud {{ 0: {name}.pd }}"
    yield f"  {name}.pd {{ 1: {name}.pt }}"
    yield f"  {name}.pt {{"
    page = 0
    for part, count, rights in (("text", _TEXT + _CONSTANTS, "RX"), ("data", _VARIABLES, "RW")):
        for number in range(count):
            yield f"    {page}: {name}.{part}.{number} ({rights})"
            page += 1
    page += 1
    for number in range(_STACK):
        yield f"    {page}: {name}.stack.{number} (RW)"
        page += 1
    yield f"    {page + 1}: {name}.ipc_buffer (RW)"
    yield f"    {page + 3}: {name}.environment (R)"
    yield "  }"


def hash_of(name: str) -> int:
    """A small number of its own for each client of a server."""
    return int(name[1:]) % 64


def large_spec(objects: int) -> str:
    """A spec of at least `objects` objects, none more than needed for whole components."""
    names = [f"c{number}" for number in range(-(-(objects - 1) // OBJECTS_EACH))]
    lines = ["arch aarch64", "", "objects {", "  requests = ep"]
    for name in names:
        lines += _component(name)
    lines += ["}", "", "caps {"]
    for number, name in enumerate(names):
        lines += _capabilities(name, names[number // 64 * 64])
    return "\n".join([*lines, "}", ""])


if __name__ == "__main__":
    sys.stdout.write(large_spec(int(sys.argv[1])))
