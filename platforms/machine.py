# SPDX-License-Identifier: BSD-2-Clause
"""A machine to run a system on: a platform's description with choices made, as a QEMU command line."""

import os
import re
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from suggest import unknown
from terminal import BUILD, USAGE, Failure

PLATFORMS = Path(__file__).resolve().parent
_PLANNED = ("rpi4",)
_QEMU = "qemu-system-aarch64"


def platform_names() -> list[str]:
    """All platforms, each a folder here with a platform.yaml."""
    return sorted(path.parent.name for path in PLATFORMS.glob("*/platform.yaml"))


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What a system runs on. None stands for the platform's default; wrong choices are Failures (USAGE)."""

    platform: str = "virt"
    via: str = "kernel"
    gic: int | None = None
    el: int | None = None
    cpu: str | None = None
    cores: int | None = None
    memory: str | None = None

    def __post_init__(self) -> None:
        if self.platform in _PLANNED:
            raise Failure(f"the platform {self.platform} is not there yet: use {' or '.join(platform_names())}", USAGE)
        if self.platform not in platform_names():
            raise unknown("platform", self.platform, platform_names())
        known = self._description
        if self.gic is not None and self.gic not in known["gic"]:
            raise Failure(f"{self.platform} has no GICv{self.gic}: choose one of {known['gic']}", USAGE)
        if self.el is not None and self.el not in known["el"]:
            raise Failure(f"{self.platform} does not start at EL{self.el}: choose one of {list(known['el'])}", USAGE)
        if self.cpu is not None and self.cpu not in known["cpu"]:
            raise unknown("CPU", self.cpu, known["cpu"])
        if self.cores is not None and not 1 <= self.cores <= known["cores"]["most"]:
            raise Failure(f"{self.platform} has 1 to {known['cores']['most']} cores, not {self.cores}", USAGE)
        if self.memory is not None and not re.fullmatch(r"[1-9]\d*[MG]", self.memory):
            raise Failure(f"'{self.memory}' is not a size of memory: give megabytes or gigabytes, as in 512M or 2G", USAGE)

    @cached_property
    def _description(self) -> dict[str, Any]:
        import yaml  # only here: before `setup` it may not be there

        text = (PLATFORMS / self.platform / "platform.yaml").read_text(encoding="utf-8")
        return yaml.load(text, yaml.CSafeLoader)

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

    def __str__(self) -> str:
        chosen = self._choices
        cores = "1 core" if chosen["cores"] == 1 else f"{chosen['cores']} cores"
        what = f"GICv{chosen['gic']}, EL{chosen['el']}, {chosen['cpu']}, {cores}, {chosen['memory']}"
        return f"{self._description['description']} ({what})"

    def command(self, image: Path) -> list[str]:
        """The QEMU command line that boots an image; the console's and other devices' arguments are to be added."""
        chosen = self._choices
        known = self._description
        command = [_QEMU, "-machine", known["machine"].format(**{**chosen, "el": known["el"][chosen["el"]]})]
        command += ["-cpu", chosen["cpu"], "-smp", str(chosen["cores"]), "-m", chosen["memory"]]
        command += ["-nodefaults", "-nic", "none", "-display", "none", "-no-reboot"]
        return command + (self._u_boot(image) if self.via == "u-boot" else ["-kernel", str(image)])

    def _u_boot(self, image: Path) -> list[str]:
        """Arguments that let U-Boot enter the image with `booti`."""
        known = self._description["u-boot"]
        # A comma in a QEMU argument is doubled.
        flash, name = (str(path).replace(",", ",,") for path in (self._u_boot_environment(), image))
        return [
            *("-bios", known["program"]),
            *("-drive", f"if=pflash,unit=1,format=raw,snapshot=on,file={flash}"),
            *("-device", f"loader,addr={known['image']:#x},force-raw=on,file={name}"),
        ]

    def _u_boot_environment(self) -> Path:
        """The second flash, made anew each time: it is a sparse file, and a check would cost as much."""
        known = self._description["u-boot"]
        path = BUILD / "platforms" / f"{self.platform}-u-boot-environment.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        text = f"bootdelay=-2\nbootcmd=booti {known['image']:#x} - ${{fdtcontroladdr}}\n"
        command = ["mkenvimage", "-s", hex(known["environment"]), "-o", str(part), "-"]
        try:
            subprocess.run(command, input=text.encode(), check=True, capture_output=True)
            os.truncate(part, known["flash"])
            part.rename(path)
        finally:
            part.unlink(missing_ok=True)
        return path
