# SPDX-License-Identifier: BSD-2-Clause
"""The front of `./selene`: reads the command line, sets up what is missing, and calls who does the work."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from build import CAPDL, build_capdl, build_parts, build_system, build_tests, image_parts
from image import write_image
from machine import Machine, platform_names, read_platform
from packages import PURPOSES
from run import BOOT_PATHS, debug, run
from setup import setup
from snapshot import snapshot
from suggest import unknown
from systems import find_system
from template import plain_spec
from terminal import DONE, REPOSITORY, USAGE, Failure, Interrupted, note, raise_on_signals, shown
from tracing import trace

sys.path.insert(0, str(REPOSITORY / "tests" / "runner"))
from suites import test, test_parser  # noqa: E402

Arguments = argparse.Namespace

_SPEC_WORDS = ("check", "expand", "format", "build", "stat", "why", "policy", "diff", "graph", "lsp", "snapshot")
_SPEC_WITH_PROGRAMS = ("expand", "build", "stat", "why", "policy", "diff", "graph")  # see a system as its image has it

_SYSTEM_HELP = """\
SYSTEM is the name of a system in userland/systems, a .cdl or .cdl.j2 file, or a folder with such a file; default: hello.

A file or folder may lie outside the repository. The components that its spec names are then built too: next to the
spec, each NAME.cpp is the component NAME, and so is each folder NAME with .cpp files in it. If there is a
CMakeLists.txt, that is used instead."""

_SPEC_HELP = """\
usage: ./selene spec check|expand|format|build|stat|why|policy|diff|graph|lsp ...
       ./selene spec snapshot SYSTEM [--after TEXT]

Builds the CapDL compiler `capdl` and calls it; each word has --help.
`build` takes the debug kernel, the loader and the components built here unless told otherwise.
`check` and `build` with --platform NAME (and --gic, --el, --cpu, --cores, --memory, as `run` has them) also say whether
that machine has what the system wants, by the device tree that QEMU gives it.
`snapshot` boots a system and prints what its capabilities are then, as a spec."""

_SNAPSHOT_HELP = (
    _SYSTEM_HELP
    + """

The state is that right after loading, or, with --after, that soon after the console has said TEXT. The loader stays for that,
in a thread of its own that wakes up every millisecond. What is as the spec says is printed in its words, so that `spec diff`
names what the system has changed."""
)

_RUN_HELP = (
    _SYSTEM_HELP
    + """

The exit code is the system's own: N if the last line of its console is `exit N`, 1 if the machine went off without,
124 when the time ran out. At a terminal there is no time-out unless one is given, otherwise it is 60 seconds.
What follows a lone -- is given to QEMU."""
)

_DEBUG_HELP = (
    _SYSTEM_HELP
    + """

gdb knows the kernel's symbols and those of one component, for components share addresses; its command
`component NAME` changes to another. The exit code is 0 when gdb ends well, 124 when the time ran out. At a terminal
there is no time-out unless one is given, otherwise it is 60 seconds. What follows a lone -- is given to QEMU."""
)


class Parser(argparse.ArgumentParser):
    """An argument parser that says in one sentence what is wrong."""

    def __init__(self, **options: object) -> None:
        super().__init__(**{"allow_abbrev": False, "formatter_class": argparse.RawDescriptionHelpFormatter, **options})

    def error(self, message: str) -> NoReturn:
        raise Failure(f"{message}; see '{self.prog} --help'", USAGE)


def main(arguments: Sequence[str]) -> int:
    """Does what the arguments say and returns the exit code."""
    raise_on_signals()
    try:
        return _dispatch(arguments)
    except Failure as failure:
        note(str(failure))
        return failure.code
    except Interrupted as interrupted:
        note("interrupted")
        return interrupted.code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it flushes at exit
        return 1


def _dispatch(arguments: Sequence[str]) -> int:
    words: dict[str, Callable[[Sequence[str]], int]] = {
        "setup": _setup,
        "build": _build,
        "run": _run,
        "debug": _debug,
        "test": _test,
        "bench": _bench,
        "spec": _spec,
        "trace": _trace,
        "image": _image,
    }
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(_OVERVIEW, end="")
        return DONE if arguments else USAGE
    word, rest = arguments[0], arguments[1:]
    if word not in words:
        raise unknown("word", word, words)
    return words[word](rest)


_OVERVIEW = """\
usage: ./selene WORD ...

  setup [run|test|bench|image|all] [--check]  install what that needs (the other words call it)
  build [SYSTEM]                              build a system, or the default one: hello
  run   [SYSTEM] [OPTION...]                  boot a system in QEMU, with its console here
  debug [SYSTEM] [OPTION...]                  the same, halted, with gdb
  test  [SUITE|TEST...] [OPTION...]           run tests
  bench [ROW|GROUP...] [OPTION...]            measure
  spec  check|expand|format|build|why ...     the CapDL compiler
  trace SYSTEM [--out FILE]                   a timeline of a run, for trace viewers, and a picture
  image PLATFORM [SYSTEM] [--out FILE]        write a card or a disk that a board boots from

Each word has --help. All is built in build/, or in the folder that the environment variable SELENE_BUILD names.
Exit codes: 0 done, 1 failed, 2 wrong command line, 3 something is missing, 124 time-out,
128 and more ended by a signal.
"""


def _setup(rest: Sequence[str]) -> int:
    parser = Parser(prog="./selene setup", description="Installs what a purpose needs (Debian 12 or later, as root).")
    parser.add_argument("purpose", nargs="?", choices=PURPOSES, default="all", help="default: all")
    parser.add_argument("--check", action="store_true", help="only say what is missing; exit code 3 if something is")
    options = parser.parse_args(rest)
    return setup(options.purpose, check_only=options.check, announce=True)


def _build(rest: Sequence[str]) -> int:
    parser = Parser(prog="./selene build", description="Builds a system for both kernels.", epilog=_SYSTEM_HELP)
    parser.add_argument("system", nargs="?", default="hello", metavar="SYSTEM")
    options = parser.parse_args(rest)
    system = find_system(options.system)
    setup("run")
    for image in build_system(system).values():
        print(shown(image))
    return DONE


def _machine_parser(word: str, description: str, epilog: str) -> Parser:
    """The options that `run` and `debug` share."""
    parser = Parser(prog=f"./selene {word}", description=description, epilog=epilog)
    parser.add_argument("system", nargs="?", default="hello", metavar="SYSTEM")
    parser.add_argument("--platform", default="virt", metavar="NAME", help=f"the machine: {', '.join(platform_names())} (default: virt)")
    parser.add_argument(
        "--via",
        choices=tuple(BOOT_PATHS),
        help="who loads the image: QEMU, whole or as kernel and initrd, U-Boot likewise (on rpi4 from the card of `image`), "
        "U-Boot from a disk (virt), or the board's firmware from a card with kernel8.img (rpi4)",
    )
    parser.add_argument("--kernel", choices=("debug", "release"), default="debug", help="default: debug")
    parser.add_argument("--el", type=int, choices=(1, 2), help="the exception level that the kernel is entered and stays at")
    parser.add_argument("--gic", type=int, choices=(2, 3), help="version of the interrupt controller")
    parser.add_argument("--cpu", metavar="NAME", help="processor, by QEMU's name")
    parser.add_argument("--cores", type=int, metavar="N", help="number of cores")
    parser.add_argument("--memory", metavar="SIZE", help="as in 512M or 2G")
    parser.add_argument("--timeout", type=_seconds, metavar="SECONDS", help="give up after this time")
    return parser


def _usage(parser: Parser) -> str:
    """How the word is used, with what argparse does not know of."""
    return f"{parser.format_usage()[7:].strip()} [-- QEMU-ARGUMENTS]"


def _split(rest: Sequence[str]) -> tuple[list[str], list[str]]:
    """Divides arguments at the first lone `--`."""
    words = list(rest)
    cut = words.index("--") if "--" in words else len(words)
    return words[:cut], words[cut + 1 :]


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise ValueError
    return value


_seconds.__name__ = "number of seconds"  # argparse names it when it refuses a value


def _run(rest: Sequence[str]) -> int:
    own, extra = _split(rest)
    parser = _machine_parser("run", "Builds a system and boots it in QEMU.", _RUN_HELP)
    parser.add_argument("--dry-run", action="store_true", help="build and check the system on the machine, but start nothing of it")
    parser.usage = _usage(parser)
    options = parser.parse_args(own)
    system, machine = find_system(options.system), _machine(options)
    setup(machine.purpose)
    return run(system, machine, options.kernel, options.timeout, extra, dry_run=options.dry_run)


def _debug(rest: Sequence[str]) -> int:
    own, extra = _split(rest)
    parser = _machine_parser("debug", "Builds a system, boots it halted in QEMU and attaches gdb.", _DEBUG_HELP)
    parser.add_argument("--component", metavar="NAME", help="begin with the symbols of this component")
    parser.usage = _usage(parser)
    options = parser.parse_args(own)
    system, machine = find_system(options.system), _machine(options)
    setup(machine.purpose)
    choices = {"component": options.component, "time_out": options.timeout}
    return debug(system, machine, options.kernel, extra, **choices)


def _machine(options: Arguments) -> Machine:
    choices = {name: getattr(options, name) for name in ("platform", "via", "el", "gic", "cpu", "cores", "memory")}
    return Machine(**choices)


def _image(rest: Sequence[str]) -> int:
    description = "Writes a card or a disk with a system that a board's boot loader starts, and says what to do with it."
    parser = Parser(prog="./selene image", description=description, epilog=_SYSTEM_HELP)
    parser.add_argument("platform", metavar="PLATFORM", help="rpi4 or virt")
    parser.add_argument("system", nargs="?", default="hello", metavar="SYSTEM")
    parser.add_argument("--kernel", choices=("debug", "release"), default="debug", help="default: debug")
    parser.add_argument("--out", type=Path, metavar="FILE", help="default: in build/images")
    options = parser.parse_args(rest)
    read_platform(options.platform)
    system = find_system(options.system)
    setup("image")
    return write_image(options.platform, system, options.kernel, options.out)


_TRACE_HELP = """\
SYSTEM has a tracer (docs/guide/tracing.md), as `timeline` has; its time goes by instructions. With the release kernel there
are the events that components write of themselves, and nothing of the kernel's. FILE.json is for trace viewers (Perfetto, chrome://tracing), FILE.svg for who has none."""


def _trace(rest: Sequence[str]) -> int:
    parser = Parser(prog="./selene trace", description="Runs a system and writes a timeline of it.", epilog=_TRACE_HELP)
    parser.add_argument("system", metavar="SYSTEM")
    parser.add_argument("--kernel", choices=("debug", "release"), default="debug", help="default: debug, which writes events")
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="default: build/traces/SYSTEM.json")
    parser.add_argument("--timeout", type=_seconds, default=60.0, metavar="SECONDS", help="give up after this time (default: 60)")
    options = parser.parse_args(rest)
    system, machine = find_system(options.system), Machine(platform="virt")
    setup(machine.purpose)
    return trace(system, machine, options.kernel, options.out, options.timeout)


def _test(rest: Sequence[str]) -> int:
    options = test_parser(Parser).parse_args(rest)
    setup("test")
    build_tests()
    return test(options)


def _bench(rest: Sequence[str]) -> int:
    bench = REPOSITORY / "tests" / "bench" / "bench.py"  # sets up and builds once it knows what to do
    os.execv(sys.executable, [sys.executable, str(bench), *rest])


def _spec(rest: Sequence[str]) -> int:
    if not rest or rest[0] in ("-h", "--help"):
        print(_SPEC_HELP)
        return DONE if rest else USAGE
    if rest[0] == "snapshot":
        return _snapshot(rest[1:])
    if rest[0] not in _SPEC_WORDS:
        raise unknown("word of spec", rest[0], _SPEC_WORDS)
    own, machine = _split_machine(rest) if rest[0] in ("check", "build") else (list(rest), None)
    setup("run" if machine is None else machine.purpose)
    spec = next((Path(word) for word in own[1:] if word.endswith((".cdl", ".cdl.j2")) and Path(word).is_file()), None)
    reads_programs = rest[0] in _SPEC_WITH_PROGRAMS or machine is not None
    if reads_programs:
        build_parts(None if spec is None else find_system(str(spec)))
    else:
        build_capdl()
    command = [str(plain_spec(Path(word).resolve())) if word.endswith(".cdl.j2") else word for word in own]
    parts = image_parts("debug")
    if machine is not None:
        command += ["--machine", str(machine.device_tree(parts["--kernel"]))]
    for option, path in parts.items():
        wanted = rest[0] == "build" or machine is not None or (reads_programs and option == "--components")
        if wanted and not any(word == option or word.startswith(f"{option}=") for word in own):
            command += [option, str(path)]
    os.execv(CAPDL, [CAPDL.name, *command])


def _snapshot(rest: Sequence[str]) -> int:
    description = "Boots a system in QEMU and prints the state of its capabilities as a spec."
    parser = _machine_parser("spec snapshot", description, _SNAPSHOT_HELP)
    parser.set_defaults(kernel="release")
    parser.add_argument("--after", metavar="TEXT", help="once the console has said this; default: right after loading")
    options = parser.parse_args(rest)
    system, machine = find_system(options.system), _machine(options)
    setup(machine.purpose)
    return snapshot(system, machine, options.kernel, options.after, options.timeout)


def _split_machine(rest: Sequence[str]) -> tuple[list[str], Machine | None]:
    """Takes out the options that say which machine a spec is checked against; none without --platform."""
    parser = Parser(prog=f"./selene spec {rest[0]}", add_help=False)
    parser.add_argument("--platform")
    options, own = parser.parse_known_args(rest)
    if options.platform is None:
        return list(rest), None
    for name, kind in (("gic", int), ("el", int), ("cpu", str), ("cores", int), ("memory", str)):
        parser.add_argument(f"--{name}", type=kind)
    options, own = parser.parse_known_args(rest)
    return own, Machine(**vars(options))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
