// SPDX-License-Identifier: BSD-2-Clause
// The first instructions: the header that loaders look for, down to EL1, a stack, and C++.

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

// Arm Architecture Reference Manual, "General system control registers": EL1 is to find itself as if there were no EL2.
at_el2:
    mov     x1, #(1 << 31)              // HCR_EL2.RW: EL1 is AArch64
    msr     hcr_el2, x1
    isb
    mov     x1, #0x33ff                 // CPTR_EL2: no trap of floating point
    msr     cptr_el2, x1
    msr     hstr_el2, xzr
    msr     vttbr_el2, xzr
    mov     x1, #3                      // CNTHCTL_EL2: EL1 may use the physical counter and timer
    msr     cnthctl_el2, x1
    msr     cntvoff_el2, xzr
    mrs     x1, pmcr_el0
    ubfx    x1, x1, #11, #5             // MDCR_EL2.HPMN: all event counters are EL1's
    msr     mdcr_el2, x1
    mrs     x1, midr_el1
    msr     vpidr_el2, x1
    mrs     x1, mpidr_el1
    msr     vmpidr_el2, x1
    mrs     x1, id_aa64pfr0_el1
    ubfx    x1, x1, #24, #4             // ID_AA64PFR0_EL1.GIC: has GICv3's system registers
    cbz     x1, 1f
    mrs     x1, icc_sre_el2
    orr     x1, x1, #(1 << 0)           // ICC_SRE_EL2.SRE: there are no others
    orr     x1, x1, #(1 << 3)           // ICC_SRE_EL2.Enable: EL1 may use them
    msr     icc_sre_el2, x1
    isb
    msr     ich_hcr_el2, xzr
1:  ldr     w1, =0x30d00800             // before anything at EL1 happens: see SystemControl::reserved_ones
    msr     sctlr_el1, x1
    mov     x1, #0x3c5                  // SPSR_EL2: EL1 with its own stack pointer, all masked
    msr     spsr_el2, x1
    adr     x1, at_el1
    msr     elr_el2, x1
    eret

at_el1:
    msr     spsel, #1
    ldr     w1, =0x30d00800             // translation, caches and alignment checks off
    msr     sctlr_el1, x1
    adrp    x1, boot_vectors
    add     x1, x1, :lo12:boot_vectors
    msr     vbar_el1, x1
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
    mrs     x0, esr_el1
    mrs     x1, elr_el1
    mrs     x2, far_el1
    b       boot_exception

    .bss
    .balign 16
    .space  32768
boot_stack_top:
