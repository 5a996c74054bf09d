# SPDX-License-Identifier: BSD-2-Clause
"""Expands specs that are Jinja2 templates (.cdl.j2) to plain ones.

A template is a program, so it is expanded in a process of its own, with limits, in Jinja2's sandbox.
"""

import os
import resource
import signal
from collections.abc import Callable
from pathlib import Path

from terminal import BUILD, FAILED, REPOSITORY, Failure, shown

_LIBRARY = REPOSITORY / "capdl" / "templates"  # for {% import %} and {% include %}, after the spec's own folder
SECONDS = 30  # of processor time
MEMORY = 1 << 30  # bytes, and the longest text


def plain_spec(spec: Path, seconds: int = SECONDS, memory: int = MEMORY) -> Path:
    """The spec itself, or what its template expands to, in build/specs.

    Raises Failure, with the place, for a template that does not expand, or not within the limits.
    """
    if spec.suffix != ".j2":
        return spec
    expanded = BUILD / "specs" / spec.stem
    expanded.parent.mkdir(parents=True, exist_ok=True)
    part = expanded.with_suffix(f".{os.getpid()}")
    limits = {resource.RLIMIT_CPU: seconds, resource.RLIMIT_AS: memory, resource.RLIMIT_FSIZE: memory, resource.RLIMIT_CORE: 0}
    try:
        refusal, killed_by = _in_a_process(lambda: _expand(spec, part, memory), limits)
        if killed_by == signal.SIGXCPU:
            refusal = f"{shown(spec)}: expanding it takes more than {seconds} seconds of processor time"
        elif killed_by:
            refusal = f"{shown(spec)}: expanding it was ended by {signal.Signals(killed_by).name}"
        if refusal:
            raise Failure(refusal, FAILED)
        part.rename(expanded)  # whole, whoever else expands it meanwhile
    finally:
        part.unlink(missing_ok=True)
    return expanded


def _in_a_process(work: Callable[[], str], limits: dict[int, int]) -> tuple[str, int]:
    """What the work returns, done in a process of its own, and the signal that ended that process (0: none)."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            for limit, value in limits.items():
                resource.setrlimit(limit, (value, value + 1 if limit == resource.RLIMIT_CPU else value))
            os.write(writer, work().encode("utf-8", "replace")[:4000])
            code = 0
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        text = answer.read().decode("utf-8", "replace")
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return text or ("expanding it failed" if status > 0 else ""), max(0, -status)


def _expand(spec: Path, part: Path, memory: int) -> str:
    """Writes what a template expands to; returns why it does not, or nothing."""
    import jinja2  # only here: few specs are templates
    import jinja2.sandbox

    loader = jinja2.FileSystemLoader([spec.parent, _LIBRARY])
    environment = jinja2.sandbox.SandboxedEnvironment(
        loader=loader, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    try:
        part.write_text(environment.get_template(spec.name).render(), encoding="utf-8")
    except jinja2.TemplateSyntaxError as error:
        return f"{shown(Path(error.filename or spec))}:{error.lineno}: {error.message}"
    except jinja2.TemplateError as error:
        return f"{shown(spec)}:{_line_of(error, spec)}: {error.message}"
    except MemoryError:
        return f"{shown(spec)}: expanding it takes more than {memory >> 20} MiB of memory"
    except RecursionError as error:
        return f"{shown(spec)}:{_line_of(error, spec)}: this calls itself without end"
    except Exception as error:  # whatever an expression of the template raises
        return f"{shown(spec)}:{_line_of(error, spec)}: {error or type(error).__name__}"
    return ""


def _line_of(error: Exception, spec: Path) -> int:
    """The line of a template in which an error was raised; Jinja2 keeps it in the traceback."""
    line, place = 1, error.__traceback__
    while place is not None:
        if place.tb_frame.f_code.co_filename == str(spec):
            line = place.tb_lineno
        place = place.tb_next
    return line
