# SPDX-License-Identifier: BSD-2-Clause
"""The boots on virt cover what docs/platforms.md says: counted here by other means than those that choose them."""

import itertools
import unittest

import support  # noqa: F401  # makes the modules below known
from board_test import DIMENSIONS, WHOLE, all_boots
from covering import covering, enough

NAMES = list(DIMENSIONS)


class Covering(unittest.TestCase):
    """The matrix of the boards, and small products."""

    def check(self, chosen: set[tuple[object, ...]], dimensions: dict[str, tuple[object, ...]], whole: tuple[str, ...]) -> None:
        """Each combination of `whole` occurs, and each pair of values."""
        names = list(dimensions)
        groups = [whole, *itertools.combinations(names, 2)]
        for group in groups:
            places = [names.index(name) for name in group]
            met = {tuple(choice[place] for place in places) for choice in chosen}
            self.assertEqual(met, set(itertools.product(*(dimensions[name] for name in group))), group)

    def test_boots_on_virt(self) -> None:
        boots = [boot for boot in all_boots().values() if boot.platform == "virt"]
        chosen = {tuple(getattr(boot, name) for name in NAMES) for boot in boots}
        self.check(chosen, {name: tuple(values) for name, values in DIMENSIONS.items()}, WHOLE)
        self.assertLess(len(chosen), 70)

    def test_each_value_is_in_the_default_run(self) -> None:
        boots = [boot for boot in all_boots().values() if boot.platform == "virt" and boot.default]
        for name, values in DIMENSIONS.items():
            self.assertEqual({getattr(boot, name) for boot in boots}, set(values), name)
        self.assertLess(len(boots), 12)

    def test_small_products(self) -> None:
        dimensions = {"a": (1, 2, 3), "b": ("x", "y"), "c": (True, False), "d": (1.5, 2.5, 3.5)}
        for whole in ((), ("a",), ("b", "d"), ("a", "b", "c")):
            choices = covering(dimensions, whole)
            self.check({tuple(choice.values()) for choice in choices}, dimensions, whole)
            self.assertLess(len(choices), 36)
            self.assertEqual(choices, covering(dimensions, whole))
            self.assertEqual({item for choice in enough(choices) for item in choice.items()}, {item for choice in choices for item in choice.items()})


if __name__ == "__main__":
    unittest.main()
