# SPDX-License-Identifier: BSD-2-Clause
"""Compiles a mutant in place of one file of the host's kernel, links it with the tests, and sees whether one fails."""

import enum
import os
import re
import resource
import shlex
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mutant import REPOSITORY, Mutant

BUILD = Path(os.environ.get("SELENE_BUILD", REPOSITORY / "build"))

# Programs of tests with the kernel library that each is linked with; those that find most and fastest first.
_PROGRAMS = (("mutant_killers", "kernel_simulated"), ("mutant_killers_every_step", "kernel_every_step"))
_HOME = Path("tests/host/kernel")
_LIBRARIES = _HOME / "CMakeFiles"
# For a mutant that never ends, beside what watchdog.cpp allows each test.
_PROCESSOR_SECONDS = 300
# Without sanitizers a file is compiled in a third of the time.
_FAST = ("-O0", "-fno-sanitize=all")
_WITH_ARGUMENT = {"-MT", "-MF", "-o", "-c"}
# Who is compiled anew for a change in a header: the kernel's checks of itself keep what they had.
_DEPENDENTS = re.compile(r"/kernel/(?:capability|object|ipc|scheduling|syscall|boot)/\w+\.cpp$|/machine/hot_entry\.cpp$")


# The files of tests that are about what a file does.
_LIKELY = {
    "/unmap.": ("unmap", "unmap_invoker", "large_unmap"),
    "/derive.": ("derive", "capability_items", "mapping_end"),
    "/derivation_tree.": ("derive", "unmap"),
    "/capability_space.": ("look_up",),
    "/mapping.": ("address_space", "mapping_end", "translation", "space_end"),
    "/page_table.": ("address_space", "mapping_end"),
    "/address_space.": ("address_space", "translation", "space_end"),
    "/address_tags.": ("translation",),
    "/retype.": ("retype", "memory_account"),
    "/new_object.": ("retype", "memory_account"),
    "/untyped.": ("retype", "memory_account"),
    "/lifecycle.": ("thread_end", "thread", "interrupt", "mapping_end"),
    "/thread.": ("thread", "registers", "thread_end"),
    "/task.": ("thread",),
    "/inspection.": ("inspection",),
    "/interrupt_handler.": ("interrupt",),
    "/frame.": ("translation", "address_space"),
    "/wait_queue.": ("wait_queue", "endpoint_queues", "cancel_sends"),
    "/ipc/lending.": ("lending", "timeout", "ipc_model"),
    "/ipc/ending.": ("thread_end", "cancel_sends", "lending", "ipc_model"),
    "/ipc/fault.": ("fault", "timeout", "ipc_model"),
    "/ipc/message.": ("ipc", "capability_items", "refusals"),
    "/ipc/notification.": ("notification", "ipc_model"),
    "/ipc/hot_switch.": ("hot_declined", "hot_switch", "ipc", "ipc_model"),
    "/ipc/direct_switch.": ("direct_switch", "interrupt", "ipc", "notification", "ipc_model"),
    "/ipc/": ("ipc", "reply", "unfinished", "unfinished_fault", "endpoint_queues", "lending", "ipc_model"),
    "/scheduling/mailbox.": ("other_cores",),
    "/scheduling/": ("time", "refills", "yield_to", "ipc_model"),
}


class Verdict(enum.Enum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    BROKEN = "does not compile"


@dataclass(frozen=True)
class Outcome:
    """A verdict and who gave it: a test, or the compiler's first complaint."""

    verdict: Verdict
    by: str


def judge(mutant: Mutant) -> Outcome:
    """Puts the mutant to the tests: first, compiled fast, to those that ought to find it, then to all, those of the every-step
    kernel last. Nothing in the repository is touched."""
    with tempfile.TemporaryDirectory(prefix="selene-mutant-") as name:
        folder = Path(name)
        changed = folder / "include" / Path(mutant.file).relative_to("kernel")
        changed.parent.mkdir(parents=True)
        changed.write_text(mutant.changed, encoding="utf-8")
        likely = _likely_tests(mutant.file)
        for program, library in _PROGRAMS:
            runs = [(_FAST, likely), ((), "")] if likely and program == _PROGRAMS[0][0] else [((), "")]
            for options, tests in runs:
                outcome = _judge_by(mutant.file, _Bench(folder, changed, program, library), options, tests)
                if outcome.verdict is not Verdict.SURVIVED:
                    return outcome
    return Outcome(Verdict.SURVIVED, "")


def complaint_without_mutant() -> str:
    """What a test says of the kernel as it is; empty if all pass, and only then anything can be judged."""
    for program, _ in _PROGRAMS:
        tested = _run_tests(BUILD / "tests" / program, "")
        if tested.returncode != 0:
            return _failure(tested)
    return ""


@dataclass(frozen=True)
class _Bench:
    """Where a mutant is made, and into which program."""

    folder: Path
    changed: Path
    program: str
    library: str


def _judge_by(file: str, bench: _Bench, options: tuple[str, ...], tests: str) -> Outcome:
    """Compiles with further options, links, and runs some tests, or all."""
    objects = []
    for number, source in enumerate(_sources(file, bench.library)):
        target = bench.folder / f"{bench.program}-{number}.o"
        text = bench.changed if file.endswith(".cpp") else source
        command = [*_compiler(source, bench.library, bench.folder / "include"), *options]
        compiled = run([*command, "-o", str(target), "-c", str(text)])
        if compiled.returncode != 0:
            return Outcome(Verdict.BROKEN, first_error(compiled.stdout))
        objects.append(str(target))
    if not objects:
        return Outcome(Verdict.BROKEN, "nothing includes it")
    executable = bench.folder / bench.program
    linked = run([*_linker(bench.program, tuple(objects)), "-o", str(executable)])
    if linked.returncode != 0:
        return Outcome(Verdict.BROKEN, first_error(linked.stdout))
    tested = _run_tests(executable, tests)
    executable.unlink()
    return Outcome(Verdict.KILLED, _failure(tested)) if tested.returncode != 0 else Outcome(Verdict.SURVIVED, "")


def _run_tests(executable: Path, tests: str) -> subprocess.CompletedProcess[str]:
    chosen = [tests, "--allow-running-no-tests"] if tests else []
    return run([str(executable), "--abort", "--reporter", "compact", "--filenames-as-tags", *chosen])


def _likely_tests(file: str) -> str:
    """The tests that ought to find what is wrong with a file, as Catch2 names them; empty if that could be any."""
    names = next((names for part, names in _LIKELY.items() if part in file), ())
    return ",".join(f"[#{name}_test]" for name in names)


def _sources(file: str, library: str) -> tuple[Path, ...]:
    """What has to be compiled anew when a file changes."""
    path = REPOSITORY / file
    return (path,) if path.suffix == ".cpp" else _dependents(path, library)


@cache
def _dependents(header: Path, library: str) -> tuple[Path, ...]:
    """The kernel's sources that include a header."""
    return tuple(source for source, headers in _dependencies(library) if str(header) in headers)


@cache
def _dependencies(library: str) -> tuple[tuple[Path, frozenset[str]], ...]:
    text = ninja("-t", "deps")
    found = []
    for block in text.split("\n\n"):
        head, *lines = block.split("\n")
        target = head.partition(":")[0]
        files = [str((BUILD / line.strip()).resolve()) for line in lines]
        source = next((file for file in files if file.endswith(".cpp")), "")
        if f"/{library}.dir/" in target and _DEPENDENTS.search(source):
            found.append((Path(source), frozenset(files)))
    return tuple(found)


@cache
def _compiler(source: Path, library: str, changed: Path) -> tuple[str, ...]:
    """The command that compiles a source of the library, but for its input and output; changed headers come first."""
    place = os.path.relpath(source, REPOSITORY / _HOME).replace("..", "__")
    target = f"{_LIBRARIES}/{library}.dir/{place}.o"
    command = without_files(ninja("-t", "commands", "-s", target))
    return (command[0], f"-I{changed}", *command[1:], "-g0", "-w")


@cache
def _link_command(program: str) -> tuple[str, ...]:
    return without_files(ninja("-t", "commands", "-s", f"tests/{program}"))


def _linker(program: str, objects: tuple[str, ...]) -> list[str]:
    """The command that links a program of tests with these objects before the library's, which then stay out."""
    command = _link_command(program)
    return [command[0], *objects, *command[1:], "-Wl,--strip-debug", "-Wl,-O0"]


def without_files(line: str) -> tuple[str, ...]:
    """The words of a compiler's or linker's command but what names its input and its output."""
    words = [word for word in shlex.split(line) if word not in {":", "&&", "-MD"}]
    kept = []
    skip = False
    for word in words:
        if not skip and word not in _WITH_ARGUMENT:
            kept.append(word)
        skip = not skip and word in _WITH_ARGUMENT
    return tuple(kept)


def ninja(*words: str, folder: Path = BUILD) -> str:
    """What Ninja says of a build folder."""
    return subprocess.run(["ninja", "-C", str(folder), *words], capture_output=True, check=True, text=True).stdout.removeprefix(
        f"ninja: Entering directory `{folder}'\n"
    )


def run(command: list[str], folder: Path = BUILD, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a command in a folder, which ends if it takes a processor far too long."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (_PROCESSOR_SECONDS, _PROCESSOR_SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    return subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        preexec_fn=limit,
        env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0:symbolize=0", "UBSAN_OPTIONS": "symbolize=0", **(environment or {})},
    )


def first_error(output: str) -> str:
    """A compiler's or linker's first complaint."""
    return next((line for line in output.splitlines() if "error:" in line), output.strip()[-200:])


def _failure(tested: subprocess.CompletedProcess[str]) -> str:
    """One line about the test that failed."""
    if tested.returncode in {-signal.SIGKILL, -signal.SIGXCPU, -signal.SIGVTALRM}:
        return "never ends"
    lines = [line for line in tested.stdout.splitlines() if "failed:" in line or "ERROR:" in line or "runtime error:" in line]
    return (lines or [f"status {tested.returncode}"])[0].replace(f"{REPOSITORY}/", "")[:200]
