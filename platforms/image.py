# SPDX-License-Identifier: BSD-2-Clause
"""`./selene image`: writes a system as a card or a disk that a board's boot loader starts it from."""

import hashlib
from pathlib import Path

from build import build_system
from disk import disk_paths, write_disk
from machine import Machine, read_platform
from systems import System
from terminal import DONE, USAGE, Failure, note, shown


def write_image(platform: str, system: System, kernel: str, out: Path | None) -> int:
    """Builds a system, writes it to the file `out` (default: in build/images) and says what to do with that."""
    known = read_platform(platform)
    if "disk" not in known:
        raise Failure(f"{platform} boots from no disk or card that is known here: './selene build' makes the image alone", USAGE)
    image = build_system(system, [kernel])[kernel]
    path = disk_paths(known["disk"])[0]
    disk = out or Machine(platform=platform, via=path).default_disk(image)
    write_disk(platform, known["disk"], path, image, disk)
    print(shown(disk))
    checksum = hashlib.sha256(image.read_bytes()).hexdigest()
    note(f"{known['description']}: {known['disk']['megabytes']} MiB, {system.name} with the {kernel} kernel as selene.img, SHA-256 {checksum}")
    note(f"to write it (all of DEVICE is lost): dd if={shown(disk)} of=/dev/DEVICE bs=4M conv=fsync")
    if missing := known["disk"].get("missing"):
        note(f"then copy {' and '.join(missing['files'])} onto it: {missing['from']}")
    return DONE
