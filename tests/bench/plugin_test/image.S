// SPDX-License-Identifier: BSD-2-Clause
// A bare-metal program whose every count between markers is known by construction: a kernel of a few dozen instructions and one user program.
//
// Built twice. EXCEPTION_LEVEL 1: translation on, kernel in the upper half, user program in the lower. EXCEPTION_LEVEL 2: translation off,
// kernel and user program in the same address space. test_plugin.py holds the expected figures; each block here says what it amounts to.
// System calls: svc #0 nothing, #1 data accesses, #2 marker instructions executed by the kernel, #3 power off.

#if EXCEPTION_LEVEL == 1
#define ESR esr_el1
#define POWER_OFF hvc #0
#else
#define ESR esr_el2
#define POWER_OFF smc #0
#endif

#include "markers.inc"

// --- Boot: straight-line code, so the distances of the labels are the instruction counts ----------
    .section .text.boot, "ax"
    .global _start, image_start, boot_end
_start:
    nop
    nop
image_start:
#if EXCEPTION_LEVEL == 1
    adrp x1, tables
    ldr x2, =0x40000741             // block at 1 GiB: user may read and write, inner shareable, accessed
    str x2, [x1]                    // ... seen at 0 by the user
    ldr x2, =0x40000701             // the same for the kernel alone
    str x2, [x1, #8]                // ... seen at 1 GiB of either half
    mov x2, #0xff                   // attribute 0: normal memory, write-back
    msr mair_el1, x2
    ldr x2, =0x2b5193519            // two halves of 39 bits, 4 KiB pages, write-back walks, 40-bit physical addresses
    msr tcr_el1, x2
    msr ttbr0_el1, x1
    msr ttbr1_el1, x1
    isb
    mrs x2, sctlr_el1
    ldr x3, =0x1005                 // translation and caches on
    orr x2, x2, x3
    msr sctlr_el1, x2
    isb
    ldr x1, =vectors
    msr vbar_el1, x1
    ldr x1, =user_start
    msr elr_el1, x1
    msr spsr_el1, xzr               // exception level 0
#else
    ldr x1, =0x88000000             // user programs are 64-bit and trap to this level: HCR_EL2.RW and TGE
    msr hcr_el2, x1
    ldr x1, =vectors
    msr vbar_el2, x1
    ldr x1, =user_start
    msr elr_el2, x1
    msr spsr_el2, xzr               // exception level 0
    isb
#endif
    ldr x1, =kernel_start
    br x1
boot_end:

    .section .tables, "aw", %nobits
    .balign 4096
tables:
    .skip 4096

// --- Kernel ---------------------------------------------------------------------------------------
    .section .text.kernel, "ax"
    .global kernel_start, kernel_exit, kernel_end
    .balign 64
kernel_start:                       // 5 instructions to the first user instruction
    ldr x20, =kernel_data
    ldr x21, =user_data
    mov sp, x20
    isb
kernel_exit:
    eret

    .balign 2048
vectors:                            // only one row is ever used: synchronous, from a lower level
    .skip 0x400
    mrs x9, ESR                     // one line: 5 instructions for svc #0, else 4
    and x9, x9, #0xff
    cbz x9, quick_exit
    b dispatch
quick_exit:
    nop
    eret
    .skip 0x800 - 0x400 - 6 * 4

    .balign 64
dispatch:                           // one line: 2 instructions for svc #1, 4 for #2, 5 for #3
    cmp x9, #1
    b.eq data_accesses
    cmp x9, #2
    b.eq kernel_markers
    b power_off

    .balign 64
data_accesses:                      // one line, 7 instructions, 4 data lines, one of them the user's
    ldr x10, [x20]
    str x10, [x20, #8]              // the same line
    stp x10, x10, [x20, #120]       // bytes 120 to 135: two more lines
    ldrb w10, [x20, #128]           // the same
    ldr x10, [x21, #64]             // the user's
    nop
    eret

    .balign 64
kernel_markers:                     // one line, 4 instructions that open and close nothing
    SELECT 99
    START
    END
    eret

    .balign 64
power_off:
    ldr x0, =0x84000008             // PSCI SYSTEM_OFF
    POWER_OFF
    .ltorg
kernel_end:

    .section .data.kernel, "aw"
    .balign 64
kernel_data:
    .skip 192

// --- User program -----------------------------------------------------------------------------------
    .section .text.user, "ax"
    .balign 64
user_start:
    END                             // closes nothing
    .rept 3
    SELECT 1                        // the cheapest system call, three times
    START
    svc #0
    END
    .endr
    SELECT 2                        // nothing at all
    START
    END
    .balign 64
    SELECT 3                        // two system calls with user code between them: 16 instructions, two lines
    START
    svc #1
    .rept 10
    nop
    .endr
    ldr x3, [x21]                   // one line
    ldr x3, [x21, #8]
    str x3, [x21, #60 * 8]          // another
    nop                             // in the next line
    svc #0
    END
    .balign 64
    SELECT 65535                    // the kernel executes markers; the highest row
    START
    svc #2
    END
    mov x5, #100                    // a loop crosses blocks: 201 instructions
    SELECT 4
    START
1:  sub x5, x5, #1
    cbnz x5, 1b
    nop
    END
    START                           // error: no row
    svc #0
    END                             // closes nothing
    SELECT 5
    START
    SELECT 6
    START                           // error: row 5 is open; both are given up
    svc #0
    END
    svc #3

    .section .data.user, "aw"
    .balign 64
user_data:
    .skip 512
