# SPDX-License-Identifier: BSD-2-Clause
"""Pictures can be read: of ten objects all are there, of a thousand no more nodes than fit, and each stands for something.

Environment: CAPDL, the program.
"""

import os
import re
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree
from pathlib import Path
from random import Random

CAPDL = os.environ["CAPDL"]
MOST_NODES = 40  # Picture::readable
_SVG = "{http://www.w3.org/2000/svg}"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"

TEN = """arch aarch64
objects { net.thread = tcb net.table = cnode (4 bits) net.page = frame (4k) keys.thread = tcb keys.table = cnode (4 bits)
          keys.page = frame (4k) requests = ep answer = rtreply alarm = notification ring = frame (4k) }
caps { net.thread { cspace: net.table } keys.thread { cspace: keys.table }
       net.table { requests (WP, badge: 1) alarm (W) ring (RW) net.page (RW) net.table }
       keys.table { requests (R) alarm (R) ring (R) answer keys.page (RW) keys.table } }
"""


def word(number: int) -> str:
    """A name without digits, for each number another one."""
    return _LETTERS[number // 26 // 26 % 26] + _LETTERS[number // 26 % 26] + _LETTERS[number % 26]


def thousand() -> str:
    """A system of 1,000 objects with names that have no pattern, connected at random."""
    random = Random(1)
    parts = [f"{word(7 * number)}_part" for number in range(60)]
    shared = [f"{word(11 * number)}_ep" for number in range(160)]
    objects = [f"{name} = ep" for name in shared]
    caps = []
    for part in parts:
        objects += [f"{part}.home = ut {{ {part}.thread = tcb {part}.table = cnode (6 bits)", f"{part}.pages[10] = frame (4k) }}"]
        held = [f"{name} ({random.choice(('R', 'W', 'WP'))})" for name in random.sample(shared, random.randint(2, 9))]
        caps += [f"{part}.thread {{ cspace: {part}.table }}", f"{part}.table {{ {' '.join(held)} {part}.pages[] (RW) {part}.table }}"]
    return "arch aarch64\nobjects {\n" + "\n".join(objects) + "\n}\ncaps {\n" + "\n".join(caps) + "\n}\n"


class Drawn:
    """What an SVG of Graphviz shows."""

    def __init__(self, text: str) -> None:
        root = xml.etree.ElementTree.fromstring(text)
        self.width, self.height = (float(root.attrib[name].removesuffix("pt")) for name in ("width", "height"))
        self.labels: dict[str, str] = {}
        self.boxes: dict[str, tuple[float, float, float, float]] = {}
        for group in root.iter(f"{_SVG}g"):
            title = group.findtext(f"{_SVG}title", "")
            if group.attrib.get("class") == "node":
                self.labels[title] = " / ".join(text.text or "" for text in group.iter(f"{_SVG}text"))
                self.boxes[title] = self.box(group)

    @staticmethod
    def box(group: xml.etree.ElementTree.Element) -> tuple[float, float, float, float]:
        """Left, right, top, bottom of a node."""
        ellipse = group.find(f"{_SVG}ellipse")
        if ellipse is not None:
            x, y, rx, ry = (float(ellipse.attrib[name]) for name in ("cx", "cy", "rx", "ry"))
            return x - rx, x + rx, y - ry, y + ry
        polygon = group.find(f"{_SVG}polygon")
        assert polygon is not None
        points = [tuple(map(float, point.split(","))) for point in polygon.attrib["points"].split()]
        across, down = [x for x, _ in points], [y for _, y in points]
        return min(across), max(across), min(down), max(down)

    def overlaps(self) -> list[tuple[str, str]]:
        """Nodes that lie on each other."""
        nodes = sorted(self.boxes)
        return [
            (one, other)
            for index, one in enumerate(nodes)
            for other in nodes[index + 1 :]
            if self.boxes[one][0] < self.boxes[other][1]
            and self.boxes[other][0] < self.boxes[one][1]
            and self.boxes[one][2] < self.boxes[other][3]
            and self.boxes[other][2] < self.boxes[one][3]
        ]


class GraphTest(unittest.TestCase):
    """By what Graphviz makes of it."""

    def draw(self, text: str, *words: str) -> Drawn:
        """The picture of a spec."""
        with tempfile.TemporaryDirectory() as folder:
            spec = Path(folder) / "spec.cdl"
            spec.write_text(text, encoding="utf-8")
            command = [CAPDL, "graph", str(spec), "--silence", "unreachable", *words]
            done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return Drawn(done.stdout)

    def test_ten(self) -> None:
        """Each part, and each object that parts share, by its name and type; on a page."""
        drawn = self.draw(TEN)
        self.assertEqual(
            sorted(drawn.labels.values()),
            ["alarm / notification", "answer / rtreply", "keys", "net", "requests / ep", "ring / frame"],
        )
        self.assertEqual(drawn.overlaps(), [])
        self.assertLess(max(drawn.width, drawn.height), 600)

    def test_around_of_ten(self) -> None:
        """All that is near, but the part's own frames."""
        labels = set(self.draw(TEN, "--around", "keys").labels.values())
        self.assertLessEqual({"keys", "net", "keys.table / cnode", "answer / rtreply", "requests / ep", "ring / frame"}, labels)
        self.assertNotIn("keys.page / frame", labels)

    def test_memory_of_ten(self) -> None:
        """What is made from what, counted."""
        spec = "arch aarch64 objects { big = ut (20 bits) { pages[3] = frame (4k) small = ut { e[2] = ep } } }"
        self.assertEqual(sorted(self.draw(spec, "--memory").labels.values()), ["big / 1 MiB / 3 frame, 12 KiB", "memory", "small / 2 ep, 128 bytes"])

    def test_thousand(self) -> None:
        """Never more than can be read, everything in it, nothing on top of anything."""
        spec = thousand()
        for words in ((), ("--memory",), ("--around", f"{word(0)}_part")):
            with self.subTest(words):
                drawn = self.draw(spec, *words)
                self.assertLessEqual(len(drawn.labels), MOST_NODES)
                self.assertEqual(drawn.overlaps(), [])
                self.assertLess(max(drawn.width, drawn.height), 4000)
        drawn = self.draw(spec)
        counted = {"part": 0, "ep": 0}
        for title, label in drawn.labels.items():
            count = re.search(r" / (\d+) (?:parts|ep)$", label)
            counted["ep" if title.startswith("object ") else "part"] += int(count[1]) if count else 1
        self.assertEqual(counted["part"], 60)
        used = set(re.findall(r"(\w+_ep) \(", spec))
        self.assertEqual(counted["ep"], len(used))
        self.assertIn(f"{word(0)}_part", self.draw(spec, "--around", f"{word(0)}_part").labels.values())

    def test_alike(self) -> None:
        """What has the same capabilities is one, by whatever names."""
        clients = [word(number) for number in range(50)]
        objects = " ".join(f"{name}.t = tcb {name}.c = cnode (2 bits)" for name in clients)
        caps = " ".join(f"{name}.t {{ cspace: {name}.c }} {name}.c {{ 1: calls (WP) }}" for name in clients)
        drawn = self.draw(f"arch aarch64 objects {{ {objects} calls = ep server.t = tcb server.c = cnode (2 bits) }} "
                          f"caps {{ {caps} server.t {{ cspace: server.c }} server.c {{ 1: calls (R) }} }}")
        self.assertEqual(sorted(drawn.labels.values()), ["aaa, aab, and 48 more / 50 parts", "calls / ep", "server"])


if __name__ == "__main__":
    unittest.main()
