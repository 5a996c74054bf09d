// SPDX-License-Identifier: BSD-2-Clause
// The long path: call and reply_receive as the hot path does them, with messages that go on in the buffers, and
// floating-point registers.
#include "hot_path.hpp"
#include "ipc/hot_switch.hpp"
#include "register_path.hpp"

using namespace selene;
using namespace selene::hot;
using namespace selene::register_path;

/// To the slow path, with the message as user code has left it; what the caller keeps is in the thread.
#define SELENE_DECLINE_SAVED(slow)                                                                                   \
    do {                                                                                                             \
        register uint64_t x8_back asm("x8") = x8;                                                                    \
        asm volatile("" : : "r"(x8_back));                                                                           \
        [[clang::musttail]] return slow(any, any, any, any, any, any, any, any, any, x0, x1, x2, x3, x4, x5, x6, x7, \
                                        x10, any, any, any, any, x9);                                                \
    } while (false)

extern "C" {

[[gnu::section(".text.long.1_call"), gnu::aligned(4), clang::preserve_none]] void selene_long_call(
    SELENE_HOT_PARAMETERS) {
    SELENE_TAKE_REGISTERS();
    own_core.assert_held();  // by the vector, which masks interrupts
    SELENE_SAVE_PRESERVED();
    uint64_t any;
    Partner receiver;
    if (!is_plain(x1) || find_receiver<Fpu::may_be_used>(x0, receiver) != Look::ready)
        SELENE_DECLINE_SAVED(selene_saved_call);
    if (!carry_rest(machine::calling_thread(), receiver.thread, x1)) SELENE_DECLINE_SAVED(selene_saved_call);
    const uint64_t fpu = (machine::calling_core_word() | receiver.summary) & used_fpu;
    pass_call(receiver);
    if (fpu != 0) [[unlikely]]
        pass_fpu(fpu, machine::calling_thread(), receiver.thread);
    leave(receiver.thread, receiver.badge, x1, {x2, x3, x4, x5, x6, x7, x8, x9});
}

[[gnu::section(".text.long.2_reply_receive"), gnu::aligned(4), clang::preserve_none]] void selene_long_reply_receive(
    SELENE_HOT_PARAMETERS) {
    SELENE_TAKE_REGISTERS();
    own_core.assert_held();  // by the vector, which masks interrupts
    SELENE_SAVE_PRESERVED();
    uint64_t any;
    Partner caller;
    if (!is_plain(x1) || find_caller<Fpu::may_be_used>(x0, x10, caller) != Look::ready)
        SELENE_DECLINE_SAVED(selene_saved_reply_receive);
    if (!carry_rest(machine::calling_thread(), caller.thread, x1)) SELENE_DECLINE_SAVED(selene_saved_reply_receive);
    const uint64_t fpu = (machine::calling_core_word() | caller.summary) & used_fpu;
    pass_answer(caller, x0);
    if (fpu != 0) [[unlikely]]
        pass_fpu(fpu, machine::calling_thread(), caller.thread);
    leave(caller.thread, 0, x1, {x2, x3, x4, x5, x6, x7, x8, x9});
}

}  // extern "C"
