# SPDX-License-Identifier: BSD-2-Clause
"""One file for every board: what is the same in all images and on all media, and the same bytes run on all boards."""

import hashlib
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from test_broken_tree import TIME_OUT, BootTest, Machine, console_of, one_image

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "platforms"))

from build import image_parts  # noqa: E402
from disk import read_file  # noqa: E402
from placed_image import placed  # noqa: E402
from terminal import BUILD  # noqa: E402

KERNELS = ("debug", "release")
SYSTEMS = ("hello", "restart", "by_label", "ipc")
# "Documentation/arch/arm64/booting.rst" of Linux: image_size, the bytes that a loader has to leave room for. It is the
# only word in front of the system part that depends on that one.
IMAGE_SIZE = slice(16, 24)
KERNEL_PART_SIZE = slice(40, 48)


def parts(image: bytes) -> tuple[bytes, bytes]:
    """The kernel part, without the size of the whole, and the system part. Whether that size is right is seen to here."""
    size = int.from_bytes(image[KERNEL_PART_SIZE], "little")
    assert int.from_bytes(image[IMAGE_SIZE], "little") == len(image)
    return image[: IMAGE_SIZE.start] + image[IMAGE_SIZE.stop : size], image[size:]


class OneImage(BootTest):
    """Images of several systems, and the media that hold them."""

    def test_the_kernel_part_is_that_of_the_build_in_every_image(self) -> None:
        for kernel in KERNELS:
            built = image_parts(kernel)["--kernel"].read_bytes()
            self.assertEqual(int.from_bytes(built[IMAGE_SIZE], "little"), len(built))
            systems = set()
            for system in SYSTEMS:
                kernel_part, system_part = parts(one_image(system, kernel).read_bytes())
                self.assertEqual(kernel_part, built[: IMAGE_SIZE.start] + built[IMAGE_SIZE.stop :], system)
                systems.add(system_part)
            self.assertEqual(len(systems), len(SYSTEMS))

    def test_every_medium_holds_the_same_bytes(self) -> None:
        for kernel in KERNELS:
            image = one_image("hello", kernel)
            whole = image.read_bytes()
            built = image_parts(kernel)["--kernel"].read_bytes()
            size = len(built)
            for platform, via, file in (("virt", "disk", "selene.img"), ("rpi4", "u-boot", "selene.img"), ("rpi4", "kernel8", "kernel8.img")):
                self.assertEqual(self.on_disk(image, platform, via, file), whole, via)
            # In two files each has its own size, so that the kernel part is the build's to the last bit.
            self.assertEqual(self.on_disk(image, "rpi4", "u-boot-initrd", "kernel.img"), built)
            self.assertEqual(self.on_disk(image, "rpi4", "u-boot-initrd", "system.img"), whole[size:])

    def on_disk(self, image: Path, platform: str, via: str, file: str) -> bytes:
        machine = Machine(platform=platform, via=via)
        machine.command(image)  # writes it
        return read_file(machine.default_disk(image), file)

    def test_the_same_file_runs_on_every_board(self) -> None:
        image = one_image("hello", "debug")
        checksum = hashlib.sha256(image.read_bytes()).hexdigest()
        for platform in ("virt", "rpi4", "imx8mp-evk"):
            said = console_of(Machine(platform=platform, via="kernel").command(image), "exit 0\n", TIME_OUT)
            self.assertIn("exit 0\n", said, platform)
            self.assertEqual(hashlib.sha256(image.read_bytes()).hexdigest(), checksum, platform)


    def test_the_pi_runs_it_wherever_its_firmware_puts_a_kernel8_img(self) -> None:
        image = one_image("hello", "debug")
        for address in (0x8_0000, 0x20_0000, 0x20_1000, 0x2000_0000):
            with tempfile.TemporaryDirectory() as name:
                command = Machine(platform="rpi4", via="kernel").command(image)
                place = command.index("-kernel")
                command[place : place + 2] = placed(Path(name), image, address)
                said = console_of(command, "exit 0\n", TIME_OUT)
            self.assertIn("selene: 3 of 3 other cores answer\n", said, hex(address))
            self.assertIn("exit 0\n", said, hex(address))


class Command(BootTest):
    """`./selene image`, and what it says is to be done with the file."""

    def image(self, platform: str, out: Path) -> str:
        """What the command says."""
        command = [str(REPOSITORY / "selene"), "image", platform, "hello", "--out", str(out)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=out.parent)
        self.assertEqual((done.returncode, done.stdout), (0, f"{out.name}\n"), done.stderr)
        return done.stderr

    def test_card(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            card = Path(name) / "card.img"
            said = self.image("rpi4", card)
            self.assertIn(f"SHA-256 {hashlib.sha256(read_file(card, 'selene.img')).hexdigest()}", said)
            self.assertIn("dd if=card.img of=/dev/DEVICE", said)
            self.assertIn("start4.elf and fixup4.dat", said)
            for file in ("config.txt", "boot.scr", "u-boot.bin", "bcm2711-rpi-4-b.dtb"):
                self.assertTrue(read_file(card, file))
            # What QEMU is given beside the card comes off it; without them it has nothing to start.
            command = Machine(platform="rpi4").command(Path("none"), card)
            started = [Path(command[command.index(option) + 1]) for option in ("-kernel", "-dtb")]
            for path, file in zip(started, ("u-boot.bin", "bcm2711-rpi-4-b.dtb")):
                self.assertEqual((path.parent, path.read_bytes()), (card.parent, read_file(card, file)))
            self.boots(command)

    def test_disk(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            disk = Path(name) / "disk.img"
            self.assertIn("QEMU virt: 64 MiB", self.image("virt", disk))
            self.boots(Machine(via="disk").command(Path("none"), disk))

    def boots(self, command: list[str]) -> None:
        said = console_of(command, "exit 0\n", 2 * TIME_OUT)
        self.assertIn("U-Boot", said)
        self.assertIn("Starting kernel", said)
        self.assertIn("exit 0\n", said)

    def test_a_board_without_a_disk(self) -> None:
        done = subprocess.run([REPOSITORY / "selene", "image", "imx8mp-evk"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("boots from no disk or card", done.stderr)

    def test_the_same_card_is_what_run_boots(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            card = Path(name) / "card.img"
            self.image("rpi4", card)
            command = [str(REPOSITORY / "selene"), "run", "hello", "--platform", "rpi4"]
            done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
            self.assertEqual(done.returncode, 0, done.stderr)
            booted = BUILD / "images" / "hello-debug.rpi4.disk"
            self.assertEqual(booted.read_bytes(), card.read_bytes())


if __name__ == "__main__":
    unittest.main()
