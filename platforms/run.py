# SPDX-License-Identifier: BSD-2-Clause
"""`./selene run` and `./selene debug`: boots a system in QEMU, with its console or with gdb in front."""

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from build import build_system
from console import ON_PIPE, ON_TERMINAL, stdin_is_console, watch
from machine import Machine
from suggest import unknown
from systems import System
from terminal import BUILD, DONE, MISSING, Failure, die_with_parent, kill, note, shown

_UNATTENDED_TIME_OUT = 60.0
_BOOT_PATHS = {"kernel": "QEMU's -kernel", "u-boot": "U-Boot's booti"}


def run(system: System, machine: Machine, kernel: str, time_out: float | None, extra: Sequence[str]) -> int:
    """Builds and boots a system, passes its console through and returns its own exit code.

    Without `time_out` a run ends after a minute, or never when a person sits at the console.
    """
    image = build_system(system, [kernel])[kernel]
    attended = stdin_is_console()
    if time_out is None and not attended:
        time_out = _UNATTENDED_TIME_OUT
    note(f"{system.name} with the {kernel} kernel ({shown(image)}) on {machine}, by {_BOOT_PATHS[machine.via]}")
    note(_how_to_leave(attended, time_out))

    def show(piece: bytes) -> bytes:
        sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        return b""

    command = [*machine.command(image), *(ON_TERMINAL if attended else ON_PIPE), *extra]
    stdin = None if attended or _stdin_is_open() else subprocess.DEVNULL
    ending = watch(command, on_output=show, stdin=stdin, time_out=time_out)
    note(f"{ending.sentence} (after {ending.seconds:.1f} s)")
    return ending.code


def _how_to_leave(attended: bool, time_out: float | None) -> str:
    limit = "" if time_out is None else f"ends after {time_out:g} s at the latest"
    keys = "to leave, type Ctrl-A X" if attended else ""
    return "; ".join(filter(None, (keys, limit)))


def _stdin_is_open() -> bool:
    """Whether there is something to read from that is no terminal (a job in the background may not touch that)."""
    return sys.stdin is not None and not sys.stdin.closed and not sys.stdin.isatty()


def debug(system: System, machine: Machine, kernel: str, component: str | None, extra: Sequence[str]) -> int:
    """Boots a system halted at its first instruction and attaches gdb, with the symbols of kernel and component."""
    image = build_system(system, [kernel])[kernel]
    gdb = shutil.which("gdb-multiarch")
    if gdb is None:
        raise Failure("gdb-multiarch is missing: run './selene setup run'", MISSING)
    symbols = sorted((BUILD / "kernel").glob(f"selene-{kernel}*.elf")) + _component_symbols(component)
    note(f"{system.name} with the {kernel} kernel on {machine}, by {_BOOT_PATHS[machine.via]}, halted")
    note("its console is shown here but takes no input; 'continue' starts it, 'quit' leaves")
    with tempfile.TemporaryDirectory(prefix="selene-") as folder:
        socket = Path(folder) / "gdb"
        command = [*machine.command(image), *ON_PIPE, *extra, "-S"]
        command += ["-chardev", f"socket,id=gdb,path={socket},server=on,wait=off", "-gdb", "chardev:gdb"]
        # Ctrl-C is for gdb, which stops the machine by it: not for QEMU (so its own session) and not for this command.
        signal.signal(signal.SIGINT, lambda _number, _frame: None)
        qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=die_with_parent)
        try:
            front = [gdb, "--quiet", "--nx", "-ex", "set confirm off", "-ex", "set architecture aarch64"]
            for path in symbols:
                front += ["-ex", f"add-symbol-file {path}"]
            return DONE if subprocess.run([*front, "-ex", f"target remote {socket}"], check=False).returncode == 0 else 1
        finally:
            kill(qemu)


def _component_symbols(component: str | None) -> list[Path]:
    """The ELF file of a component, if one is named. Components share addresses: gdb can know one at a time."""
    if component is None:
        return []
    known = {path.stem: path for path in (BUILD / "components").glob("*.elf")}
    if component not in known:
        raise unknown("component", component, known)
    return [known[component]]
