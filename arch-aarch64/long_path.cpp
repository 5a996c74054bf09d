// SPDX-License-Identifier: BSD-2-Clause
// The long path: call and reply_receive as the hot path does them, with messages that go on in the buffers.
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

/// Whether a message goes on in the buffers, and is of words alone.
SELENE_INLINE bool is_long(uint64_t tag) {
    return static_cast<uint32_t>(tag) - abi::register_words - 1 < abi::message_words - abi::register_words;
}

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

/// The slot of a flat table, null if there is none.
SELENE_INLINE Slot* slot_at(Slot* table, uint64_t count, uint64_t index) {
    const machine::BoundedIndex bounded = machine::bounded(index, count);
    return bounded.within ? &table[bounded.index] : nullptr;
}

}  // namespace

extern "C" {

[[gnu::section(".text.long.1_call"), gnu::aligned(4), clang::preserve_none]] void selene_long_call(
    SELENE_HOT_PARAMETERS) {
    SELENE_TAKE_REGISTERS();
    own_core.assert_held();  // by the vector, which masks interrupts
    SELENE_SAVE_PRESERVED();
    uint64_t any;
    Thread* caller = current_thread();
    if (!is_long(x1)) SELENE_DECLINE_SAVED(selene_saved_call);
    Slot* table;
    uint64_t count;
    load_pair(&caller->task->table, table, count);
    const Slot* slot = slot_at(table, count, x0);
    if (slot == nullptr) SELENE_DECLINE_SAVED(selene_saved_call);
    uint64_t word0;
    uint64_t badge;
    load_pair(slot, word0, badge);
    if (Capability::TypeWriteReply::of(word0) != call_check) SELENE_DECLINE_SAVED(selene_saved_call);
    Endpoint* endpoint = PointerField<Endpoint>::of(word0);
    endpoint->lock.assert_held();
    Thread* receiver = endpoint->passive_receivers.first();
    if (receiver == nullptr) SELENE_DECLINE_SAVED(selene_saved_call);
    uint64_t summary;
    Task* task;
    load_pair(&receiver->summary, summary, task);
    if (!may_switch_to(core_word(), summary, ThreadState::receiving_passive)) SELENE_DECLINE_SAVED(selene_saved_call);
    Reply* reply;
    Thread* next;
    load_pair(&receiver->reply, reply, next);
    const uint64_t root = task->root_hint();
    if (next != nullptr || root == 0 || caller->buffer == nullptr || receiver->buffer == nullptr)
        SELENE_DECLINE_SAVED(selene_saved_call);

    copy_rest(caller, receiver, x1);
    endpoint->passive_receivers.hot_clear();
    reply->caller = caller;
    caller->blocked_on = reply;
    store_state(caller, ThreadState::called_donating);
    receiver->blocked_on = nullptr;
    store_state(receiver, ThreadState::running);
    machine::set_space(root);
    leave(receiver, badge, x1, {x2, x3, x4, x5, x6, x7, x8, x9});
}

[[gnu::section(".text.long.2_reply_receive"), gnu::aligned(4), clang::preserve_none]] void selene_long_reply_receive(
    SELENE_HOT_PARAMETERS) {
    SELENE_TAKE_REGISTERS();
    own_core.assert_held();  // by the vector, which masks interrupts
    SELENE_SAVE_PRESERVED();
    uint64_t any;
    Thread* server = current_thread();
    if (!is_long(x1)) SELENE_DECLINE_SAVED(selene_saved_reply_receive);
    Slot* table;
    uint64_t count;
    load_pair(&server->task->table, table, count);
    const Slot* slot = slot_at(table, count, x0);
    const Slot* reply_slot = slot_at(table, count, x10);
    if (slot == nullptr || reply_slot == nullptr) SELENE_DECLINE_SAVED(selene_saved_reply_receive);
    const uint64_t word0 = slot->capability().word0();
    if (Capability::ReadType::of(word0) != receive_check) SELENE_DECLINE_SAVED(selene_saved_reply_receive);
    Reply* reply = server->reply;
    const uint64_t reply_word = reinterpret_cast<uint64_t>(reply) + reply_difference;
    if (((reply_slot->capability().word0() ^ reply_word) & reply_mask) != 0)
        SELENE_DECLINE_SAVED(selene_saved_reply_receive);
    if (Notification* bound = server->bound; bound != nullptr) {
        bound->lock.assert_held();
        if (bound->bits != 0) SELENE_DECLINE_SAVED(selene_saved_reply_receive);
    }
    Endpoint* endpoint = PointerField<Endpoint>::of(word0);
    endpoint->lock.assert_held();
    uint64_t receivers;
    uint64_t donors;
    load_pair(endpoint, receivers, donors);
    Thread* caller;
    uint64_t settled;
    load_pair(reply, caller, settled);
    if ((receivers | donors | settled) != 0 || caller == nullptr) SELENE_DECLINE_SAVED(selene_saved_reply_receive);
    uint64_t summary;
    Task* task;
    load_pair(&caller->summary, summary, task);
    if (!may_switch_to(core_word(), summary, ThreadState::called_donating))
        SELENE_DECLINE_SAVED(selene_saved_reply_receive);
    const uint64_t root = task->root_hint();
    if (root == 0 || caller->buffer == nullptr || server->buffer == nullptr)
        SELENE_DECLINE_SAVED(selene_saved_reply_receive);

    copy_rest(server, caller, x1);
    endpoint->passive_receivers.hot_set(server);
    server->blocked_on = endpoint;
    server->context = nullptr;
    store_state(server, ThreadState::receiving_passive);
    reply->caller = nullptr;
    caller->blocked_on = nullptr;
    store_state(caller, ThreadState::running);
    machine::set_space(root);
    leave(caller, 0, x1, {x2, x3, x4, x5, x6, x7, x8, x9});
}

}  // extern "C"
