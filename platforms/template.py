# SPDX-License-Identifier: BSD-2-Clause
"""Expands specs that are Jinja2 templates (.cdl.j2) to plain ones."""

import os
from pathlib import Path

from terminal import BUILD, FAILED, REPOSITORY, Failure, shown

_LIBRARY = REPOSITORY / "capdl" / "templates"  # for {% import %} and {% include %}, after the spec's own folder


def plain_spec(spec: Path) -> Path:
    """The spec itself, or what its template expands to, in build/specs.

    Raises Failure, with the place, for a template that does not expand.
    """
    if spec.suffix != ".j2":
        return spec
    import jinja2  # only here: few specs are templates

    loader = jinja2.FileSystemLoader([spec.parent, _LIBRARY])
    environment = jinja2.Environment(
        loader=loader, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    try:
        text = environment.get_template(spec.name).render()
    except jinja2.TemplateSyntaxError as error:
        raise Failure(f"{shown(Path(error.filename or spec))}:{error.lineno}: {error.message}", FAILED) from error
    except jinja2.TemplateError as error:
        raise Failure(f"{shown(spec)}:{_line_of(error, spec)}: {error.message}", FAILED) from error
    expanded = BUILD / "specs" / spec.stem
    expanded.parent.mkdir(parents=True, exist_ok=True)
    part = expanded.with_suffix(f".{os.getpid()}")
    part.write_text(text, encoding="utf-8")
    part.rename(expanded)  # whole, whoever else expands it meanwhile
    return expanded


def _line_of(error: Exception, spec: Path) -> int:
    """The line of a template in which an error was raised; Jinja2 keeps it in the traceback."""
    line, place = 1, error.__traceback__
    while place is not None:
        if place.tb_frame.f_code.co_filename == str(spec):
            line = place.tb_lineno
        place = place.tb_next
    return line
