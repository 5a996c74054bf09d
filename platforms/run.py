# SPDX-License-Identifier: BSD-2-Clause
"""`./selene run` and `./selene debug`: boots a system in QEMU, with its console or with gdb in front."""

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from build import build_system
from console import ON_PIPE, ON_TERMINAL, stdin_is_console, terminal_kept, watch
from machine import Machine
from suggest import unknown
from systems import System
from terminal import BUILD, DONE, FAILED, MISSING, TIME_OUT, Failure, die_with_parent, kill, note, shown

_UNATTENDED_TIME_OUT = 60.0
# How an image gets in, on some board: for `--via`, and in words.
BOOT_PATHS = {
    "kernel": "QEMU's -kernel",
    "initrd": "QEMU's -kernel and -initrd",
    "u-boot": "U-Boot's booti",
    "u-boot-initrd": "U-Boot's booti, the system as initial RAM disk",
    "disk": "U-Boot's booti, from a disk",
    "kernel8": "kernel8.img on a card",
}


def run(
    system: System, machine: Machine, kernel: str, time_out: float | None, extra: Sequence[str], *, dry_run: bool = False
) -> int:
    """Builds and boots a system, passes its console through and returns its own exit code.

    Without `time_out` a run ends after a minute, or never when a person sits at the console. A dry run does all but start
    the system: its code is 0 if the machine has all that the system wants and the loader has found all as specified.
    """
    image = build_system(system, [kernel], dry_run=dry_run)[kernel]
    attended = stdin_is_console()
    time_out = _limit(attended, time_out)
    note(f"{system.name} with the {kernel} kernel ({shown(image)}) on {machine}, by {BOOT_PATHS[machine.boot_path]}")
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


def _limit(attended: bool, time_out: float | None) -> float | None:
    """The time that a run may take: what was asked for, else a minute unless a person can end it."""
    return _UNATTENDED_TIME_OUT if time_out is None and not attended else time_out


def _how_to_leave(attended: bool, time_out: float | None) -> str:
    limit = "" if time_out is None else f"ends after {time_out:g} s at the latest"
    keys = "to leave, type Ctrl-A X" if attended else ""
    return "; ".join(filter(None, (keys, limit)))


def _stdin_is_open() -> bool:
    """Whether there is something to read from that is no terminal (a job in the background may not touch that)."""
    return sys.stdin is not None and not sys.stdin.closed and not sys.stdin.isatty()


def debug(
    system: System, machine: Machine, kernel: str, extra: Sequence[str], *, component: str | None, time_out: float | None
) -> int:
    """Boots a system halted at its first instruction and attaches gdb, with the symbols of kernel and component.

    Ends with gdb, whose failure is the command's; `time_out` is as for `run`.
    """
    image = build_system(system, [kernel])[kernel]
    gdb = shutil.which("gdb-multiarch")
    if gdb is None:
        raise Failure("gdb-multiarch is missing: run './selene setup run'", MISSING)
    symbols = _symbols(kernel, component)
    attended = stdin_is_console()
    time_out = _limit(attended, time_out)
    note(f"{system.name} with the {kernel} kernel ({shown(image)}) on {machine}, by {BOOT_PATHS[machine.boot_path]}, halted")
    note("its console is shown here but takes no input; 'continue' starts it, 'component NAME' loads symbols, 'quit' leaves")
    if time_out is not None:
        note(_how_to_leave(False, time_out))
    with tempfile.TemporaryDirectory(prefix="selene-") as folder, terminal_kept():
        socket, script = Path(folder) / "gdb", Path(folder) / "commands"
        script.write_text(symbols + f"target remote {socket}\n", encoding="utf-8")
        command = [*machine.command(image), *ON_PIPE, *extra, "-S"]
        command += ["-chardev", f"socket,id=gdb,path={socket},server=on,wait=off", "-gdb", "chardev:gdb"]
        # Ctrl-C is for gdb, which stops the machine by it: not for QEMU (so its own session) and not for this command.
        signal.signal(signal.SIGINT, lambda _number, _frame: None)
        end = None if time_out is None else time.monotonic() + time_out
        children: list[subprocess.Popen[bytes]] = []
        try:
            children.append(_halted(command, socket, end))
            front = [gdb, "--quiet", "--nx", "-x", str(script)]
            children.append(subprocess.Popen(front, preexec_fn=die_with_parent))
            status = children[-1].wait(None if end is None else max(0.0, end - time.monotonic()))
            return DONE if status == 0 else FAILED
        except subprocess.TimeoutExpired:
            note(f"the time of {time_out:g} s ran out")
            return TIME_OUT
        finally:
            for child in reversed(children):
                kill(child)


def _halted(command: list[str], socket: Path, end: float | None) -> subprocess.Popen[bytes]:
    """Starts QEMU and waits until gdb can reach it at the socket, for gdb does not try twice."""
    try:
        qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=die_with_parent)
    except FileNotFoundError as error:
        raise Failure(f"{command[0]} is not installed: run './selene setup run'", MISSING) from error
    try:
        while not socket.exists():
            if qemu.poll() is not None:
                raise Failure(f"QEMU ended with status {qemu.returncode} before gdb could reach it", FAILED)
            if end is not None and time.monotonic() >= end:
                raise subprocess.TimeoutExpired(command, 0)
            time.sleep(0.01)
    except BaseException:
        kill(qemu)
        raise
    return qemu


def _symbols(kernel: str, component: str | None) -> str:
    """The commands that tell gdb of the kernel's symbols and a component's.

    Components share addresses, so gdb can know one at a time: its new command `component` changes which.
    """
    folder = BUILD / "components"
    known = {path.stem for path in folder.glob("*.elf")}
    if component is not None and component not in known:
        raise unknown("component", component, known)
    lines = ["set confirm off", "set architecture aarch64"]
    lines += [f'add-symbol-file "{path}"' for path in sorted((BUILD / "kernel").glob(f"selene-{kernel}-el*.elf"))]
    lines += ["define component", f'symbol-file "{folder}/$arg0.elf"', "end"]
    lines += ["document component", "component NAME: the symbols of this component, in place of another's.", "end"]
    if component is not None:
        lines.append(f"component {component}")
    return "".join(f"{line}\n" for line in lines)
