# SPDX-License-Identifier: BSD-2-Clause
"""Disks and cards that a board boots from: one partition with a FAT file system, with U-Boot's script and the image."""

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from board_files import FOLDER as BOARD_FILES
from terminal import MISSING, Failure

_FOLDER = Path(__file__).resolve().parent
_SECTOR = 512
_FIRST_SECTOR = 2048  # 1 MiB, as partitions are aligned everywhere
_FAT32_LBA = 0x0C
_BOOTABLE = 0x80


def write_disk(platform: str, description: Mapping[str, Any], image: Path, disk: Path) -> None:
    """Makes the file `disk`, which holds `image`, as the platform's description says: see README.md."""
    sectors = description["megabytes"] * (1 << 20) // _SECTOR
    part = disk.with_name(f"{disk.name}.{os.getpid()}")
    disk.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="selene-") as folder, part.open("wb") as file:
            file.truncate(sectors * _SECTOR)  # sparse
            file.write(_partition_table(_FIRST_SECTOR, sectors - _FIRST_SECTOR))
            file.flush()
            place = f"{part}@@{_FIRST_SECTOR * _SECTOR}"
            _run("mformat", "-i", place, "-F", "-T", str(sectors - _FIRST_SECTOR), "-H", str(_FIRST_SECTOR), "-v", "SELENE", "::")
            script = Path(folder) / "boot.scr"
            _run("mkimage", "-A", "arm64", "-T", "script", "-C", "none", "-d", str(_FOLDER / platform / description["script"]), str(script))
            for name, source in {"selene.img": image, "boot.scr": script, **_files(platform, description)}.items():
                _run("mcopy", "-i", place, str(source), f"::{name}")
        part.rename(disk)
    finally:
        part.unlink(missing_ok=True)


def _files(platform: str, description: Mapping[str, Any]) -> dict[str, Path]:
    """What else is on it: by the name there, files of the platform's folder or of build/boards."""
    return {
        name: _FOLDER / platform / source.format(boards=BOARD_FILES) for name, source in description["files"].items()
    }


def _partition_table(first: int, count: int) -> bytes:
    """A master boot record with one partition, in sectors; places by cylinder and head are out of use."""
    out_of_range = b"\xfe\xff\xff"
    entry = bytes([_BOOTABLE]) + out_of_range + bytes([_FAT32_LBA]) + out_of_range
    entry += first.to_bytes(4, "little") + count.to_bytes(4, "little")
    return bytes(446) + entry + bytes(48) + b"\x55\xaa"


def _run(*command: str) -> None:
    """Runs one of the tools; they are quick and say something only when they fail."""
    try:
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise Failure(f"{command[0]} is not installed: run './selene setup image'", MISSING) from error
    except subprocess.CalledProcessError as error:
        raise Failure(f"{' '.join(command)} failed: {error.stderr.strip()}") from error
