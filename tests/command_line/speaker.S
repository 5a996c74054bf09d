// SPDX-License-Identifier: BSD-2-Clause
// A bootable image in place of a system: says TEXT on virt's PL011, where `<` stands for a byte that is typed and
// `~` for hanging forever, then powers off.

#define UART 0x09000000
#define UART_FLAGS 0x18
#define RECEIVE_EMPTY 4         // bit of the flags
#define PSCI_SYSTEM_OFF 0x84000008

    b       start               // the arm64 image header (Linux, "Booting AArch64 Linux")
    nop
    .quad   0                   // offset from a 2 MiB boundary
    .quad   4096                // image size
    .quad   0xa                 // little-endian, 4 KiB pages, anywhere in memory
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .long   0

start:
    adr     x1, text
    mov     x2, #UART
next:
    ldrb    w3, [x1], #1
    cbz     w3, off
    cmp     w3, #'~'
    b.eq    hang
    cmp     w3, #'<'
    b.ne    write
read:
    ldr     w3, [x2, #UART_FLAGS]
    tbnz    w3, #RECEIVE_EMPTY, read
    ldr     w3, [x2]
write:
    strb    w3, [x2]
    b       next
off:
    ldr     w0, =PSCI_SYSTEM_OFF
    hvc     #0
hang:
    wfi
    b       hang

    .ltorg
text:
    .asciz  TEXT
    .balign 4096

