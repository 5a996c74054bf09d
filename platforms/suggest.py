# SPDX-License-Identifier: BSD-2-Clause
"""Answers to a name that does not exist: what may have been meant, else what there is."""

import difflib
from collections.abc import Iterable

from terminal import USAGE, Failure


def unknown(kind: str, name: str, known: Iterable[str]) -> Failure:
    """The failure for an unknown name of some kind (`platform`, `system`...)."""
    names = sorted(known)
    if near := difflib.get_close_matches(name, names, n=1):
        hint = f"did you mean {near[0]}?"
    else:
        hint = f"choose from {', '.join(names)}" if names else "there is none yet"
    return Failure(f"there is no {kind} '{name}': {hint}", USAGE)
