# SPDX-License-Identifier: BSD-2-Clause
"""Fetches what boards need that Debian has for arm64 only: device trees and boot loaders, unpacked but not installed."""

import re
import shutil
import subprocess
from pathlib import Path

from apt_sources import private_apt
from packages import BOARD_PACKAGES, BoardPackage
from terminal import BUILD, MISSING, Failure, run_logged

FOLDER = BUILD / "boards"


def board_files_are_there(name: str) -> bool:
    """Whether build/boards holds the files of this entry of packages.py."""
    return all((FOLDER / file).exists() for file in BOARD_PACKAGES[name].files.values())


def fetch_board_files(name: str) -> None:
    """Downloads a package and keeps the files that packages.py names; needs no root.

    apt checks the package against the release's signature. Raises Failure (MISSING) if the registry does not have it.
    """
    package = BOARD_PACKAGES[name]
    work = FOLDER / f"{name}.part"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        _unpack(_download(package, work), package, work)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _download(package: BoardPackage, work: Path) -> Path:
    """Gets a package, or the one that stands behind a name without a version, with private package lists."""
    apt = private_apt(FOLDER / "apt", "deb", package.release, architecture="arm64")
    # The name without a version is a package that has nothing in it but depends on the newest one.
    behind = f'"$@" depends {package.package} | sed -n "s/^ *Depends: \\({package.behind}\\)$/\\1/p"' if package.behind else f"echo {package.package}"
    script = (
        'cd "$1"; get=$2; cache=$3; shift 3; "$get" "$@" update && set -- "$@" && '
        f'name=$(set -- "$cache" "$@"; {behind}) && exec "$get" "$@" download "$name"'
    )
    run_logged(
        f"fetching the package {package.package}",
        ["sh", "-c", script, "sh", work, "apt-get", "apt-cache", *apt],
        f"board-{package.package}",
        advice="check the network, then try again",
        code=MISSING,
    )
    archives = list(work.glob("*.deb"))
    if len(archives) != 1:
        raise Failure(f"the package {package.package} did not come", MISSING)
    return archives[0]


def _unpack(archive: Path, package: BoardPackage, work: Path) -> None:
    """Takes the files of a package that are wanted; the path of one in the package is a regular expression."""
    listing = subprocess.run(["dpkg-deb", "--contents", archive], stdout=subprocess.PIPE, text=True, check=True).stdout
    inside = [line.split()[5] for line in listing.splitlines() if len(line.split()) > 5]
    subprocess.run(["dpkg-deb", "--extract", archive, work / "all"], check=True)
    for pattern, name in package.files.items():
        found = [path for path in inside if re.fullmatch(f"./{pattern}", path)]
        if len(found) != 1:
            raise Failure(f"{archive.name} has no file {pattern}", MISSING)
        (work / "all" / found[0]).rename(FOLDER / name)
