# SPDX-License-Identifier: BSD-2-Clause
"""The kernel's build refuses who touches a datum without its lock: one line of code for each kind of datum.

Environment: SELENE_BUILD, the build folder, whose compile_commands.json says how the kernel is compiled.
"""

import json
import os
import re
import shlex
import subprocess
import tempfile
import unittest
from pathlib import Path

BUILD = Path(os.environ["SELENE_BUILD"])
LIKE = "kernel/syscall/system_call.cpp"  # a source that is compiled as the snippets shall be

INCLUDES = ("abi/dispatch.hpp", "capability/unmap.hpp", "ipc/ipc.hpp", "object/cap_table.hpp", "object/interrupt_handler.hpp",
            "object/lifecycle.hpp", "object/mapping.hpp", "object/untyped.hpp", "scheduling/scheduler.hpp")

TREE = "const Held tree(tree_lock);"
CORE = "own_core.assert_held();"
NO_TREE = "holding lock 'tree_lock'"
NO_CORE = "holding role 'own_core'"

# What is touched: by which code, what has to be said first, and the complaint without.
TOUCHES = {
    "where a capability stands in the tree": ("Slot& it", "return it.depth();", TREE, NO_TREE),
    "whether an unmap is under way": ("Slot& it", "it.set_closing(1);", TREE, NO_TREE),
    "an untyped's state": ("Slot& it", "it.update(Untyped(it).at(0, 0));", TREE, NO_TREE),
    "the tree": ("DerivationTree& it", "it.remove(it.anchor());", TREE, NO_TREE),
    "a dying table": ("CapTable& it", "it.advance_cursor();", TREE, NO_TREE),
    "a page table's entries": ("PageTable& it", "return it.entries[7];", TREE, NO_TREE),
    "a page table's shadow": ("PageTable& it", "it.clear_shadow(7);", TREE, NO_TREE),
    "a task's table": ("Task& it", "it.count = 0;", TREE, NO_TREE),
    "a task's space": ("Task& it", "it.space = nullptr;", TREE, NO_TREE),
    "an interrupt handler": ("InterruptHandler& it", "it.active = 0;", TREE, NO_TREE),
    "interrupt lines": ("Kernel& it", "return it.lines.handler(33);", TREE, NO_TREE),
    "hardware tags": ("Kernel& it", "return it.tags.space(AddressTag(1));", TREE, NO_TREE),
    "a thread's queue of dying tables": ("Thread& it", "it.dying_tables.remove();", TREE, NO_TREE),
    "a thread's registers": ("Thread& it", "it.registers.x[0] = 0;", CORE, NO_CORE),
    "a thread's state": ("Thread& it", "return it.state();", CORE, NO_CORE),
    "a thread's place in a queue": ("Thread& it", "return it.next;", CORE, NO_CORE),
    "a context": ("SchedContext& it", "it.consumed = 0;", CORE, NO_CORE),
    "a context's refills": ("SchedContext& it", "return it.first().amount;", CORE, NO_CORE),
    "a reply": ("Reply& it", "return it.caller;", CORE, NO_CORE),
    "the current thread": ("Core& it", "return it.current;", CORE, NO_CORE),
    "ready threads": ("Core& it", "return it.ready.highest();", CORE, NO_CORE),
    "the release queue": ("Core& it", "return it.release.first();", CORE, NO_CORE),
    "an endpoint's queue": ("Endpoint& it", "return it.donors.first();", "const Held lock(it.lock);", "lock 'it.lock'"),
    "a notification's bits": ("Notification& it", "it.bits = 0;", "const Held lock(it.lock);", "lock 'it.lock'"),
    "a method, of the tree": ("Invocation& it", "return dispatch(it, 0, it.tag());", CORE + TREE, NO_TREE),
    "a method, of the core": ("Invocation& it", "return dispatch(it, 0, it.tag());", TREE + CORE, NO_CORE),
}

# What must not be done while something is held: code that may stand alone, what must not come before it, the complaint.
EXCLUDED = {
    "IPC under the tree's lock": (
        "Core& core, Notification& it", CORE, TREE, "return ipc::wait(core, it, ipc::Patience::refuse);",
        "while lock 'tree_lock' is held"),
    "another thread is chosen under the tree's lock": (
        "Core& core", CORE, TREE, "return &scheduler::next_thread(core);", "while lock 'tree_lock' is held"),
    "the tree's lock after an endpoint's": (
        "Endpoint& it", "", "const Held lock(it.lock);", TREE, "must be acquired before 'lock'"),
    "the tree's lock after a notification's": (
        "Notification& it", "", "const Held lock(it.lock);", TREE, "must be acquired before 'lock'"),
    "a notification's lock after an endpoint's": (
        "Endpoint& first, Notification& it", "", "const Held lock(first.lock);", "const Held second(it.lock);",
        "must be acquired before 'lock'"),
}


def complaints(bodies: list[tuple[str, str]]) -> dict[int, str]:
    """What the kernel's compiler says of functions with these parameters and bodies, by their numbers."""
    commands = json.loads((BUILD / "compile_commands.json").read_text())
    like = next(c for c in commands if c["file"].endswith(LIKE) and "kernel-release-el1.dir" in c["command"])
    lines = [f'#include "{header}"' for header in INCLUDES] + ["using namespace selene;"]
    functions = [f"auto f{number}({parameters}) {{ {body} }}" for number, (parameters, body) in enumerate(bodies)]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "snippet.cpp")
        source.write_text("\n".join(lines + functions) + "\n")
        arguments = shlex.split(like["command"])
        arguments[arguments.index("-o"):] = ["-fsyntax-only", "-ferror-limit=0", str(source)]
        result = subprocess.run(arguments, cwd=like["directory"], capture_output=True, text=True)
    found: dict[int, str] = {}
    for line, text in re.findall(r"^\S*?:(\d+):\d+: error: (.*)$", result.stderr, re.MULTILINE):
        number = int(line) - len(lines) - 1
        found[number] = found.get(number, "") + text + "\n"
    if result.returncode != 0 and not found:
        raise RuntimeError(result.stderr)
    return found


class Locks(unittest.TestCase):
    def expect(self, names: list[str], bodies: list[tuple[str, str]], wanted: list[str]) -> None:
        found = complaints(bodies)
        for number, (name, words) in enumerate(zip(names, wanted)):
            with self.subTest(name):
                self.assertIn(words, found.get(number, "nothing"))
        self.assertLessEqual(set(found), set(range(len(bodies))))

    def test_who_holds_the_lock_is_let_through(self):
        bodies = [(parameters, said + code) for parameters, code, said, _ in TOUCHES.values()]
        bodies += [(parameters, before + code) for parameters, before, _, code, _ in EXCLUDED.values()]
        self.assertEqual(complaints(bodies), {})

    def test_who_does_not_is_refused(self):
        # Of what needs two, the second is left out.
        def without(said: str, words: str) -> str:
            return said.replace(TREE if words == NO_TREE else CORE if words == NO_CORE else said, "")

        rows = TOUCHES.values()
        self.expect(list(TOUCHES), [(p, without(said, words) + code) for p, code, said, words in rows],
                    [words for *_, words in rows])

    def test_what_must_not_be_done_under_a_lock(self):
        rows = EXCLUDED.values()
        self.expect(list(EXCLUDED), [(p, before + held + code) for p, before, held, code, _ in rows],
                    [words for *_, words in rows])


if __name__ == "__main__":
    unittest.main()
