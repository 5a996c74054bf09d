# SPDX-License-Identifier: BSD-2-Clause
"""The debug kernel carries its invariants with it; in the release kernel there is nothing of them."""

import os
import re
import unittest
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
KERNEL = Path(os.environ["SELENE_BUILD"]) / "kernel"

LISTED = re.compile(r'^ +\{"(\w+)", ', re.MULTILINE)
SAYS = re.compile(r'return \{"([^"]+)"|Violation\{"([^"]+)"')


class KernelImages(unittest.TestCase):
    """The bytes that are loaded, searched for names and sentences of invariants."""

    def test_names_and_sentences(self) -> None:
        folder = REPOSITORY / "kernel/invariants"
        names = LISTED.findall((folder / "invariants.cpp").read_text(encoding="utf-8"))
        self.assertGreater(len(names), 30)
        sentences = []
        for source in sorted(folder.glob("*_invariants.cpp")):
            if source.name != "change_invariants.cpp":  # of the host's tests
                sentences += [a or b for a, b in SAYS.findall(source.read_text(encoding="utf-8"))]
        for level in ("el1", "el2"):
            debug, release = ((KERNEL / f"selene-{kind}-{level}.flat").read_bytes() for kind in ("debug", "release"))
            missing = [name for name in names if name.encode() not in debug]
            self.assertEqual(missing, [], f"the debug kernel has them all at {level}")
            found = [text for text in names + sentences if text.encode() in release]
            self.assertEqual(found, [], f"the release kernel has none at {level}")


if __name__ == "__main__":
    unittest.main()
