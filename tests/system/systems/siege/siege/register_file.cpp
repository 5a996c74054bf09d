// SPDX-License-Identifier: BSD-2-Clause
// Loading, entering, storing.
#include "register_file.hpp"

#include <cstddef>

namespace siege {

namespace {

static_assert(offsetof(RegisterFile, flags) == 248 && offsetof(RegisterFile, v) == 256 && sizeof(RegisterFile) == 768 &&
              offsetof(Passage, after) == 768);

// With x0 the Passage, of which the stack's top keeps the address.
#define LOAD_VECTORS                                                      \
    ".arch_extension simd\n"                                              \
    ".irp n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30\n" \
    "ldr q\\n, [x0, #(256 + \\n * 16)]\n"                                 \
    ".endr\n"                                                             \
    ".irp n, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31\n" \
    "ldr q\\n, [x0, #(256 + \\n * 16)]\n"                                 \
    ".endr\n"
#define LOAD_REST                                                                             \
    "ldr x1, [x0, #248]\n"                                                                    \
    "msr nzcv, x1\n"                                                                          \
    ".irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22\n" \
    "ldr x\\n, [x0, #(\\n * 8)]\n"                                                            \
    ".endr\n"                                                                                 \
    ".irp n, 23, 24, 25, 26, 27, 28, 29, 30\n"                                                \
    "ldr x\\n, [x0, #(\\n * 8)]\n"                                                            \
    ".endr\n"                                                                                 \
    "ldr x0, [x0]\n"

// With x0 where they go to; x0 itself has been stored. x1 is used up at the end.
#define STORE_REST                                                                            \
    ".irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22\n" \
    "str x\\n, [x0, #(768 + \\n * 8)]\n"                                                      \
    ".endr\n"                                                                                 \
    ".irp n, 23, 24, 25, 26, 27, 28, 29, 30\n"                                                \
    "str x\\n, [x0, #(768 + \\n * 8)]\n"                                                      \
    ".endr\n"                                                                                 \
    "mrs x1, nzcv\n"                                                                          \
    "str x1, [x0, #(768 + 248)]\n"
#define STORE_VECTORS                                                          \
    ".arch_extension simd\n"                                                   \
    ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"           \
    "str q\\n, [x0, #(768 + 256 + \\n * 16)]\n"                                \
    ".endr\n"                                                                  \
    ".irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n" \
    "str q\\n, [x0, #(768 + 256 + \\n * 16)]\n"                                \
    ".endr\n"

#define SAVE_OWN                   \
    "stp x29, x30, [sp, #-112]!\n" \
    "stp x27, x28, [sp, #16]\n"    \
    "stp x25, x26, [sp, #32]\n"    \
    "stp x23, x24, [sp, #48]\n"    \
    "stp x21, x22, [sp, #64]\n"    \
    "stp x19, x20, [sp, #80]\n"    \
    "str x0, [sp, #96]\n"
#define RESTORE_OWN              \
    "ldp x19, x20, [sp, #80]\n"  \
    "ldp x21, x22, [sp, #64]\n"  \
    "ldp x23, x24, [sp, #48]\n"  \
    "ldp x25, x26, [sp, #32]\n"  \
    "ldp x27, x28, [sp, #16]\n"  \
    "ldp x29, x30, [sp], #112\n" \
    "ret\n"

}  // namespace

#define WAY_WITH(name, load, instructions, store)         \
    [[gnu::naked]] void name(Passage&) {                  \
        asm volatile(SAVE_OWN load instructions           \
                     "str x0, [sp, #104]\n"               \
                     "ldr x0, [sp, #96]\n" store          \
                     "ldr x1, [sp, #104]\n"               \
                     "str x1, [x0, #768]\n" RESTORE_OWN); \
    }
#define WAY(name, instructions) WAY_WITH(name, LOAD_VECTORS LOAD_REST, instructions, STORE_REST STORE_VECTORS)

WAY(by_call, "svc #0\n")
WAY(by_reply_receive, "svc #1\n")
WAY(by_send, "svc #2\n")
WAY(by_receive, "svc #3\n")
WAY(by_wait, "svc #6\n")
WAY(by_poll, "svc #7\n")
WAY(by_signal, "svc #8\n")
WAY(by_yield, "svc #9\n")
WAY(by_unknown_call, "svc #0x5ec\n")
WAY(by_undefined, "udf #0\n")
WAY(by_page_fault, "str xzr, [x0]\n")
WAY_WITH(by_plain_call, LOAD_REST, "svc #0\n", STORE_REST)
WAY_WITH(by_plain_reply_receive, LOAD_REST, "svc #1\n", STORE_REST)
WAY(by_interrupt,
    "1: mrs x1, cntvct_el0\n"
    "cmp x1, x0\n"
    "b.lo 1b\n")

[[gnu::naked]] void begin_by_storing() {
    asm volatile(STORE_REST STORE_VECTORS
                 "mov x19, x0\n"
                 "ldr x0, [x19]\n"
                 "svc #8\n"
                 "ldr x0, [x19, #8]\n"
                 "svc #6\n"
                 "1: b 1b\n");
}

}  // namespace siege
