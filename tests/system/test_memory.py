# SPDX-License-Identifier: BSD-2-Clause
"""Memory in banks with holes between, wherever the image lies; and what is said where there is too little in one piece."""

import unittest
from pathlib import Path

from test_broken_tree import TIME_OUT, Machine, TreeTest, console_of, one_image

from placed_image import placed

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
RAM = 0x4000_0000
IMAGE = RAM + 144 * MIB  # at 128 MiB QEMU puts a tree of its own
TREE = RAM + 160 * MIB
END = "exit 0\n"
# Of the head of a system part, capdl/image/system_part.hpp: where these are in it.
SEGMENT_COUNT, TOTAL_SIZE, SLOTS, SEGMENTS, SEGMENT_SIZE = 12, 16, 32, 40, 40


def cells(*numbers: int) -> list[str]:
    """Each in two cells, for fdtput."""
    return [f"{half:x}" for number in numbers for half in (number >> 32, number & 0xFFFF_FFFF)]


class Memory(TreeTest):
    """`virt` with its own tree, in which other memory is written than it has, though never more."""

    def boot(self, machine: Machine, banks: list[tuple[int, int]], image: int = IMAGE, tree: int = TREE, until: str = END,
             file: Path | None = None) -> str:
        """What is said with these banks: the first in a node of its own, all others in a second one."""
        self.virt_tree(machine)
        self.put("-r", "/memory@40000000")
        for name, some in (("first", banks[:1]), ("second", banks[1:])):
            if some:
                node = f"/{name}"
                self.put("-c", node)
                self.put("-ts", node, "device_type", "memory")
                self.put("-tx", node, "reg", *cells(*(number for bank in some for number in bank)))
        command = machine.command(Path("unused"))
        place = command.index("-kernel")
        command[place : place + 2] = placed(self.tree.parent, file or one_image("hello", "debug"), image, (self.tree, tree))
        return console_of(command, until, TIME_OUT)

    def boots(self, machine: Machine, banks: list[tuple[int, int]], **places: int) -> None:
        """It boots, and has found this memory and no other."""
        said = self.boot(machine, banks, **places)
        self.assertIn(f"selene: {sum(size for _, size in banks) // MIB} MiB, ", said)
        self.assertIn(END, said)

    def test_two_banks(self) -> None:
        for gic, el in ((2, 1), (3, 2)):
            self.boots(Machine(gic=gic, el=el, memory="1G"), [(RAM, 256 * MIB), (RAM + 512 * MIB, 512 * MIB)])

    BANKS = [(RAM, 208 * MIB), (0x5000_0000, 16 * MIB), (0x8000_0000, GIB), (0x1_0000_0000, 4 * GIB), (0x2_2000_0000, 512 * MIB)]

    def test_8_gib_with_holes(self) -> None:
        for gic, el in ((3, 1), (2, 2)):
            self.boots(Machine(gic=gic, el=el, memory="8G"), self.BANKS)

    def test_holes_of_a_page(self) -> None:
        banks = [(RAM + number * 32 * MIB, 32 * MIB - 4 * KIB) for number in range(16)]
        said = self.boot(Machine(memory="512M"), banks)
        self.assertIn("selene: 511 MiB, ", said)
        self.assertIn(END, said)

    def test_as_many_pieces_as_there_may_be(self) -> None:
        for gic, el in ((2, 1), (3, 2)):
            self.boots(Machine(gic=gic, el=el, memory="512M"), [(RAM + number * 16 * MIB, 12 * MIB) for number in range(28)])

    def test_the_image_above_4_gib(self) -> None:
        for el in (1, 2):
            self.boots(Machine(el=el, memory="8G"), self.BANKS, image=0x1_8000_0000, tree=0x2_3000_0000)

    def test_the_image_in_the_last_pages(self) -> None:
        size = one_image("hello", "debug").stat().st_size
        self.boots(Machine(memory="512M"), [(RAM, 512 * MIB)], image=RAM + 512 * MIB - (size + 4095) // 4096 * 4096)

    def refused(self, banks: list[tuple[int, int]], saying: str) -> None:  # type: ignore[override]
        """The boot stage says so, and the kernel does not run."""
        for el in (1, 2):
            said = self.boot(Machine(el=el, memory="512M"), banks, until="\n")
            self.assertRegex(said, rf"^selene cannot boot: {saying} \(0x[0-9a-f]+\)\n$")

    def test_too_many_banks(self) -> None:
        self.refused([(RAM + number * 8 * MIB, 4 * MIB) for number in range(40)], "there are too many ranges of memory")

    def test_too_little_in_one_piece(self) -> None:
        size = (one_image("hello", "debug").stat().st_size + 4095) // 4096 * 4096
        pieces = [(RAM + number * MIB, 128 * KIB) for number in range(20)]
        self.refused([(IMAGE, size), *pieces], "there is too little memory")

    def test_no_room_for_a_large_first_task(self) -> None:
        image = bytearray(one_image("hello", "debug").read_bytes())
        system_part = int.from_bytes(image[40:48], "little")
        place = system_part + SLOTS
        for slots, saying in ((1 << 23, "no range of memory has room for the first task"), (1 << 25, "the first task asks for more slots")):
            image[place : place + 8] = slots.to_bytes(8, "little")
            path = self.tree.parent / "image"
            path.write_bytes(image)
            for el in (1, 2):
                said = console_of(Machine(el=el, memory="256M").command(path), "\n", TIME_OUT)
                self.assertIn(f"selene cannot boot: {saying}", said)

    def test_the_first_task_is_not_made_of_what_describes_the_machine(self) -> None:
        """The first place that has room for it reaches, table by table, beyond what the boot stage leaves for the kernel."""
        image = bytearray(one_image("hello", "debug").read_bytes())
        place = int.from_bytes(image[40:48], "little") + SLOTS
        path = self.tree.parent / "image"
        for slots in range(27_000, 29_000, 250):  # of 32 bytes each: from a MiB before the image to that of the boot stage
            image[place : place + 8] = slots.to_bytes(8, "little")
            path.write_bytes(image)
            self.assertIn(END, self.boot(Machine(memory="512M"), [(IMAGE - MIB, 256 * MIB)], file=path), slots)

    def test_a_large_image(self) -> None:
        """So large that the first task needs a hundred page tables for it, and the debug kernel minutes to check them all."""
        image = bytearray(one_image("hello", "release").read_bytes())
        part, more = int.from_bytes(image[40:48], "little"), 200 * MIB
        count = int.from_bytes(image[part + SEGMENT_COUNT : part + SEGMENT_COUNT + 4], "little")
        last = part + SEGMENTS + SEGMENT_SIZE * (count - 1)
        for place in (16, part + TOTAL_SIZE, last + 16, last + 24):  # of the image, of the part, and its last segment's two
            image[place : place + 8] = (int.from_bytes(image[place : place + 8], "little") + more).to_bytes(8, "little")
        path = self.tree.parent / "image"
        path.write_bytes(image + bytes(more))
        for el in (1, 2):
            self.assertIn(END, console_of(Machine(el=el, memory="512M").command(path), END, TIME_OUT))

    def test_the_image_lies_where_there_is_none(self) -> None:
        self.refused([(RAM, 64 * MIB)], "the image does not lie in memory the device tree names")


if __name__ == "__main__":
    unittest.main()
