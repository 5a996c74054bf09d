# SPDX-License-Identifier: BSD-2-Clause
"""Makes headers and the reference manual from the interface description: renders templates with what the YAML says.

A file is only written when its contents change, so that a build does not go through again for a comment.
"""

import argparse
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace

import jinja2

import schema
from description import Located, Place, Problems, read_file
from questions import Questions, pascal
from rules import Rules

HERE = Path(__file__).resolve().parent
COLUMNS = 120


# --- Reading -----------------------------------------------------------------------------------------------------


def read_interface(folders: list[Path], problems: Problems) -> SimpleNamespace | None:
    """All YAML files of the folders as one checked interface; None if there are problems."""
    interface = SimpleNamespace(objects=[], place=Place(str(folders[0]), 1))
    lists = {key for file in (schema.ERRORS_FILE, schema.SYSTEM_CALLS_FILE) for key in file.keys}
    for path in sorted(path for folder in folders for path in folder.glob("*.yaml")):
        record = read_file(path, schema.file_kind, problems)
        if record is None:
            continue
        if hasattr(record, "object"):
            record.name = record.object
            record.places["name"] = record.at("object")
            interface.objects.append(record)
            continue
        for key in record.places:
            if hasattr(interface, key):
                problems.add(record.at(key), f"'{key}' is given in another file too")
            setattr(interface, key, getattr(record, key))
    for key in sorted(lists):
        if not hasattr(interface, key) and not problems.sentences:
            problems.add(interface.place, f"no file gives '{key}'")
    if problems.sentences:
        return None
    interface.objects.sort(key=lambda thing: thing.number)
    Rules(interface, problems).check()
    if problems.sentences:
        return None
    resolve_records(interface)
    return interface


def resolve_records(interface: SimpleNamespace) -> None:
    """Every method's results become a list; `record` is the name of the record that they are, or None."""
    records = {record.name: record for record in interface.records}
    for method in (method for thing in interface.objects for method in thing.methods):
        method.record = method.results.name if isinstance(method.results, Located) else None
        if method.record:
            method.results = records[method.record].fields


# --- Writing -----------------------------------------------------------------------------------------------------


def comment(text: str, indent: int = 0, mark: str = "///", hang: str | None = None) -> str:
    """Prose as comment lines that start with mark, from the second one on with hang; the first is not indented."""
    hang = hang or mark
    wrapped = textwrap.wrap(text, COLUMNS - indent, initial_indent=f"{mark} ", subsequent_indent=f"{hang} ",
                            break_long_words=False, break_on_hyphens=False)
    return f"\n{' ' * indent}".join(wrapped)


def folded(code: str, indent: int, after: str = "(") -> str:
    """A line of C++ that starts at column indent; if it is too long, broken after `after` and at spaces."""
    if indent + len(code) <= COLUMNS:
        return code
    start = code.index(after) + len(after)
    margin = " " * (indent + 4)
    rest = textwrap.wrap(code[start:], COLUMNS - indent - 4, break_long_words=False, break_on_hyphens=False)
    return f"\n{margin}".join([code[:start], *rest])


def table_cell(text: str) -> str:
    return text.replace("|", "\\|")


def environment(interface: SimpleNamespace, templates: Path) -> jinja2.Environment:
    result = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates), undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, finalize=named)
    result.filters.update(
        pascal=pascal, comment=comment, folded=folded, cell=table_cell, hex=lambda number: f"{number:#x}")
    result.globals.update(vars(interface), ask=Questions(interface))
    return result


def named(value):
    """References print as the name they refer to."""
    return value.name if isinstance(value, Located) else value


def write_if_changed(path: Path, text: str) -> None:
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--input", type=Path, nargs="+", default=[HERE], help="folders of YAML files")
    parser.add_argument("--templates", type=Path, default=HERE / "templates",
                        help="folder of NAME.j2, which give NAME")
    parser.add_argument("--output", type=Path, required=True, help="folder for what is rendered")
    parser.add_argument("--list", action="store_true", help="only print which files would be written")
    options = parser.parse_args()
    outputs = {path.name: options.output / path.stem for path in sorted(options.templates.glob("*.j2"))}
    if options.list:
        print("\n".join(str(output) for output in outputs.values()))
        return 0
    problems = Problems()
    interface = read_interface(options.input, problems)
    if interface is None:
        print("\n".join(problems.sentences), file=sys.stderr)
        return 1
    renderer = environment(interface, options.templates)
    for template, output in outputs.items():
        write_if_changed(output, renderer.get_template(template).render())
    return 0


if __name__ == "__main__":
    sys.exit(main())
