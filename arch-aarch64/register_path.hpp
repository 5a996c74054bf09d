// SPDX-License-Identifier: BSD-2-Clause
// What the hot path and the long one are made of: C++ on the registers as user code has left them, without a stack.
#pragma once

#include "exception_level.hpp"
#include "ipc/endpoint.hpp"
#include "ipc/notification.hpp"
#include "ipc/reply.hpp"
#include "machine.hpp"
#include "scheduling/core.hpp"
#include "scheduling/switching.hpp"

#define SELENE_INLINE [[gnu::always_inline]] inline
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

// While user code and the hot path run, the stack pointer is the current thread.
register uint64_t stack_pointer asm("sp");

SELENE_INLINE Thread* current_thread() { return reinterpret_cast<Thread*>(stack_pointer); }
/// Read without `volatile`, unlike CoreWord::read: nothing writes it meanwhile, and the compiler may place it well.
SELENE_INLINE uint32_t core_word() {
    uint64_t value;
    asm("mrs %0, " AT_LEVEL_TEXT(tpidr) : "=r"(value));
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

SELENE_INLINE void store_state(Thread* thread, ThreadState state) {
    reinterpret_cast<uint8_t*>(&thread->summary)[1] = static_cast<uint8_t>(state);
}

/// Whether floating-point registers may have to be switched.
enum class Fpu : uint8_t { unused, may_be_used };

/// Of a core word and a thread's summary: that the current thread, or the other one, uses floating-point registers.
constexpr uint64_t used_fpu = machine::fpu_live | uint64_t{state_uses_fpu} << state_shift;

template <Fpu fpu>
SELENE_INLINE bool may_switch_to(uint64_t summary, ThreadState state) {
    return fpu == Fpu::unused ? scheduler::may_switch_to(core_word(), summary, state)
                              : scheduler::may_switch_with_fpu(core_word(), summary, state);
}

/// Of word 0 of a Reply capability: all but the rights that do not count here.
constexpr uint64_t reply_mask =
    ~(Capability::rights_bits(rights::all - rights::read - rights::write) | Field<52, 48>::mask);
/// What these bits are, less the address of the object.
constexpr uint64_t reply_difference =
    (Capability::Type::make(CapType::reply) | Capability::rights_bits(rights::read | rights::write)) -
    (machine::window_base & ~PointerField<Reply>::mask);

/// What became of a look at a call or an answer.
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
    uint64_t summary;
    uint64_t root;  ///< of its address space, with its tag
    uint32_t loan_depth;
    Endpoint* endpoint;
    Reply* reply;
    uint64_t badge;
};

/// The receiver of a call, if it may go on at once.
template <Fpu fpu>
SELENE_INLINE Look find_receiver(uint64_t index, Partner& found) SELENE_REQUIRES(own_core) {
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
    if (Capability::TypeWriteReply::of(word0) != Capability::type_write_reply(CapType::endpoint)) [[unlikely]]
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
    if (!may_switch_to<fpu>(summary, ThreadState::receiving_passive)) [[unlikely]]
        return Look::nothing;
    if (next != nullptr) [[unlikely]]
        return Look::nothing;
    found.loan_depth = current_thread()->loan_depth + 1u;
    static_assert((abi::call_depth & (abi::call_depth - 1)) == 0, "who is that deep has this bit");
    if (((found.loan_depth - 1) & abi::call_depth) != 0) [[unlikely]]
        return Look::nothing;
    found.summary = summary;
    found.root = task->root_hint();
    return found.root != 0 ? Look::partner : Look::nothing;
}

/// The caller that a reply goes to, if it may go on at once.
template <Fpu fpu>
SELENE_INLINE Look find_caller(uint64_t index, uint64_t reply_index, Partner& found) SELENE_REQUIRES(own_core) {
    Slot* table;
    uint64_t count;
    load_pair(&current_thread()->task->table, table, count);
    const machine::BoundedIndex bounded = machine::bounded(index, count);
    if (!bounded.within) [[unlikely]]
        return Look::nothing;
    const uint64_t word0 = table[bounded.index].capability().word0();
    if (Capability::ReadType::of(word0) != Capability::read_type(CapType::endpoint)) [[unlikely]]
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
    Settled settled;
    load_pair(&found.reply->caller, found.thread, settled);
    if (found.thread == nullptr || settled != Settled::no) [[unlikely]]
        return Look::nothing;
    uint64_t summary;
    Task* task;
    load_pair(&found.thread->summary, summary, task);
    if (!may_switch_to<fpu>(summary, ThreadState::called_donating)) [[unlikely]] {
        return ((core_word() | summary) & used_fpu) != 0 ? Look::nothing : Look::endpoint;
    }
    found.summary = summary;
    found.root = task->root_hint();
    return found.root != 0 ? Look::partner : Look::nothing;
}

/// The current thread's call reaches the receiver, which goes on in its place; their message is the caller's to pass.
SELENE_INLINE void pass_call(const Partner& receiver) SELENE_REQUIRES(own_core) {
    Thread* caller = current_thread();
    receiver.endpoint->lock.assert_held();
    receiver.endpoint->passive_receivers.hot_clear();
    receiver.reply->caller = caller;
    caller->blocked_on = receiver.reply;
    store_state(caller, ThreadState::called_donating);
    receiver.thread->blocked_on = nullptr;
    receiver.thread->loan_depth = static_cast<uint16_t>(receiver.loan_depth);
    store_state(receiver.thread, ThreadState::running);
    machine::set_space(receiver.root);
}

/// The current thread's answer reaches the caller, which goes on in its place, and the thread waits for the next call, at
/// the endpoint that it names by this index.
SELENE_INLINE void pass_answer(const Partner& caller, uint64_t index) SELENE_REQUIRES(own_core) {
    // A server that serves a donor has no budget of its own, and its queue links are null.
    Thread* server = current_thread();
    caller.endpoint->lock.assert_held();
    caller.endpoint->passive_receivers.hot_set(server);
    server->blocked_on = caller.endpoint;
    server->context = nullptr;
    caller.reply->endpoint = index;
    caller.reply->caller = nullptr;
    caller.thread->blocked_on = nullptr;
    store_state(server, ThreadState::receiving_passive);
    store_state(caller.thread, ThreadState::running);
    machine::set_space(caller.root);
}

}  // namespace selene::register_path
