# SPDX-License-Identifier: BSD-2-Clause
"""Rows that count one function of the kernel within their regions: from its first instruction until it returns, with what it calls."""

from collections.abc import Mapping, Sequence

# The mangled name of the function, by row.
FUNCTIONS = {"queue.insert.10000": "_ZN6selene9WaitQueue6insertERNS_6ThreadE"}  # selene::WaitQueue::insert(Thread&)


def inside(trace: Sequence[int], instructions: Mapping[int, str], entry: int) -> list[int]:
    """What is executed of a function at `entry` the first time that it is called; nothing if it is not, or does not return."""
    if entry not in trace:
        return []
    executed = []
    depth = 0
    for address in trace[list(trace).index(entry) :]:
        executed.append(address)
        text = instructions.get(address, "")
        if text.startswith(("bl ", "blr ")):
            depth += 1
        elif text == "ret":
            depth -= 1
        if depth < 0:
            return executed
    return []
