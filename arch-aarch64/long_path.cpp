// SPDX-License-Identifier: BSD-2-Clause
// The long path: call and reply_receive as the hot path does them, with messages that go on in the buffers, and
// floating-point registers.
#include "abi/ipc_buffer.hpp"
#include "hot_path.hpp"
#include "register_path.hpp"

using namespace selene;
using namespace selene::register_path;

/// To the slow path, with the message as user code has left it; what the caller keeps is in the thread.
#define SELENE_DECLINE_SAVED(slow)                                                                                   \
    do {                                                                                                             \
        register uint64_t x8_back asm("x8") = x8;                                                                    \
        asm volatile("" : : "r"(x8_back));                                                                           \
        [[clang::musttail]] return slow(any, any, any, any, any, any, any, any, any, x0, x1, x2, x3, x4, x5, x6, x7, \
                                        x10, any, any, any, any, x9);                                                \
    } while (false)

namespace {

/// Whether a message is of words alone.
SELENE_INLINE bool is_plain(uint64_t tag) { return static_cast<uint32_t>(tag) <= abi::message_words; }

/// What of a long message is in no register.
SELENE_INLINE void copy_rest(const Thread* from, Thread* to, uint64_t tag) SELENE_REQUIRES(own_core) {
    uint64_t left = static_cast<uint32_t>(tag) - abi::register_words;
    constexpr auto words = offsetof(abi::IpcBuffer, words) / sizeof(uint64_t);
    const uint64_t* source = from->buffer + words;
    uint64_t* target = to->buffer + words;
    uint64_t a;
    uint64_t b;
    uint64_t c;
    uint64_t d;
    asm volatile(
        "subs %[left], %[left], #8\n\t"
        "b.lo 2f\n"
        "1:\tldp %[a], %[b], [%[source]], #16\n\t"
        "ldp %[c], %[d], [%[source]], #16\n\t"
        "stp %[a], %[b], [%[target]], #16\n\t"
        "stp %[c], %[d], [%[target]], #16\n\t"
        "ldp %[a], %[b], [%[source]], #16\n\t"
        "ldp %[c], %[d], [%[source]], #16\n\t"
        "stp %[a], %[b], [%[target]], #16\n\t"
        "stp %[c], %[d], [%[target]], #16\n\t"
        "subs %[left], %[left], #8\n\t"
        "b.hs 1b\n"
        "2:\ttbz %[left], #2, 3f\n\t"  // eight less than are left: the same in the lowest three bits
        "ldp %[a], %[b], [%[source]], #16\n\t"
        "ldp %[c], %[d], [%[source]], #16\n\t"
        "stp %[a], %[b], [%[target]], #16\n\t"
        "stp %[c], %[d], [%[target]], #16\n"
        "3:\ttbz %[left], #1, 4f\n\t"
        "ldp %[a], %[b], [%[source]], #16\n\t"
        "stp %[a], %[b], [%[target]], #16\n"
        "4:\ttbz %[left], #0, 5f\n\t"
        "ldr %[a], [%[source]]\n\t"
        "str %[a], [%[target]]\n"
        "5:"
        : [left] "+r"(left), [source] "+r"(source), [target] "+r"(target), [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c),
          [d] "=&r"(d)
        :
        : "cc", "memory");
}

/// Copy what goes on in the buffers, if any does. False: one of them is missing.
SELENE_INLINE bool carry_rest(const Thread* from, Thread* to, uint64_t tag) SELENE_REQUIRES(own_core) {
    if (static_cast<uint32_t>(tag) <= abi::register_words) return true;
    if (from->buffer == nullptr || to->buffer == nullptr) return false;
    copy_rest(from, to, tag);
    return true;
}

/// `used`, used_fpu of the two: their states are without flags so far.
SELENE_INLINE void pass_fpu(uint64_t used, Thread* from, Thread* to) SELENE_REQUIRES(own_core) {
    if ((used & machine::fpu_live) != 0) from->set_flag(state_uses_fpu);
    if ((used & ~uint64_t{machine::fpu_live}) != 0) to->set_flag(state_uses_fpu);
    machine::switch_fpu(machine::this_core(), *to);
}

}  // namespace

extern "C" {

[[gnu::section(".text.long.1_call"), gnu::aligned(4), clang::preserve_none]] void selene_long_call(
    SELENE_HOT_PARAMETERS) {
    SELENE_TAKE_REGISTERS();
    own_core.assert_held();  // by the vector, which masks interrupts
    SELENE_SAVE_PRESERVED();
    uint64_t any;
    Partner receiver;
    if (!is_plain(x1) || find_receiver<Fpu::may_be_used>(x0, receiver) != Look::partner)
        SELENE_DECLINE_SAVED(selene_saved_call);
    if (!carry_rest(current_thread(), receiver.thread, x1)) SELENE_DECLINE_SAVED(selene_saved_call);
    const uint64_t fpu = (core_word() | receiver.summary) & used_fpu;
    pass_call(receiver);
    if (fpu != 0) [[unlikely]]
        pass_fpu(fpu, current_thread(), receiver.thread);
    leave(receiver.thread, receiver.badge, x1, {x2, x3, x4, x5, x6, x7, x8, x9});
}

[[gnu::section(".text.long.2_reply_receive"), gnu::aligned(4), clang::preserve_none]] void selene_long_reply_receive(
    SELENE_HOT_PARAMETERS) {
    SELENE_TAKE_REGISTERS();
    own_core.assert_held();  // by the vector, which masks interrupts
    SELENE_SAVE_PRESERVED();
    uint64_t any;
    Partner caller;
    if (!is_plain(x1) || find_caller<Fpu::may_be_used>(x0, x10, caller) != Look::partner)
        SELENE_DECLINE_SAVED(selene_saved_reply_receive);
    if (!carry_rest(current_thread(), caller.thread, x1)) SELENE_DECLINE_SAVED(selene_saved_reply_receive);
    const uint64_t fpu = (core_word() | caller.summary) & used_fpu;
    pass_answer(caller, x0);
    if (fpu != 0) [[unlikely]]
        pass_fpu(fpu, current_thread(), caller.thread);
    leave(caller.thread, 0, x1, {x2, x3, x4, x5, x6, x7, x8, x9});
}

}  // extern "C"
