#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What of the machine-independent kernel no host test reaches.

    coverage.py [FOLDER...]     default: capability object syscall

Builds the host tests of the kernel once more in BUILD/coverage, with counters and as fast as possible, runs them and prints
a line for each place of kernel/FOLDER that was never executed: what only random tests reach is among these. Exit code: how many files have one, at most 100.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
EVERYTHING = Path(os.environ.get("SELENE_BUILD", REPOSITORY / "build"))
BUILD = EVERYTHING / "coverage"
PROGRAMS = ("kernel_test", "thread_test", "ipc_test", "refusals_test")
FOLDERS = ("capability", "object", "syscall")


def build() -> None:
    """The programs, with counters."""
    counters = "-fprofile-instr-generate -fcoverage-mapping"
    compile_object = "<CMAKE_CXX_COMPILER> <DEFINES> <INCLUDES> <FLAGS> -O0 -g0 -fno-sanitize=all -o <OBJECT> -c <SOURCE>"
    settings = {
        "SELENE_SOURCES": EVERYTHING / "sources",
        "CMAKE_CXX_FLAGS": counters,
        "CMAKE_CXX_COMPILE_OBJECT": compile_object,
    }
    configure = ["cmake", "--preset", "default", "-B", BUILD, *(f"-D{name}={value}" for name, value in settings.items())]
    subprocess.run(configure, cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", BUILD, "--target", *PROGRAMS], check=True)


def run() -> dict:
    """What all of them together have reached, as llvm-cov exports it."""
    for program in PROGRAMS:
        environment = {**os.environ, "LLVM_PROFILE_FILE": str(BUILD / f"{program}.profraw")}
        subprocess.run([BUILD / "tests" / program], env=environment, check=True, stdout=subprocess.DEVNULL)
    merged = BUILD / "merged.profdata"
    subprocess.run(["llvm-profdata-19", "merge", "-o", merged, *(BUILD / f"{p}.profraw" for p in PROGRAMS)], check=True)
    objects = [word for program in PROGRAMS[1:] for word in ("-object", BUILD / "tests" / program)]
    command = ["llvm-cov-19", "export", f"-instr-profile={merged}", BUILD / "tests" / PROGRAMS[0], *objects, REPOSITORY / "kernel"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def unreached(segments: list[list]) -> list[int]:
    """The lines on which code begins that was never executed. A segment: line, column, count, has count, begins, is gap."""
    return sorted({line for line, _, count, counted, begins, gap in segments if counted and begins and count == 0 and not gap})


def main(folders: list[str]) -> int:
    """Prints them."""
    build()
    wanted = [REPOSITORY / "kernel" / folder for folder in folders or FOLDERS]
    files = 0
    for file in run()["data"][0]["files"]:
        path = Path(file["filename"])
        lines = unreached(file["segments"]) if any(folder in path.parents for folder in wanted) else []
        source = path.read_text(encoding="utf-8").splitlines() if lines else []
        for line in lines:
            print(f"{path.relative_to(REPOSITORY)}:{line}: {source[line - 1].strip()}")
        files += 1 if lines else 0
    return min(files, 100)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
