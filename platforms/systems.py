# SPDX-License-Identifier: BSD-2-Clause
"""Finds the system that a word of the command line means."""

from dataclasses import dataclass
from pathlib import Path

from suggest import unknown
from terminal import REPOSITORY, USAGE, Failure

_HOMES = (REPOSITORY / "userland" / "systems", REPOSITORY / "tests" / "system" / "systems")
_SUFFIXES = (".cdl", ".cdl.j2")
_BUILT_ANYWAY = (REPOSITORY / "userland", REPOSITORY / "tests")  # by their own CMakeLists.txt


@dataclass(frozen=True)
class System:
    """A system: its name, its specification and, if its components are not among the repository's own, their folder."""

    name: str
    spec: Path
    folder: Path | None


def system_names() -> list[str]:
    """The systems that can be called by name."""
    return sorted({path.name for home in _HOMES for path in home.glob("*") if _spec_named(path) is not None})


def find_system(word: str) -> System:
    """The system that `word` names: one of the repository's by its name, a spec file, or a folder with a spec.

    Raises Failure (USAGE) if there is none.
    """
    for home in _HOMES:
        if "/" not in word and (spec := _spec_named(home / word)) is not None:
            return _system(spec)
    path = Path(word).resolve()
    if path.is_dir():
        return _system(_spec_in(path))
    if path.is_file():
        if not path.name.endswith(_SUFFIXES):
            raise Failure(f"'{word}' is not a spec: its name ends in neither .cdl nor .cdl.j2", USAGE)
        return _system(path)
    if "/" in word or word.endswith(_SUFFIXES):
        raise Failure(f"there is no file or folder '{word}'", USAGE)
    raise unknown("system", word, system_names())


def _spec_named(folder: Path) -> Path | None:
    """The spec with the same name as its folder."""
    specs = (folder / f"{folder.name}{suffix}" for suffix in _SUFFIXES)
    return next((spec for spec in specs if spec.is_file()), None)


def _spec_in(folder: Path) -> Path:
    """The spec of a folder: the one of the same name, else the only one."""
    if spec := _spec_named(folder):
        return spec
    specs = [path for path in sorted(folder.iterdir()) if path.name.endswith(_SUFFIXES)]
    if len(specs) != 1:
        found = "no spec" if not specs else f"{len(specs)} specs"
        raise Failure(f"the folder {folder} has {found}: name the one to use {folder.name}.cdl, or give a file", USAGE)
    return specs[0]


def _system(spec: Path) -> System:
    spec = spec.resolve()
    own = spec.parent == REPOSITORY or any(spec.is_relative_to(home) for home in _BUILT_ANYWAY)
    return System(spec.name.split(".cdl")[0], spec, None if own else spec.parent)
