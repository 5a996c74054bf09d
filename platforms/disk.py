# SPDX-License-Identifier: BSD-2-Clause
"""Disks and cards that a board boots from: one partition with a FAT file system; written, and read as firmware does."""

import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from board_files import FOLDER as BOARD_FILES
from terminal import MISSING, Failure

_FOLDER = Path(__file__).resolve().parent
_SECTOR = 512
_FIRST_SECTOR = 2048  # 1 MiB, as partitions are aligned everywhere
_FAT32_LBA = 0x0C
_BOOTABLE = 0x80
# Of no meaning, but always the same.
_SERIAL = "5E1E5E1E"
_DATE = "1767225600"
# Where these are in an image's header: arch-aarch64/boot/entry.S.
_IMAGE_SIZE, _KERNEL_PART_SIZE = 16, 40
_SETTING = re.compile(r"^(\w+)=(\S+)$", re.MULTILINE)  # a line of config.txt


@dataclass(frozen=True)
class Firmware:
    """What a board's own firmware takes off a card: the program that it starts, and that one's device tree."""

    kernel: Path
    device_tree: Path


def split_image(image: Path) -> tuple[Path, Path]:
    """Writes the two parts of an image beside it: the kernel part, whose size is in its header, and the system part."""
    content = bytearray(image.read_bytes())
    size = int.from_bytes(content[_KERNEL_PART_SIZE : _KERNEL_PART_SIZE + 8], "little")
    content[_IMAGE_SIZE : _IMAGE_SIZE + 8] = size.to_bytes(8, "little")
    paths = image.with_suffix(".kernel-part"), image.with_suffix(".system-part")
    for path, part in zip(paths, (content[:size], content[size:])):
        _replace(path, part)
    return paths


def disk_paths(description: Mapping[str, Any]) -> list[str]:
    """The boot paths for which a disk can be written, the default first."""
    return list(description["boot"])


def write_disk(platform: str, description: Mapping[str, Any], path: str, image: Path, disk: Path) -> None:
    """Makes the file `disk` for a boot path, which holds `image`, as the platform's description says: see README.md.

    The same image makes the same bytes.
    """
    sectors = description["megabytes"] * (1 << 20) // _SECTOR
    contents = {**description.get("files", {}), **description["boot"][path]}
    part = disk.with_name(f"{disk.name}.{os.getpid()}")
    disk.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="selene-") as folder, part.open("wb") as file:
            file.truncate(sectors * _SECTOR)  # sparse
            file.write(_partition_table(_FIRST_SECTOR, sectors - _FIRST_SECTOR))
            file.flush()
            place = _partition(part)
            geometry = ("-T", str(sectors - _FIRST_SECTOR), "-H", str(_FIRST_SECTOR))
            _run("mformat", "-i", place, "-F", *geometry, "-N", _SERIAL, "-v", "SELENE", "::")
            for name, source in _files(platform, contents, image).items():
                if source.suffix == ".cmd":
                    script = Path(folder) / name
                    _run("mkimage", "-A", "arm64", "-T", "script", "-C", "none", "-d", str(source), str(script))
                    source = script
                _run("mcopy", "-i", place, str(source), f"::{name}")
        part.rename(disk)
    finally:
        part.unlink(missing_ok=True)


def read_file(disk: Path, name: str) -> bytes:
    """A file on a disk. Raises Failure if there is none of that name."""
    return _run("mtype", "-i", _partition(disk), f"::{name}")


def take_firmware(disk: Path) -> Firmware:
    """Does the part of a Raspberry Pi's firmware: what config.txt on a card names, taken off it and written beside it."""
    settings = dict(_SETTING.findall(read_file(disk, "config.txt").decode()))
    paths = []
    for setting, default in (("kernel", "kernel8.img"), ("device_tree", None)):
        name = settings.get(setting, default)
        if name is None:
            raise Failure(f"config.txt on {disk.name} names no {setting}")
        paths.append(disk.with_name(f"{disk.name}.{name}"))
        _replace(paths[-1], read_file(disk, name))
    return Firmware(*paths)


def _files(platform: str, contents: Mapping[str, str], image: Path) -> dict[str, Path]:
    """What is on a disk: by the name there, files of the platform's folder or of build/boards, the image or a part of it."""
    known = {"boards": BOARD_FILES, "image": image.resolve()}
    if any("_part}" in source for source in contents.values()):
        kernel_part, system_part = split_image(image)
        known |= {"kernel_part": kernel_part.resolve(), "system_part": system_part.resolve()}
    return {name: _FOLDER / platform / source.format(**known) for name, source in contents.items()}


def _replace(path: Path, content: bytes) -> None:
    """Writes a file that somebody else may be reading."""
    part = path.with_name(f"{path.name}.{os.getpid()}")
    part.write_bytes(content)
    part.rename(path)


def _partition(disk: Path) -> str:
    """The file system, as mtools name it."""
    return f"{disk}@@{_FIRST_SECTOR * _SECTOR}"


def _partition_table(first: int, count: int) -> bytes:
    """A master boot record with one partition, in sectors; places by cylinder and head are out of use."""
    out_of_range = b"\xfe\xff\xff"
    entry = bytes([_BOOTABLE]) + out_of_range + bytes([_FAT32_LBA]) + out_of_range
    entry += first.to_bytes(4, "little") + count.to_bytes(4, "little")
    return bytes(446) + entry + bytes(48) + b"\x55\xaa"


def _run(*command: str) -> bytes:
    """Runs one of the tools and returns what it says; they are quick."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": _DATE, "TZ": "UTC"}
    try:
        return subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, env=environment).stdout
    except FileNotFoundError as error:
        raise Failure(f"{command[0]} is not installed: run './selene setup image'", MISSING) from error
    except subprocess.CalledProcessError as error:
        raise Failure(f"{' '.join(command)} failed: {error.stderr.decode(errors='replace').strip()}") from error
