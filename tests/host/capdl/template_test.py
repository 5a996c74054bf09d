# SPDX-License-Identifier: BSD-2-Clause
"""Templates become images: each pattern of the library by itself, all of them together, the repository's own.

Environment: CAPDL, the program; PARTS, the build folder with kernel, loader and components; REPOSITORY.
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CAPDL = os.environ["CAPDL"]
PARTS = Path(os.environ["PARTS"])
REPOSITORY = Path(os.environ["REPOSITORY"])

os.environ.setdefault("SELENE_BUILD", str(PARTS))  # where expanded specs go
sys.path.insert(0, str(REPOSITORY / "platforms"))

from template import plain_spec  # noqa: E402

_HEAD = '{% import "patterns.cdl.j2" as patterns %}\narch aarch64\n'
_PROGRAM = "hello_client.elf"  # whatever it is, it is not run

# By pattern: what stands in `objects`, `components` and `groups`, and what its plain spec must say.
_PIECES = {
    "services": ('{{ patterns.services(["log", "faults"]) }}', "", "", r"\bfaults = ep\b.*\blog = ep\b|\blog = ep\b.*\bfaults = ep\b"),
    "shared_memory": ('{{ patterns.shared_memory("ring", 3, "2M") }}', "", "", r"\bring\[3\] = frame \(2M\)"),
    "device": ('{{ patterns.device("uart", "stdout", dma=False) }}', "", "", r'uart_registers = frame \(4k, device: "stdout", dma: False\)'),
    "component": ("", '{% call patterns.component("one", "' + _PROGRAM + '", prio=7, stack="8k") %}{% endcall %}', "", r"one\.tcb = tcb \(.*prio: 7\b"),
    "serves": ("log = ep", "ONE{{ patterns.serves('log', replies=2) }}END", "", r"one\.cnode \{.*log \(R\).*one\.answer .*one\.answer2\b"),
    "calls": ("log = ep", "ONE{{ patterns.calls('log', 9, transfers=True) }}END", "", r"log \(WGP, badge: 9\)"),
    "maps": ("ring[2] = frame (4k)", "ONE{{ patterns.maps('ring', 'R') }}END", "", r"ring\[0\.\.1\] \(R\)"),
    "drives": ('{{ patterns.device("uart", "stdout") }}', "ONE{{ patterns.drives('one', 'uart') }}END", "", r"uart_registers \(RW, uncached\)"),
    "memory_grant": ("", "ONE{{ patterns.memory_grant('one', bits=15) }}END", "", r"one\.memory = ut \(15 bits\)"),
    "tells_of_ends": (
        '{{ patterns.shared_memory("lives") }} bell = notification',
        "ONE{{ patterns.tells_of_ends(['one'], ['bell']) }}END",
        "",
        r"one\.cnode \{.*bell \(W\).*one\.pt\.0 \{.*lives\[0\] \(RW",
    ),
    "restarts": (
        "requests = ep",
        'ONE{{ patterns.restarts("one", "group", "requests") }}END two = "' + _PROGRAM + '" { }',
        '{{ patterns.restartable_group("group", ["two"], "one") }}',
        r"one\.cnode \{.*requests \(R\).*one\.tables.*sched_control \(core: 0\).*group\.home",
    ),
    "restartable_group": ("", "ONEEND", '{{ patterns.restartable_group("group", ["one"]) }}', r"group\.home = ut \{"),
}


class TemplateTest(unittest.TestCase):
    """Expanded by the template engine, then by the compiler; both ways to an image must meet."""

    def setUp(self) -> None:
        """A folder for what is read and written."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def image(self, spec: Path) -> bytes:
        """What a spec is built to."""
        image = self.folder / "test.img"
        options = (f"--kernel={PARTS / 'kernel' / 'selene-release.bin'}", f"--loader={PARTS / 'loader' / 'loader.elf'}")
        self.capdl("build", spec, *options, "-o", str(image))
        return image.read_bytes()

    def capdl(self, word: str, spec: Path, *words: str) -> str:
        """What it prints of a spec that is as it should be; no message is expected."""
        command = [CAPDL, word, str(spec), "--silence=unreachable", "--components", str(PARTS / "components"), *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def expanded_twice(self, template: Path) -> str:
        """The plain spec of a template, which builds to the same image, byte for byte."""
        plain = plain_spec(template)
        standard = self.folder / "standard.cdl"
        standard.write_text(self.capdl("expand", plain), encoding="utf-8")
        self.assertEqual(self.image(standard), self.image(plain))
        text = standard.read_text(encoding="utf-8")
        self.assertNotIn("components {", text)
        return text

    def test_each_pattern(self) -> None:
        """All that the library has."""
        library = (REPOSITORY / "capdl" / "templates" / "patterns.cdl.j2").read_text(encoding="utf-8")
        self.assertEqual(sorted(re.findall(r"{% macro (\w+)", library)), sorted(_PIECES))
        for name, (objects, components, groups, expected) in _PIECES.items():
            with self.subTest(name):
                text = f"{_HEAD}objects {{ {objects} }}\ncomponents {{\n{components}\n}}\ngroups {{ {groups} }}\n"
                text = text.replace("ONE", '{% call patterns.component("one", "' + _PROGRAM + '") %}\n').replace("END", "\n{% endcall %}")
                template = self.folder / f"{name}.cdl.j2"
                template.write_text(text, encoding="utf-8")
                self.assertRegex(self.expanded_twice(template).replace("\n", " "), expected)

    def test_the_repositorys_templates(self) -> None:
        """With their programs, which are built."""
        templates = sorted((REPOSITORY / "userland" / "systems").glob("*/*.cdl.j2"))
        self.assertNotEqual(templates, [])
        for template in templates:
            with self.subTest(template.name):
                self.assertIn(".text.0 = frame", self.expanded_twice(template))


if __name__ == "__main__":
    unittest.main()
