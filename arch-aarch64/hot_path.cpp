// SPDX-License-Identifier: BSD-2-Clause
// The hot path: straight lines, no loops, no stack, no cold code.
#include "hot_path.hpp"

#include "ipc/hot_switch.hpp"
#include "register_path.hpp"

using namespace selene;
using namespace selene::hot;
using namespace selene::register_path;

extern "C" {

[[gnu::section(".text.hot.1_call"), gnu::aligned(4), clang::preserve_none]] void selene_hot_call(
    SELENE_HOT_PARAMETERS) {
    SELENE_TAKE_REGISTERS();
    own_core.assert_held();  // by the vector, which masks interrupts
    Partner receiver;
    const Look look = is_short(x1) ? find_receiver<Fpu::unused>(x0, receiver) : Look::nothing;
    uint64_t any;
    if (look == Look::capability)
        SELENE_DECLINE(selene_call_slot, reinterpret_cast<uint64_t>(receiver.slot), receiver.word0, any);
    if (look == Look::object)
        SELENE_DECLINE(selene_found_call, reinterpret_cast<uint64_t>(receiver.endpoint), any, receiver.badge);
    if (look == Look::nothing) [[unlikely]]
        SELENE_DECLINE(selene_long_call, any, any, any);

    SELENE_SAVE_PRESERVED();
    pass_call(receiver);
    leave(receiver.thread, receiver.badge, x1, {x2, x3, x4, x5, x6, x7, x8, x9});
}

[[gnu::section(".text.hot.2_reply_receive"), gnu::aligned(4), clang::preserve_none]] void selene_hot_reply_receive(
    SELENE_HOT_PARAMETERS) {
    SELENE_TAKE_REGISTERS();
    own_core.assert_held();  // by the vector, which masks interrupts
    Partner caller;
    uint64_t any;
    const Look look = is_short(x1) ? find_caller<Fpu::unused>(x0, x10, caller) : Look::nothing;
    if (look == Look::object)
        SELENE_DECLINE(selene_found_reply_receive, reinterpret_cast<uint64_t>(caller.endpoint), any,
                       reinterpret_cast<uint64_t>(caller.reply));
    if (look == Look::nothing) [[unlikely]]
        SELENE_DECLINE(selene_long_reply_receive, any, any, any);

    SELENE_SAVE_PRESERVED();
    pass_answer(caller, x0);
    leave(caller.thread, 0, x1, {x2, x3, x4, x5, x6, x7, x8, x9});
}

[[gnu::section(".text.hot.3_signal"), gnu::aligned(4), clang::preserve_none]] void selene_hot_signal(
    SELENE_HOT_PARAMETERS) {
    SELENE_TAKE_REGISTERS();
    own_core.assert_held();  // by the vector, which masks interrupts
    uint64_t any;
    Bits found;
    const Look look = find_signalled(x0, found);
    if (look == Look::nothing) [[unlikely]]
        SELENE_DECLINE(selene_slow_signal, any, any, any);
    if (look == Look::object)
        SELENE_DECLINE(selene_found_signal, reinterpret_cast<uint64_t>(found.notification), any, found.bits);
    set(found);
    SELENE_RETURN_AT_ONCE(0);
}

[[gnu::section(".text.hot.4_take"), gnu::aligned(4), clang::preserve_none]] void selene_hot_take(
    SELENE_HOT_PARAMETERS) {
    SELENE_TAKE_REGISTERS();
    own_core.assert_held();  // by the vector, which masks interrupts
    uint64_t any;
    Bits found;
    const Look look = find_taken(x0, x11, found);
    if (look == Look::nothing) [[unlikely]]
        SELENE_DECLINE(selene_slow_take, x11, any, any);
    if (look == Look::object)
        SELENE_DECLINE(selene_found_wait, reinterpret_cast<uint64_t>(found.notification), any, any);
    take(found);
    SELENE_RETURN_AT_ONCE(found.bits);
}

[[gnu::section(".text.hot.5_yield"), gnu::aligned(4), clang::preserve_none]] void selene_hot_yield(
    SELENE_HOT_PARAMETERS) {
    SELENE_TAKE_REGISTERS();
    own_core.assert_held();  // by the vector, which masks interrupts
    uint64_t any;
    if (!may_go_on()) SELENE_DECLINE(selene_slow_yield, any, any, any);
    SELENE_RETURN_AT_ONCE(0);
}

}  // extern "C"
