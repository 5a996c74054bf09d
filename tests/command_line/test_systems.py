# SPDX-License-Identifier: BSD-2-Clause
"""Which system a word means."""

import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from support import REPOSITORY
from systems import find_system, system_names
from terminal import USAGE, Failure


class Systems(unittest.TestCase):
    """Names, files and folders."""

    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name).resolve() / "mine"
        self.folder.mkdir()
        self.addCleanup(os.chdir, os.getcwd())

    def spec(self, name: str) -> Path:
        """Makes a spec in the folder."""
        path = self.folder / name
        path.write_text("arch aarch64\n", encoding="utf-8")
        return path

    def refused(self, word: str, saying: str) -> None:
        """The word is refused with a sentence that contains `saying`."""
        with self.assertRaises(Failure) as caught:
            find_system(word)
        self.assertEqual(caught.exception.code, USAGE)
        self.assertIn(saying, str(caught.exception))

    def test_names_of_the_repository(self) -> None:
        for name in system_names():
            system = find_system(name)
            self.assertEqual(system.name, name)
            self.assertTrue(system.spec.is_relative_to(REPOSITORY))
            self.assertIsNone(system.folder)

    def test_file(self) -> None:
        for name in ("other.cdl", "other.cdl.j2"):
            spec = self.spec(name)
            system = find_system(str(spec))
            self.assertEqual((system.name, system.spec, system.folder), ("other", spec, self.folder))

    def test_file_in_the_repository_itself_has_no_components_beside_it(self) -> None:
        spec = self.spec("other.cdl")
        with mock.patch("systems.REPOSITORY", self.folder):
            self.assertIsNone(find_system(str(spec)).folder)

    def test_folder(self) -> None:
        self.spec("other.cdl")
        self.assertEqual(find_system(str(self.folder)).name, "other")
        self.spec("mine.cdl")
        self.assertEqual(find_system(str(self.folder)).name, "mine")

    def test_relative_to_where_the_user_is(self) -> None:
        spec = self.spec("mine.cdl")
        os.chdir(self.folder.parent)
        self.assertEqual(find_system("mine").spec, spec)
        self.assertEqual(find_system("mine/mine.cdl").spec, spec)

    def test_refusals(self) -> None:
        self.refused(str(self.folder), "has no spec")
        self.spec("one.cdl")
        self.spec("two.cdl")
        self.refused(str(self.folder), "has 2 specs")
        self.refused(str(self.folder / "three.cdl"), "there is no file or folder")
        self.refused(str(Path(__file__)), "is not a spec")
        self.refused("no-such-system", "there is no system")


if __name__ == "__main__":
    unittest.main()
