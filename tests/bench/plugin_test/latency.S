// SPDX-License-Identifier: BSD-2-Clause
// A bare-metal program whose every wait for an interrupt is known by construction: a kernel at exception level 1 that is deaf, that polls and
// that withdraws, and one user program, without translation. test_latency.py holds the expected figures; each block here says what it amounts to.
// System calls: svc #0 is deaf, #1 polls, #2 stops the timer, #3 switches off.

#include "markers.inc"

.equ GICD, 0x08000000
.equ GICC, 0x08010000
.equ TIMER_LINE, 27

    .section .text, "ax"
    .global _start, handler
_start:                             // 21 instructions to the first of the user program
    ldr x0, =vectors
    msr vbar_el1, x0
    ldr x0, =GICD                   // the distributor on, the timer's line enabled
    mov w1, #1
    str w1, [x0]
    mov w1, #(1 << TIMER_LINE)
    str w1, [x0, #0x100]
    ldr x20, =GICC                  // the interface on, every priority let through
    mov w1, #0xff
    str w1, [x20, #4]
    mov w1, #1
    str w1, [x20]
    mov x0, #0x102                  // the user program may read the counter and set the timer
    msr cntkctl_el1, x0
    ldr x0, =user_start
    msr elr_el1, x0
    msr spsr_el1, xzr               // exception level 0, nothing masked
    mov x28, xzr
    nop
    isb
    eret
    .ltorg

    .balign 2048
vectors:
    .skip 0x400
    mrs x9, esr_el1                 // synchronous, from a lower level: 3 instructions for svc #0, else 5, 7 and 8
    and x9, x9, #0xff
    cbz x9, deaf
    cmp x9, #1
    b.eq polling
    cmp x9, #2
    b.eq withdrawing
    b power_off
    .balign 128
    nop                             // interrupt: 2 instructions to the handler
    b handler
    .skip 0x800 - 0x480 - 2 * 4

handler:                            // 10 instructions; 32 with x28 set, of which 4 until the timer is set
    ldr w10, [x20, #0xc]            // acknowledge
    cbnz x28, 1f
    mov x11, #0
    msr cntv_ctl_el0, x11
    str w10, [x20, #0x10]           // end of interrupt
    nop
    nop
    nop
    nop
    eret
1:  mov x28, xzr                    // the deadline is set anew, to one that is over: at once the next interrupt
    msr cntv_cval_el0, xzr
    str w10, [x20, #0x10]
    .rept 26
    nop
    .endr
    eret

deaf:                               // 202 instructions
    mov x9, #100
1:  sub x9, x9, #1
    cbnz x9, 1b
    eret

polling:                            // 1 instruction, 54 for each turn, 1 and the return; 4 from the poll on if it gives way
    mov x9, #20
1:  .rept 50
    nop
    .endr
    mrs x10, isr_el1
    tbnz x10, #7, 2f
    sub x9, x9, #1
    cbnz x9, 1b
    eret
2:  mrs x10, elr_el1                // the call is made again
    sub x10, x10, #4
    msr elr_el1, x10
    eret

withdrawing:                        // deaf for 203 instructions, and then there is no interrupt
    mov x9, #100
1:  sub x9, x9, #1
    cbnz x9, 1b
    msr cntv_ctl_el0, xzr
    eret

power_off:
    ldr x0, =0x84000008             // PSCI SYSTEM_OFF
    hvc #0
    .ltorg

// --- User program -----------------------------------------------------------------------------------

// The timer's next interrupt comes that many ticks, of 16 instructions, from now on.
.macro TIMER ticks
    mrs x1, cntvct_el0
    add x1, x1, #\ticks
    msr cntv_cval_el0, x1
    mov x2, #1
    msr cntv_ctl_el0, x2
.endm

    .balign 64
user_start:                         // 8 instructions, the system call included: the kernel's first is number 29 of all, counted from 0
    mov x1, #5                      // asserted when 80 have been executed
    msr cntv_cval_el0, x1
    mov x2, #1
    msr cntv_ctl_el0, x2
    SELECT 1
    START
    nop
    svc #0
    END
    SELECT 2                        // it polls; the interrupt comes in the sixth turn or so
    TIMER 20
    START
    svc #1
    END
    SELECT 3                        // user code
    TIMER 8
    START
    .rept 200
    nop
    .endr
    END
    SELECT 4                        // the handler is deaf to the next interrupt
    mov x28, #1
    TIMER 8
    START
    .rept 200
    nop
    .endr
    END
    SELECT 5
    TIMER 8
    START
    svc #2
    END
    SELECT 6                        // no interrupt at all
    START
    svc #0
    END
    TIMER 8                         // outside of any region: not counted
    svc #0
    START                           // error: no row
    SELECT 7
    START
    SELECT 8
    START                           // error: row 7 is open
    svc #3
