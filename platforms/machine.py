# SPDX-License-Identifier: BSD-2-Clause
"""A machine to run a system on: a platform's description with choices made, as a QEMU command line."""

import os
import re
import subprocess
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from board_files import FOLDER as BOARD_FILES
from disk import disk_paths, split_image, take_firmware, write_disk
from suggest import unknown
from terminal import BUILD, FAILED, USAGE, Failure

PLATFORMS = Path(__file__).resolve().parent
_QEMU = "qemu-system-aarch64"


def platform_names() -> list[str]:
    """All platforms, each a folder here with a platform.yaml."""
    return sorted(path.parent.name for path in PLATFORMS.glob("*/platform.yaml"))


def read_platform(name: str) -> dict[str, Any]:
    """A platform's description; README.md says what is in it. Raises Failure (USAGE) if there is no such platform."""
    if name not in platform_names():
        raise unknown("platform", name, platform_names())
    import yaml  # only here: before `setup` it may not be there

    text = (PLATFORMS / name / "platform.yaml").read_text(encoding="utf-8")
    return yaml.load(text, yaml.CSafeLoader)


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What a system runs on. None stands for the platform's default; wrong choices are Failures (USAGE)."""

    platform: str = "virt"
    via: str | None = None
    el: int | None = None
    gic: int | None = None
    cpu: str | None = None
    cores: int | None = None
    memory: str | None = None

    def __post_init__(self) -> None:
        known = self._description
        if self.via is not None and self.via not in known["boot"]:
            ways = " or ".join(known["boot"])
            raise Failure(f"there is no way '{self.via}' to boot {self.platform}: choose {ways}", USAGE)
        if self.el is not None and self.el not in known["el"]:
            raise Failure(f"{self.platform} does not start at EL{self.el}: choose one of {list(known['el'])}", USAGE)
        if self.gic is not None and self.gic not in known["gic"]:
            raise Failure(f"{self.platform} has no GICv{self.gic}: choose one of {known['gic']}", USAGE)
        if self.cpu is not None and self.cpu not in known["cpu"]:
            raise unknown("CPU", self.cpu, known["cpu"])
        self._check_cores(known["cores"])
        self._check_memory(known)

    def _check_cores(self, known: dict[str, int]) -> None:
        least, most = known.get("least", 1), known["most"]
        if self.cores is not None and not least <= self.cores <= most:
            there = f"{least} to {most}" if least < most else str(most)
            raise Failure(f"{self.platform} has {there} cores, not {self.cores}", USAGE)

    def _check_memory(self, known: dict[str, Any]) -> None:
        if self.memory is None:
            return
        if not re.fullmatch(r"[1-9]\d*[MG]", self.memory):
            raise Failure(f"'{self.memory}' is not a size of memory: give megabytes or gigabytes, as in 512M or 2G", USAGE)
        if known.get("memory-is-fixed", False) and self.memory != known["memory"]:
            raise Failure(f"{self.platform} has {known['memory']} of memory, no more and no less", USAGE)

    @cached_property
    def _description(self) -> dict[str, Any]:
        return read_platform(self.platform)

    @cached_property
    def _choices(self) -> dict[str, Any]:
        known = self._description
        return {
            "gic": self.gic or known["gic"][0],
            "el": self.el or next(iter(known["el"])),
            "cpu": self.cpu or known["cpu"][0],
            "cores": self.cores or known["cores"]["default"],
            "memory": self.memory or known["memory"],
        }

    @property
    def boot_path(self) -> str:
        """How an image gets in: what was chosen, or the platform's default."""
        return self.via or next(iter(self._description["boot"]))

    @property
    def purpose(self) -> str:
        """What `setup` has to see to before this machine can run."""
        return "image" if self._description.get("board-files", False) or self.boot_path == "disk" else "run"

    def __str__(self) -> str:
        chosen = self._choices
        cores = "1 core" if chosen["cores"] == 1 else f"{chosen['cores']} cores"
        what = f"GICv{chosen['gic']}, EL{chosen['el']}, {chosen['cpu']}, {cores}, {chosen['memory']}"
        return f"{self._description['description']} ({what})"

    def command(self, image: Path, disk: Path | None = None) -> list[str]:
        """The QEMU command line that boots an image, but for the console, whose arguments come next, and other devices.

        What boots it is made here: U-Boot's environment, or a disk beside the image, if there is not one already: `disk`.
        """
        chosen = self._choices
        known = self._description
        command = [_QEMU, "-machine", known["machine"].format(**{**chosen, "el": known["el"][chosen["el"]]})]
        command += ["-cpu", chosen["cpu"], "-smp", str(chosen["cores"]), "-m", chosen["memory"]]
        command += ["-nodefaults", "-nic", "none", "-display", "none", "-no-reboot"]
        command += self._boot_arguments(image, disk)
        # The console is QEMU's first serial line that is not spoken for.
        return command + ["-serial", "null"] * known.get("serial", 0)

    @property
    def memory_base(self) -> int:
        """The physical address at which the memory begins that `with_memory_in` keeps in a file.

        Raises Failure (USAGE) for a machine whose memory cannot be in one.
        """
        base = self._description.get("memory-base")
        if base is None:
            raise Failure(f"the memory of {self.platform} cannot be reached from outside", USAGE)
        return int(base)

    def with_memory_in(self, file: Path, command: list[str]) -> list[str]:
        """A command line of this machine's, changed so that its memory is a file that others can read and write."""
        backend = f"memory-backend-file,id=outside,size={self._choices['memory']},mem-path={file},share=on"
        changed = [*command, "-object", backend]
        changed[changed.index("-machine") + 1] += ",memory-backend=outside"
        return changed

    def device_tree(self, kernel: Path) -> Path:
        """The machine's device tree, as QEMU makes or changes it for a kernel. Raises Failure if it cannot."""
        choices = "-".join(f"{name}{value}" for name, value in self._choices.items())
        path = BUILD / "platforms" / f"{self.platform}-{choices}.dtb"
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        command = replace(self, via="kernel").command(kernel)
        command[2] += f",dumpdtb={part}"
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if not part.exists():
            raise Failure(f"QEMU did not tell the device tree of {self}: {done.stderr.strip()}", FAILED)
        part.rename(path)
        return path

    def default_disk(self, image: Path) -> Path:
        """Where the disk of an image is written: beside it."""
        usual = self.boot_path == disk_paths(self._description["disk"])[0]
        return image.with_suffix(f".{self.platform}.disk" if usual else f".{self.platform}-{self.boot_path}.disk")

    def _boot_arguments(self, image: Path, disk: Path | None) -> list[str]:
        """The arguments of the boot path, with the files that they name."""
        files: dict[str, Any] = {"image": image, "boards": BOARD_FILES}
        arguments = [str(argument) for argument in self._description["boot"][self.boot_path]]
        if any("{disk}" in argument for argument in arguments):
            files["disk"] = disk or self.default_disk(image)
            if disk is None:
                write_disk(self.platform, self._description["disk"], self.boot_path, image, files["disk"])
        if any("{firmware." in argument for argument in arguments):
            files["firmware"] = take_firmware(files["disk"])
        if any("{system_part}" in argument for argument in arguments):
            files["kernel_part"], files["system_part"] = split_image(image)
        if any("{environment}" in argument for argument in arguments):
            files["environment"] = self._u_boot_environment(files.get("system_part"))
        # In an argument that is a list, a comma within an item is doubled.
        return [
            argument.format(**{name: str(path).replace(",", ",,") if "," in argument else path for name, path in files.items()})
            for argument in arguments
        ]

    def _u_boot_environment(self, system_part: Path | None) -> Path:
        """The second flash, made anew each time: it is a sparse file, and a check would cost as much."""
        known = self._description["environment"]
        text = known["text"][self.boot_path]
        path = BUILD / "platforms" / f"{self.platform}-u-boot-environment.bin"
        if system_part is not None:
            path = system_part.with_suffix(".u-boot-environment")
            text = text.replace("{system_bytes}", hex(system_part.stat().st_size))
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        command = ["mkenvimage", "-s", hex(known["size"]), "-o", str(part), "-"]
        try:
            subprocess.run(command, input=text.encode(), check=True, capture_output=True)
            os.truncate(part, known["flash"])
            part.rename(path)
        finally:
            part.unlink(missing_ok=True)
        return path
