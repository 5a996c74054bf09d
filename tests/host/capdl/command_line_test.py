# SPDX-License-Identifier: BSD-2-Clause
"""The command line of `capdl`: what it writes where, and its exit codes.

Environment: CAPDL, the program; PARTS, the build folder with kernel, loader and components; REPOSITORY.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

CAPDL = os.environ["CAPDL"]
PARTS = Path(os.environ["PARTS"])
HELLO = Path(os.environ["REPOSITORY"]) / "userland" / "systems" / "hello" / "hello.cdl"
COMPONENTS = ("--components", str(PARTS / "components"))

DONE, REFUSED, USAGE, MISSING = 0, 1, 2, 3

CORRECT = "arch aarch64 objects { t = cnode (4 bits) } caps { t { t } }\n"
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
ONE_WAY = """arch aarch64
objects { a = tcb b = tcb c = cnode (2 bits) d = cnode (2 bits) bell = notification }
caps { a { cspace: c } b { cspace: d } c { 1: bell (W) } d { 1: bell (R) } }
"""
WAYS = """a can affect b, in 1 way:
  1.
    a signals bell    [slot 1 of c holds bell (W)]
    bell signals b    [slot 1 of d holds bell (R)]
b cannot affect a.
"""
WRONG = "arch aarch64 objects { e = epp }\n"


class CommandLineTest(unittest.TestCase):
    """Calls the program as a person would."""

    def setUp(self) -> None:
        """A folder for what is read and written."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def spec(self, text: str) -> str:
        """Makes a spec and returns its path."""
        path = self.folder / "test.cdl"
        path.write_text(text, encoding="utf-8")
        return str(path)

    def run_capdl(self, *words: str, code: int = DONE) -> tuple[str, str]:
        """What it printed as result and as messages."""
        done = subprocess.run([CAPDL, *words], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout, done.stderr

    def build(self, *words: str, code: int = DONE, **replaced: str) -> tuple[str, str]:
        """Builds hello, or what the options say."""
        options = {
            "kernel": str(PARTS / "kernel" / "selene-release.bin"),
            "loader": str(PARTS / "loader" / "loader.elf"),
            "components": str(PARTS / "components"),
            "output": str(self.folder / "test.img"),
        } | replaced
        return self.run_capdl("build", *(words or (str(HELLO),)), *(f"--{name}={value}" for name, value in options.items()), code=code)

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
        sys.path.insert(0, str(Path(os.environ["REPOSITORY"]) / "platforms"))
        from template import plain_spec

        template = self.folder / "patterns_test.cdl.j2"
        template.write_text(PATTERNS, encoding="utf-8")
        self.assertEqual(self.run_capdl("check", str(plain_spec(template)), "--strict"), ("", ""))
        expanded = self.run_capdl("expand", str(plain_spec(template)))[0]
        self.assertIn("console.cnode {", expanded)
        self.assertIn("log (WGP, badge: 2)", expanded)
        self.assertIn("pair.home = ut {", expanded)

    def test_stat_counts_memory_and_slots(self) -> None:
        """A row for each part, one for all, one for each type."""
        rows = [line.split() for line in self.run_capdl("stat", str(HELLO))[0].splitlines()]
        parts = [row[0] for row in rows[1 : rows.index([])]]
        components = re.findall(r'^    (\w+) = "', HELLO.read_text(encoding="utf-8"), re.MULTILINE)
        self.assertEqual(parts, [*components, "(no", "all"])
        self.assertIn("tcb", [row[0] for row in rows if row[1:2] == [str(len(components))]])
        self.assertEqual(self.run_capdl("stat", self.spec(WRONG), code=REFUSED)[0], "")

    def test_why_names_the_capabilities(self) -> None:
        """Both directions, with witnesses; near misses for names."""
        ways, _ = self.run_capdl("why", self.spec(ONE_WAY), "a", "b")
        self.assertEqual(ways, WAYS)
        _, messages = self.run_capdl("why", self.spec(ONE_WAY), "a", "belll", code=REFUSED)
        self.assertIn("there is no component or object `belll`", messages)
        self.assertIn("did you mean `bell`?", messages)

    def test_why_ends(self) -> None:
        """It lists 200 ways and says that there are more."""
        text = """arch aarch64 objects { a = tcb b = tcb m = tcb ta = cnode (5 bits) tb = cnode (5 bits) tm = cnode (6 bits)
            first[15] = notification second[15] = notification }
            caps { a { cspace: ta } b { cspace: tb } m { cspace: tm }
            ta { first[] (W) } tm { first[] (R) second[] (W) } tb { second[] (R) } }"""
        ways, _ = self.run_capdl("why", self.spec(text), "a", "b")
        self.assertTrue(ways.startswith("a can affect b, in more than 200 ways:\n"), ways[:100])
        self.assertEqual(len(re.findall(r"^  \d+\.$", ways, re.MULTILINE)), 200)
        self.assertTrue(ways.endswith("b cannot affect a.\n"))

    def test_line_ends_of_other_systems(self) -> None:
        """Carriage returns mean nothing, and stand in no message."""
        path = Path(self.spec(""))
        path.write_bytes(CORRECT.replace(" ", "\r\n").encode())
        self.assertEqual(self.run_capdl("check", str(path)), ("", ""))
        path.write_bytes(b"arch aarch64\r\nobjects { e = epp }\r\n")
        self.assertIn(":2:15: error: `epp` is not an object type\n    2 | objects { e = epp }\n", self.run_capdl("check", str(path), code=REFUSED)[1])

    def test_policy_says_whether_rules_hold(self) -> None:
        """One line, or the errors."""
        self.assertEqual(self.run_capdl("policy", self.spec(ONE_WAY))[0], "the spec states no policies\n")
        holds = self.spec(ONE_WAY + "policies { no flow from b to a }")
        self.assertEqual(self.run_capdl("policy", holds), ("the rule holds\n", ""))
        broken = self.spec(ONE_WAY + "policies { isolated a, b }")
        self.assertIn("`a` can affect `b`", self.run_capdl("policy", broken, code=REFUSED)[1])
        self.assertIn("`a` can affect `b`", self.run_capdl("check", broken, code=REFUSED)[1])
        messages = self.build(broken, code=REFUSED)[1]
        self.assertIn("`a` can affect `b`", messages)
        self.assertIn("note: bell signals b    [slot 1 of d holds bell (R)]", messages)
        self.assertFalse((self.folder / "test.img").exists())

    def test_diff_shows_what_is_gained_and_lost(self) -> None:
        """Authority, and who can affect whom; the same spec differs in nothing."""
        before = self.spec(ONE_WAY)
        self.assertEqual(self.run_capdl("diff", before, before), ("", ""))
        after = self.folder / "after.cdl"
        after.write_text(ONE_WAY.replace("bell (W)", "bell (RW)").replace("bell (R)", "bell (W)"), encoding="utf-8")
        self.assertEqual(
            self.run_capdl("diff", before, str(after))[0],
            "- d holds bell (R)\n+ c holds bell (R)\n+ d holds bell (W)\n- a can affect b\n+ b can affect a\n",
        )

    def test_diff_shows_what_objects_are_worth(self) -> None:
        """Where in the machine they are, their sizes, time and priorities; how a spec says it does not matter."""
        def text(device: str, address: str, size: str, priority: str, time: str, line: int) -> str:
            return f"""arch aarch64 objects {{ port = frame (4k, device: "{device}") page = frame (4k, paddr: {address}) i = irq t = cnode (5 bits)
                a = tcb ({priority}) time = sc ({time}) pool = ut ({size}) pages[3] = frame (4k) }}
                caps {{ t {{ port (RW) page (RW) i a time pool pages[] (RW) t }} }} irq maps {{ {line}: i }}"""

        before = text("stdout", "0x9000000", "16 bits", "prio: 9", "budget: 10, period: 10", 40)
        same = text("stdout", "150994944", "0x10 bits", "max_prio: 9, prio: 9", "period: 10, budget: 10", 40)
        after = text("rtc0", "0xa000000", "17 bits", "prio: 9, max_prio: 10", "budget: 10, period: 20", 41)
        other = self.folder / "other.cdl"
        other.write_text(same, encoding="utf-8")
        self.assertEqual(self.run_capdl("diff", self.spec(before), str(other), "--silence", "unreachable"), ("", ""))
        other.write_text(after.replace("pages[3]", "pages[4]"), encoding="utf-8")
        lines = self.run_capdl("diff", self.spec(before), str(other), "--silence", "unreachable")[0].splitlines()
        self.assertEqual(
            lines,
            [
                "- a has priority 9, at most 9",
                "- i has interrupt 40",
                "- page has 4 KiB at 0x9000000",
                "- pages has 3 times 4 KiB",
                "- pool has 64 KiB",
                '- port has 4 KiB of the device "stdout"',
                "- time has 10 of 10 us",
                "+ t holds pages[3] (RW)",
                "+ a has priority 9, at most 10",
                "+ i has interrupt 41",
                "+ page has 4 KiB at 0xa000000",
                "+ pages has 4 times 4 KiB",
                "+ pool has 128 KiB",
                '+ port has 4 KiB of the device "rtc0"',
                "+ time has 10 of 20 us",
            ],
        )

    def test_graph_draws(self) -> None:
        """SVG by Graphviz, or its input; the whole, a part, the memory."""
        output = self.folder / "picture.svg"
        self.run_capdl("graph", str(HELLO), "-o", str(output))
        picture = output.read_text(encoding="utf-8")
        self.assertIn("<svg", picture)
        self.assertIn("console_requests", picture)
        self.assertIn('"alice" [shape=box', self.run_capdl("graph", str(HELLO), "--around", "greeter", "--dot")[0])
        self.assertIn('"memory" -> "alice.home"', self.run_capdl("graph", str(HELLO), "--memory", "--dot")[0])
        self.assertIn("there is no part `nobody`", self.run_capdl("graph", str(HELLO), "--around", "nobody", code=REFUSED)[1])
        path = {"PATH": str(self.folder)}
        done = subprocess.run([CAPDL, "graph", str(HELLO)], capture_output=True, text=True, timeout=60, check=False, env=path)
        self.assertEqual(done.returncode, MISSING)
        self.assertIn("graphviz", done.stderr)

    def test_graph_folds_what_is_alike(self) -> None:
        """A thousand objects come down to a few boxes."""
        sys.path.insert(0, str(Path(os.environ["REPOSITORY"]) / "tests" / "bench"))
        from benchmark.large_spec import large_spec

        picture, _ = self.run_capdl("graph", self.spec(large_spec(2000)), "--dot")
        self.assertIn("72 parts", picture)
        self.assertLess(len(picture.splitlines()), 20)

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

    def test_what_is_large_is_compared(self) -> None:
        """`diff` of systems with hundreds of threads, in seconds."""
        count = 400
        threads = "".join(f"t[{number}] {{ cspace: c[{number}] }} " for number in range(count))
        text = f"arch aarch64 objects {{ t[{count}] = tcb c[{count}] = cnode (2 bits) bell = notification }} caps {{ {threads} }}\n"
        after = self.folder / "after.cdl"
        after.write_text(text + "caps { c[7] { 1: bell (W) } c[399] { 1: bell (R) } }", encoding="utf-8")
        changes = self.run_capdl("diff", self.spec(text), str(after), "--silence", "unreachable")
        self.assertEqual(changes, ("+ c[399] holds bell (R)\n+ c[7] holds bell (W)\n+ t[7] can affect t[399]\n", ""))
        self.assertIn("- t[7] can affect t[399]", self.run_capdl("diff", str(after), self.spec(text))[0])

    def test_ten_thousand_threads_on_one_endpoint(self) -> None:
        """All hand each other all that they have: `why`, `policy`, `diff` and `build` take seconds, and say what there is to say."""
        count = 10_000
        quiet = "".join(f"t[{number}] {{ cspace: c[{number}] }} " for number in range(count)) + "alone { cspace: box } box { 1: box }"
        objects = f"t[{count}] = tcb c[{count}] = cnode (2 bits) hub = ep bell = notification alone = tcb box = cnode (1 bits)"
        text = f"arch aarch64 objects {{ {objects} }} caps {{ {quiet} c[] {{ 1: hub (RWG) 2: c[0] }} c[7] {{ 3: bell (W) }} }}\n"
        spec = self.spec(text)
        start = time.monotonic()
        ways = self.run_capdl("why", spec, "t[1]", "bell", "--silence", "unreachable")[0]
        self.assertTrue(ways.startswith("t[1] can affect bell, in "), ways[:100])
        self.assertIn("t[1] signals bell    [slot 3 of c[7] holds bell (W)]\n        c[7] is the capability table of t[7]", ways)
        isolated = self.folder / "isolated.cdl"
        isolated.write_text(text + "policies { isolated alone, t, bell no flow from t[3] to t[9999] }", encoding="utf-8")
        messages = self.run_capdl("policy", str(isolated), "--silence", "unreachable", code=REFUSED)[1]
        self.assertEqual(re.findall("error: (.*)", messages), ["`t` can affect `bell`", "`t[3]` can affect `t[9999]`"])
        before = self.folder / "before.cdl"
        before.write_text(text.replace("1: hub (RWG) 2: c[0] ", ""), encoding="utf-8")
        changes = self.run_capdl("diff", str(before), spec, "--silence", "unreachable")[0].splitlines()
        self.assertEqual(sum(line.endswith(" can affect others") for line in changes), 1)
        self.assertEqual(changes[-1], f"+ {count * (count - 1) - 10_000} more can affect others")
        self.assertLess(time.monotonic() - start, 60)

    def test_hundreds_of_partitions(self) -> None:
        """All apart from each other: that holds; one way from one to another is found among all."""
        count = 600
        own = "".join(f"t[{n}] {{ cspace: c[{n}] }} c[{n}] {{ 1: e[{n}] (RWG) 2: c[{n}] }} " for n in range(count))
        names = ", ".join(f"t[{n}]" for n in range(count))
        text = f"arch aarch64 objects {{ t[{count}] = tcb c[{count}] = cnode (2 bits) e[{count}] = ep }} caps {{ {own} }} policies {{ isolated {names} }}\n"
        self.assertEqual(self.run_capdl("policy", self.spec(text), "--silence", "unreachable"), ("the rule holds\n", ""))
        messages = self.run_capdl("policy", self.spec(text + "caps { c[599] { 3: e[70] (WG) } }"), "--silence", "unreachable", code=REFUSED)[1]
        self.assertEqual(sorted(re.findall("error: (.*)", messages)), ["`t[599]` can affect `t[70]`", "`t[70]` can affect `t[599]`"])
        shared = self.spec(text + "objects { all = ep } caps { c[] { 3: all (RWG) } }")
        messages = self.run_capdl("policy", shared, "--silence", "unreachable", code=REFUSED)[1]
        self.assertEqual(len(re.findall("error: `t", messages)), 20)
        self.assertIn(f"error: {count * (count - 1) - 20} more flows break the rules", messages)

    def test_rules_that_take_too_long(self) -> None:
        """Each rule that trusts somebody else is a search of its own; that ends at a number, and with no image."""
        count = 3000
        own = "".join(f"t[{n}] {{ cspace: c[{n}] }} c[{n}] {{ 1: hub (RWG) 2: c[{n}] }} " for n in range(count))
        rules = " ".join(f"no flow from alone to t[0] except through t[{n}]" for n in range(1, count))
        text = f"""arch aarch64 objects {{ t[{count}] = tcb c[{count}] = cnode (2 bits) hub = ep alone = tcb }} caps {{ {own} }}
            policies {{ {rules} }}"""
        messages = self.run_capdl("policy", self.spec(text), "--silence", "unreachable", code=REFUSED)[1]
        self.assertEqual(messages.count("error: whether this rule and those behind it hold cannot be found out"), 1)
        self.assertIn("the rules up to here take more than 200000000 steps", messages)
        self.assertNotIn("can affect", messages)

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
        for words in (("--help",), ("check", "--help"), ("build", "--help")):
            self.assertIn("capdl", self.run_capdl(*words)[0])

    def test_a_folder_is_no_spec(self) -> None:
        """One sentence."""
        self.assertEqual(self.run_capdl("check", str(self.folder), code=REFUSED)[1], f"error: there is no file {self.folder}\n1 error, 0 warnings\n")


if __name__ == "__main__":
    unittest.main()
