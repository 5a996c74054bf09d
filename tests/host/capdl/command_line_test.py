# SPDX-License-Identifier: BSD-2-Clause
"""The command line of `capdl`: what it writes where, and its exit codes.

Environment: CAPDL, the program; PARTS, the build folder with kernel, loader and components; REPOSITORY.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import unittest
from pathlib import Path

from program import CAPDL, DONE, HELLO, PARTS, REFUSED, REPOSITORY, USAGE, WRONG, ProgramTest

COMPONENTS = ("--components", str(PARTS / "components"))
CORRECT = "arch aarch64 objects { t = cnode (4 bits) } caps { t { t } }\n"
ONE_BY_ONE = "arch aarch64 objects { a = tcb b = tcb c = cnode (1 bits) } caps { a { cspace: c } b { cspace: c } }\n"
ODD = "arch aarch64 objects { e = ep }\n"
PATTERNS = """{% import "patterns.cdl.j2" as patterns %}
arch aarch64
objects {
{{ patterns.services(["log", "faults"]) }}
{{ patterns.shared_memory("ring", 4) }}
{{ patterns.device("uart", "stdout") }}
{{ patterns.device("clock", "rtc0", interrupt=False, dma=False) }}
}
components {
{% call patterns.component("console", "console.elf", prio=200) %}
{{ patterns.drives("console", "uart") }}
{{ patterns.serves("log", replies=2) }}
{{ patterns.maps("ring", "R") }}
{% endcall %}
{% for name in ("one", "two") %}
{% call patterns.component(name, "client.elf") %}
{{ patterns.calls("log", loop.index, transfers=True) }}
{{ patterns.maps("ring", name="buffer") }}
{{ patterns.memory_grant(name) }}
        fault_ep_slot: faults (WP, badge: {{ loop.index }})
{% endcall %}
{% endfor %}
{% call patterns.component("keeper") %}
{{ patterns.serves("faults") }}
{{ patterns.drives("keeper", "clock", interrupt=False) }}
{% endcall %}
}
groups {
{{ patterns.restartable_group("pair", ["one", "two"], "keeper") }}
}
"""


class CommandLineTest(ProgramTest):
    """What each word reads and writes."""

    def test_check_says_nothing_of_a_correct_spec(self) -> None:
        """No news is good news."""
        self.assertEqual(self.run_capdl("check", self.spec(CORRECT)), ("", ""))
        self.assertEqual(self.run_capdl("check", str(HELLO)), ("", ""))
        self.assertEqual(self.run_capdl("check", str(HELLO), *COMPONENTS), ("", ""))

    def test_check_counts_what_it_says(self) -> None:
        """Messages name the file as it was given; the last line counts."""
        spec = self.spec(WRONG)
        _, messages = self.run_capdl("check", spec, code=REFUSED)
        self.assertTrue(messages.startswith(f"{spec}:1:28: error: `epp` is not an object type\n"), messages)
        self.assertTrue(messages.endswith("\n1 error, 0 warnings\n"), messages)
        self.assertNotIn("\x1b", messages)

    def test_warnings_can_be_errors_or_silent(self) -> None:
        """--strict and --silence."""
        spec = self.spec(ODD)
        self.assertTrue(self.run_capdl("check", spec)[1].endswith("\n0 errors, 1 warning\n"))
        self.assertTrue(self.run_capdl("check", spec, "--strict", code=REFUSED)[1].endswith("\n1 error, 0 warnings\n"))
        self.assertEqual(self.run_capdl("check", spec, "--strict", "--silence", "unreachable"), ("", ""))

    def test_expand_prints_a_spec(self) -> None:
        """What it prints expands to itself; a refused spec prints nothing."""
        expanded, _ = self.run_capdl("expand", str(HELLO), *COMPONENTS)
        self.assertIn("console.home = ut {", expanded)
        self.assertEqual(self.run_capdl("expand", self.spec(expanded)), (expanded, ""))
        self.assertEqual(self.run_capdl("expand", self.spec(WRONG), code=REFUSED)[0], "")

    def test_all_words_see_the_same_system(self) -> None:
        """With the programs, where there are some; one that is not written yet is left out, but not by `build`."""
        self.assertIn("console.text.0 = frame", self.run_capdl("expand", str(HELLO), *COMPONENTS)[0])
        without, with_programs = (self.run_capdl("stat", str(HELLO), *words)[0] for words in ((), COMPONENTS))
        self.assertNotEqual(without, with_programs)
        plan = self.spec('arch aarch64 components { a = "nobody.elf" { } b = "greeter.elf" { e = ep } }')
        for words in (("expand", plan), ("stat", plan), ("why", plan, "a", "b"), ("policy", plan), ("diff", plan, plan), ("graph", plan, "--dot")):
            messages = self.run_capdl(*words, *COMPONENTS)[1]
            self.assertIn("nobody.elf [no-program]\n", messages)
            self.run_capdl(*words, *COMPONENTS, "--strict", code=REFUSED)
            self.assertEqual(self.run_capdl(*words, *COMPONENTS, "--silence", "no-program")[1], "")
        self.assertIn("b.text.0 = frame", self.run_capdl("expand", plan, *COMPONENTS)[0])
        self.assertIn('"nobody.elf" is no component', self.build(plan, code=REFUSED)[1])
        self.assertIn('"nobody.elf" is no component', self.run_capdl("check", plan, *COMPONENTS, code=REFUSED)[1])

    def test_messages_for_programs(self) -> None:
        """--format json says the same, in one object on standard error."""
        _, messages = self.run_capdl("check", self.spec(WRONG), "--format=json", code=REFUSED)
        said = json.loads(messages)
        self.assertEqual((said["errors"], said["warnings"]), (1, 0))
        self.assertEqual(said["diagnostics"][0]["line"], 1)
        self.assertEqual(said["diagnostics"][0]["column"], 28)
        missing = self.run_capdl("check", str(self.folder / "missing"), "--format=json", code=REFUSED)[1]
        self.assertIn("there is no file", json.loads(missing)["diagnostics"][0]["message"])
        self.run_capdl("check", self.spec(CORRECT), "--format=xml", code=USAGE)

    def test_format_lays_a_spec_out(self) -> None:
        """To standard output, into the file, or as a question; a wrong spec stays as it is."""
        spec = self.spec(CORRECT)
        laid_out = "arch aarch64\n\nobjects { t = cnode (4 bits) }\n\ncaps { t { t } }\n"
        self.assertEqual(self.run_capdl("format", spec), (laid_out, ""))
        self.run_capdl("format", "--check", spec, code=REFUSED)
        self.assertEqual(self.run_capdl("format", "-i", spec), ("", ""))
        self.assertEqual(Path(spec).read_text(encoding="utf-8"), laid_out)
        self.assertEqual(self.run_capdl("format", "--check", spec), ("", ""))
        broken = self.spec("arch aarch64 objects { t = }")
        self.assertEqual(self.run_capdl("format", "-i", broken, code=REFUSED)[0], "")
        self.assertEqual(Path(broken).read_text(encoding="utf-8"), "arch aarch64 objects { t = }")

    def test_the_machines_memory(self) -> None:
        """What does not fit is refused with the shortfall, by part and by type."""
        spec = self.spec("arch aarch64 objects { a.f[3] = frame (2M) a.e = ep t = cnode (4 bits) } caps { t { a.f[] (R) a.e (R) t } }")
        self.assertEqual(self.run_capdl("check", spec, "--memory", "16M"), ("", ""))
        messages = self.run_capdl("check", spec, "--memory", "4M", code=REFUSED)[1]
        self.assertRegex(messages, "the system needs 8 MiB, 4 MiB more than the machine's 4 MiB\n")
        self.assertIn("there is no file nowhere", self.run_capdl("check", spec, "--machine", "nowhere", code=REFUSED)[1])
        self.assertIn("the device tree has a broken header", self.run_capdl("check", spec, "--machine", spec, code=REFUSED)[1])
        self.run_capdl("check", spec, "--machine", spec, "--memory", "4M", code=USAGE)
        self.assertIn("note: a: 6291520 bytes, 4 objects\n", messages)
        self.assertIn("note: frame: 6 MiB, 3 objects\n", messages)
        self.build(memory="512M")
        self.assertIn("more than the machine's 256 KiB", self.build(memory="256K", code=REFUSED)[1])
        self.run_capdl("check", spec, "--memory", "much", code=USAGE)

    def test_the_shortfall_is_exact(self) -> None:
        """So much more memory and it fits, a page less and it does not; the parts and losses that are named are all there is."""
        spec = self.spec("arch aarch64 objects { a.f[3] = frame (2M) a.e = ep b.p[7] = frame (4k) t = cnode (5 bits) } caps { t { a.f[] (R) a.e (R) b.p[] (R) t } }")
        messages = self.run_capdl("check", spec, "--memory", "1M", code=REFUSED)[1]
        units = {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20}
        needed = re.search(r"needs (\d+) (\w+), (\d+) (\w+) more than", messages)
        assert needed
        total = int(needed[1]) * units[needed[2]]
        self.assertEqual(total, int(needed[3]) * units[needed[4]] + (1 << 20))
        self.assertEqual(self.run_capdl("check", spec, "--memory", str(total)), ("", ""))
        self.assertIn("4 KiB more than", self.run_capdl("check", spec, "--memory", str(total - 4096), code=REFUSED)[1])
        rows = {name: int(number) * units[unit] for name, number, unit in re.findall(r"^note: (.*): (?:at most )?(\d+) (\w+)", messages, re.MULTILINE)}
        types = {name: size for name, size in rows.items() if name in ("frame", "ep", "cnode")}
        parts = {name: size for name, size in rows.items() if name in ("a", "b", "no part")}
        self.assertEqual(sum(types.values()), sum(parts.values()))
        self.assertEqual(sum(rows.values()) - sum(types.values()), total)

    def test_templates_expand_to_specs(self) -> None:
        """The library of patterns, as docs/capdl.md shows it."""
        os.environ.setdefault("SELENE_BUILD", str(PARTS))  # where expanded specs go
        sys.path.insert(0, str(REPOSITORY / "platforms"))
        from template import plain_spec

        template = self.folder / "patterns_test.cdl.j2"
        template.write_text(PATTERNS, encoding="utf-8")
        self.assertEqual(self.run_capdl("check", str(plain_spec(template)), "--strict"), ("", ""))
        expanded = self.run_capdl("expand", str(plain_spec(template)))[0]
        self.assertIn("console.cnode {", expanded)
        self.assertIn("log (WGP, badge: 2)", expanded)
        self.assertIn("pair.home = ut {", expanded)

    def test_line_ends_of_other_systems(self) -> None:
        """Carriage returns mean nothing, and stand in no message."""
        path = Path(self.spec(""))
        path.write_bytes(CORRECT.replace(" ", "\r\n").encode())
        self.assertEqual(self.run_capdl("check", str(path)), ("", ""))
        path.write_bytes(b"arch aarch64\r\nobjects { e = epp }\r\n")
        self.assertIn(":2:15: error: `epp` is not an object type\n    2 | objects { e = epp }\n", self.run_capdl("check", str(path), code=REFUSED)[1])

    def test_included_files_are_read(self) -> None:
        """Relative to who includes them; mistakes are theirs."""
        (self.folder / "parts").mkdir()
        (self.folder / "parts" / "objects.cdl").write_text('arch aarch64 objects { t = cnode (4 bits) } include "more.cdl"', encoding="utf-8")
        more = self.folder / "parts" / "more.cdl"
        more.write_text("caps { t { t } }", encoding="utf-8")
        spec = self.spec('arch aarch64 include "parts/objects.cdl"')
        self.assertEqual(self.run_capdl("check", spec, "--strict"), ("", ""))
        more.write_text("caps { t { s } }", encoding="utf-8")
        self.assertIn(f"{more}:1:12: error: there is no object `s`", self.run_capdl("check", spec, code=REFUSED)[1])
        more.write_text('include "objects.cdl"', encoding="utf-8")
        self.assertIn("includes itself", self.run_capdl("check", spec, code=REFUSED)[1])
        more.write_text("arch ia32 caps { t { t } }", encoding="utf-8")
        self.assertIn("this file is for another architecture", self.run_capdl("check", spec, code=REFUSED)[1])

    def test_included_files_are_limited(self) -> None:
        """In depth, and in number."""
        for depth in range(20):
            (self.folder / f"deep{depth}.cdl").write_text(f'include "deep{depth + 1}.cdl"', encoding="utf-8")
        spec = self.spec('arch aarch64 include "deep0.cdl"')
        self.assertIn("more than 16 files that include each other", self.run_capdl("check", spec, code=REFUSED)[1])
        (self.folder / "small.cdl").write_text("objects { }", encoding="utf-8")
        spec = self.spec("arch aarch64 " + 'include "small.cdl"\n' * 1001)
        self.assertIn("more than 1000 included files", self.run_capdl("check", spec, code=REFUSED)[1])

    def test_memory_of_kernel_and_loader(self) -> None:
        """Counted by their files; a system that fits without them is refused, and what they take is said."""
        spec = self.spec("arch aarch64 objects { a.f = frame (2M) t = cnode (4 bits) } caps { t { a.f (R) t } }")
        parts = ("--components", str(PARTS / "components"), "--kernel", str(PARTS / "kernel" / "selene-release.bin"))
        loader = ("--loader", str(PARTS / "loader" / "loader.elf"))
        self.assertEqual(self.run_capdl("check", spec, *COMPONENTS, "--memory", "4200K"), ("", ""))
        messages = self.run_capdl("check", spec, *parts, *loader, "--memory", "4400K", code=REFUSED)[1]
        self.assertRegex(messages, "the system needs [0-9]+ KiB beside its image of 4 KiB and [0-9]+ KiB for kernel and loader")
        self.assertRegex(messages, "note: kernel, with its copy of the device tree: at most [0-9]+ KiB\n")
        self.assertRegex(messages, "note: loader: at most [0-9]+ KiB\n")
        self.assertEqual(self.run_capdl("check", spec, *parts, *loader, "--memory", "6M"), ("", ""))
        wrong = ("--loader", spec)
        self.assertIn("this is no loader: ", self.run_capdl("check", spec, *parts, *wrong, "--memory", "6M", code=REFUSED)[1])
        no_kernel = self.folder / "kernel.bin"
        no_kernel.write_bytes(bytes(8192))
        words = ("check", spec, *COMPONENTS, "--kernel", str(no_kernel), *loader, "--memory", "6M")
        self.assertIn("there is no kernel in the kernel part", self.run_capdl(*words, code=REFUSED)[1])
        no_kernel.write_bytes((PARTS / "kernel" / "selene-release.bin").read_bytes()[:-1])
        self.assertIn("its size is not a multiple of 4096", self.build(kernel=str(no_kernel), code=REFUSED)[1])

    def test_all_mistakes_in_one_run(self) -> None:
        """Of the text, of the kernel and of the machine."""
        spec = self.spec(
            "arch aarch64 objects { e = epp\n f = frame (8k) a = tcb (dom: 2) v = vcpu d = frame (4k, device: \"nowhere0\") t = cnode (4 bits) } caps { t { v d a f t } }"
        )
        (self.folder / "components").mkdir()
        machine = str(PARTS / "tests" / "host" / "capdl" / "machine.dtb")
        messages = self.build(spec, components=str(self.folder / "components"), machine=machine, code=REFUSED)[1]
        for expected in ("`epp` is not an object type", "aarch64 has no frames of 8 KiB", "the kernel has no domains but 0", "the kernel has no vcpu like it", "no device `nowhere0`"):
            self.assertIn(expected, messages)

    def test_build_writes_an_image(self) -> None:
        """The same each time, also from what the spec expands to."""
        self.assertEqual(self.build(), ("", ""))
        image = (self.folder / "test.img").read_bytes()
        self.assertEqual(int.from_bytes(image[16:24], "little"), len(image))
        kernel_size = int.from_bytes(image[40:48], "little")
        self.assertEqual(image[kernel_size : kernel_size + 8], b"SELENSYS")
        expanded, _ = self.run_capdl("expand", str(HELLO), *COMPONENTS)
        self.build(self.spec(expanded), output=str(self.folder / "again.img"))
        self.assertEqual((self.folder / "again.img").read_bytes(), image)

    def test_build_refuses(self) -> None:
        """A wrong spec, wrong parts, a place where nothing can be written; then there is no image."""
        not_a_part = self.spec(CORRECT)
        missing = str(self.folder / "missing")
        self.assertIn("is no kernel: it has no arm64 header", self.build(kernel=not_a_part, code=REFUSED)[1])
        self.assertIn("is no loader: this is not an ELF file", self.build(loader=not_a_part, code=REFUSED)[1])
        self.assertIn(f"there is no file {missing}", self.build(kernel=missing, code=REFUSED)[1])
        self.assertIn(f"there is no file {missing}", self.build(loader=missing, code=REFUSED)[1])
        self.assertIn("is no component: there is no file", self.build(components=missing, code=REFUSED)[1])
        self.assertIn(f"there is no file {missing}", self.build(missing, code=REFUSED)[1])
        self.assertIn("cannot be written", self.build(output=str(self.folder / "no" / "folder"), code=REFUSED)[1])
        self.assertIn("1 error", self.build(self.spec(WRONG), code=REFUSED)[1])
        self.assertFalse((self.folder / "test.img").exists())

    def test_files_too_large_are_not_read(self) -> None:
        """A limit with its number."""
        large = self.folder / "large.cdl"
        with large.open("wb") as file:
            file.truncate((1 << 30) + 1)
        self.assertIn("is larger than 1 GiB", self.run_capdl("check", str(large), code=REFUSED)[1])

    def test_wrong_command_lines(self) -> None:
        """No word, a wrong word, missing or unknown options; help is none of them."""
        spec = self.spec(CORRECT)
        for words in ((), ("chekc", spec), ("check",), ("check", spec, "--fast"), ("build", spec), ("check", spec, spec)):
            with self.subTest(words):
                output, messages = self.run_capdl(*words, code=USAGE)
                self.assertNotEqual(output + messages, "")
        self.assertIn("there is no word `chekc`; did you mean `check`?", self.run_capdl("chekc", spec, code=USAGE)[1])
        for words in (("--help",), ("check", "--help"), ("build", "--help")):
            self.assertIn("capdl", self.run_capdl(*words)[0])

    def test_what_is_no_file(self) -> None:
        """One sentence, which says what it is."""
        pipe, loop = self.folder / "pipe", self.folder / "loop"
        os.mkfifo(pipe)
        loop.symlink_to(loop)
        for path, said in (
            (self.folder, f"{self.folder} is a folder"),
            (self.folder / "none", f"there is no file {self.folder / 'none'}"),
            (pipe, f"{pipe} is no regular file"),
            (loop, f"{loop} cannot be read: Too many levels of symbolic links"),
        ):
            self.assertEqual(self.run_capdl("check", str(path), code=REFUSED)[1], f"error: {said}\n1 error, 0 warnings\n")
            spec = self.spec(f'arch aarch64 include "{path}"')
            self.assertIn(f"error: {said}\n", self.run_capdl("check", spec, code=REFUSED)[1])

    def test_standard_input(self) -> None:
        """A spec by the name of `-`; it cannot be changed."""
        self.assertEqual(self.run_capdl("check", "-", text=CORRECT), ("", ""))
        self.assertEqual(self.run_capdl("format", "-", text="arch aarch64 objects { }")[0], "arch aarch64\n\nobjects {}\n")
        self.assertTrue(self.run_capdl("check", "-", text=WRONG, code=REFUSED)[1].startswith("-:1:28: error: `epp`"))
        self.assertIn("standard input cannot be changed in place", self.run_capdl("format", "-i", "-", text="arch aarch64 objects { }", code=REFUSED)[1])

    def test_results_that_do_not_arrive(self) -> None:
        """A full disk, or nobody there to write to, is no success."""
        spec = self.spec(ONE_BY_ONE)
        for words in (("expand", spec), ("format", spec), ("stat", spec), ("why", spec, "a", "b"), ("policy", spec), ("graph", spec), ("graph", spec, "--dot")):
            for redirection, reason in (("> /dev/full", "No space left on device"), (">&-", "Bad file descriptor")):
                with self.subTest(words=words, redirection=redirection):
                    command = f"{shlex.join([CAPDL, *words])} {redirection}"
                    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60, check=False)
                    self.assertEqual((done.returncode, done.stderr), (REFUSED, f"capdl: standard output cannot be written: {reason}\n"))
        self.assertIn("cannot be written: No space left on device", self.build(output="/dev/full", code=REFUSED)[1])
        self.assertIn("cannot be written: No such file", self.run_capdl("graph", spec, "-o", str(self.folder / "no" / "picture.svg"), code=REFUSED)[1])

    def test_a_file_is_replaced_as_a_whole(self) -> None:
        """Its permissions stay, a link to it stays one, nothing else is left in the folder."""
        spec = Path(self.spec("arch aarch64 objects { }"))
        spec.chmod(0o640)
        link = self.folder / "link.cdl"
        link.symlink_to(spec)
        self.run_capdl("format", "-i", str(link))
        self.assertEqual(spec.read_text(encoding="utf-8"), "arch aarch64\n\nobjects {}\n")
        self.assertEqual(spec.stat().st_mode & 0o777, 0o640)
        self.assertTrue(link.is_symlink())
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["link.cdl", "test.cdl"])

    def test_all_messages_for_programs(self) -> None:
        """Whatever goes wrong is in the one object, also what is not about the spec, or about two of them."""
        spec, wrong = self.spec(ONE_BY_ONE), str(self.folder / "wrong.cdl")
        Path(wrong).write_text(WRONG, encoding="utf-8")
        missing = str(self.folder / "missing")
        parts = ("--kernel", missing, "--loader", missing, *COMPONENTS, "-o", missing)
        for words, count in (
            (("build", spec, *parts), 1),
            (("diff", wrong, missing), 2),
            (("why", spec, "a", "nobody"), 1),
            (("graph", spec, "-o", str(self.folder / "no" / "picture.svg")), 1),
            (("graph", spec, "--around", "nobody"), 1),
            (("snapshot", spec, missing, *COMPONENTS), 1),
        ):
            with self.subTest(words):
                said = json.loads(self.run_capdl(*words, "--format=json", code=REFUSED)[1])
                self.assertEqual((said["errors"], len(said["diagnostics"])), (count, count))
        for words in (("check", spec), ("expand", spec), ("diff", spec, spec), ("stat", spec), ("graph", spec, "--dot"), ("policy", spec), ("why", spec, "a", "b"), ("format", spec)):
            self.assertEqual(json.loads(self.run_capdl(*words, "--format=json")[1]), {"diagnostics": [], "errors": 0, "warnings": 0})

    def test_names_of_warnings(self) -> None:
        """Several can be silenced; a name that no warning has would silence nothing."""
        spec = self.spec(ODD)
        self.assertEqual(self.run_capdl("check", "--silence", "unreachable", spec), ("", ""))
        self.assertEqual(self.run_capdl("check", "--silence=no-device,unreachable", "--silence", "no-effect", spec), ("", ""))
        self.assertIn("there is no warning `unreachble`; did you mean `unreachable`?", self.run_capdl("check", spec, "--silence", "unreachble", code=USAGE)[1])
        known = re.search("there are (.*)", self.run_capdl("check", spec, "--silence", "x", code=USAGE)[1])
        assert known
        documented = re.search(r"whose name stands in brackets: (.*?)\.", (REPOSITORY / "docs" / "capdl.md").read_text(encoding="utf-8"), re.DOTALL)
        assert documented
        self.assertEqual(known[1].split(", "), re.findall("`(.*?)`", documented[1]))

    def test_sizes_of_memory(self) -> None:
        """Numbers that no machine has are no sizes."""
        spec = self.spec(CORRECT)
        for size in ("4096K", "16M", "2G", "1T", "1048576"):
            self.run_capdl("check", spec, "--memory", size)
        for size in ("0", "-5", "1Q", "1KB", "99999999999999999999", "99999T", "0x10M", "1.5G"):
            with self.subTest(size):
                self.assertIn("is no size of memory", self.run_capdl("check", spec, f"--memory={size}", code=USAGE)[1])


if __name__ == "__main__":
    unittest.main()
