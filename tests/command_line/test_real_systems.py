# SPDX-License-Identifier: BSD-2-Clause
"""`./selene run` and `./selene build` with real systems: built, booted, and their exit codes handed on."""

import tempfile
import unittest
from pathlib import Path

from support import REPOSITORY, said, selene

_BROKEN = """
arch aarch64
objects { door = ep  serial = frame (4k, device: "stdout") }
components {
    program = "last_words.elf" { serial: map serial (RW)  door: dor (R) }
}
"""
_NO_PROGRAM = 'arch aarch64 components { program = "nobody.elf" { } }'


class RealSystems(unittest.TestCase):
    """Nothing is replaced here."""

    def test_exit_code_of_the_system(self) -> None:
        for options in ([], ["--kernel", "release", "--gic", "2"], ["--via", "u-boot"]):
            answer = selene("run", "ends_with_three", *options)
            self.assertEqual(answer.returncode, 3, answer.stderr)
            self.assertTrue(answer.stdout.endswith("exit 3\n"), answer.stdout)

    def test_system_that_hangs(self) -> None:
        answer = selene("run", "hangs", "--timeout", "3")
        self.assertEqual(answer.returncode, 124, answer.stderr)
        self.assertIn("no end in sight", answer.stdout)
        self.assertIn("ran out", answer.stderr)

    def test_default_system(self) -> None:
        answer = selene("run")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertIn("alice: 30 + 12 = 42", answer.stdout)

    def test_system_that_the_loader_refuses(self) -> None:
        answer = selene("run", "missing_device")
        self.assertEqual(answer.returncode, 1, answer.stderr)
        self.assertIn("which this machine does not have", answer.stdout)

    def test_specs_that_are_refused(self) -> None:
        for text, expected in ((_BROKEN, "dor"), (_NO_PROGRAM, "nobody.elf")):
            with tempfile.TemporaryDirectory() as folder:
                spec = Path(folder) / "broken.cdl"
                spec.write_text(text, encoding="utf-8")
                for word in ("build", "run"):
                    answer = selene(word, str(spec))
                    self.assertEqual(answer.returncode, 1, answer.stderr)
                    self.assertRegex(answer.stderr, r"broken\.cdl:\d+:\d+: error: ")
                    self.assertIn(expected, answer.stderr)
                    self.assertNotIn("Traceback", answer.stderr)

    def test_specs_against_machines(self) -> None:
        """`spec check --platform` and `spec build --platform`: what the machine lacks."""
        systems = REPOSITORY / "tests" / "system" / "systems"
        hello = str(REPOSITORY / "userland" / "systems" / "hello" / "hello.cdl")
        for platform in ("virt", "rpi4", "imx8mp-evk"):
            answer = selene("spec", "check", hello, "--platform", platform, "--strict")
            self.assertEqual((answer.returncode, answer.stdout), (0, ""), answer.stderr)
        answer = selene("spec", "check", str(systems / "missing_device" / "missing_device.cdl"), "--platform", "virt", "--gic", "2")
        self.assertEqual(answer.returncode, 1)
        self.assertIn("this machine has no device `flux_capacitor0`", answer.stderr)
        with tempfile.TemporaryDirectory() as folder:
            image = Path(folder) / "too_large.img"
            spec = str(systems / "too_large" / "too_large.cdl")
            answer = selene("spec", "build", spec, "--platform", "virt", "--memory", "1G", "-o", str(image))
            self.assertEqual(answer.returncode, 1)
            self.assertRegex(answer.stderr, "the system needs [0-9]+ KiB beside its image of [0-9]+ KiB and [0-9]+ KiB for kernel and loader, [0-9]+ KiB more than the machine's 1 GiB")
            self.assertFalse(image.exists())
        self.assertEqual(selene("spec", "check", hello, "--platform", "rpi5").returncode, 2)

    def test_expanded_spec(self) -> None:
        """What `spec expand` prints has the programs' memory, and builds to the same image, byte for byte."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for system in ("hello/hello.cdl", "clock/clock.cdl.j2"):
                spec = str(REPOSITORY / "userland" / "systems" / system)
                answer = selene("spec", "expand", spec)
                self.assertEqual((answer.returncode, said(answer)), (0, ""))
                self.assertIn("console.text.0 = frame", answer.stdout)
                expanded = folder / "expanded.cdl"
                expanded.write_text(answer.stdout, encoding="utf-8")
                for source, image in ((spec, "own.img"), (str(expanded), "again.img")):
                    answer = selene("spec", "build", source, "-o", str(folder / image))
                    self.assertEqual((answer.returncode, said(answer)), (0, ""))
                self.assertEqual((folder / "own.img").read_bytes(), (folder / "again.img").read_bytes())

    def test_words_see_the_programs(self) -> None:
        """Whatever asks for the system sees it as its image has it."""
        hello = str(REPOSITORY / "userland" / "systems" / "hello" / "hello.cdl")
        with_programs = selene("spec", "stat", hello).stdout
        self.assertRegex(with_programs, r"(?m)^frame +[0-9]{2,} ")
        picture = selene("spec", "graph", hello, "--memory", "--dot").stdout
        self.assertRegex(picture, r'label="alice\.home\n(.*,.*\n)*[0-9]{2} frame, [0-9]+ KiB\n')
        for words in (("why", hello, "alice", "console"), ("policy", hello), ("diff", hello, hello)):
            answer = selene("spec", *words)
            self.assertEqual((answer.returncode, said(answer)), (0, ""))


if __name__ == "__main__":
    unittest.main()
