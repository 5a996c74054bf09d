// SPDX-License-Identifier: BSD-2-Clause
// What the hot path and the long one are made of: C++ on the registers as user code has left them, without a stack.
#pragma once

#include "exception_level.hpp"
#include "object/thread.hpp"

/// The values of the registers that clang's convention has no place for, taken before the compiler puts them to another
/// use. It keeps x29 and x30 by itself: to use them it would need a stack frame.
#define SELENE_TAKE_REGISTERS()                               \
    register uint64_t x8_register asm("x8");                  \
    register uint64_t x19_register asm("x19");                \
    asm volatile("" : "=r"(x8_register), "=r"(x19_register)); \
    uint64_t x8 = x8_register;                                \
    uint64_t x19 = x19_register

// What has no value is passed as none: any other would take instructions.
#pragma clang diagnostic ignored "-Wuninitialized"
/// On to a label of vectors.S, with every register that counts as user code has left it, and these in x11 to x13.
#define SELENE_DECLINE(label, x11_found, x12_found, x13_found)                                                        \
    do {                                                                                                              \
        register uint64_t x8_back asm("x8") = x8;                                                                     \
        register uint64_t x19_back asm("x19") = x19;                                                                  \
        asm volatile("" : : "r"(x8_back), "r"(x19_back));                                                             \
        [[clang::musttail]] return label(x20, x21, x22, x23, x24, x25, x26, x27, x28, x0, x1, x2, x3, x4, x5, x6, x7, \
                                         x10, x11_found, x12_found, x13_found, any, x9);                              \
    } while (false)

/// What the thread keeps, in the registers it is in.
#define SELENE_PIN_PRESERVED()              \
    register uint64_t r19 asm("x19") = x19; \
    register uint64_t r20 asm("x20") = x20; \
    register uint64_t r21 asm("x21") = x21; \
    register uint64_t r22 asm("x22") = x22; \
    register uint64_t r23 asm("x23") = x23; \
    register uint64_t r24 asm("x24") = x24; \
    register uint64_t r25 asm("x25") = x25; \
    register uint64_t r26 asm("x26") = x26; \
    register uint64_t r27 asm("x27") = x27; \
    register uint64_t r28 asm("x28") = x28

/// Back to user code with this result, every register that counts as it was.
#define SELENE_RETURN_AT_ONCE(result)                                                                            \
    do {                                                                                                         \
        register uint64_t r0 asm("x0") = result;                                                                 \
        register uint64_t r1 asm("x1") = 0;                                                                      \
        register uint64_t r2 asm("x2") = x2;                                                                     \
        register uint64_t r3 asm("x3") = x3;                                                                     \
        register uint64_t r4 asm("x4") = x4;                                                                     \
        register uint64_t r5 asm("x5") = x5;                                                                     \
        register uint64_t r6 asm("x6") = x6;                                                                     \
        register uint64_t r7 asm("x7") = x7;                                                                     \
        register uint64_t r8 asm("x8") = x8;                                                                     \
        register uint64_t r9 asm("x9") = x9;                                                                     \
        SELENE_PIN_PRESERVED();                                                                                  \
        asm volatile("b selene_return_at_once"                                                                   \
                     :                                                                                           \
                     : "r"(r0), "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5), "r"(r6), "r"(r7), "r"(r8), "r"(r9), \
                       "r"(r19), "r"(r20), "r"(r21), "r"(r22), "r"(r23), "r"(r24), "r"(r25), "r"(r26), "r"(r27), \
                       "r"(r28)                                                                                  \
                     : "memory");                                                                                \
        __builtin_unreachable();                                                                                 \
    } while (false)

/// Save what the calling thread keeps.
#define SELENE_SAVE_PRESERVED()                                                                                          \
    do {                                                                                                                 \
        SELENE_PIN_PRESERVED();                                                                                          \
        asm volatile(                                                                                                  \
            "stp x19, x20, [sp]\n\t"                                                                                   \
            "stp x21, x22, [sp, #16]\n\t"                                                                              \
            "stp x23, x24, [sp, #32]\n\t"                                                                              \
            "stp x25, x26, [sp, #48]\n\t"                                                                              \
            "stp x27, x28, [sp, #64]\n\t"                                                                              \
            "stp x29, x30, [sp, #80]\n\t"                                                                              \
            "mrs x19, sp_el0\n\t"                                                                                      \
            "mrs x20, " AT_LEVEL_TEXT(elr) "\n\t"                                                                      \
            "stp x19, x20, [sp, %[sp_pc]]"                                                                             \
            : "+r"(r19), "+r"(r20)                                                                                     \
            : [sp_pc] "i"(offsetof(Thread, sp)), "r"(r21), "r"(r22), "r"(r23), "r"(r24), "r"(r25), "r"(r26), "r"(r27), \
              "r"(r28)                                                                                                 \
            : "memory"); \
    } while (false)

namespace selene::register_path {

/// The words of a message in the registers they travel in.
struct Words {
    uint64_t word0, word1, word2, word3, word4, word5, word6, word7;
};

/// Return to user level as `thread`, from a voluntary entry.
[[noreturn, gnu::always_inline]] inline void leave(Thread* thread, uint64_t result, uint64_t tag, Words words) {
    register uint64_t x0 asm("x0") = result;
    register uint64_t x1 asm("x1") = tag;
    register uint64_t x2 asm("x2") = words.word0;
    register uint64_t x3 asm("x3") = words.word1;
    register uint64_t x4 asm("x4") = words.word2;
    register uint64_t x5 asm("x5") = words.word3;
    register uint64_t x6 asm("x6") = words.word4;
    register uint64_t x7 asm("x7") = words.word5;
    register uint64_t x8 asm("x8") = words.word6;
    register uint64_t x9 asm("x9") = words.word7;
    asm volatile(
        "mov sp, %[thread]\n\t"
#if SELENE_DEBUG
        "bl selene_trace_switch\n\t"
#endif
        "ldp x20, x21, [sp, %[sp_pc]]\n\t"
        "ldr x22, [sp, %[tls]]\n\t"
        "msr sp_el0, x20\n\t"
        "msr " AT_LEVEL_TEXT(elr) ", x21\n\t"
        "msr tpidr_el0, x22\n\t"
        "msr " AT_LEVEL_TEXT(spsr) ", xzr\n\t"
        "ldp x19, x20, [sp]\n\t"
        "ldp x21, x22, [sp, #16]\n\t"
        "ldp x23, x24, [sp, #32]\n\t"
        "ldp x25, x26, [sp, #48]\n\t"
        "ldp x27, x28, [sp, #64]\n\t"
        "ldp x29, x30, [sp, #80]\n\t"
        "mov x10, xzr\n\t"
        "mov x11, xzr\n\t"
        "mov x12, xzr\n\t"
        "mov x13, xzr\n\t"
        "mov x14, xzr\n\t"
        "mov x15, xzr\n\t"
        "mov x16, xzr\n\t"
        "mov x17, xzr\n\t"
        "mov x18, xzr\n\t"
        "eret\n\t"
        "dsb nsh\n\t"  // nothing behind is to be executed, not even in anticipation
        "isb"
        :
        : [thread] "r"(thread), [sp_pc] "i"(offsetof(Thread, sp)), [tls] "i"(offsetof(Thread, tls)), "r"(x0), "r"(x1),
          "r"(x2), "r"(x3), "r"(x4), "r"(x5), "r"(x6), "r"(x7), "r"(x8), "r"(x9)
        : "memory");
    __builtin_unreachable();
}
static_assert(offsetof(Thread, preserved) == 0);

}  // namespace selene::register_path
