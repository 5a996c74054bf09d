// SPDX-License-Identifier: BSD-2-Clause
// The first instructions: the header that loaders look for, a stack, and C++ at the level that the loader has chosen.

// Linux kernel, Documentation/arch/arm64/booting.rst: what QEMU, U-Boot and the Raspberry Pi's firmware know how to
// start. The word that the format reserves at offset 40 holds the size of the kernel part; `capdl build` adds the system
// part behind it and changes image_size.
    .section .text.header, "ax"
    .global image_header
image_header:
    b       entry
    .long   0
    .quad   0                           // offset from a 2 MiB boundary
    .quad   kernel_part_size            // image_size, see boot.ld
    .quad   (1 << 1) | (1 << 3)         // little-endian, 4 KiB pages, anywhere in memory
    .quad   0
    .quad   kernel_part_size
    .quad   0
    .ascii  "ARM\x64"
    .long   0

// x0: physical address of the device tree. MMU and data cache are off, interrupts masked.
entry:
    msr     daifset, #15
    mov     x19, x0
    mrs     x1, CurrentEL
    lsr     x1, x1, #2
    cmp     x1, #2
    b.eq    at_el2
    b.lo    at_el1
at_el3:                                 // firmware's place: there is none here
    wfi
    b       at_el3

// Arm Architecture Reference Manual, "General system control registers". The level keeps to itself what the kernel does not
// set up: no host extensions, no translation, caches or alignment checks.
at_el2:
    mov     x1, #(1 << 31)              // HCR_EL2.RW: EL1 is AArch64
    msr     hcr_el2, x1
    isb                                 // the registers of EL1 are its own again
    msr     spsel, #1
    ldr     w1, =0x30c50830             // see HypervisorSystemControl::reserved_ones
    msr     sctlr_el2, x1
    adrp    x1, boot_vectors
    add     x1, x1, :lo12:boot_vectors
    msr     vbar_el2, x1
    b       at_any_level

at_el1:
    msr     spsel, #1
    ldr     w1, =0x30d00800             // see SystemControl::reserved_ones
    msr     sctlr_el1, x1
    adrp    x1, boot_vectors
    add     x1, x1, :lo12:boot_vectors
    msr     vbar_el1, x1

at_any_level:
    isb
    adrp    x1, boot_stack_top
    add     x1, x1, :lo12:boot_stack_top
    mov     sp, x1
    mov     x29, xzr
    mov     x30, xzr
    mov     x0, x19
    b       boot_main

// No exception is expected: each one is reported, and that is the end.
    .text
    .balign 2048
boot_vectors:
    .rept   16
    .balign 128
    b       boot_exception_entry
    .endr
    .balign 128
boot_exception_entry:
    adrp    x1, boot_stack_top
    add     x1, x1, :lo12:boot_stack_top
    mov     sp, x1
    mrs     x3, CurrentEL
    cmp     x3, #(2 << 2)
    b.eq    1f
    mrs     x0, esr_el1
    mrs     x1, elr_el1
    mrs     x2, far_el1
    b       boot_exception
1:  mrs     x0, esr_el2
    mrs     x1, elr_el2
    mrs     x2, far_el2
    b       boot_exception

    .bss
    .balign 16
    .space  32768
boot_stack_top:
