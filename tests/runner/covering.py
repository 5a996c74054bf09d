# SPDX-License-Identifier: BSD-2-Clause
"""Few choices out of a product of dimensions, such that any two values meet in one of them."""

import itertools
from collections.abc import Mapping, Sequence

Choice = dict[str, object]
Pair = tuple[tuple[str, object], tuple[str, object]]


def pairs_of(choice: Mapping[str, object]) -> set[Pair]:
    """The pairs of values that meet in a choice, of dimensions in their order."""
    return set(itertools.combinations(choice.items(), 2))


def covering(dimensions: Mapping[str, Sequence[object]], whole: Sequence[str]) -> list[Choice]:
    """Choices of one value for each dimension, always the same: every combination of the values of the dimensions in
    `whole`, and every pair of values of any two dimensions.

    Greedy: each choice takes, dimension by dimension, the value that makes the most pairs meet that have not met yet;
    among equals the one that was taken least.
    """
    missing = {
        (one, other)
        for (first, values), (second, others) in itertools.combinations(dimensions.items(), 2)
        for one in ((first, value) for value in values)
        for other in ((second, value) for value in others)
    }
    taken = {(name, value): 0 for name, values in dimensions.items() for value in values}
    seeds = [dict(zip(whole, values)) for values in itertools.product(*(dimensions[name] for name in whole))]
    found: list[Choice] = []
    while seeds or missing:
        start = seeds.pop(0) if seeds else dict(min(missing, key=repr))
        choice = _completed(start, dimensions, missing, taken)
        missing -= pairs_of(choice)
        for item in choice.items():
            taken[item] += 1
        found.append(choice)
    return found


def enough(choices: Sequence[Choice]) -> list[Choice]:
    """Some of these choices, in which each value occurs that occurs in any of them. Greedy."""
    missing = {item for choice in choices for item in choice.items()}
    found = []
    while missing:
        best = max(choices, key=lambda choice: len(missing & set(choice.items())))
        missing -= set(best.items())
        found.append(best)
    return found


def _completed(
    start: Mapping[str, object],
    dimensions: Mapping[str, Sequence[object]],
    missing: set[Pair],
    taken: Mapping[tuple[str, object], int],
) -> Choice:
    """A choice with these values, and for all other dimensions the best ones."""
    chosen = dict(start)
    for name, values in dimensions.items():
        if name not in chosen:
            chosen[name] = min(values, key=lambda value: (-_new_pairs((name, value), chosen, dimensions, missing), taken[name, value]))
    return {name: chosen[name] for name in dimensions}


def _new_pairs(
    item: tuple[str, object], chosen: Mapping[str, object], dimensions: Mapping[str, Sequence[object]], missing: set[Pair]
) -> int:
    """How many pairs that have not met yet a value makes meet."""
    order = list(dimensions)
    with_others = ((item, other) if order.index(item[0]) < order.index(other[0]) else (other, item) for other in chosen.items())
    return sum(pair in missing for pair in with_others)
