#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Tests of arch-aarch64/symbol_table.py: shortened names, and a kernel whose functions have moved."""

import contextlib
import io
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "arch-aarch64"))

import symbol_table  # noqa: E402

NAMES = {
    "selene_vectors": "selene_vectors",
    "selene::boot(selene::Kernel&, selene::Core&)": "boot",
    "selene::(anonymous namespace)::Boot::list_range(selene::PhysRange, unsigned long)": "Boot::list_range",
    "(anonymous namespace)::print_place(char const*, unsigned long)": "print_place",
    "selene::Thread* selene::lent<std::array<int, 3> >(selene::Core&)": "lent",
    "selene::GicV3::own_redistributor() const": "GicV3::own_redistributor",
    "selene::walk(int)::$_0::operator()(selene::Slot&) const": "walk::$_0::operator",
    "selene::ipc::call(selene::Core&) (.llvm.123)": "ipc::call",
}


class WrittenTable(unittest.TestCase):
    """What becomes of a listing."""

    def test_names_are_short(self) -> None:
        for name, short in NAMES.items():
            self.assertEqual(symbol_table.short_name(name), short)

    def test_kernel_that_has_moved_is_refused(self) -> None:
        listing = (HERE / "listing.txt").read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            path, table = Path(folder) / "listing.txt", str(Path(folder) / "table.S")
            path.write_text(listing, encoding="utf-8")
            self.assertEqual(symbol_table.main(str(path), table), 0)
            path.write_text(listing.replace("c0004000 d", "c0005000 d"), encoding="utf-8")  # data may move
            self.assertEqual(symbol_table.main(str(path), table, "--check"), 0)
            path.write_text(listing.replace("c0001080 t", "c0001084 t"), encoding="utf-8")
            with contextlib.redirect_stderr(io.StringIO()) as said:
                self.assertEqual(symbol_table.main(str(path), table, "--check"), 1)
            self.assertIn("moved", said.getvalue())


if __name__ == "__main__":
    unittest.main()
