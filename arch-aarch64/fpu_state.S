// SPDX-License-Identifier: BSD-2-Clause
// Floating-point registers to and from a thread; the only code of the kernel that touches them.
#include "thread_layout.hpp"

    .arch_extension fp
    .arch_extension simd

    .section .text.fpu, "ax"
    .global selene_save_fpu
selene_save_fpu:
    mrs x2, fpcr
    mrs x3, fpsr
    str w2, [x0, #THREAD_FPCR]
    str w3, [x0, #THREAD_FPCR + 4]
    add x1, x0, #THREAD_VECTORS
    stp q0, q1, [x1]
    stp q2, q3, [x1, #32]
    stp q4, q5, [x1, #64]
    stp q6, q7, [x1, #96]
    stp q8, q9, [x1, #128]
    stp q10, q11, [x1, #160]
    stp q12, q13, [x1, #192]
    stp q14, q15, [x1, #224]
    stp q16, q17, [x1, #256]
    stp q18, q19, [x1, #288]
    stp q20, q21, [x1, #320]
    stp q22, q23, [x1, #352]
    stp q24, q25, [x1, #384]
    stp q26, q27, [x1, #416]
    stp q28, q29, [x1, #448]
    stp q30, q31, [x1, #480]
    ret

    .global selene_load_fpu
selene_load_fpu:
    ldr w2, [x0, #THREAD_FPCR]
    ldr w3, [x0, #THREAD_FPCR + 4]
    msr fpcr, x2
    msr fpsr, x3
    add x1, x0, #THREAD_VECTORS
    ldp q0, q1, [x1]
    ldp q2, q3, [x1, #32]
    ldp q4, q5, [x1, #64]
    ldp q6, q7, [x1, #96]
    ldp q8, q9, [x1, #128]
    ldp q10, q11, [x1, #160]
    ldp q12, q13, [x1, #192]
    ldp q14, q15, [x1, #224]
    ldp q16, q17, [x1, #256]
    ldp q18, q19, [x1, #288]
    ldp q20, q21, [x1, #320]
    ldp q22, q23, [x1, #352]
    ldp q24, q25, [x1, #384]
    ldp q26, q27, [x1, #416]
    ldp q28, q29, [x1, #448]
    ldp q30, q31, [x1, #480]
    ret
