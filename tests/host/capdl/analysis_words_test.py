# SPDX-License-Identifier: BSD-2-Clause
"""The words of `capdl` that look at a whole system: stat, why, policy, diff, graph.

Environment: CAPDL, the program; PARTS, the build folder with kernel, loader and components; REPOSITORY.
"""

import re
import subprocess
import sys
import time
import unittest

from program import CAPDL, HELLO, MISSING, REFUSED, REPOSITORY, WRONG, ProgramTest

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


class AnalysisWordsTest(ProgramTest):
    """Whom a system's parts can affect, what they take, what they look like."""

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
        self.assertIn("Graphviz's `dot` is not installed; the package is called graphviz\n", done.stderr)
        broken = self.folder / "dot"
        broken.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        broken.chmod(0o755)
        done = subprocess.run([CAPDL, "graph", str(HELLO)], capture_output=True, text=True, timeout=60, check=False, env=path)
        self.assertEqual((done.returncode, done.stdout), (REFUSED, ""))
        self.assertIn("Graphviz's `dot` could not draw the picture\n", done.stderr)

    def test_graph_folds_what_is_alike(self) -> None:
        """A thousand objects come down to a few boxes."""
        sys.path.insert(0, str(REPOSITORY / "tests" / "bench"))
        from benchmark.large_spec import large_spec

        picture, _ = self.run_capdl("graph", self.spec(large_spec(2000)), "--dot")
        self.assertIn("72 parts", picture)
        self.assertLess(len(picture.splitlines()), 20)

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


if __name__ == "__main__":
    unittest.main()
