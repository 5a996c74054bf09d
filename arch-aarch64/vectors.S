// SPDX-License-Identifier: BSD-2-Clause
// Exception vectors of the level that the kernel runs at, EL1 or EL2, and the ways back to user level.
//
// While user code runs, sp is the current thread: its registers are saved relative to sp before any other is
// free. Off the hot path sp becomes the stack of this core.
//
// A method call saves no more than it destroys: C++ keeps x19 to x29, and if the thread that came in goes on, they
// are its own still. Only a switch to another thread saves them: see Core::entered. Other system calls mostly switch.
#include "exception_level.hpp"
#include "thread_layout.hpp"

// The syndrome of `svc #n`, rotated right by 25: class and length bit lowest, then n.
#define SVC_CLASS 0x2b
#define SVC_SYNDROME(number) (SVC_CLASS | (number) << 7)
#define SVC_CLASS_MASK 0x7f

// --- Saving and restoring ----------------------------------------------------------------------------------

// What a switch keeps: x19 to x30, the stack pointer, the program counter. x30 is saved by who comes in; x15 and x16 are
// free by then.
.macro save_preserved_but_x30
    stp x19, x20, [sp, #THREAD_PRESERVED]
    stp x21, x22, [sp, #THREAD_PRESERVED + 16]
    stp x23, x24, [sp, #THREAD_PRESERVED + 32]
    stp x25, x26, [sp, #THREAD_PRESERVED + 48]
    stp x27, x28, [sp, #THREAD_PRESERVED + 64]
    str x29, [sp, #THREAD_X29]
    mrs x15, sp_el0
    mrs x16, AT_LEVEL(elr)
    stp x15, x16, [sp, #THREAD_SP]
.endm

.macro restore_preserved
    ldp x19, x20, [sp, #THREAD_PRESERVED]
    ldp x21, x22, [sp, #THREAD_PRESERVED + 16]
    ldp x23, x24, [sp, #THREAD_PRESERVED + 32]
    ldp x25, x26, [sp, #THREAD_PRESERVED + 48]
    ldp x27, x28, [sp, #THREAD_PRESERVED + 64]
    ldp x29, x30, [sp, #THREAD_PRESERVED + 80]
.endm

// What a system call says.
.macro save_message
    stp x0, x1, [sp, #THREAD_REGISTERS]
    stp x2, x3, [sp, #THREAD_REGISTERS + 16]
    stp x4, x5, [sp, #THREAD_REGISTERS + 32]
    stp x6, x7, [sp, #THREAD_REGISTERS + 48]
    stp x8, x9, [sp, #THREAD_REGISTERS + 64]
.endm

// What carries no result.
.macro zero_scratch
    mov x10, xzr
    mov x11, xzr
    mov x12, xzr
    mov x13, xzr
    mov x14, xzr
    mov x15, xzr
    mov x16, xzr
    mov x17, xzr
    mov x18, xzr
.endm

// Everything, x17 from where the vector has put it; the thread resumes with everything.
.macro save_all
    stp x14, x15, [sp, #THREAD_REGISTERS + 112]
    ldr x17, [sp, #THREAD_ENTRY_SCRATCH]
    stp x16, x17, [sp, #THREAD_REGISTERS + 128]
    str x30, [sp, #THREAD_X30]
    save_preserved_but_x30
    save_message
    stp x10, x11, [sp, #THREAD_REGISTERS + 80]
    stp x12, x13, [sp, #THREAD_REGISTERS + 96]
    mrs x17, AT_LEVEL(spsr)
    stp x18, x17, [sp, #THREAD_REGISTERS + 144]
    mov w17, #RESUME_ALL
    strh w17, [sp, #THREAD_RESUME]
.endm

// To user level. What lies behind is not to be executed, not even in anticipation.
.macro leave
    eret
    dsb nsh
    isb
.endm

// From the thread in sp to the stack: x20 = core, x21 = thread. There and in x22, x23 a function takes its arguments that
// keeps no registers (entry.cpp): whoever comes here has saved them.
.macro enter_kernel_stack
    mrs x20, AT_LEVEL(tpidr)
    mov x21, sp
    and x20, x20, #~0xffff
    add sp, x20, #CORE_STACK_TOP
.endm

// The debug kernel's trace: the thread in sp goes on, and x10 to x18 are free.
.macro trace_return
#if SELENE_DEBUG
    mov x18, x30
    bl selene_trace_return
    mov x30, x18
#endif
.endm

// --- The vector table --------------------------------------------------------------------------------------

.macro vector label
    .balign 128
    b \label
.endm

.macro unexpected number
    .balign 128
    msr tpidrro_el0, x17
    mov x17, #\number
    b unexpected_exception
.endm

    .section .text.vectors, "ax"
    .balign 2048
    .global selene_vectors
selene_vectors:
    vector core_arrives         // current EL, SP_EL0: synchronous; the following IRQ, FIQ, SError
    unexpected 1
    unexpected 2
    unexpected 3
    unexpected 4                // current EL, SP_ELx: the kernel itself
    unexpected 5
    unexpected 6
    unexpected 7

    .balign 128                 // lower EL, AArch64: synchronous
    str x17, [sp, #THREAD_ENTRY_SCRATCH]
#if SELENE_DEBUG
    b selene_trace_entry
    .global selene_synchronous
selene_synchronous:
#endif
    mrs x17, AT_LEVEL(esr)
    ror w17, w17, #25
    cmp w17, #SVC_SYNDROME(SYSTEM_CALL_CALL)
    b.eq selene_hot_call
    cmp w17, #SVC_SYNDROME(SYSTEM_CALL_REPLY_RECEIVE)
    b.eq selene_hot_reply_receive
    b synchronous_entry

    vector interrupt_entry      // lower EL, AArch64: IRQ
    unexpected 10               // FIQ
    .balign 128                 // SError: what a device or the memory system reports is the running thread's fault
    str x17, [sp, #THREAD_ENTRY_SCRATCH]
    b other_exception
    unexpected 12               // lower EL, AArch32: nothing of it is ever started
    unexpected 13
    unexpected 14
    unexpected 15
    .balign 128

// --- System calls off the hot path ---------------------------------------------------------------------------

    .section .text.entries, "ax"
    // From the hot path, with all registers that user code has set as they were. x11 and x13 are what it has found.
    .irp name, call, reply_receive, signal, wait
    .global selene_found_\name
selene_found_\name:
    str x30, [sp, #THREAD_X30]
    bl save_and_enter
    mov x22, x11
    mov x23, x13
    bl selene_\name
    b selene_resume
    .endr

    .global selene_slow_take, selene_slow_signal, selene_slow_yield
selene_slow_take:               // x11 is the number
    mov x17, x11
    b system_call
selene_slow_signal:
    mov x17, #SYSTEM_CALL_SIGNAL
    b system_call
selene_slow_yield:
    mov x17, #SYSTEM_CALL_YIELD
system_call:                    // x17 is the number
    str x30, [sp, #THREAD_X30]
    bl save_and_enter
1:  mov x22, x17
    bl selene_system_call
    b selene_resume

    .global selene_saved_call, selene_saved_reply_receive
selene_saved_call:              // from the long path: x19 to x30, sp and pc are in the thread
    mov x17, #SYSTEM_CALL_CALL
    b 2f
selene_saved_reply_receive:
    mov x17, #SYSTEM_CALL_REPLY_RECEIVE
2:  adr x30, 1b
    b save_message_and_enter

// What a system call says and what the thread keeps but x30; then enter_kernel_stack.
save_and_enter:
    save_preserved_but_x30
save_message_and_enter:
    save_message
    str x10, [sp, #THREAD_REGISTERS + 80]
    enter_kernel_stack
    ret

    .global selene_call_slot
selene_call_slot:               // x11 is the slot, x12 word 0 of what it holds
    cbz x12, empty_slot
    str x30, [sp, #THREAD_X30]
    save_message
    mrs x0, AT_LEVEL(tpidr)
    mov x2, x11
    mov x3, sp
    and x0, x0, #~0xffff
    add sp, x0, #CORE_STACK_TOP
    bl selene_method_call
#if SELENE_DEBUG                // which checks itself on each way out
    b conclude_method
#endif
    cbnz w0, conclude_method
    ldp x2, x1, [sp, #STACK_CURRENT]
    cbnz x1, conclude_method
    ldr w1, [sp, #INVOCATION_RESULT_LENGTH]
    mov sp, x2
leave_with_x0_x1:
    ldr x30, [sp, #THREAD_X30]
    ldp x2, x3, [sp, #THREAD_REGISTERS + 16]
    ldp x4, x5, [sp, #THREAD_REGISTERS + 32]
    ldp x6, x7, [sp, #THREAD_REGISTERS + 48]
    ldp x8, x9, [sp, #THREAD_REGISTERS + 64]
    zero_scratch
    leave

empty_slot:                     // refused without further ado: see message::deliver_error
    mov x3, x0
    and x4, x1, #TAG_LENGTH
    cmp x4, #REGISTER_WORDS
    csel x4, x9, xzr, lo        // the progress of a range: see Invocation::progress_of
    mov x0, #ERROR_EMPTY_SLOT
    mov x1, #TAG_ERROR
    mov x2, xzr
    trace_return
    zero_scratch
    leave

conclude_method:                // w0 is an error, or 0
    mov w1, w0
    sub x0, sp, #CORE_STACK_TOP
    bl selene_conclude_method   // x0 is the thread to resume
    ldr x1, [sp, #STACK_ENTERED]
    cmp x0, x1
    b.ne switch
    mov sp, x0
    ldrh w1, [sp, #THREAD_RESUME]
    cbnz w1, repeat
    ldp x0, x1, [sp, #THREAD_REGISTERS]
    b leave_with_x0_x1

    .global selene_return_at_once
selene_return_at_once:          // everything that counts is where user code expects it
    trace_return
    zero_scratch
    leave

repeat:
    mov x1, x0
switch:
    cbz x1, selene_resume
    mov sp, x1
    save_preserved_but_x30
    // falls through

    .global selene_resume
selene_resume:
#if SELENE_DEBUG
    mov x19, x0
    enter_kernel_stack
    mov x0, x19
    bl selene_trace_leave
    mov x0, x19
#endif
    mov sp, x0
    ldrh w1, [sp, #THREAD_RESUME]
    ldp x20, x21, [sp, #THREAD_SP]
    ldr x22, [sp, #THREAD_TLS]
    msr sp_el0, x20
    msr AT_LEVEL(elr), x21
    msr tpidr_el0, x22
    cbnz w1, resume_all
    msr AT_LEVEL(spsr), xzr
    ldp x0, x1, [sp, #THREAD_REGISTERS]
    ldp x2, x3, [sp, #THREAD_REGISTERS + 16]
    ldp x4, x5, [sp, #THREAD_REGISTERS + 32]
    ldp x6, x7, [sp, #THREAD_REGISTERS + 48]
    ldp x8, x9, [sp, #THREAD_REGISTERS + 64]
    restore_preserved
    zero_scratch
    leave

resume_all:
    strh wzr, [sp, #THREAD_RESUME]
    ldp x18, x17, [sp, #THREAD_REGISTERS + 144]
    msr AT_LEVEL(spsr), x17
    ldp x0, x1, [sp, #THREAD_REGISTERS]
    ldp x2, x3, [sp, #THREAD_REGISTERS + 16]
    ldp x4, x5, [sp, #THREAD_REGISTERS + 32]
    ldp x6, x7, [sp, #THREAD_REGISTERS + 48]
    ldp x8, x9, [sp, #THREAD_REGISTERS + 64]
    ldp x10, x11, [sp, #THREAD_REGISTERS + 80]
    ldp x12, x13, [sp, #THREAD_REGISTERS + 96]
    ldp x14, x15, [sp, #THREAD_REGISTERS + 112]
    ldp x16, x17, [sp, #THREAD_REGISTERS + 128]
    restore_preserved
    leave

// Other synchronous exceptions; w17 is the rotated syndrome, x17 itself is saved.
synchronous_entry:
    cmp w17, #SVC_SYNDROME(SYSTEM_CALL_SIGNAL)
    b.eq selene_hot_signal
    cmp w17, #SVC_SYNDROME(SYSTEM_CALL_WAIT)
    b.eq wait_entry
    cmp w17, #SVC_SYNDROME(SYSTEM_CALL_POLL)
    b.eq poll_entry
    cmp w17, #SVC_SYNDROME(SYSTEM_CALL_YIELD)
    b.eq selene_hot_yield
    cmp w17, #SVC_SYNDROME(SYSTEM_CALL_COUNT)
    b.hs other_exception
    str x16, [sp, #THREAD_PRESERVED]
    and w16, w17, #SVC_CLASS_MASK
    cmp w16, #SVC_CLASS
    ldr x16, [sp, #THREAD_PRESERVED]
    b.ne other_exception
    lsr w17, w17, #7
    b system_call

wait_entry:
    mov x11, #SYSTEM_CALL_WAIT
    b selene_hot_take

    .section .text.hot.4_poll, "ax"
poll_entry:                     // falls into selene_hot_take
    mov x11, #SYSTEM_CALL_POLL
    .section .text.entries, "ax"

other_exception:
    save_all
    mrs x22, AT_LEVEL(esr)
    mrs x23, AT_LEVEL(far)
    enter_kernel_stack
    bl selene_exception
    b selene_resume

interrupt_entry:
    str x17, [sp, #THREAD_ENTRY_SCRATCH]
    save_all
    enter_kernel_stack
    bl selene_interrupt
    b selene_resume

core_arrives:                   // from core_entry.S: x19 is the core's area, x20 where it goes on
    add sp, x19, #CORE_STACK_TOP
    mov x0, x19
    mov x1, x20
    b selene_core_arrives

// Nothing else that the kernel does raises an exception. x17 is the row of the table, its own value in a register that only
// user code has a use for, as x16 is at once: sp may be a thread, a stack or rubbish.
unexpected_exception:
#if SELENE_DEBUG
    msr tpidr_el0, x16
    adrp x16, selene_report_area
    add x16, x16, :lo12:selene_report_area
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    str x\n, [x16, #\n * 8]
    .endr
    mrs x0, tpidr_el0
    mrs x1, tpidrro_el0
    mov x2, sp
    stp x0, x1, [x16, #16 * 8]
    str x2, [x16, #REPORT_SP]
    mov x0, x17
    add sp, x16, #REPORT_AREA_SIZE
    bl selene_unexpected_exception
#else
    wfi
    b unexpected_exception
#endif
