# SPDX-License-Identifier: BSD-2-Clause
"""What each purpose needs: Debian packages, the oldest versions that serve, and source packages with checksums."""

from dataclasses import dataclass

_RUN = (
    "clang-19 lld-19 llvm-19 libc++-19-dev picolibc-aarch64-linux-gnu cmake ninja-build libfmt-dev libcli11-dev nlohmann-json3-dev "
    "python3-jinja2 python3-yaml qemu-system-arm u-boot-qemu u-boot-tools gdb-multiarch"
).split()
_BENCH = [*_RUN, *"catch2 cloc git libclang-rt-19-dev python3-pyelftools".split()]
_IMAGE = [*_RUN, "mtools"]
_TEST = [*_BENCH, *"clang-format-19 clang-tidy-19 device-tree-compiler graphviz mtools python3-libfdt spin".split()]

PURPOSES: dict[str, list[str]] = {
    "run": _RUN,
    "test": _TEST,
    "bench": _BENCH,
    "image": _IMAGE,
    "all": _TEST,
}

# Older ones do not serve: QEMU 7 lacks the Raspberry Pi 4 and the plugin interface of tests/bench, Catch2 2 is another
# library. Where the release's own package is older, the release's backports are used.
OLDEST: dict[str, tuple[int, ...]] = {"qemu-system-arm": (10, 0), "catch2": (3, 4)}


@dataclass(frozen=True)
class Source:
    """A file or folder of a source package that the build compiles or includes.

    `checksum` (SHA-256) is that of the archive or, with `pin_part`, of that file: an archive that every security update
    replaces cannot be pinned itself.
    """

    package: str
    release: str
    part: str
    checksum: str
    pin_part: bool = False


# Unpacked to build/sources/NAME. One release for all machines, so that all build the same kernel.
SOURCES: dict[str, Source] = {
    "dtc": Source(
        package="device-tree-compiler",
        release="trixie",
        part="libfdt",
        checksum="92d8ca769805ae1f176204230438fe52808f4e1c7944053c9eec0e649b237539",
    ),
    "qemu": Source(
        package="qemu",
        release="trixie",
        part="include/qemu/qemu-plugin.h",
        checksum="ceca12f3ba448340b38223617b1c66d7b92e0e0d78687d1e108c42287542836e",
        pin_part=True,
    ),
}


@dataclass(frozen=True)
class BoardPackage:
    """A package for arm64 of which some files are used, not one that runs here.

    The registry keeps the newest versions only, so there is none to pin. `behind` is a regular expression: the package
    meant is the one of that name on which `package` depends. `files`: by their paths in it, regular expressions, the
    names in build/boards.
    """

    package: str
    release: str
    files: dict[str, str]
    behind: str = ""


BOARD_PACKAGES: dict[str, BoardPackage] = {
    "device trees": BoardPackage(
        package="linux-image-arm64",
        behind="linux-image-[0-9].*",
        release="bookworm",
        files={
            "usr/lib/linux-image-[^/]*/broadcom/bcm2711-rpi-4-b.dtb": "bcm2711-rpi-4-b.dtb",
            "usr/lib/linux-image-[^/]*/freescale/imx8mp-evk.dtb": "imx8mp-evk.dtb",
        },
    ),
    "u-boot-rpi": BoardPackage(
        package="u-boot-rpi", release="bookworm", files={"usr/lib/u-boot/rpi_4/u-boot.bin": "rpi_4-u-boot.bin"}
    ),
}

# For which purposes they are fetched.
BOARD_PURPOSES = ("test", "image", "all")

SOURCES_OF: dict[str, list[str]] = {
    "run": ["dtc"],
    "test": ["dtc", "qemu"],
    "bench": ["dtc", "qemu"],
    "image": ["dtc"],
    "all": ["dtc", "qemu"],
}
