# SPDX-License-Identifier: BSD-2-Clause
"""Specs that are templates."""

import tempfile
import unittest
from pathlib import Path

import support  # noqa: F401  # makes the modules below known
from template import plain_spec
from terminal import FAILED, Failure


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


if __name__ == "__main__":
    unittest.main()
