# SPDX-License-Identifier: BSD-2-Clause
"""QEMU's arguments that put an image and a device tree anywhere in memory, and enter the image as a boot loader does."""

import struct
from pathlib import Path

# Where the program lies that jumps to the image, from the start of memory.
_TEXT_OFFSET = 64 << 20
_BRANCH_OVER_HEADER = 0x14000010  # b . + 64
_LOAD_X0, _LOAD_X16 = 0x58000080, 0x580000B0  # ldr from 16 and from 24 bytes behind the first of these instructions
_BRANCH_X16 = 0xD61F0200
_NOTHING = 0xD503201F


def placed(folder: Path, image: Path, address: int, tree: tuple[Path, int] | None = None) -> list[str]:
    """Arguments in place of -kernel and -dtb: the image at an address, x0 the address of a tree that is put there, or of
    QEMU's own. What they need is written to `folder`."""
    jump = folder / "jump"
    jump.write_bytes(_jump(address, None if tree is None else tree[1]))
    arguments = ["-kernel", str(jump), "-device", f"loader,addr={address:#x},force-raw=on,file={image}"]
    if tree is not None:
        arguments += ["-device", f"loader,addr={tree[1]:#x},force-raw=on,file={tree[0]}"]
    return arguments


def _jump(address: int, tree: int | None) -> bytes:
    """A program with the header of arm64 Linux's "Documentation/arch/arm64/booting.rst"."""
    header = struct.pack("<II3Q3Q4sI", _BRANCH_OVER_HEADER, _NOTHING, _TEXT_OFFSET, 4096, 0b1010, 0, 0, 0, b"ARM\x64", 0)
    first = _NOTHING if tree is None else _LOAD_X0
    return header + struct.pack("<4I2Q", first, _LOAD_X16, _BRANCH_X16, _NOTHING, tree or 0, address)
