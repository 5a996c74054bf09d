# SPDX-License-Identifier: BSD-2-Clause
"""Answers to a name that does not exist: what may have been meant, else what there is."""

import difflib
from collections.abc import Iterable

from terminal import USAGE, Failure

_MANY = 12


def unknown(kind: str, name: str, known: Iterable[str], *, listing: str = "") -> Failure:
    """The failure for an unknown name of some kind (`platform`, `system`...); `listing` is the command that shows all."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1) or [one for one in names if name in one]
    if near:
        hint = f"did you mean {near[0]}?"
    elif len(names) > _MANY and listing:
        hint = f"'{listing}' shows all"
    else:
        hint = f"choose from {', '.join(names)}" if names else "there is none yet"
    return Failure(f"there is no {kind} '{name}': {hint}", USAGE)
