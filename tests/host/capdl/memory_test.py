# SPDX-License-Identifier: BSD-2-Clause
"""The compiler's own memory: enough for large systems, and in proportion to them.

Environment: CAPDL, the program; PARTS, the build folder with kernel and loader; REPOSITORY.
"""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CAPDL = os.environ["CAPDL"]
PARTS = Path(os.environ["PARTS"])
sys.path.insert(0, str(Path(os.environ["REPOSITORY"]) / "tests" / "bench"))

from benchmark.large_spec import PAGE, large_spec  # noqa: E402

MEGABYTE = 1_000_000
OBJECTS = 100_000
GOAL = 300 * MEGABYTE  # of the rows capdl.*.100k


class MemoryTest(unittest.TestCase):
    """What the operating system counts, which does not depend on how fast the machine is."""

    def setUp(self) -> None:
        """A folder with the program that the large specs name."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "program.bin").write_bytes(bytes(16 * PAGE))

    def most_memory(self, text: str, *words: str, code: int = 0) -> int:
        """The most bytes that a run of the compiler on a spec has at a time."""
        spec = self.folder / "large.cdl"
        spec.write_text(text, encoding="utf-8")
        command = [CAPDL, words[0], str(spec), *words[1:]]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, code)
        return usage.ru_maxrss * 1024

    def test_goal(self) -> None:
        """To check, and to build."""
        parts = ("--kernel", str(PARTS / "kernel" / "selene-release.bin"), "--loader", str(PARTS / "loader" / "loader.elf"))
        build = ("build", *parts, "--components", str(self.folder), "-o", str(self.folder / "large.img"))
        text = large_spec(OBJECTS)
        self.assertLess(self.most_memory(text, "check"), GOAL)
        self.assertLess(self.most_memory(text, *build), GOAL)

    def test_proportion(self) -> None:
        """Twice as many objects, twice as much memory. (Below that of this process the operating system does not count.)"""
        few, more, many = (self.most_memory(large_spec(objects), "check") for objects in (OBJECTS, 2 * OBJECTS, 4 * OBJECTS))
        self.assertLess(many - more, 22 * (more - few) // 10)

    def test_limits(self) -> None:
        """A line that asks for all there can be, and more, is refused before it takes more than a large system does."""
        for objects in ("e[16777215] = ep", "e[1048576] = ep f = ep"):
            self.assertLess(self.most_memory(f"arch aarch64 objects {{ {objects} }}", "check", code=1), GOAL)
        table = "arch aarch64 objects { e[1000] = ep t[9000] = cnode (20 bits) } caps { t[] { " + "e[] " * 5000 + "} }"
        self.assertLess(self.most_memory(table, "check", code=1), 2 * GOAL)


if __name__ == "__main__":
    unittest.main()
