#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs the fuzzers: `fuzz.py run TARGET` for SELENE_FUZZ_SECONDS (600), `fuzz.py keep TARGET` makes the corpus anew.

A run begins with the inputs that the repository keeps and collects what else it finds in the build folder; an input that
breaks something is written to the folder `failures` there, and `fuzz.py play TARGET FILE` plays it again.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("SELENE_BUILD", REPOSITORY / "build"))
_LONGEST_INPUT = {"system_calls": 512, "messages": 512, "device_trees": 4096, "specs": 4096, "elf_files": 1024, "machines": 4096, "editors": 2048, "channels": 512}  # by target
_KEPT_BYTES = 24 * 1024  # of each target's corpus


def run(target: str, seconds: int, seed: int) -> int:
    """Fuzzes for a while; libFuzzer's status."""
    found, failures = _folders(target)
    command = [str(_built(target)), f"-max_total_time={seconds}", f"-max_len={_LONGEST_INPUT[target]}", f"-seed={seed}"]
    command += ["-timeout=60", "-print_final_stats=1", f"-artifact_prefix={failures}/", str(found), str(_corpus(target))]
    return subprocess.run(command, check=False).returncode


def play(target: str, file: str) -> int:
    """Plays one input."""
    return subprocess.run([str(_built(target)), file], check=False).returncode


def keep(target: str) -> int:
    """Replaces the corpus by the smallest inputs, of those kept and those found, that reach as much as all of them."""
    found, _ = _folders(target)
    merged = found.with_name(f"{target}-merged")
    shutil.rmtree(merged, ignore_errors=True)
    merged.mkdir()
    command = [str(_built(target)), "-merge=1", f"-max_len={_LONGEST_INPUT[target]}", str(merged), str(_corpus(target)), str(found)]
    subprocess.run(command, check=True)
    files = sorted(merged.iterdir(), key=lambda file: (file.stat().st_size, file.name))
    shutil.rmtree(_corpus(target))
    _corpus(target).mkdir(parents=True)
    total = 0
    for file in files:
        total += file.stat().st_size
        if total <= _KEPT_BYTES:
            shutil.copyfile(file, _corpus(target) / f"{file.name[:16]}.bin")
    return 0


def _corpus(target: str) -> Path:
    return Path(__file__).parent / "corpus" / target


def _folders(target: str) -> tuple[Path, Path]:
    found = BUILD / "fuzz" / target
    failures = BUILD / "fuzz" / "failures"
    for folder in (found, failures):
        folder.mkdir(parents=True, exist_ok=True)
    return found, failures


def _built(target: str) -> Path:
    subprocess.run(["cmake", "--build", str(BUILD), "--target", f"fuzz_{target}"], check=True, stdout=subprocess.DEVNULL)
    return BUILD / "tests" / f"fuzz_{target}"


def main() -> int:
    """Does what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["run", "play", "keep"])
    parser.add_argument("target", choices=_LONGEST_INPUT)
    parser.add_argument("file", nargs="?", help="the input to play")
    options = parser.parse_args()
    if options.what == "play":
        if options.file is None:
            parser.error("play what?")
        return play(options.target, options.file)
    if options.what == "keep":
        return keep(options.target)
    seconds = int(os.environ.get("SELENE_FUZZ_SECONDS", "600"))
    return run(options.target, seconds, int(os.environ.get("SELENE_TEST_SEED", "1")))


if __name__ == "__main__":
    sys.exit(main())
