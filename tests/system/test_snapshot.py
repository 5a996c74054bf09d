# SPDX-License-Identifier: BSD-2-Clause
"""`./selene spec snapshot`: the state of a system that runs, as a spec, held against the one that it was built from."""

import re
import subprocess
import sys
import unittest
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "platforms"), str(REPOSITORY / "tests" / "runner")]

from booted import BootTest, keep  # noqa: E402
from build import CAPDL, make_image  # noqa: E402
from machine import Machine  # noqa: E402
from snapshot import OBSERVING_LOADER, new_ticket, observe  # noqa: E402
from systems import find_system  # noqa: E402
from template import plain_spec  # noqa: E402
from terminal import BUILD, Failure  # noqa: E402

TIME_OUT = 60.0
FOLDER = BUILD / "tests" / "system"
SYSTEMS = ("hello", "classic", "clock", "partitions", "tally", "pager", "handed_over", "wrong", "restart_group")


class Snapshot(BootTest):
    """What is printed of systems, and how it differs from their specs."""

    suite = "system"

    def take(self, name: str, after: str | None = None, kernel: str = "release", **machine: int) -> Path:
        """The file with a system's snapshot."""
        system = find_system(name)
        ticket = new_ticket()
        image = make_image(system, kernel, FOLDER / f"{name}-snapshot.img", OBSERVING_LOADER, ticket=ticket)
        said = observe(image, ticket, Machine(**machine), after, TIME_OUT)
        keep([name], said.decode(errors="replace"))
        console = FOLDER / f"{name}-snapshot.console"
        console.write_bytes(said)
        spec = FOLDER / f"{name}-snapshot.cdl"
        spec.write_text(self.capdl("snapshot", plain_spec(system.spec), console), encoding="utf-8")
        return spec

    def capdl(self, word: str, *files: Path) -> str:
        """What a word of the compiler prints; it has to be content."""
        options = ["--components", BUILD / "components", "--strict", "--silence", "unreachable"]
        done = subprocess.run([CAPDL, word, *files, *options], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def differences(self, name: str, snapshot: Path) -> list[str]:
        """What of a system's spec is not true any more (-), and what else is (+)."""
        return self.capdl("diff", plain_spec(find_system(name).spec), snapshot).splitlines()

    def test_right_after_loading(self) -> None:
        for name in SYSTEMS:
            with self.subTest(name):
                snapshot = self.take(name)
                self.capdl("check", snapshot)
                self.assertEqual(self.differences(name, snapshot), [])

    def test_what_a_program_has_changed(self) -> None:
        for el in (1, 2):
            with self.subTest(el=el):
                snapshot = self.take("changing", after=", 0 failed", el=el)
                self.assertEqual(
                    self.differences("changing", snapshot),
                    [
                        "- changing.cnode holds bell (RW)",
                        "- calendar has 1000 of 10000 us",
                        "- changing.tcb has priority 50, at most 50",
                        "+ changing.cnode holds changing.cnode.slot102 (RWGP)",
                        "+ changing.cnode holds questions, badge 7 (W)",
                        "+ changing.pgd maps second (RW)",
                        "+ calendar has 2000 of 10000 us",
                        "+ changing.tcb has priority 40, at most 50",
                    ],
                )
                text = snapshot.read_text(encoding="utf-8")
                self.assertRegex(text, r"cdt \{\s*\(changing.cnode, \d+\) \{\s*\(changing.cnode, 100\)\s*\}\s*\}")
                self.assertRegex(text, r"changing.memory = ut \(20 bits\) \{\s*changing.cnode.slot102 = ep\s*\}")
                self.assertRegex(text, r"101: answers \(RW\)")

    def test_a_group_that_was_restarted(self) -> None:
        """What the supervisor has built is what the spec says, by its names, in the same places."""
        snapshot = self.take("staying", after="starter: it runs")
        # The console's driver has bound its interrupt itself, and who takes interrupts may affect whatever runs.
        changed = re.compile(r"[+-] (keeper\.|memory\.|tasks\.|ram|uart_line holds|.* can affect tasks\.)")
        differences = [line for line in self.differences("staying", snapshot) if not changed.match(line)]
        self.assertEqual(differences, [])
        self.assertIn("store.gossip = ep", snapshot.read_text(encoding="utf-8"))

    def test_tasks_that_were_made_at_run_time(self) -> None:
        """What they consist of and hold is there, under names that say where it was found."""
        snapshot = self.take("staying", after="starter: it runs")
        self.capdl("check", snapshot)
        text = snapshot.read_text(encoding="utf-8")
        found = re.search(r"^ *(tasks\.cnode\.\S+) = tcb \(prio: 50", text, re.M)
        self.assertIsNotNone(found, text)
        inside = re.search(rf"^ *{re.escape(found[1])} \{{(.*?)\}}", text, re.M | re.S)[1]
        self.assertRegex(inside, r"fault_ep_slot: task_requests \(WP, badge: \w+\)")
        table = re.search(r"cspace: (\S+)", inside)[1]
        space = re.search(r"vspace: (\S+)", inside)[1]
        self.assertRegex(inside, r"sc_slot: tasks\.cnode\.slot")
        self.assertRegex(inside, r"ipc_buffer_slot: tasks\.cnode\.slot")
        held = re.search(rf"^ *{re.escape(table)} \{{(.*?)^ *\}}", text, re.M | re.S)[1]
        self.assertRegex(held, r"4: bell \(W\)")
        self.assertRegex(held, r"5: console_requests \(W, badge: 2\)")
        self.assertRegex(text, rf"\n *{re.escape(space)} \{{\s*0: ")
        self.assertRegex(text, rf"\n *{re.escape(space)}\.pud\.0x0 \{{\s*0: ")

    def test_a_report_that_a_program_has_made_up(self) -> None:
        """It says what a loader would say that stays, before and after the moment at which the report is wanted."""
        snapshot = self.take("forger", after="now")
        self.assertEqual(self.differences("forger", snapshot), [])

    def test_a_system_that_is_off_at_once(self) -> None:
        with self.assertRaisesRegex(Failure, "has switched the machine off at once"):
            self.take("ends_with_three", after="exit 3")

    def test_a_system_that_ends_before(self) -> None:
        with self.assertRaisesRegex(Failure, "ended before there was a report"):
            self.take("ends_with_three", after="never said")


if __name__ == "__main__":
    unittest.main()
