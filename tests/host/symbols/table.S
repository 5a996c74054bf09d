// SPDX-License-Identifier: BSD-2-Clause
// The table of listing.txt, between the symbols that kernel.ld gives it.
    .section .symbols, "a"
    .balign 4
    .global kernel_symbols, kernel_symbols_end
kernel_symbols:
#include "written_table.S"
kernel_symbols_end:
    .section .note.GNU-stack, "", %progbits
