# SPDX-License-Identifier: BSD-2-Clause
"""docs/platforms.md has every board and every boot path, with a command that means it."""

import re
import unittest

from support import REPOSITORY

from command_line import _machine, _machine_parser
from machine import platform_names, read_platform

PAGE = (REPOSITORY / "docs" / "platforms.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| (\S+) \| [^|]+ \| `\./selene run([^`|]*)` \| [^|]+ \|$", re.MULTILINE)


class Platforms(unittest.TestCase):
    """The tables of the page, beside the platforms' descriptions."""

    def test_every_boot_path_has_its_command(self) -> None:
        told = set()
        for platform, words in _ROW.findall(PAGE):
            machine = _machine(_machine_parser("run", "", "").parse_args(words.split()))
            self.assertEqual(machine.platform, platform, words)
            told.add((platform, machine.boot_path))
        there = {(platform, path) for platform in platform_names() for path in read_platform(platform)["boot"]}
        self.assertEqual(told, there)

    def test_every_board_is_named_as_it_names_itself(self) -> None:
        for platform in platform_names():
            name = read_platform(platform)["description"].partition(" (")[0]
            self.assertIn(f"\n| {name} |", PAGE.replace("`", ""))


if __name__ == "__main__":
    unittest.main()
