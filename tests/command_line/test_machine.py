# SPDX-License-Identifier: BSD-2-Clause
"""Machines: choices against the platform's description, and QEMU's command line."""

import subprocess
import tempfile
import unittest
from pathlib import Path

import support  # noqa: F401  # makes the modules below known
from disk import split_image, take_firmware, write_disk
from machine import Machine, platform_names, read_platform
from terminal import USAGE, Failure


class Choices(unittest.TestCase):
    """What the tests of machines share."""

    def refused(self, saying: str, **choices: object) -> None:
        """These choices are refused with a sentence that contains `saying`."""
        with self.assertRaises(Failure) as caught:
            Machine(**choices)  # type: ignore[arg-type]
        self.assertEqual(caught.exception.code, USAGE)
        self.assertIn(saying, str(caught.exception))


class Machines(Choices):
    """The platform `virt`."""

    def test_refusals(self) -> None:
        self.refused("did you mean virt?", platform="vrit")
        self.refused("did you mean rpi4?", platform="rpi")
        self.refused("choose kernel or initrd or u-boot or u-boot-initrd or disk", via="pigeon")
        self.refused("does not start at EL3", el=3)
        self.refused("did you mean cortex-a57?", cpu="cortex-a57x")
        self.refused("1 to 8 cores", cores=0)
        self.refused("1 to 8 cores", cores=9)
        self.refused("no GICv1", gic=1)
        self.refused("does not start at EL3", el=3)
        self.refused("as in 512M", memory="lots")
        self.refused("as in 512M", memory="0M")

    def test_defaults(self) -> None:
        self.assertIn("virt", platform_names())
        command = Machine().command(Path("image"))
        self.assertIn("virt,gic-version=3", command)
        self.assertEqual(command[-2:], ["-kernel", "image"])
        self.assertEqual(str(Machine()), "QEMU virt (GICv3, EL1, cortex-a72, 1 core, 512M)")

    def test_choices(self) -> None:
        machine = Machine(gic=2, el=2, cpu="max", cores=4, memory="2G")
        self.assertEqual(str(machine), "QEMU virt (GICv2, EL2, max, 4 cores, 2G)")
        self.assertIn("virt,gic-version=2,virtualization=on", machine.command(Path("image")))

    def test_u_boot_gets_image_with_comma(self) -> None:
        command = Machine(via="u-boot").command(Path("a,b.img"))
        self.assertNotIn("-kernel", command)
        self.assertTrue(any(argument.endswith("file=a,,b.img") for argument in command))


class OtherBoards(Choices):
    """What differs on boards that cannot be chosen as freely."""

    def test_the_pi_is_what_it_is(self) -> None:
        self.refused("rpi4 has 4 cores, not 1", platform="rpi4", cores=1)
        self.refused("no more and no less", platform="rpi4", memory="1G")
        self.refused("does not start at EL1", platform="rpi4", el=1)
        self.refused("rpi4 has no GICv3", platform="rpi4", gic=3)
        self.refused("there is no way 'disk'", platform="rpi4", via="disk")

    def test_the_pi_boots_from_its_card(self) -> None:
        machine = Machine(platform="rpi4")
        self.assertEqual((machine.boot_path, machine.purpose), ("u-boot", "image"))
        self.assertEqual(Machine(platform="rpi4", via="kernel").command(Path("image"))[-2:], ["-serial", "null"])

    def test_what_config_txt_names_is_taken_off_the_card(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            card = Path(name) / "card"
            for number, config in enumerate(("kernel=mine.bin\ndevice_tree=my.dtb\n", "device_tree=my.dtb\n", "kernel=mine.bin\n")):
                self.write_card(card, config)
                if number == 2:
                    with self.assertRaisesRegex(Failure, "config.txt on card names no device_tree"):
                        take_firmware(card)
                    continue
                command = Machine(platform="rpi4").command(Path("unused"), card)
                loaded = [Path(command[command.index(option) + 1]).read_bytes() for option in ("-kernel", "-dtb")]
                self.assertEqual(loaded, [b"eight" if number else b"mine", b"tree"])
            self.write_card(card, "kernel=lost.bin\ndevice_tree=my.dtb\n")
            with self.assertRaisesRegex(Failure, "lost.bin"):
                take_firmware(card)

    def write_card(self, card: Path, config: str) -> None:
        """A card with this config.txt, two programs and a device tree."""
        contents = {"config.txt": config, "mine.bin": "mine", "kernel8.img": "eight", "my.dtb": "tree"}
        files = {}
        for name, text in contents.items():
            files[name] = str(card.parent / name)
            Path(files[name]).write_text(text, encoding="utf-8")
        write_disk("rpi4", {"megabytes": 64, "boot": {"any": files}}, "any", Path("unused"), card)


class Disks(unittest.TestCase):
    """What boards boot from: read back with the tools that wrote it, and by itself."""

    def test_card(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            image, disk = Path(name) / "an,image", Path(name) / "card"
            image.write_bytes(b"the image" * 1000)
            write_disk("virt", read_platform("virt")["disk"], "disk", image, disk)
            table = disk.read_bytes()[:512]
            self.assertEqual(disk.stat().st_size, 64 << 20)
            self.assertEqual((table[446], table[450], table[510:]), (0x80, 0x0C, b"\x55\xaa"))
            self.assertEqual(int.from_bytes(table[454:458], "little"), 2048)
            self.assertEqual(int.from_bytes(table[458:462], "little") + 2048, (64 << 20) // 512)
            for file, content in (("selene.img", image.read_bytes()), ("boot.scr", b"booti ${kernel_addr_r}")):
                command = ["mtype", "-i", f"{disk}@@1M", f"::{file}"]
                self.assertIn(content, subprocess.run(command, capture_output=True, check=True).stdout)
            self.assertEqual([path.name for path in Path(name).iterdir() if path.name not in ("an,image", "card")], [])
            again = Path(name) / "again"
            write_disk("virt", read_platform("virt")["disk"], "disk", image, again)
            self.assertEqual(disk.read_bytes(), again.read_bytes())

    def test_parts(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            image = Path(name) / "image"
            header = bytearray(64)
            header[16:24], header[40:48] = (164).to_bytes(8, "little"), (100).to_bytes(8, "little")
            image.write_bytes(header + b"k" * 36 + b"s" * 64)
            kernel_part, system_part = (path.read_bytes() for path in split_image(image))
            self.assertEqual(system_part, b"s" * 64)
            self.assertEqual((len(kernel_part), kernel_part[16:24], kernel_part[64:]), (100, header[40:48], b"k" * 36))


if __name__ == "__main__":
    unittest.main()
