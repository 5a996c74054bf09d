// SPDX-License-Identifier: BSD-2-Clause
// From the vectors and the hot path to the trace of the debug kernel, and back with every register that counts.
#include "exception_level.hpp"
#include "thread_layout.hpp"

#if SELENE_DEBUG

    .section .text.event_trace, "ax"

// To 9 if nobody listens. Destroys x16.
.macro unless_recording
    adrp x16, selene_trace
    ldr x16, [x16, :lo12:selene_trace]
    cbz x16, 9f
    ldr x16, [x16, #TRACE_RECORDING]
    cbz x16, 9f
.endm

.macro to_kernel_stack register
    mrs \register, AT_LEVEL(tpidr)
    and \register, \register, #~0xffff
    add \register, \register, #CORE_STACK_TOP
.endm

    .global selene_trace_entry
selene_trace_entry:             // from the vector: sp is the thread, x17 is saved, what a switch would save is not yet
    stp x16, x30, [sp, #THREAD_PRESERVED]
    unless_recording
    mrs x17, AT_LEVEL(esr)
    adr x16, selene_trace_synchronous
    bl keep_and_call
9:  ldp x16, x30, [sp, #THREAD_PRESERVED]
    b selene_synchronous

    .global selene_trace_return
selene_trace_return:            // the thread in sp goes on at once, with x19 to x29 as they are and x30 in x18
    unless_recording
    adr x16, selene_trace_leave
    b keep_and_call
9:  ret

// Call x16 with (thread, x17, x0, x1). All but x16 and x17 are kept; sp is the thread, whose place for preserved registers
// is free.
keep_and_call:
    stp x16, x17, [sp, #THREAD_PRESERVED + 16]
    to_kernel_stack x16
    sub x16, x16, #160
    stp x0, x1, [x16]
    stp x2, x3, [x16, #16]
    stp x4, x5, [x16, #32]
    stp x6, x7, [x16, #48]
    stp x8, x9, [x16, #64]
    stp x10, x11, [x16, #80]
    stp x12, x13, [x16, #96]
    stp x14, x15, [x16, #112]
    stp x18, x30, [x16, #128]
    mov x2, sp
    str x2, [x16, #144]
    mov sp, x16
    ldp x16, x1, [x2, #THREAD_PRESERVED + 16]
    mov x0, x2
    ldp x2, x3, [sp]
    blr x16
    ldp x0, x1, [sp]
    ldp x2, x3, [sp, #16]
    ldp x4, x5, [sp, #32]
    ldp x6, x7, [sp, #48]
    ldp x8, x9, [sp, #64]
    ldp x10, x11, [sp, #80]
    ldp x12, x13, [sp, #96]
    ldp x14, x15, [sp, #112]
    ldp x18, x30, [sp, #128]
    ldr x16, [sp, #144]
    mov sp, x16
    ret

    .global selene_trace_switch
selene_trace_switch:            // from the hot path: the thread in sp goes on with x0 to x9; its others are still in it
    unless_recording
    mov x29, x30
    mov x19, x0
    mov x20, x1
    mov x21, x2
    mov x22, x3
    mov x23, x4
    mov x24, x5
    mov x25, x6
    mov x26, x7
    mov x27, x8
    mov x28, x9
    mov x0, sp
    to_kernel_stack x1
    str x0, [x1, #-16]!
    mov sp, x1
    bl selene_trace_leave
    ldr x1, [sp]
    mov sp, x1
    mov x0, x19
    mov x1, x20
    mov x2, x21
    mov x3, x22
    mov x4, x23
    mov x5, x24
    mov x6, x25
    mov x7, x26
    mov x8, x27
    mov x9, x28
    mov x30, x29
9:  ret

#endif
