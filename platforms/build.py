# SPDX-License-Identifier: BSD-2-Clause
"""Builds with CMake, and makes a system's image with `capdl`."""

import fcntl
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from systems import System
from template import plain_spec
from terminal import BUILD, FAILED, REPOSITORY, Failure, die_with_parent, note, run_logged, shown

KERNELS = ("debug", "release")
CAPDL = BUILD / "capdl" / "capdl"
LOADER = BUILD / "loader" / "loader.elf"

# What a system is made of. Ninja's DIR/all is everything that DIR/CMakeLists.txt declares.
_PARTS = ("kernel", "arch-aarch64", "libsel", "capdl", "userland")
_CACHE = BUILD / "CMakeCache.txt"
_FOLDER = "SELENE_SYSTEM_FOLDER"
_NEEDED_FOR_TESTS = "Catch2_DIR"


def build_tests() -> None:
    """Builds everything: all parts, all tests."""
    with _build_folder():
        _configure(again=not _cached(_NEEDED_FOR_TESTS) or _cached(_NEEDED_FOR_TESTS).endswith("-NOTFOUND"))
        _ninja("all")


def build_bench() -> None:
    """Builds what is measured: the parts of every system, and the benchmark's own."""
    with _build_folder():
        _configure()
        _ninja(*_parts(), "tests/bench/all")


def build_capdl() -> None:
    """Builds the CapDL compiler."""
    with _build_folder():
        _configure()
        _ninja(str(CAPDL.relative_to(BUILD)))


def build_parts(system: System | None) -> None:
    """Builds the CapDL compiler and all that goes into a system's image, or into any, but its own components."""
    with _build_folder():
        _configure(None if system is None else system.folder)
        _ninja(*_parts(system))


def build_system(system: System, kernels: Sequence[str] = KERNELS, *, dry_run: bool = False) -> dict[str, Path]:
    """Builds all that a system needs and its image for each of the kernels, or one that starts nothing; returns the images.

    Raises Failure if something does not compile or `capdl` refuses the spec (it has said why by then).
    """
    with _build_folder():
        _configure(system.folder)
        _ninja(*_parts(system))
        kind = "-dry" if dry_run else ""
        images = {kernel: BUILD / "images" / f"{system.name}-{kernel}{kind}.img" for kernel in kernels}
        return {kernel: make_image(system, kernel, image, dry_run=dry_run) for kernel, image in images.items()}


def image_parts(kernel: str) -> dict[str, Path]:
    """What an image is made of besides its spec, by capdl's options."""
    return {
        "--kernel": BUILD / "kernel" / f"selene-{kernel}.bin",
        "--loader": LOADER,
        "--components": BUILD / "components",
    }


def make_image(system: System, kernel: str, image: Path, first_task: Path = LOADER, *, dry_run: bool = False, ticket: int = 0) -> Path:
    """Joins a kernel and a system, all of whose parts are built, to an image: one that starts nothing, if `dry_run`.

    The ticket is what a loader that stays shows with its reports.
    """
    image.parent.mkdir(parents=True, exist_ok=True)
    command = [CAPDL, "build", plain_spec(system.spec), "-o", image]
    for option, path in {**image_parts(kernel), "--loader": first_task}.items():
        command += [option, path]
    if dry_run:
        command.append("--dry-run")
    command += ["--ticket", str(ticket)]
    if subprocess.run(command, check=False, preexec_fn=die_with_parent).returncode != 0:
        raise Failure(f"no image was made of {shown(system.spec)}: see above", FAILED)
    return image


def _configure(folder: Path | None = None, *, again: bool = False) -> None:
    """Runs CMake if it has not been run, or not for this folder of components; Ninja repeats it when files change."""
    wanted = str(folder or "")
    if not again and (BUILD / "build.ninja").exists() and _cached(_FOLDER) == wanted:
        return
    variables = [f"-D{_FOLDER}={wanted}", f"-DSELENE_SOURCES={BUILD / 'sources'}"]
    run_logged("configuring", ["cmake", "--preset", "default", "-B", BUILD, *variables], "configure")


def _cached(variable: str) -> str:
    """A variable of the last configuration."""
    if not _CACHE.exists():
        return ""
    found = re.search(rf"^{variable}:\w+=(.*)$", _CACHE.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else ""


def _parts(system: System | None = None) -> list[str]:
    """The targets of what every system is made of, and of a system's own components."""
    targets = [f"{part}/all" for part in _PARTS if (REPOSITORY / part / "CMakeLists.txt").exists()]
    if system is not None and system.folder is not None:
        targets.append("system/all")
    elif system is not None and system.spec.is_relative_to(REPOSITORY / "tests"):
        targets.append("tests/system/all")
    return targets


def _ninja(*targets: str) -> None:
    run_logged("building", ["ninja", "-C", BUILD, *targets], "build")


@contextmanager
def _build_folder() -> Iterator[None]:
    """Holds the build folder: one build at a time."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            note("waiting for another build to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
