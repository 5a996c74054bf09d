# SPDX-License-Identifier: BSD-2-Clause
"""`./selene setup`: installs what a purpose needs on Debian 12 or later, and does nothing when it is there."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from apt_sources import backports, enable_backports
from board_files import board_files_are_there, fetch_board_files
from packages import BOARD_PACKAGES, BOARD_PURPOSES, OLDEST, PURPOSES, SOURCES_OF
from sources import fetch_source, source_is_there
from terminal import DONE, MISSING, Failure, note, run_logged

_APT_SOURCES = Path("/etc/apt")


def setup(purpose: str, *, check_only: bool = False, announce: bool = False) -> int:
    """Makes sure that what `purpose` needs is there.

    With `check_only` it only says what is missing. With `announce` it also says that nothing is. Raises Failure
    (MISSING) with the packages to install where it may not or cannot install them itself.
    """
    packages = missing_packages(PURPOSES[purpose])
    sources = [name for name in SOURCES_OF[purpose] if not source_is_there(name)]
    boards = [name for name in BOARD_PACKAGES if purpose in BOARD_PURPOSES and not board_files_are_there(name)]
    if check_only:
        if packages:
            note("missing packages: " + " ".join(packages))
        if sources:
            note("missing source packages: " + " ".join(sources))
        if boards:
            note("missing files for boards: " + ", ".join(boards))
    if not packages and not sources and not boards:
        if announce:
            note(f"everything for '{purpose}' is there")
        return DONE
    if check_only:
        return MISSING
    if packages:
        _install(packages)
    for name in sources:
        fetch_source(name)
    for name in boards:
        fetch_board_files(name)
    if announce:
        note(f"everything for '{purpose}' is there now")
    return DONE


def missing_packages(packages: Iterable[str]) -> list[str]:
    """Those of the packages that are not installed, or too old."""
    wanted = list(packages)
    if shutil.which("dpkg-query") is None:
        return [_with_oldest(name) for name in wanted]
    query = ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status} ${Version}\\n", *wanted]
    answer = subprocess.run(query, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout
    fields = [line.split() for line in answer.splitlines()]
    there = {field[0]: field[2] for field in fields if field[1] == "installed"}
    return [name for name in wanted if name not in there or not _serves(name, there[name])]


def _with_oldest(name: str) -> str:
    """A package's name with the oldest version that serves, for a reader."""
    return f"{name} (>= {'.'.join(map(str, OLDEST[name]))})" if name in OLDEST else name


def _serves(name: str, version: str) -> bool:
    """Whether this version of a package is new enough. A Debian version is [epoch:]upstream[-revision]."""
    upstream = version.split(":")[-1]
    numbers = tuple(int(number) for number in re.findall(r"\d+", upstream)[:2])
    return numbers >= OLDEST.get(name, ())


def _install(packages: list[str]) -> None:
    """Installs packages with apt-get; those that are new enough only in the release's backports come from there."""
    if shutil.which("apt-get") is None or not Path("/etc/debian_version").exists():
        names = ", ".join(map(_with_oldest, packages))
        raise Failure(f"this is not Debian: install what it calls {names}, then try again", MISSING)
    if os.geteuid() != 0:
        raise Failure(_as_root(packages), MISSING)
    _apt("reading the package lists", "update")
    unknown = [name for name in packages if not _candidate(name)]
    if unknown:
        raise Failure(
            f"the package registry cannot be reached or does not offer {unknown[0]}: "
            f"check the network and {_APT_SOURCES}, then try again",
            MISSING,
        )
    backported = [name for name in packages if not _serves(name, _candidate(name))]
    native = [name for name in packages if name not in backported]
    if backported:
        enable_backports(_APT_SOURCES)
        _apt("reading the package lists of backports", "update")
    if native:
        _apt(_installing(native), "install", *native)
    if backported:
        _apt(_installing(backported) + " from backports", "install", "-t", backports(), *backported)
    left = missing_packages(packages)
    if left:
        names = ", ".join(map(_with_oldest, left))
        raise Failure(f"this release of Debian does not offer {names}: use Debian 12 or later", MISSING)


def _installing(packages: list[str]) -> str:
    return f"installing {len(packages)} packages" if len(packages) > 1 else f"installing {packages[0]}"


def _as_root(packages: list[str]) -> str:
    """What to do without root."""
    native = [name for name in packages if _serves(name, _candidate(name))]
    backported = [name for name in packages if name not in native]
    commands = [f"apt-get install --no-install-recommends {' '.join(native)}"] if native else []
    if backported:
        commands.append(f"apt-get install --no-install-recommends -t {backports()} {' '.join(backported)}")
    return f"packages are missing: run './selene setup' as root once, or, as root, {', and '.join(commands)}"


def _candidate(package: str) -> str:
    """The version that apt-get would install, or nothing."""
    command = ["apt-cache", "policy", package]
    answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout
    found = re.search(r"Candidate: (\S+)", answer)
    return found[1] if found and found[1] != "(none)" else ""


def _apt(title: str, word: str, *arguments: str) -> None:
    """Runs apt-get without questions."""
    options = ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]
    if word == "install":
        options += ["--yes", "--no-install-recommends"]
    run_logged(
        title,
        ["apt-get", word, *options, *arguments],
        f"apt-get-{word}",
        advice=f"check the network and {_APT_SOURCES}, then try again",
        code=MISSING,
        environment={"DEBIAN_FRONTEND": "noninteractive"},
    )
