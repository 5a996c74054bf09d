# SPDX-License-Identifier: BSD-2-Clause
"""Fetches the source packages of packages.py through apt, checks them and unpacks what the build uses."""

import hashlib
import shutil
import tarfile
from pathlib import Path

from apt_sources import private_apt
from packages import SOURCES, Source
from terminal import BUILD, MISSING, Failure, run_logged

_FOLDER = BUILD / "sources"
_STAMP = ".checksum"  # in the unpacked folder: what it was made from


def source_is_there(name: str) -> bool:
    """Whether build/sources/NAME holds what packages.py asks for."""
    stamp = _FOLDER / name / _STAMP
    return stamp.exists() and stamp.read_text(encoding="utf-8") == SOURCES[name].checksum


def fetch_source(name: str) -> None:
    """Makes build/sources/NAME; needs no root. Raises Failure (MISSING) if the registry or the checksum says no."""
    source = SOURCES[name]
    work = _FOLDER / f"{name}.part"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        archive = _download(source, work)
        unpacked = work / "unpacked"
        _unpack(archive, source.part, unpacked)
        checked = unpacked / Path(source.part).name if source.pin_part else archive
        if hashlib.sha256(checked.read_bytes()).hexdigest() != source.checksum:
            raise Failure(f"{checked.name} of the source package {source.package} has another checksum than expected", MISSING)
        (unpacked / _STAMP).write_text(source.checksum, encoding="utf-8")
        shutil.rmtree(_FOLDER / name, ignore_errors=True)
        unpacked.rename(_FOLDER / name)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _download(source: Source, work: Path) -> Path:
    """Gets the original archive of a source package with private package lists: the system's stay as they are."""
    apt = ["apt-get", *private_apt(_FOLDER / "apt", "deb-src", source.release)]
    fetch = "source --only-source --tar-only --download-only"
    script = f'cd "$1"; shift; "$@" update && exec "$@" {fetch} {source.package}'
    run_logged(
        f"fetching the source package {source.package}",
        ["sh", "-c", script, "sh", work, *apt],
        f"source-{source.package}",
        advice="check the network, then try again",
        code=MISSING,
    )
    archives = list(work.glob("*.orig.tar.*"))
    if len(archives) != 1:
        raise Failure(f"the source package {source.package} came without its original archive", MISSING)
    return archives[0]


def _unpack(archive: Path, part: str, to: Path) -> None:
    """Unpacks one file or folder of an archive, `part` of its top folder, to its own name in the folder `to`."""
    with tarfile.open(archive) as tar:
        for member in tar:
            _top, _, inner = member.name.partition("/")
            if member.isfile() and (inner == part or inner.startswith(part + "/")):
                member.name = str(Path(inner).relative_to(Path(part).parent))
                tar.extract(member, to)
