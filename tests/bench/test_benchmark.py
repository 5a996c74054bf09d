#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Tests of the benchmark's pure parts: reading counts and consoles, judging, reporting, listings, command line."""

import json
import re
import sys
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import bench  # noqa: E402
from terminal import USAGE, Failure  # noqa: E402

from benchmark import annotate, blocks, counts, document, judgement, latency, machine, report, rows, session, static_rows  # noqa: E402
from benchmark.counts import Figure, boot_figures  # noqa: E402
from benchmark.hardening import ROWS as HARDENING_ROWS  # noqa: E402
from benchmark.hardening import hardening_figures  # noqa: E402
from benchmark.inside import inside  # noqa: E402
from benchmark.judgement import Accepted, Goal, Verdict, judge  # noqa: E402
from benchmark.load_rows import judge_steps, steps_of  # noqa: E402
from benchmark.rows import row_number  # noqa: E402


def region(row: int, kernel_instructions: int, code: int = 3, data: int = 2, system_calls: int = 2) -> dict[str, Any]:
    kernel = {"instructions": kernel_instructions, "code_lines": code, "data_lines": data}
    user = {"instructions": 7, "code_lines": 1, "data_lines": 1}
    return {"kind": "region", "row": row, "system_calls": system_calls, "kernel": kernel, "user": user}


SAMPLES = 5
BOOT = {"kind": "boot", "image": 10, "stages": [11, 13, 16, 20, 25], "kernel": 110, "user": 1110}
SHARES = "caches on 1, device tree 2, system part 3, memory 4, kernel's tables 5, description 85, kernel 1,000"
END = {"kind": "end", "instructions": 5000}


def lines(*records: dict[str, Any]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def figures(console: str, *records: dict[str, Any]) -> list[Figure]:
    return counts.figures(counts.parse_console(console), counts.parse_counts(lines(*records)))


class Loading(unittest.TestCase):
    LARGE = {"load.build": (6000, 1000), "load.read_back": (2000, 1500)}
    HELLO = {"load.build": (60, 10), "load.read_back": (20, 15), "load.start": (5, 1)}

    def test_figures_are_shares_and_sums(self) -> None:
        found = {figure.name: figure.value for figure in judge_steps(self.LARGE, 100, self.HELLO)}
        wanted = {"load.instructions_per_object": 105, "load.overhead": 31, "load.read_back": 50, "load.total.hello": 111}
        self.assertEqual(found, wanted)

    def test_a_step_that_was_not_taken(self) -> None:
        with self.assertRaisesRegex(Failure, "not taken the step load.read_back"):
            judge_steps({"load.build": (1, 1)}, 1, self.HELLO)

    def test_steps_are_found_by_the_number_of_their_name(self) -> None:
        counted = counts.parse_counts(lines(region(row_number("load.build"), 9), END))
        self.assertEqual(steps_of(counted), {"load.build": (9, 7)})
        twice = counts.parse_counts(lines(*[region(row_number("load.build"), 9)] * 2, END))
        with self.assertRaisesRegex(Failure, "load.build 2 times"):
            steps_of(twice)


class Reading(unittest.TestCase):
    def test_console_lines_among_others(self) -> None:
        said = ("Selene", "row 3 cap.map 32", "note cap.map an endpoint", "value memory.kernel bytes 4096", "exit 0")
        console = counts.parse_console("\r\n".join(said))
        self.assertEqual(console.rows, {3: "cap.map"})
        self.assertEqual(console.samples, {"cap.map": 32})
        self.assertEqual(console.notes, {"cap.map": "an endpoint"})
        self.assertEqual(console.values, [Figure.exact("memory.kernel", "bytes", 4096)])
        self.assertEqual(console.exit_code, 0)

    def test_console_refuses_one_number_for_two_rows(self) -> None:
        with self.assertRaisesRegex(Failure, "cap.map and cap.grant have the same number 3"):
            counts.parse_console("row 3 cap.map 9\nrow 3 cap.grant 9\n")

    def test_median_counts_both_directions(self) -> None:
        samples = [region(1, 170 + 2 * (i % 3)) for i in range(SAMPLES)]
        found = figures("row 1 ipc.round_trip.0 5", BOOT, *samples, END)
        self.assertEqual(found[0], Figure("ipc.round_trip.0", "instructions", 174, 172, 176))
        self.assertEqual(found[1:3], [Figure.exact("lines.ipc0.code", "lines", 3), Figure.exact("lines.ipc0.data", "lines", 2)])
        self.assertEqual(len(found), 3)

    def test_boot(self) -> None:
        boot = {"boot.kernel_to_user": 1000, "boot.reset_to_user": 1100}
        expected = [Figure.exact(name, "instructions", value) for name, value in boot.items()]
        self.assertEqual(counts.boot_figures(BOOT), [expected[0], replace(expected[1], note=SHARES)])

    def test_rows_of_the_library_count_the_user_too_and_have_differences(self) -> None:
        rows = "row 1 rpc.bare.2 5\nrow 2 rpc.call.2 5"
        samples = [region(row, kernel) for row, kernel in ((1, 150), (2, 160)) for _ in range(SAMPLES)]
        user = samples[0]["user"]["instructions"]
        found = {figure.name: figure.value for figure in figures(rows, *samples, END)}
        self.assertEqual(found["rpc.bare.2"], samples[0]["kernel"]["instructions"] + user)
        self.assertEqual(found["rpc.overhead"], 10)
        self.assertNotEqual(user, 0)

    def test_other_rows_have_no_line_rows(self) -> None:
        samples = [region(1, 170)] * SAMPLES
        found = figures("row 1 ipc.round_trip.4 5", BOOT, *samples, END)
        self.assertEqual([f.name for f in found], ["ipc.round_trip.4"])

    def refused(self, sentence: str, console: str, *records: dict[str, Any]) -> None:
        with self.assertRaisesRegex(Failure, sentence):
            figures(console, *records)

    def test_refusals(self) -> None:
        samples = [region(1, 170)] * SAMPLES
        self.refused("measured 4 times, not 5", "row 1 cap.map 5", BOOT, *samples[1:], END)
        self.refused("measured 0 times", "row 1 cap.map 5\nrow 2 cap.grant 5", BOOT, *samples, END)
        self.refused("no component says what it is", "", BOOT, *samples, END)
        self.refused("not whole", "row 1 cap.map 5", BOOT, *samples)
        self.refused("misuse the markers: no row", "", {"kind": "error", "what": "no row"}, END)
        for sentence, boot in (
            ("boot was not seen whole", {**BOOT, "image": None}),
            ("boot was not seen whole", {}),
            ("of the boot's 6 stages 2 were seen", {**BOOT, "stages": [11]}),
        ):
            with self.assertRaisesRegex(Failure, sentence):
                boot_figures(boot)


class Hardening(unittest.TestCase):
    """What counts as being there for that alone."""

    TEXT = ("cmp x0, x1", "csel x2, x0, xzr, lo", "csdb", "csel x3, x4, x5, ne", "eret", "dsb nsh", "isb", "dsb nsh", "isb")
    INSTRUCTIONS = {0x1000 + 4 * place: text for place, text in enumerate(TEXT)}

    def test_selects_and_barriers(self) -> None:
        trace = [0x40, 0x1000, 0x1004, 0x1008, 0x100C, 0x1004, 0x1008, 0x1010]  # the first is the user's
        executed, size = hardening_figures(trace, self.INSTRUCTIONS)
        self.assertEqual(executed, Figure.exact("hardening.round_trip", "instructions", 4))
        self.assertEqual(size, Figure.exact("hardening.size", "bytes", 4 * 4))


class Latencies(unittest.TestCase):
    CONSOLE = counts.parse_console("row 1 cap_table.unmap 24\nrow 2 untyped.retype 24\nexit 0")
    FUNCTIONS = {0x40: "unmap", 0x80: "leave", 0x84: "leave"}

    @staticmethod
    def record(row: int, longest: int, deaf: int = 0, samples: int = 3, withdrawn: int = 0) -> dict[str, Any]:
        blocks = [[0x40, longest - 50], [0x80, 25], [0x84, 25]]
        figures = {"samples": samples, "withdrawn": withdrawn, "asserted": longest - 9, "longest": longest, "deaf": deaf}
        return {"kind": "latency", "row": row, **figures, "blocks": blocks}

    def parse(self, *records: dict[str, Any]) -> list[latency.Latency]:
        return latency.parse_latencies(self.CONSOLE, lines(*records))

    def test_the_longest_comes_first_with_operation_and_function(self) -> None:
        found = self.parse(self.record(1, 90), self.record(2, 120, deaf=110), END)
        self.assertEqual([(entry.operation, entry.longest) for entry in found], [("untyped.retype", 120), ("cap_table.unmap", 90)])
        figure = latency.longest(found, self.FUNCTIONS)
        self.assertEqual(figure, Figure("latency.longest", "instructions", 120, 120, 120, "untyped.retype, mostly in unmap"))
        self.assertEqual(latency.busiest(found[1], self.FUNCTIONS), "leave")
        self.assertEqual(latency.busiest(found[1], {}), "user code")
        listed = [" ".join(line.split()) for line in latency.listing(found, self.FUNCTIONS, goal=100).splitlines()]
        self.assertIn("2 operations, above the goal in 1 ", listed[0])
        self.assertEqual(listed[1:], ["120 untyped.retype unmap", "90 cap_table.unmap leave"])

    def refused(self, sentence: str, *records: dict[str, Any]) -> None:
        with self.assertRaisesRegex(Failure, sentence):
            self.parse(*records)

    def test_refusals(self) -> None:
        good = self.record(1, 90)
        self.refused("not whole", good, self.record(2, 80))
        self.refused("misuses the markers: no row", {"kind": "error", "what": "no row"}, END)
        self.refused("no interrupt was asserted during untyped.retype", good, END)
        self.refused("no interrupt was asserted during untyped.retype", good, self.record(2, 80, samples=0), END)
        self.refused("2 interrupts were not handled during untyped.retype", good, self.record(2, 80, withdrawn=2), END)

    def test_a_sweep_that_has_missed_the_longest_is_refused(self) -> None:
        self.parse(self.record(1, 90, deaf=70), self.record(2, 60, deaf=90), END)
        self.refused("deaf for 91 instructions in untyped.retype", self.record(1, 90), self.record(2, 60, deaf=91), END)

    def test_names_of_functions(self) -> None:
        name = "selene::(anonymous namespace)::Unmapper::strip(selene::Slot&, int)"
        self.assertEqual(annotate.plain_name(name), "Unmapper::strip")
        self.assertEqual(annotate.plain_name("switch"), "switch")


class Static(unittest.TestCase):
    def test_read_only_sections_count(self) -> None:
        alloc, write, execute = 2, 1, 4
        sections = [(alloc | execute, 100), (alloc, 20), (alloc | write, 3), (0, 5000)]
        self.assertEqual(static_rows.read_only_bytes(sections), 120)

    def test_lines_of_code(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name in ("kernel/ipc/a.cpp", "kernel/invariants/b.cpp", "arch-aarch64/c.hpp", "generated/d.hpp"):
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text("// comment\n\nint a;\nint b; // two lines\n")
            (root / "arch-aarch64/e.S").write_text("    nop\n// comment\n")
            (root / "kernel/abi").mkdir()
            (root / "kernel/abi/f.yaml").write_text("# comment\na: 1\n")
            (root / "kernel/abi/g.py").write_text("a = 1\n")
            found = static_rows.source_lines(root, root / "generated")
        values = {figure.name: figure.value for figure in found}
        self.assertEqual(values, {"source.kernel": 5, "source.interface": 1, "source.generated": 2})


class Judging(unittest.TestCase):
    def test_instructions_and_lines_may_not_grow(self) -> None:
        for unit in ("instructions", "lines"):
            self.assertIs(judge(Figure.exact("r", unit, 5), Goal(goal=9), 4), Verdict.GREW)
            self.assertIs(judge(Figure.exact("r", unit, 4), Goal(goal=3), 4), Verdict.SAME)
            self.assertIs(judge(Figure.exact("r", unit, 3), Goal(), 4), Verdict.BETTER)
            self.assertIs(judge(Figure.exact("r", unit, 3), Goal(), None), Verdict.NEW)

    def test_sizes_fail_beyond_their_goal_and_what_was_accepted(self) -> None:
        for unit in ("bytes", "count"):
            self.assertIs(judge(Figure.exact("r", unit, 6), Goal(goal=5), 6), Verdict.SAME)
            self.assertIs(judge(Figure.exact("r", unit, 7), Goal(goal=5), 6), Verdict.BEYOND_GOAL)
            self.assertIs(judge(Figure.exact("r", unit, 5), Goal(goal=5), 4), Verdict.SAME)
            self.assertIs(judge(Figure.exact("r", unit, 6), Goal(goal=5), None), Verdict.BEYOND_GOAL)
            self.assertIs(judge(Figure.exact("r", unit, 6), Goal(), 5), Verdict.SAME)

    def test_milliseconds_never_fail(self) -> None:
        self.assertIs(judge(Figure.exact("r", "milliseconds", 6), Goal(goal=1), 5), Verdict.SAME)

    def test_three_verdicts_fail(self) -> None:
        self.assertEqual([v for v in Verdict if v.fails], [Verdict.GREW, Verdict.FAR_FROM_EL1, Verdict.BEYOND_GOAL])

    def test_level_2_is_at_most_a_tenth_above_level_1(self) -> None:
        self.assertIs(judge(Figure.exact("r", "instructions", 110), Goal(), 110, 100), Verdict.SAME)
        self.assertIs(judge(Figure.exact("r", "instructions", 111), Goal(), 111, 100), Verdict.FAR_FROM_EL1)
        self.assertIs(judge(Figure.exact("r", "lines", 12), Goal(), None, 11), Verdict.NEW)
        self.assertIs(judge(Figure.exact("r", "bytes", 200), Goal(), None, 100), Verdict.SAME)

    def test_accepting_keeps_the_reason_of_each_change(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "accepted.json"
            first = Accepted(file, 1)
            self.assertIsNone(first.value("a"))
            early = [Figure.exact("a", "instructions", 5), Figure.exact("b", "bytes", 9), Figure.exact("m", "milliseconds", 3)]
            self.assertEqual(first.record(early, "first"), ["a", "b"])
            second = Accepted(file, 1)
            late = [Figure.exact("a", "instructions", 5), Figure.exact("c", "lines", 2)]
            self.assertEqual(second.record(late, "second"), ["c"])
            self.assertEqual(second.figures(), [early[0], early[1], late[1]])
            self.assertEqual(Accepted(file, 1).value("a"), 5)
            self.assertIsNone(Accepted(file, 2).value("a"))
            content = json.loads(file.read_text())
            self.assertEqual(content["el1"]["a"], {"value": 5, "unit": "instructions", "reason": "first"})
            self.assertEqual(content["el1"]["c"], {"value": 2, "unit": "lines", "reason": "second"})

    def test_goals_file(self) -> None:
        goals = judgement.load_goals(bench.BENCH / "goals.json")
        self.assertEqual(goals["ipc.round_trip.0"], Goal(goals["ipc.round_trip.0"].what, 175, 407, 476))
        self.assertIsNone(goals["size.kernel"].sel4_classic)


class Reporting(unittest.TestCase):
    CAP_MAP = Figure("cap.map", "instructions", 210, 209, 230, "an endpoint")
    RESULTS = (
        judgement.Result(Figure.exact("ipc.round_trip.0", "instructions", 170), Goal("", 175, 407, 476), 169, Verdict.GREW),
        judgement.Result(CAP_MAP, Goal("", 200, 667, 746), 210, Verdict.SAME),
        judgement.Result(Figure.exact("source.interface", "count", 0), Goal(), None, Verdict.SAME),
    )

    def test_table(self) -> None:
        text = report.table(self.RESULTS)
        head, trip, cap_map, source = (" ".join(line.split()) for line in text.splitlines())
        self.assertEqual(head, "row Selene unit goal seL4 classic seL4 MCS")
        self.assertEqual(trip, "ipc.round_trip.0 170 instructions 175 1.03x 407 2.39x 476 2.80x GREW (accepted: 169)")
        self.assertTrue(cap_map.endswith("746 3.55x above goal, samples 209 to 230, an endpoint"), cap_map)
        self.assertEqual(source, "source.interface 0 count - - -")

    def test_table_with_level_2(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            accepted = Accepted(Path(folder) / "accepted.json", 2)
            accepted.record([Figure.exact("cap.map", "instructions", 220)], "reason")
            head, trip, cap_map, _ = (" ".join(line.split()) for line in report.table(self.RESULTS, accepted).splitlines())
        self.assertEqual(head, "row Selene at EL2 unit goal seL4 classic seL4 MCS")
        self.assertTrue(trip.startswith("ipc.round_trip.0 170 - instructions 175 1.03x"), trip)
        self.assertTrue(cap_map.startswith("cap.map 210 220 instructions 200"), cap_map)

    def test_json(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "bench.json"
            report.write_json(file, "abc", self.RESULTS)
            content = json.loads(file.read_text())
        self.assertEqual(content["commit"], "abc")
        first = {"name": "ipc.round_trip.0", "unit": "instructions", "value": 170}
        self.assertEqual(content["results"][0], {**first, "goal": 175, "sel4_classic": 407, "sel4_mcs": 476})
        self.assertIsNone(content["results"][2]["goal"])


class Blocks(unittest.TestCase):
    """What instructions are for."""

    KNOWN = [blocks.Block("queue", "", ("Queue::*",)), blocks.Block("call", "", ("call", "svc"))]

    def test_the_innermost_function_that_is_named_decides(self) -> None:
        self.assertEqual(blocks.block_of(["Slot::type", "Queue::insert", "call"], self.KNOWN), "queue")
        self.assertEqual(blocks.block_of(["Slot::type", "call"], self.KNOWN), "call")
        self.assertEqual(blocks.block_of(["Slot::type", "nowhere"], self.KNOWN), "nowhere")

    def test_what_is_shared_belongs_to_its_caller(self) -> None:
        chains = {4: ["Queue::insert"], 8: ["OUTLINED_FUNCTION_7"], 12: ["call"]}
        self.assertEqual(blocks.summarize([0, 4, 8, 4, 12, 8], chains, self.KNOWN), {"call": 3, "queue": 3})

    def test_one_function_with_what_it_calls(self) -> None:
        code = {0: "bl 0x8", 8: "bl 0x20", 12: "ret", 32: "ret", 4: "nop"}
        self.assertEqual(inside([0, 8, 32, 12, 4, 0, 8], code, 8), [8, 32, 12])
        self.assertEqual(inside([0, 8, 32], code, 8), [])
        self.assertEqual(inside([0, 4], code, 8), [])


class Document(unittest.TestCase):
    """docs/performance.md. What it says of the present figures is what was accepted."""

    TEXT = session.DOCUMENT.read_text(encoding="utf-8")
    ACCEPTED = Accepted(session.ACCEPTED, 1)

    def test_level_2_is_at_most_a_tenth_above_level_1(self) -> None:
        at_el1 = {figure.name: figure for figure in Accepted(session.ACCEPTED, 1).figures()}
        at_el2 = {figure.name: figure for figure in Accepted(session.ACCEPTED, 2).figures()}
        self.assertEqual(at_el1.keys(), at_el2.keys())
        for name, figure in at_el2.items():
            if figure.unit in ("instructions", "lines"):
                self.assertLessEqual(10 * figure.value, 11 * at_el1[name].value, name)

    def test_its_table_is_what_was_accepted(self) -> None:
        section = document.section(judgement.load_goals(session.GOALS), self.ACCEPTED, Accepted(session.ACCEPTED, 2))
        self.assertEqual(document.written_section(self.TEXT), section, "`./selene bench --accept REASON` writes it")

    def test_so_is_what_the_readme_shows(self) -> None:
        shown = document.written_section(session.README.read_text(encoding="utf-8"))
        self.assertEqual(shown, document.headlines(judgement.load_goals(session.GOALS), self.ACCEPTED))

    def test_its_listings_are_what_was_counted(self) -> None:
        written = document.written_section(self.TEXT, document.LISTINGS)
        self.assertEqual(written, blocks.section(), "`./selene bench --accept REASON` writes it")

    def test_every_row_above_its_goal_is_listed_to_the_last_instruction(self) -> None:
        goals = judgement.load_goals(session.GOALS)
        counted = json.loads(blocks.COUNTED.read_text(encoding="utf-8"))
        accepted = {figure.name: figure.value for figure in self.ACCEPTED.figures()}
        wanted = [row for unit in ("instructions", "bytes", "count") for row in blocks.rows_above_goal(self.ACCEPTED, goals, unit)]
        self.assertEqual(sorted(counted), sorted(wanted))
        self.assertEqual({row: sum(parts.values()) for row, parts in counted.items()}, {row: accepted[row] for row in wanted})
        reasons = {block.name: block.why for block in blocks.load_blocks()}
        named = {part for parts in counted.values() for part in parts}
        self.assertEqual(named - reasons.keys(), set(), "blocks.yaml says why")

    def test_it_explains_every_row(self) -> None:
        explained: set[str] = set()
        for line in self.TEXT.splitlines():
            if line.startswith("| `"):
                names = re.findall(r"`([^`]+)`", line.split("|")[1])
                stem = names[0].rpartition(".")[0]
                explained |= {stem + name if name.startswith(".") else name for name in names}
        self.assertEqual(explained, {*HARDENING_ROWS, *(figure.name for figure in self.ACCEPTED.figures())})

    def test_writing_replaces_the_table_only(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "document.md"
            for old in ("", "old\n"):
                file.write_text(f"above\n{document.BEGIN}\n{old}{document.END}\nbelow\n")
                document.write_section(file, "new\n")
                self.assertEqual(file.read_text(), f"above\n{document.BEGIN}\nnew\n{document.END}\nbelow\n")
            file.write_text("nothing of it\n")
            with self.assertRaisesRegex(Failure, "has lost the line"):
                document.write_section(file, "new\n")


class Listing(unittest.TestCase):
    DISASSEMBLY = """
Disassembly of section .text:

ffffff8000001000 <vectors>:
ffffff8000001000: d538520f     \tmrs\tx15, ESR_EL1
ffffff8000001004: 54000000     \tb.eq\t0xffffff8000001004 <vectors+0x4> // b.none
"""
    SYMBOLS = (
        '{"Address":"0xffffff8000001000","ModuleName":"k","Symbol":['
        '{"Column":3,"FileName":"/r/vectors.S","FunctionName":"vectors","Line":7},'
        '{"FileName":"/r/outer.cpp","FunctionName":"outer","Line":1}]}\n'
        '{"Address":"0xffffff8000001004","ModuleName":"k","Symbol":[]}\n'
    )

    def test_disassembly(self) -> None:
        found = annotate.parse_disassembly(self.DISASSEMBLY)
        first, second = 0xFFFF_FF80_0000_1000, 0xFFFF_FF80_0000_1004
        self.assertEqual(found, {first: "mrs x15, ESR_EL1", second: "b.eq 0xffffff8000001004 <vectors+0x4>"})

    def test_symbols_are_the_innermost(self) -> None:
        found = annotate.parse_symbols(self.SYMBOLS)
        self.assertEqual(found[0xFFFF_FF80_0000_1000], annotate.Place("vectors", "/r/vectors.S", 7))
        self.assertEqual(found[0xFFFF_FF80_0000_1004], annotate.Place("", "", 0))

    def test_listing_shows_a_source_line_where_it_changes(self) -> None:
        instructions = {8: "mrs x1, esr_el1", 12: "nop"}
        place = annotate.Place("entry", "/r/arch/vectors.S", 7)
        found = {8: place, 12: place}
        text = annotate.listing([4, 8, 12, 8], instructions, found, lambda file, line: f"text {line}", Path("/r"))
        listed = [" ".join(line.split()) for line in text.splitlines()]
        self.assertEqual(listed[0], "1 0000000000000004 svc the user's")
        self.assertEqual(listed[1], "2 0000000000000008 mrs x1, esr_el1 arch/vectors.S:7 entry: text 7")
        self.assertEqual(listed[2:], ["3 000000000000000c nop", "4 0000000000000008 mrs x1, esr_el1"])


class CommandLine(unittest.TestCase):
    def refused(self, *words: str) -> str:
        with self.assertRaises(Failure) as ended:
            bench.parse(words)
        self.assertEqual(ended.exception.code, USAGE)
        return str(ended.exception)

    def test_wrong_words(self) -> None:
        self.assertEqual(bench.parse(["capdl"]).rows, ["capdl"])
        self.assertEqual(bench.parse(["--el", "2"]).el, 2)
        self.assertIn("--accept needs a reason", self.refused("--accept", " "))
        self.assertIn("--every needs a number", self.refused("--every", "0"))
        self.refused("--el", "3")
        self.refused("--wrong")

    def test_selection(self) -> None:
        self.assertTrue(rows.selects([], "cap.map"))
        self.assertTrue(rows.selects(["boot"], "boot.kernel_to_user"))
        self.assertFalse(rows.selects(["boot"], "cap.map"))
        self.assertTrue(rows.selects(["kernel"], "cap.map"))
        self.assertFalse(rows.selects(["kernel"], "boot.reset_to_user"))
        self.assertTrue(rows.selects(["cap.*"], "cap.map"))
        self.assertFalse(rows.selects(["cap"], "cap.map"))

    def test_machine_is_the_one_of_the_figures_to_beat(self) -> None:
        command = " ".join(machine.Run(Path("x.img"), kernel_range=(16, 32), traced=("cap.map",)).command(Path("out")))
        for part in ("-machine virt,gic-version=2", "-cpu cortex-a57", "-smp 1", "-m 1024M", "-kernel x.img"):
            self.assertIn(part, command)
        self.assertIn("-icount shift=0,sleep=off", command)
        self.assertIn(f"count.so,out=out,image=0x40200000,kernel=0x10-0x20,trace={row_number('cap.map')}", command)
        command = " ".join(machine.LatencyRun(Path("x.img"), handler=16, timeout_seconds=1).command(Path("out")))
        self.assertIn("-icount shift=0,sleep=off", command)
        self.assertIn("latency.so,out=out,handler=0x10,level=1", command)
        command = " ".join(machine.Run(Path("x.img"), kernel_range=(16, 32), el=2).command(Path("out")))
        self.assertIn("-machine virt,gic-version=2,virtualization=on", command)


if __name__ == "__main__":
    unittest.main()
