#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The style suite: checks on the files that git knows. `style.py CHECK...` prints what is wrong and where."""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("SELENE_BUILD", REPOSITORY / "build"))

_CXX = {".cpp", ".hpp", ".c", ".h"}
_NO_LICENCE_LINE = {"LICENSE", "CMakePresets.json"}
_NO_COMMENTS = {".json", ".md", ".img", ".png", ".svg", ".bin", ".txt", ".golden"}  # cannot hold the line, or show it to readers
_PROGRAM_OF = {"kernel": "kernel", "arch-aarch64": "kernel", "libsel": "libsel", "capdl": "capdl"}
_LINK = re.compile(r"\[[^]\n]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_HEAD_LINES = 3

# Where packages come from and where somebody's working tree lies is nobody else's business.
_FOREIGN = re.compile(
    r"https?://(?:deb|ftp|security|snapshot|archive|registry|proxy)[.\w-]*[.](?:org|com|io)\b"
    r"|(?<![\w.$}{-])/(?:root|work|home|farm)/\w"
    r"|/tmp/b-\w"
)


def known_files() -> list[Path]:
    """The files of the repository, also those about to be added."""
    command = ["git", "-C", str(REPOSITORY), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout.split("\0")
    return [path for name in sorted(set(names)) if name and (path := REPOSITORY / name).is_file()]


def text_of(path: Path) -> str:
    """A file's text, nothing for one that is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def check_layout() -> Iterator[str]:
    """C and C++ are laid out as .clang-format says."""
    files = [str(path) for path in known_files() if path.suffix in _CXX]
    command = ["clang-format-19", "--dry-run", "--Werror", "--ferror-limit=1", *files]
    answer = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, cwd=REPOSITORY) if files else None
    for line in answer.stderr.splitlines() if answer else ():
        if found := re.match(r"(.*?:\d+):\d+: error: ", line):
            yield f"{found[1]}: `clang-format-19 -i` lays this out otherwise"


def check_licences() -> Iterator[str]:
    """Every source file says its licence in its first lines."""
    for path in known_files():
        if path.name in _NO_LICENCE_LINE or path.suffix in _NO_COMMENTS or not (text := text_of(path)):
            continue
        if not any("SPDX-License-Identifier: BSD-2-Clause" in line for line in text.splitlines()[:_HEAD_LINES]):
            yield f"{path}:1: no line 'SPDX-License-Identifier: BSD-2-Clause'"


def check_python() -> Iterator[str]:
    """Python parses, and every module, class and public function says what it is for."""
    for path in known_files():
        if path.suffix != ".py":
            continue
        try:
            tree = ast.parse(text_of(path), str(path))
        except SyntaxError as error:
            yield f"{path}:{error.lineno}: {error.msg}"
            continue
        if text_of(path).strip() and ast.get_docstring(tree) is None:
            yield f"{path}:1: no docstring"


def check_links() -> Iterator[str]:
    """Links in documents lead to files of the repository."""
    for path in known_files():
        if path.suffix != ".md":
            continue
        text = _FENCE.sub(lambda fence: "\n" * fence[0].count("\n"), text_of(path))
        for number, line in enumerate(text.splitlines(), start=1):
            for target in _LINK.findall(line):
                file = target.partition("#")[0]
                if file and not re.match(r"[a-z]+:", file) and not (path.parent / file).exists():
                    yield f"{path}:{number}: the link {target} leads nowhere"


def check_names() -> Iterator[str]:
    """No registry and no folder of somebody's machine is named; base names of C++ files are unique within a program."""
    sources: dict[tuple[str, str], set[Path]] = {}
    for path in known_files():
        for number, line in enumerate(text_of(path).splitlines(), start=1):
            if found := _FOREIGN.search(line):
                yield f"{path}:{number}: '{found[0]}' does not belong here"
        program = _PROGRAM_OF.get(path.relative_to(REPOSITORY).parts[0])
        if program and path.suffix in _CXX and path.name != "main.cpp":
            sources.setdefault((program, path.name), set()).add(path.parent)
    for (_, name), folders in sources.items():
        if len(folders) > 1:
            yield f"{name}: this name is used in {', '.join(sorted(map(str, folders)))}"


def check_lint() -> Iterator[str]:
    """clang-tidy finds nothing in what is compiled here. Takes minutes, so it is only run when named."""
    compiled = json.loads((BUILD / "compile_commands.json").read_text(encoding="utf-8"))
    files = sorted({entry["file"] for entry in compiled} & {str(path) for path in known_files() if path.suffix == ".cpp"})

    def lint(file: str) -> str:
        command = ["clang-tidy-19", "-p", str(BUILD), "--quiet", file]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        lines = {line for output in pool.map(lint, files) for line in output.splitlines()}
    yield from sorted(line for line in lines if re.search(r": (?:warning|error): ", line))


CHECKS: dict[str, Callable[[], Iterator[str]]] = {
    "layout": check_layout,
    "licences": check_licences,
    "python": check_python,
    "links": check_links,
    "names": check_names,
    "lint": check_lint,
}


def main(names: list[str]) -> int:
    """Runs the named checks; returns 1 if something is wrong."""
    complaints = [complaint for name in names for complaint in CHECKS[name]()]
    for complaint in complaints:
        print(complaint.replace(f"{REPOSITORY}/", ""))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
