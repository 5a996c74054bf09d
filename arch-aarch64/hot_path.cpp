// SPDX-License-Identifier: BSD-2-Clause
// The hot path: straight lines, no loops, no stack, no cold code.
#include "hot_path.hpp"

#include "ipc/endpoint.hpp"
#include "ipc/notification.hpp"
#include "ipc/reply.hpp"
#include "machine.hpp"
#include "scheduling/core.hpp"

using namespace selene;

#define SELENE_INLINE [[gnu::always_inline]] inline
// What the slow path does not need is passed as no value at all: any other would take instructions here.
#pragma clang diagnostic ignored "-Wuninitialized"
#define SELENE_DECLINE(slow)                                                                                        \
    do {                                                                                                            \
        uint64_t any;                                                                                               \
        [[clang::musttail]] return slow(x8, any, any, any, any, any, any, any, any, x0, x1, x2, x3, x4, x5, x6, x7, \
                                        x10, any, any, any, any, x9);                                               \
    } while (false)

namespace {

// While user code and the hot path run, the stack pointer is the current thread.
register uint64_t stack_pointer asm("sp");

SELENE_INLINE Thread* current_thread() { return reinterpret_cast<Thread*>(stack_pointer); }
/// Read without `volatile`, unlike CoreWord::read: nothing writes it meanwhile, and the compiler may place it well.
SELENE_INLINE uint32_t core_word() {
    uint64_t value;
    asm("mrs %0, tpidr_el1" : "=r"(value));
    return static_cast<uint32_t>(value);
}

/// Two neighbouring words by one load pair.
template <class First, class Second>
SELENE_INLINE void load_pair(const void* from, First& first, Second& second) {
    first = *static_cast<const First*>(from);
    second = *reinterpret_cast<const Second*>(static_cast<const char*>(from) + sizeof(First));
    asm volatile("" : "+r"(first), "+r"(second));
}

/// The words of a message in the registers they travel in.
struct Words {
    uint64_t word0, word1, word2, word3, word4, word5, word6, word7;
};

/// Return to user level as `thread`, from a voluntary entry.
[[noreturn]] SELENE_INLINE void leave(Thread* thread, uint64_t result, uint64_t tag, Words words) {
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
        "ldp x20, x21, [sp, %[sp_pc]]\n\t"
        "ldr x22, [sp, %[tls]]\n\t"
        "msr sp_el0, x20\n\t"
        "msr elr_el1, x21\n\t"
        "msr tpidr_el0, x22\n\t"
        "msr spsr_el1, xzr\n\t"
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
        "eret"
        :
        : [thread] "r"(thread), [sp_pc] "i"(offsetof(Thread, sp)), [tls] "i"(offsetof(Thread, tls)), "r"(x0), "r"(x1),
          "r"(x2), "r"(x3), "r"(x4), "r"(x5), "r"(x6), "r"(x7), "r"(x8), "r"(x9)
        : "memory");
    __builtin_unreachable();
}
static_assert(offsetof(Thread, preserved) == 0);

SELENE_INLINE void store_state(Thread* thread, ThreadState state) {
    reinterpret_cast<uint8_t*>(&thread->summary)[1] = static_cast<uint8_t>(state);
}

/// Whether the thread of this summary is in `state`, on this core, and at least as urgent as all that are ready. The codes are even because a borrow from the
/// priority would go unseen in an odd one.
SELENE_INLINE bool may_switch_to(uint64_t summary, ThreadState state) {
    constexpr unsigned state_shift = 8;
    return static_cast<uint32_t>(summary) - core_word() - (static_cast<uint32_t>(state) << state_shift) <= 0xff;
}

constexpr uint64_t call_check = uint64_t{static_cast<uint64_t>(CapType::endpoint)} << 2 | 3;
constexpr uint64_t receive_check = uint64_t{1} << 5 | static_cast<uint64_t>(CapType::endpoint);
/// Word 0 of a Reply capability as retype makes it, less the address of the object.
constexpr uint64_t reply_difference =
    (Capability::Type::make(CapType::reply) | Capability::rights_bits(rights::read | rights::write | rights::inspect)) -
    (machine::window_base & ~PointerField<Reply>::mask);

}  // namespace

extern "C" {

[[gnu::section(".text.hot.2_call"), gnu::aligned(4), clang::preserve_none]] void selene_hot_call(
    SELENE_HOT_PARAMETERS) {
    register uint64_t x8_register asm("x8");
    asm volatile("" : "=r"(x8_register));
    uint64_t x8 = x8_register;

    if (static_cast<uint32_t>(x1) > abi::register_words) [[unlikely]]
        SELENE_DECLINE(selene_slow_call);
    Slot* table;
    uint64_t count;
    load_pair(&current_thread()->task->table, table, count);
    if (x0 >= count) [[unlikely]]
        SELENE_DECLINE(selene_slow_call);
    uint64_t word0;
    uint64_t badge;
    load_pair(&table[x0], word0, badge);
    if (Capability::TypeWriteReply::of(word0) != call_check) [[unlikely]]
        SELENE_DECLINE(selene_slow_call);
    Endpoint* endpoint = PointerField<Endpoint>::of(word0);
    Thread* receiver = endpoint->passive_receivers.first();
    if (receiver == nullptr) [[unlikely]]
        SELENE_DECLINE(selene_slow_call);
    uint64_t summary;
    Task* task;
    load_pair(&receiver->summary, summary, task);
    Reply* reply;
    Thread* next;
    load_pair(&receiver->reply, reply, next);
    if (!may_switch_to(summary, ThreadState::receiving_passive)) [[unlikely]]
        SELENE_DECLINE(selene_slow_call);
    if (next != nullptr) [[unlikely]]
        SELENE_DECLINE(selene_slow_call);
    const uint64_t root = task->root;
    if (root == 0) [[unlikely]]
        SELENE_DECLINE(selene_slow_call);

    // Nothing is refused from here on.
    Thread* caller = current_thread();
    endpoint->passive_receivers.hot_clear();
    reply->caller = caller;
    caller->blocked_on = reply;
    store_state(caller, ThreadState::called_donating);
    store_state(receiver, ThreadState::running);
    machine::set_space(root);
    leave(receiver, badge, x1, {x2, x3, x4, x5, x6, x7, x8, x9});
}

[[gnu::section(".text.hot.4_reply_receive"), gnu::aligned(4), clang::preserve_none]] void selene_hot_reply_receive(
    SELENE_HOT_PARAMETERS) {
    register uint64_t x8_register asm("x8");
    asm volatile("" : "=r"(x8_register));
    uint64_t x8 = x8_register;

    if (static_cast<uint32_t>(x1) > abi::register_words) [[unlikely]]
        SELENE_DECLINE(selene_slow_reply_receive);
    Slot* table;
    uint64_t count;
    load_pair(&current_thread()->task->table, table, count);
    if (x0 >= count) [[unlikely]]
        SELENE_DECLINE(selene_slow_reply_receive);
    const uint64_t word0 = table[x0].capability().word0();
    if (Capability::ReadType::of(word0) != receive_check) [[unlikely]]
        SELENE_DECLINE(selene_slow_reply_receive);
    Endpoint* endpoint = PointerField<Endpoint>::of(word0);
    Reply* reply = current_thread()->reply;
    if (x10 >= count) [[unlikely]]
        SELENE_DECLINE(selene_slow_reply_receive);
    if (table[x10].capability().word0() != reinterpret_cast<uint64_t>(reply) + reply_difference) [[unlikely]]
        SELENE_DECLINE(selene_slow_reply_receive);
    Notification* bound = current_thread()->bound;
    if (bound != nullptr && bound->bits != 0) [[unlikely]]
        SELENE_DECLINE(selene_slow_reply_receive);
    uint64_t receivers;
    uint64_t donors;
    load_pair(endpoint, receivers, donors);
    if ((receivers | donors) != 0) [[unlikely]]
        SELENE_DECLINE(selene_slow_reply_receive);
    Thread* caller = reply->caller;
    if (caller == nullptr) [[unlikely]]
        SELENE_DECLINE(selene_slow_reply_receive);
    uint64_t summary;
    Task* task;
    load_pair(&caller->summary, summary, task);
    if (!may_switch_to(summary, ThreadState::called_donating)) [[unlikely]]
        SELENE_DECLINE(selene_slow_reply_receive);
    const uint64_t root = task->root;
    if (root == 0) [[unlikely]]
        SELENE_DECLINE(selene_slow_reply_receive);

    // Nothing is refused from here on. A server that serves a donor has no budget of its own, and its queue links are null.
    Thread* server = current_thread();
    endpoint->passive_receivers.hot_set(server);
    server->blocked_on = endpoint;
    reply->caller = nullptr;
    store_state(server, ThreadState::receiving_passive);
    store_state(caller, ThreadState::running);
    machine::set_space(root);
    leave(caller, 0, x1, {x2, x3, x4, x5, x6, x7, x8, x9});
}

}  // extern "C"
