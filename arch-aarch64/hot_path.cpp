// SPDX-License-Identifier: BSD-2-Clause
// The hot path: straight lines, no loops, no stack, no cold code.
#include "hot_path.hpp"

#include "register_path.hpp"

using namespace selene;
using namespace selene::register_path;

namespace {

/// What became of a look at a call.
enum class Look : uint8_t {
    partner,
    endpoint,    ///< the right one, without such a partner
    capability,  ///< to something else
    nothing,
};

/// What a call or a reply needs to know of the other side.
struct Partner {
    Slot* slot;  ///< of the capability, also if it is of no use here
    uint64_t word0;
    Thread* thread;
    uint64_t root;  ///< of its address space, with its tag
    Endpoint* endpoint;
    Reply* reply;
    uint64_t badge;
};

/// The receiver of a call, if this is the case that the hot path takes.
SELENE_INLINE Look find_receiver(uint64_t index, uint64_t tag, Partner& found) SELENE_REQUIRES(own_core) {
    if (static_cast<uint32_t>(tag) > abi::register_words) [[unlikely]]
        return Look::nothing;
    Slot* table;
    uint64_t count;
    load_pair(&current_thread()->task->table, table, count);
    const machine::BoundedIndex bounded = machine::bounded(index, count);
    if (!bounded.within) [[unlikely]]
        return Look::nothing;
    uint64_t word0;
    found.slot = &table[bounded.index];
    load_pair(found.slot, word0, found.badge);
    found.word0 = word0;
    if (Capability::TypeWriteReply::of(word0) != call_check) [[unlikely]]
        return Look::capability;
    found.endpoint = PointerField<Endpoint>::of(word0);
    found.endpoint->lock.assert_held();
    found.thread = found.endpoint->passive_receivers.first();
    if (found.thread == nullptr) [[unlikely]]
        return Look::endpoint;
    uint64_t summary;
    Task* task;
    load_pair(&found.thread->summary, summary, task);
    Thread* next;
    load_pair(&found.thread->reply, found.reply, next);
    if (!may_switch_to(core_word(), summary, ThreadState::receiving_passive)) [[unlikely]]
        return Look::nothing;
    if (next != nullptr) [[unlikely]]
        return Look::nothing;
    found.root = task->root_hint();
    return found.root != 0 ? Look::partner : Look::nothing;
}

/// The caller that a reply goes to, if this is the case that the hot path takes.
SELENE_INLINE Look find_caller(uint64_t index, uint64_t tag, uint64_t reply_index, Partner& found)
    SELENE_REQUIRES(own_core) {
    if (static_cast<uint32_t>(tag) > abi::register_words) [[unlikely]]
        return Look::nothing;
    Slot* table;
    uint64_t count;
    load_pair(&current_thread()->task->table, table, count);
    const machine::BoundedIndex bounded = machine::bounded(index, count);
    if (!bounded.within) [[unlikely]]
        return Look::nothing;
    const uint64_t word0 = table[bounded.index].capability().word0();
    if (Capability::ReadType::of(word0) != receive_check) [[unlikely]]
        return Look::nothing;
    found.endpoint = PointerField<Endpoint>::of(word0);
    found.reply = current_thread()->reply;
    const machine::BoundedIndex bounded_reply = machine::bounded(reply_index, count);
    if (!bounded_reply.within) [[unlikely]]
        return Look::nothing;
    const uint64_t reply_word = reinterpret_cast<uint64_t>(found.reply) + reply_difference;
    if (((table[bounded_reply.index].capability().word0() ^ reply_word) & reply_mask) != 0) [[unlikely]]
        return Look::nothing;
    Notification* bound = current_thread()->bound;
    if (bound != nullptr) {
        bound->lock.assert_held();
        if (bound->bits != 0) [[unlikely]]
            return Look::nothing;
    }
    uint64_t receivers;
    uint64_t donors;
    load_pair(found.endpoint, receivers, donors);
    if ((receivers | donors) != 0) [[unlikely]]
        return Look::nothing;
    uint64_t settled;
    load_pair(found.reply, found.thread, settled);
    if (found.thread == nullptr || settled != 0) [[unlikely]]
        return Look::nothing;
    uint64_t summary;
    Task* task;
    load_pair(&found.thread->summary, summary, task);
    if (!may_switch_to(core_word(), summary, ThreadState::called_donating)) [[unlikely]]
        return Look::endpoint;
    found.root = task->root_hint();
    return found.root != 0 ? Look::partner : Look::nothing;
}

}  // namespace

extern "C" {

[[gnu::section(".text.hot.1_call"), gnu::aligned(4), clang::preserve_none]] void selene_hot_call(
    SELENE_HOT_PARAMETERS) {
    SELENE_TAKE_REGISTERS();
    own_core.assert_held();  // by the vector, which masks interrupts
    Partner receiver;
    const Look look = find_receiver(x0, x1, receiver);
    uint64_t any;
    if (look == Look::capability)
        SELENE_DECLINE(selene_call_slot, reinterpret_cast<uint64_t>(receiver.slot), receiver.word0, any);
    if (look == Look::endpoint)
        SELENE_DECLINE(selene_found_call, reinterpret_cast<uint64_t>(receiver.endpoint), any, receiver.badge);
    if (look == Look::nothing) [[unlikely]]
        SELENE_DECLINE(selene_long_call, any, any, any);

    SELENE_SAVE_PRESERVED();
    Thread* caller = current_thread();
    receiver.endpoint->lock.assert_held();
    receiver.endpoint->passive_receivers.hot_clear();
    receiver.reply->caller = caller;
    caller->blocked_on = receiver.reply;
    store_state(caller, ThreadState::called_donating);
    receiver.thread->blocked_on = nullptr;
    store_state(receiver.thread, ThreadState::running);
    machine::set_space(receiver.root);
    leave(receiver.thread, receiver.badge, x1, {x2, x3, x4, x5, x6, x7, x8, x9});
}

[[gnu::section(".text.hot.2_reply_receive"), gnu::aligned(4), clang::preserve_none]] void selene_hot_reply_receive(
    SELENE_HOT_PARAMETERS) {
    SELENE_TAKE_REGISTERS();
    own_core.assert_held();  // by the vector, which masks interrupts
    Partner caller;
    uint64_t any;
    const Look look = find_caller(x0, x1, x10, caller);
    if (look == Look::endpoint)
        SELENE_DECLINE(selene_found_reply_receive, reinterpret_cast<uint64_t>(caller.endpoint), any,
                       reinterpret_cast<uint64_t>(caller.reply));
    if (look == Look::nothing) [[unlikely]]
        SELENE_DECLINE(selene_long_reply_receive, any, any, any);

    // A server that serves a donor has no budget of its own, and its queue links are null.
    SELENE_SAVE_PRESERVED();
    Thread* server = current_thread();
    caller.endpoint->lock.assert_held();
    caller.endpoint->passive_receivers.hot_set(server);
    server->blocked_on = caller.endpoint;
    server->context = nullptr;
    caller.reply->caller = nullptr;
    caller.thread->blocked_on = nullptr;
    store_state(server, ThreadState::receiving_passive);
    store_state(caller.thread, ThreadState::running);
    machine::set_space(caller.root);
    leave(caller.thread, 0, x1, {x2, x3, x4, x5, x6, x7, x8, x9});
}

[[gnu::section(".text.hot.3_signal"), gnu::aligned(4), clang::preserve_none]] void selene_hot_signal(
    SELENE_HOT_PARAMETERS) {
    SELENE_TAKE_REGISTERS();
    own_core.assert_held();  // by the vector, which masks interrupts
    uint64_t any;
    Slot* table;
    uint64_t count;
    load_pair(&current_thread()->task->table, table, count);
    const machine::BoundedIndex bounded = machine::bounded(x0, count);
    if (!bounded.within) [[unlikely]]
        SELENE_DECLINE(selene_slow_signal, any, any, any);
    uint64_t word0;
    uint64_t badge;
    load_pair(&table[bounded.index], word0, badge);
    if (Capability::TypeWrite::of(word0) != signal_check) [[unlikely]]
        SELENE_DECLINE(selene_slow_signal, any, any, any);
    Notification* notification = PointerField<Notification>::of(word0);
    notification->lock.assert_held();
    badge = badge != 0 ? badge : 1;
    if (!notification->idle())
        SELENE_DECLINE(selene_found_signal, reinterpret_cast<uint64_t>(notification), any, badge);
    notification->bits |= badge;
    SELENE_RETURN_AT_ONCE(0);
}

[[gnu::section(".text.hot.4_take"), gnu::aligned(4), clang::preserve_none]] void selene_hot_take(
    SELENE_HOT_PARAMETERS) {
    SELENE_TAKE_REGISTERS();
    own_core.assert_held();  // by the vector, which masks interrupts
    uint64_t any;
    Slot* table;
    uint64_t count;
    load_pair(&current_thread()->task->table, table, count);
    const machine::BoundedIndex bounded = machine::bounded(x0, count);
    if (!bounded.within) [[unlikely]]
        SELENE_DECLINE(selene_slow_take, x11, any, any);
    const uint64_t word0 = table[bounded.index].capability().word0();
    if (Capability::ReadType::of(word0) != take_check) [[unlikely]]
        SELENE_DECLINE(selene_slow_take, x11, any, any);
    Notification* notification = PointerField<Notification>::of(word0);
    notification->lock.assert_held();
    const uint64_t bits = notification->bits;
    constexpr auto wait = static_cast<uint64_t>(abi::SystemCall::wait);
    if (bits == 0 && x11 == wait) SELENE_DECLINE(selene_found_wait, reinterpret_cast<uint64_t>(notification), any, any);
    notification->bits = 0;
    SELENE_RETURN_AT_ONCE(bits);
}

[[gnu::section(".text.hot.5_yield"), gnu::aligned(4), clang::preserve_none]] void selene_hot_yield(
    SELENE_HOT_PARAMETERS) {
    SELENE_TAKE_REGISTERS();
    own_core.assert_held();  // by the vector, which masks interrupts
    uint64_t any;
    const auto floor = static_cast<uint8_t>(core_word());
    if (current_thread()->priority() <= floor) SELENE_DECLINE(selene_slow_yield, any, any, any);
    SELENE_RETURN_AT_ONCE(0);
}

}  // extern "C"
