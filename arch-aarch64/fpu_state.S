// SPDX-License-Identifier: BSD-2-Clause
// Floating-point registers from one thread to another; the only code of the kernel that touches them.
#include "exception_level.hpp"
#include "thread_layout.hpp"

    .arch_extension fp
    .arch_extension simd

    // machine::switch_fpu: x10 is the thread that goes on, x17 where to return to; uses x11 to x13.
    .section .text.fpu, "ax"
    .global selene_switch_fpu
selene_switch_fpu:
    ldr w12, [x10, #THREAD_SUMMARY]
    mrs x11, AT_LEVEL(tpidr)
    tbnz w12, #SUMMARY_USES_FPU, 1f
    and x11, x11, #~CORE_WORD_FPU_LIVE
    msr AT_LEVEL(tpidr), x11
    mov x12, #FPU_OFF
    msr FPU_CONTROL, x12
    br x17
1:  orr x11, x11, #CORE_WORD_FPU_LIVE
    msr AT_LEVEL(tpidr), x11
    mov x12, #FPU_ON
    msr FPU_CONTROL, x12
    and x11, x11, #~0xffff
    ldr x12, [x11, #CORE_FPU_OWNER]
    cmp x12, x10
    b.eq 3f
    isb
    str x10, [x11, #CORE_FPU_OWNER]
    cbz x12, 2f
    mrs x11, fpcr
    mrs x13, fpsr
    str w11, [x12, #THREAD_FPCR]
    str w13, [x12, #THREAD_FPCR + 4]
    add x12, x12, #THREAD_VECTORS
    stp q0, q1, [x12]
    stp q2, q3, [x12, #32]
    stp q4, q5, [x12, #64]
    stp q6, q7, [x12, #96]
    stp q8, q9, [x12, #128]
    stp q10, q11, [x12, #160]
    stp q12, q13, [x12, #192]
    stp q14, q15, [x12, #224]
    stp q16, q17, [x12, #256]
    stp q18, q19, [x12, #288]
    stp q20, q21, [x12, #320]
    stp q22, q23, [x12, #352]
    stp q24, q25, [x12, #384]
    stp q26, q27, [x12, #416]
    stp q28, q29, [x12, #448]
    stp q30, q31, [x12, #480]
2:  ldr w11, [x10, #THREAD_FPCR]
    ldr w13, [x10, #THREAD_FPCR + 4]
    msr fpcr, x11
    msr fpsr, x13
    add x12, x10, #THREAD_VECTORS
    ldp q0, q1, [x12]
    ldp q2, q3, [x12, #32]
    ldp q4, q5, [x12, #64]
    ldp q6, q7, [x12, #96]
    ldp q8, q9, [x12, #128]
    ldp q10, q11, [x12, #160]
    ldp q12, q13, [x12, #192]
    ldp q14, q15, [x12, #224]
    ldp q16, q17, [x12, #256]
    ldp q18, q19, [x12, #288]
    ldp q20, q21, [x12, #320]
    ldp q22, q23, [x12, #352]
    ldp q24, q25, [x12, #384]
    ldp q26, q27, [x12, #416]
    ldp q28, q29, [x12, #448]
    ldp q30, q31, [x12, #480]
3:  br x17
