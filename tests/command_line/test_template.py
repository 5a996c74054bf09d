# SPDX-License-Identifier: BSD-2-Clause
"""Specs that are templates."""

import os
import tempfile
import unittest
from pathlib import Path
from random import Random

import support  # noqa: F401  # makes the modules below known
from template import plain_spec
from terminal import FAILED, Failure

_TEMPLATE = """{% import "patterns.cdl.j2" as patterns %}
arch aarch64
objects {
{{ patterns.services(["log", "faults"]) }}
{{ patterns.shared_memory("ring", 4) }}
}
components {
{% for name in ("one", "two") %}
{% call patterns.component(name, "client.elf") %}
{{ patterns.calls("log", loop.index, transfers=True) }}
{{ patterns.memory_grant(name) }}
{% endcall %}
{% endfor %}
}
groups {
{{ patterns.restartable_group("both", ["one", "two"]) }}
}
"""


class Templates(unittest.TestCase):
    """plain_spec()."""

    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name).resolve()

    def spec(self, name: str, text: str) -> Path:
        """Makes a file."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def refused(self, text: str, saying: str) -> None:
        """The template is refused with a sentence that contains `saying`."""
        with self.assertRaises(Failure) as caught:
            plain_spec(self.spec("template-test.cdl.j2", text))
        self.assertEqual(caught.exception.code, FAILED)
        self.assertIn(saying, str(caught.exception))

    def test_plain(self) -> None:
        spec = self.spec("plain.cdl", "{{ not a template }}")
        self.assertEqual(plain_spec(spec), spec)

    def test_template(self) -> None:
        self.spec("part.j2", "{% macro endpoint(name) %}{{ name }} = ep{% endmacro %}")
        text = "{% from 'part.j2' import endpoint %}\nobjects {\n{% for n in range(2) %}\n  {{ endpoint('e' ~ n) }}\n{% endfor %}\n}\n"
        expanded = plain_spec(self.spec("template-test.cdl.j2", text))
        self.assertEqual(expanded.name, "template-test.cdl")
        self.assertEqual(expanded.read_text(encoding="utf-8"), "objects {\n  e0 = ep\n  e1 = ep\n}\n")
        expanded.unlink()

    def test_refusals(self) -> None:
        self.refused("\n{% for %}", "template-test.cdl.j2:2: ")
        self.refused("\n\n{{ nobody }}", "template-test.cdl.j2:3: 'nobody' is undefined")
        self.refused("{% include 'none.j2' %}", "none.j2")

    def test_limits(self) -> None:
        """What would not end, or fill the memory, is ended."""
        self.refused("{% macro again() %}\n{{ again() }}{% endmacro %}\n{{ again() }}", "calls itself without end")
        self.refused("{% for n in range(1000000000) %}x{% endfor %}", "template-test.cdl.j2:1: Range too big")
        self.refused("{{ 1 / 0 }}", "template-test.cdl.j2:1: division by zero")
        self.refused("{{ ''.__class__.__mro__ }}", "unsafe")
        loops = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
        with self.assertRaisesRegex(Failure, "more than 1 seconds of processor time"):
            plain_spec(self.spec("template-test.cdl.j2", loops), seconds=1)
        with self.assertRaisesRegex(Failure, "more than 256 MiB of memory"):
            plain_spec(self.spec("template-test.cdl.j2", "{{ 'x' * 1000000000 }}"), memory=256 << 20)

    def test_changed_templates(self) -> None:
        """Whatever is in a template: it expands, or is refused with a sentence."""
        random = Random(int(os.environ.get("SELENE_TEST_SEED", "1")))
        outcomes = {True: 0, False: 0}
        for _ in range(60):
            text = _TEMPLATE
            for _ in range(random.randint(1, 3)):
                begin, length = random.randrange(len(text)), random.randrange(12)
                other = random.randrange(len(_TEMPLATE))
                text = text[:begin] + _TEMPLATE[other : other + random.randrange(12)] + text[begin + length :]
            try:
                plain_spec(self.spec("template-test.cdl.j2", text), seconds=2, memory=512 << 20).unlink()
                outcomes[True] += 1
            except Failure as failure:
                self.assertIn("template-test.cdl.j2", str(failure))
                outcomes[False] += 1
        self.assertGreater(min(outcomes.values()), 2)


if __name__ == "__main__":
    unittest.main()
