# SPDX-License-Identifier: BSD-2-Clause
"""`./selene trace`: a system is run, and what its timeline shows is what it does."""

import json
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests" / "command_line")]

from support import selene  # noqa: E402
from test_trace import check_schema  # noqa: E402


class Timeline(unittest.TestCase):
    """The system `timeline`, traced."""

    def test_timeline(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "new" / "run.json"
            answer = selene("trace", "timeline", "--out", str(out))
            self.assertEqual(answer.returncode, 0, answer.stderr)
            self.assertEqual(answer.stdout.splitlines()[-2:], [str(out), str(out.with_suffix(".svg"))])
            self.assertIn("client: five answers", answer.stdout)
            self.assertNotIn("trace: ", answer.stdout)
            self.assertNotIn("missing", answer.stderr)
            made = json.loads(out.read_text(encoding="utf-8"))
            picture = out.with_suffix(".svg").read_text(encoding="utf-8")
        check_schema(self, made)
        events = made["traceEvents"]
        self.check_events(events)
        self.check_threads(events)
        for name in ("client", "server", "supervisor", "client: events"):
            self.assertIn(f">{name}</text>", picture)
        ElementTree.fromstring(picture)

    def check_events(self, events: list[dict[str, Any]]) -> None:
        """What the components say of themselves is there, all of it, in their order."""
        rows = self.rows(events, 3)
        own = [event for event in events if event["pid"] == 3 and event["ph"] != "M"]
        of_client = [(event["ph"], event["name"]) for event in own if rows[event["tid"]] == "client"]
        one_round = [("C", "round"), ("B", "prepare"), ("E", "prepare"), ("B", "ask"), ("E", "ask")]
        self.assertEqual(of_client, one_round * 5 + [("i", "all asked")])
        jobs = [event for event in events if event["name"] == "job" and event["ph"] in "BE"]
        self.assertEqual(len(jobs), 10)
        lengths = [end["ts"] - begin["ts"] for begin, end in zip(jobs[::2], jobs[1::2], strict=True)]
        # 1,000 steps of two instructions more each time, 8 ns each.
        for shorter, longer in zip(lengths, lengths[1:], strict=False):
            self.assertAlmostEqual(longer - shorter, 16.0, delta=1.0)

    def check_threads(self, events: list[dict[str, Any]]) -> None:
        """One thread runs at a time, or the kernel does; between a call of the client and its answer the server runs."""
        rows = self.rows(events, 1)
        self.assertLessEqual({"client", "server", "console", "supervisor", "tracer"}, {*rows.values(), "tracer"})
        self.assertFalse([name for name in rows.values() if name.startswith("thread")], "all have names")
        slices = sorted((event for event in events if event["ph"] == "X"), key=lambda one: one["ts"])
        for before, after in zip(slices, slices[1:], strict=False):
            self.assertAlmostEqual(before["ts"] + before["dur"], after["ts"], delta=0.01)
        calls = 0
        for place, event in enumerate(slices[:-3]):
            args = event.get("args", {})
            if event["pid"] == 2 and event["name"] == "call" and args.get("thread") == "client":
                behind = slices[place + 1]
                calls += rows[behind["tid"]] == "server"
                self.assertIn(args["capability"], ("jobs", "console_requests"))
        self.assertEqual(calls, 5)
        on_kernel = {(event["args"]["capability"], event["args"]["method"]) for event in slices if "method" in event.get("args", {})}
        self.assertIn(("uart_line", "acknowledge"), on_kernel)
        self.assertFalse([event for event in slices if "slot " in str(event.get("args", {}).get("capability"))], "all have names")

    def rows(self, events: list[dict[str, Any]], process: int) -> dict[int, str]:
        """The names of a process's rows."""
        return {event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name" and event["pid"] == process}

    def test_release_kernel(self) -> None:
        """What components say of themselves is there, too, and what is missing is said."""
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "run.json"
            answer = selene("trace", "timeline", "--kernel", "release", "--out", str(out))
            self.assertEqual(answer.returncode, 0, answer.stderr)
            self.assertIn("the release kernel writes no events", answer.stderr)
            made = json.loads(out.read_text(encoding="utf-8"))
        check_schema(self, made)
        self.check_events(made["traceEvents"])
        self.assertFalse([event for event in made["traceEvents"] if event["pid"] in (1, 2) and event["ph"] != "M"])

    def test_twice_the_same(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / name for name in ("one.json", "two.json")]
            for file in files:
                self.assertEqual(selene("trace", "timeline", "--out", str(file)).returncode, 0)
            self.assertEqual(files[0].read_text(encoding="utf-8"), files[1].read_text(encoding="utf-8"))


if __name__ == "__main__":
    unittest.main()
