# SPDX-License-Identifier: BSD-2-Clause
"""Traces: lines read and refused, timelines as JSON and as pictures, the command's refusals."""

import json
import tempfile
import unittest
import zlib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from support import REPOSITORY, selene
from capability_names import CapabilityNames, read_names
from chrome_trace import chrome_trace
from terminal import Failure
from timeline import timeline
from timeline_picture import picture
from trace_text import TraceReader

GOLDEN = Path(__file__).parent / "golden_trace"
# What `capdl expand` prints of a specification.
EXPANDED = """
objects {
  jobs = ep
  alice.home = ut {
    alice.cnode = cnode (8 bits)
    alice.worker = tcb (addr: 0x21e000)
    pages[2] = frame (4k)
  }
}

caps {
  alice.cnode {
    1: jobs (WP, badge: 1)
    2: power_control
    4: alice.worker - child_of (a, 1)
    5: pages[0..1] (RW)
    8: pages[1] (R)
  }
  alice.tcb {
    cspace: alice.cnode (guard: 0, guard_size: 56)
    2: jobs
  }
}
"""
# Two threads, one of them unknown; calls from one to the other and to the kernel, a signal, an interrupt, idleness; one component's own events, of which
# one was overwritten, so that an end has no beginning.
TOLD = [
    "begin 3b9aca0",  # 62,500,000 Hz: a tick is 16 ns
    "thread 0 alice",
    "thread 1 -",
    "kernel 9 2",
    "k 3e8:0:4:0 64:0:1:300000007 32:1:4:0 3e8:1:3:0",
    "k 10:0:5:0 3e8:0:6:0 14:1:4:0",
    "k 64:1:801:7 20:0:4:0 64:0:1:100000002 20:0:4:0 10:0:901:0 20:0:4:0",
    "ring alice 6 0",
    "e 1 3f0 2 0 lost",
    "e 2 3f8 1 0 prepare <& co>",
    "e 3 400 4 2a frames",
    "e 4 440 2 0 prepare <& co>",
    "e 5 448 3 7 done",
    "end",
]


def lines(told: list[str]) -> bytes:
    """What a tracer would write."""
    numbered = (f"{number:x} {text}" for number, text in enumerate(told))
    return b"".join(f"trace: {text} *{zlib.crc32(text.encode()):08x}\r\n".encode() for text in numbered)


def read(told: list[str]) -> Any:
    """The trace that these lines are."""
    reader = TraceReader()
    reader.take(lines(told))
    return reader.finished()


class Reading(unittest.TestCase):
    """TraceReader."""

    def test_lines_of_others_pass(self) -> None:
        reader = TraceReader()
        text = b"hello\r\ntrace: on\r\n" + lines(TOLD) + b"exit 0\r\nhalf a li"
        shown = b"".join(reader.take(text[at : at + 7]) for at in range(0, len(text), 7))
        self.assertEqual(shown, b"hello\ntrace: on\nexit 0\n".replace(b"\n", b"\r\n"))
        self.assertEqual(reader.rest(), b"half a li")
        trace = reader.finished()
        assert trace is not None
        self.assertEqual(trace.frequency, 62_500_000)
        self.assertEqual([event.kind for event in trace.kernel[:7]], ["leave", "system call", "leave", "interrupt", "idle", "awake", "leave"])
        self.assertEqual(trace.kernel[1].detail, 3 << 32 | 7)
        self.assertEqual(trace.rings[0].missing, 1)

    def test_nothing_told(self) -> None:
        reader = TraceReader()
        reader.take(b"hello\n")
        self.assertIsNone(reader.finished())

    def test_damage_is_refused(self) -> None:
        whole = lines(TOLD)
        cases = {
            "line 1 of the trace is missing": whole.replace(b"alice", b"alicf", 1),
            "makes no sense": lines(["begin x"]),
            "line 3 of the trace is missing": b"".join(whole.splitlines(True)[:3] + whole.splitlines(True)[4:]),
        }
        for saying, text in cases.items():
            with self.subTest(saying), self.assertRaisesRegex(Failure, saying):
                TraceReader().take(text)
        with self.assertRaisesRegex(Failure, "ends after 13 lines"):
            read(TOLD[:-1])
        for strange in ("k 1:2:3", "e 1 2 9 0 x", "what 1", "e 1 2 1 0 before-any-ring"):
            with self.subTest(strange), self.assertRaisesRegex(Failure, "makes no sense"):
                read(["begin 1", strange])

    def test_any_damage_is_noticed(self) -> None:
        whole = lines(TOLD)
        for at in range(0, len(whole), 3):
            changed = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
            with self.subTest(at), self.assertRaises(Failure):
                reader = TraceReader()
                reader.take(changed)
                reader.finished()


class Output(unittest.TestCase):
    """A timeline as JSON and as SVG."""

    def golden(self, name: str, text: str) -> None:
        self.assertEqual(text, (GOLDEN / name).read_text(encoding="utf-8"), f"{GOLDEN / name} is what it was")

    def test_json(self) -> None:
        made = chrome_trace(timeline(read(TOLD), read_names(EXPANDED)), "a system")
        check_schema(self, made)
        self.golden("trace.json", json.dumps(made, indent=1) + "\n")

    def test_picture(self) -> None:
        drawn = picture(timeline(read(TOLD)), "a <system>")
        self.golden("trace.svg", drawn)
        root = ElementTree.fromstring(drawn)
        titles = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}title")]
        self.assertIn("call, thread alice, capability slot 7, label 3: 1.6 us, for 0.8 us", titles)
        self.assertIn("prepare <& co>: 0.256 us, for 1.152 us", titles)
        self.assertIn("missing: 2 events of kernel, 1 events of alice", drawn)

    def test_names(self) -> None:
        names = read_names(EXPANDED)
        self.assertEqual(names.slots["alice"], {1: "jobs", 2: "power_control", 4: "alice.worker", 5: "pages[0]", 6: "pages[1]", 8: "pages[1]"})
        self.assertEqual([names.name("alice", slot) for slot in (1, 3)], ["jobs", "slot 3"])
        self.assertEqual(names.name("bob", 1), "slot 1")
        methods = [names.method("alice", slot, 2) for slot in (1, 2, 3, 4, 5)]
        self.assertEqual(methods, [None, "reset", None, "set_buffer", "inspect"])
        self.assertIsNone(names.method("alice", 2, 77))
        self.assertEqual(names.method("alice", 2, 1), "off")
        self.assertIsNone(CapabilityNames().method("alice", 2, 1))
        shown = [piece.details[1:] for piece in timeline(read(TOLD), names).kernel if piece.name in ("call", "signal", "yield")]
        self.assertEqual(shown, [
            (("capability", "slot 7"), ("label", 3)),
            (("capability", "slot 7"),),
            (("capability", "power_control"), ("method", "off")),
            (),
        ])  # fmt: skip

    def test_empty(self) -> None:
        empty = timeline(read(["begin 3b9aca0", "end"]))
        made = chrome_trace(empty, "nothing")
        check_schema(self, made)
        ElementTree.fromstring(picture(empty, "nothing"))


def check_schema(test: unittest.TestCase, made: dict[str, Any]) -> None:
    """What "Trace Event Format" asks of the events that we write."""
    needed = {
        "M": {"name", "pid", "tid", "args"},
        "X": {"name", "ts", "dur", "pid", "tid"},
        "B": {"name", "ts", "pid", "tid"},
        "E": {"name", "ts", "pid", "tid"},
        "i": {"name", "ts", "pid", "tid", "s", "args"},
        "C": {"name", "ts", "pid", "tid", "args"},
    }
    test.assertEqual(set(made), {"traceEvents", "displayTimeUnit", "otherData"})
    test.assertIn(made["displayTimeUnit"], ("ms", "ns"))
    named = {(event["pid"], event["tid"]) for event in made["traceEvents"] if event["name"] == "thread_name"}
    spans: dict[tuple[int, int], list[str]] = {}
    before = 0.0
    for event in made["traceEvents"]:
        kind = event["ph"]
        test.assertIn(kind, needed, event)
        test.assertEqual(set(event) - {"ph", "args"}, needed[kind] - {"args"}, event)
        test.assertTrue("args" in event or "args" not in needed[kind], event)
        test.assertTrue(isinstance(event["name"], str) and isinstance(event["pid"], int) and isinstance(event["tid"], int))
        if kind == "M":
            test.assertIn(event["name"], ("process_name", "thread_name"))
            test.assertIsInstance(event["args"]["name"], str)
            continue
        place = (event["pid"], event["tid"])
        test.assertIn(place, named, event)
        test.assertGreaterEqual(event["ts"], before, "in the order of time")
        before = event["ts"]
        test.assertGreaterEqual(event.get("dur", 0), 0)
        if kind == "B":
            spans.setdefault(place, []).append(event["name"])
        elif kind == "E":
            test.assertIn(event["name"], spans.get(place, []), "an end without a beginning")
            spans[place].remove(event["name"])


class Command(unittest.TestCase):
    """./selene trace, without a run."""

    def refused(self, code: int, *words: str, saying: str) -> None:
        answer = selene("trace", *words)
        self.assertEqual(answer.returncode, code, answer.stderr)
        self.assertEqual(len(answer.stderr.splitlines()), 1, answer.stderr)
        self.assertIn(saying, answer.stderr)

    def test_refusals(self) -> None:
        self.refused(2, saying="required: SYSTEM")
        self.refused(2, "timelin", saying="did you mean timeline?")
        self.refused(2, "timeline", "--out", saying="expected one argument")
        self.refused(2, "timeline", "--gic", "2", saying="unrecognized")
        self.refused(2, "timeline", "--timeout", "0", saying="number of seconds")
        self.refused(2, "timeline", "--out", "trace.txt", saying="does not end in .json")
        self.refused(1, "counting", saying="counting has no tracer")
        self.refused(2, "timeline", "--kernel", "fast", saying="invalid choice: 'fast'")
        with tempfile.TemporaryDirectory() as folder:
            spec = Path(folder) / "lone.cdl"
            spec.write_text('arch aarch64\ncomponents { a = "tracker.elf" }\n', encoding="utf-8")
            self.refused(1, str(spec), saying="lone has no tracer")

    def test_its_page_is_true(self) -> None:
        page = (REPOSITORY / "docs" / "guide" / "tracing.md").read_text(encoding="utf-8")
        self.assertIn("./selene trace timeline", page)


if __name__ == "__main__":
    unittest.main()
