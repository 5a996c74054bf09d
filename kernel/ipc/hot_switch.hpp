// SPDX-License-Identifier: BSD-2-Clause
// Hot switches: what a machine's hot path and long path decide and write. The machine adds the moves of registers.
#pragma once

#include <bit>
#include <cstddef>

#include "abi/ipc_buffer.hpp"
#include "ipc/endpoint.hpp"
#include "ipc/notification.hpp"
#include "ipc/reply.hpp"
#include "machine.hpp"
#include "scheduling/core.hpp"
#include "scheduling/switching.hpp"

// What each machine has beside machine.hpp, for a system call whose thread is not in Core::current yet:
//   Thread* calling_thread()
//   uint32_t calling_core_word()      as core_word; not after switch_fpu
//   uint64_t address_top              what each object's address has above bit 47
//   void copy_words(const uint64_t* from, uint64_t* to, uint64_t count)
#include "hot_machine.hpp"

namespace selene::hot {

// call and reply_receive take what ipc/ipc.hpp does in general, when
//   - the message has at most 8 words and no capability items, need not arrive, and its tag has no bit of the kernel's; on the
//     long path it has more words, and both have a buffer;
//   - the caller's table is flat;
//   - the partner runs on this core, no ready thread outranks it (Thread::summary against the core word, in one
//     comparison);
//   - the partner's space has a hardware tag;
//   - neither uses floating-point registers (the core word and the summary say so); on the long path they may.
// call, besides, when
//   - the capability is to an endpoint, with the rights write and reply;
//   - a passive receiver with a Reply waits there, alone, and is not stopped;
//   - the caller's time has been passed on through fewer than abi::call_depth calls.
// reply_receive, besides, when
//   - the capability is to an endpoint, with the right read;
//   - the Reply is the one that the server holds, named with the rights read and write, and its caller has not been
//     refused already;
//   - nobody waits on the endpoint in the two queues that a passive server could meet;
//   - the server is passive: it runs on what this caller has lent (the caller's state says so), and the caller is not
//     stopped and has not faulted;
//   - the notification bound to the server, if any, has no bits.
// It does not look at the receive window: a slot there that is occupied is found when capabilities come.
//
// signal, wait, poll and yield switch to nobody; the caller's table is flat, and
//   - signal: the capability is to a notification, with the right write; nobody waits there and no thread is bound to it;
//   - wait, poll: the capability is to a notification, with the right read; to wait, a bit is set;
//   - yield: nobody is ready who is as urgent.
// All is inlined: the hot path has no stack.

/// What became of a look at a system call.
enum class Look : uint8_t {
    ready,  ///< it can be done at once
    /// The right kind of object and enough rights, but not such a case. Of a call: the message is in registers, and no
    /// passive receiver waits. Of an answer: the message is in registers, the Reply is the one the thread holds, with a
    /// caller who waits for an answer, and nobody and nothing is there that the thread could receive but plain messages.
    object,
    capability,  ///< to something else
    nothing,
};

/// Whether floating-point registers may have to be switched.
enum class Fpu : uint8_t { unused, may_be_used };

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

/// What a signal sets, or what a wait or poll takes.
struct Bits {
    Notification* notification;
    uint64_t bits;
};

// What load_pair reads together.
static_assert(offsetof(Task, count) == offsetof(Task, table) + 8);
static_assert(offsetof(Thread, task) == offsetof(Thread, summary) + 8);
static_assert(offsetof(Thread, next) == offsetof(Thread, reply) + 8);
static_assert(offsetof(Endpoint, passive_receivers) == 0 && offsetof(Endpoint, donors) == 8);
static_assert(offsetof(Reply, settled) == offsetof(Reply, caller) + 8);

/// Two neighbouring words by one load pair: the compiler, left alone, would load the second where it is needed.
template <class First, class Second>
[[gnu::always_inline]] inline void load_pair(const void* from, First& first, Second& second) {
    first = *static_cast<const First*>(from);
    second = *reinterpret_cast<const Second*>(static_cast<const char*>(from) + sizeof(First));
    asm volatile("" : "+r"(first), "+r"(second));
}

/// The caller's table; as one that is not flat it is empty.
struct FlatTable {
    Slot* slots;
    uint64_t count;

    [[nodiscard, gnu::always_inline]] static FlatTable of_caller() SELENE_REQUIRES(own_core) {
        FlatTable table;
        load_pair(&machine::calling_thread()->task->table, table.slots, table.count);
        return table;
    }
};

/// Whether a message is of words alone, and all of them in registers.
[[nodiscard, gnu::always_inline]] inline bool is_short(uint64_t tag) {
    return static_cast<uint32_t>(tag) <= abi::register_words;
}
/// Whether a message is of words alone.
[[nodiscard, gnu::always_inline]] inline bool is_plain(uint64_t tag) {
    return static_cast<uint32_t>(tag) <= abi::message_words;
}

/// Of a core word and a thread's summary: that the current thread, or the other one, uses floating-point registers.
inline constexpr uint64_t used_fpu = machine::fpu_live | uint64_t{state_uses_fpu} << state_shift;

template <Fpu fpu>
[[nodiscard, gnu::always_inline]] inline bool may_switch_to(uint64_t summary, ThreadState state) {
    return fpu == Fpu::unused ? scheduler::may_switch_to(machine::calling_core_word(), summary, state)
                              : scheduler::may_switch_with_fpu(machine::calling_core_word(), summary, state);
}

/// The receiver of a call, if it may go on at once.
template <Fpu fpu>
[[nodiscard, gnu::always_inline]] inline Look find_receiver(uint64_t index, Partner& found) SELENE_REQUIRES(own_core) {
    const FlatTable table = FlatTable::of_caller();
    const machine::BoundedIndex place = machine::bounded(index, table.count);
    if (!place.within) [[unlikely]]
        return Look::nothing;
    found.slot = &table.slots[place.index];
    uint64_t word0;
    load_pair(found.slot, word0, found.badge);
    found.word0 = word0;
    if (Capability::TypeWriteReply::of(word0) != Capability::type_write_reply(CapType::endpoint)) [[unlikely]]
        return Look::capability;
    found.endpoint = PointerField<Endpoint>::of(word0);
    found.endpoint->lock.assert_held();
    found.thread = found.endpoint->passive_receivers.first();
    if (found.thread == nullptr) [[unlikely]]
        return Look::object;
    uint64_t summary;
    Task* task;
    load_pair(&found.thread->summary, summary, task);
    Thread* next;
    load_pair(&found.thread->reply, found.reply, next);
    if (!may_switch_to<fpu>(summary, ThreadState::receiving_passive)) [[unlikely]]
        return Look::nothing;
    if (next != nullptr) [[unlikely]]
        return Look::nothing;
    found.loan_depth = machine::calling_thread()->loan_depth + 1u;
    static_assert((abi::call_depth & (abi::call_depth - 1)) == 0, "who is that deep has this bit");
    if (((found.loan_depth - 1) & abi::call_depth) != 0) [[unlikely]]
        return Look::nothing;
    found.summary = summary;
    found.root = task->root_hint();
    return found.root != 0 ? Look::ready : Look::nothing;
}

/// Of word 0 of a Reply capability: all but the rights that do not count here.
inline constexpr uint64_t reply_mask =
    ~(Capability::rights_bits(rights::all - rights::read - rights::write) | Field<52, 48>::mask);
/// What these bits are, less the address of the object.
inline constexpr uint64_t reply_difference =
    (Capability::Type::make(CapType::reply) | Capability::rights_bits(rights::read | rights::write)) -
    machine::address_top;

/// The caller that a reply goes to, if it may go on at once.
template <Fpu fpu>
[[nodiscard, gnu::always_inline]] inline Look find_caller(uint64_t index, uint64_t reply_index, Partner& found)
    SELENE_REQUIRES(own_core) {
    const FlatTable table = FlatTable::of_caller();
    const machine::BoundedIndex place = machine::bounded(index, table.count);
    if (!place.within) [[unlikely]]
        return Look::nothing;
    const uint64_t word0 = table.slots[place.index].capability().word0();
    if (Capability::ReadType::of(word0) != Capability::read_type(CapType::endpoint)) [[unlikely]]
        return Look::nothing;
    found.endpoint = PointerField<Endpoint>::of(word0);
    found.reply = machine::calling_thread()->reply;
    const machine::BoundedIndex reply_place = machine::bounded(reply_index, table.count);
    if (!reply_place.within) [[unlikely]]
        return Look::nothing;
    const uint64_t reply_word = reinterpret_cast<uint64_t>(found.reply) + reply_difference;
    if (((table.slots[reply_place.index].capability().word0() ^ reply_word) & reply_mask) != 0) [[unlikely]]
        return Look::nothing;
    Notification* bound = machine::calling_thread()->bound;
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
        return ((machine::calling_core_word() | summary) & used_fpu) != 0 ? Look::nothing : Look::object;
    }
    found.summary = summary;
    found.root = task->root_hint();
    return found.root != 0 ? Look::ready : Look::nothing;
}

/// The bits that a signal sets, and whether it may at once.
[[nodiscard, gnu::always_inline]] inline Look find_signalled(uint64_t index, Bits& found) SELENE_REQUIRES(own_core) {
    const FlatTable table = FlatTable::of_caller();
    const machine::BoundedIndex place = machine::bounded(index, table.count);
    if (!place.within) [[unlikely]]
        return Look::nothing;
    uint64_t word0;
    uint64_t badge;
    load_pair(&table.slots[place.index], word0, badge);
    if (Capability::TypeWrite::of(word0) != Capability::type_write(CapType::notification)) [[unlikely]]
        return Look::nothing;
    found.notification = PointerField<Notification>::of(word0);
    found.bits = badge != 0 ? badge : 1;
    return found.notification->idle() ? Look::ready : Look::object;
}

/// The bits that a wait or poll takes, and whether it may at once.
[[nodiscard, gnu::always_inline]] inline Look find_taken(uint64_t index, uint64_t number, Bits& found)
    SELENE_REQUIRES(own_core) {
    const FlatTable table = FlatTable::of_caller();
    const machine::BoundedIndex place = machine::bounded(index, table.count);
    if (!place.within) [[unlikely]]
        return Look::nothing;
    const uint64_t word0 = table.slots[place.index].capability().word0();
    if (Capability::ReadType::of(word0) != Capability::read_type(CapType::notification)) [[unlikely]]
        return Look::nothing;
    found.notification = PointerField<Notification>::of(word0);
    found.notification->lock.assert_held();
    found.bits = found.notification->bits;
    constexpr auto wait = static_cast<uint64_t>(abi::SystemCall::wait);
    return found.bits == 0 && number == wait ? Look::object : Look::ready;
}

[[gnu::always_inline]] inline void set(const Bits& found) SELENE_REQUIRES(own_core) {
    found.notification->lock.assert_held();
    found.notification->bits |= found.bits;
}

[[gnu::always_inline]] inline void take(const Bits& found) SELENE_REQUIRES(own_core) {
    found.notification->lock.assert_held();
    found.notification->bits = 0;
}

/// Whether a thread that yields goes on at once.
[[nodiscard, gnu::always_inline]] inline bool may_go_on() SELENE_REQUIRES(own_core) {
    return machine::calling_thread()->priority() > static_cast<uint8_t>(machine::calling_core_word());
}

/// The state's byte of the summary, in one store. Neither flag is set of who is switched between here: see pass_fpu.
[[gnu::always_inline]] inline void store_state(Thread* thread, ThreadState state) {
    static_assert(std::endian::native == std::endian::little && state_shift == 8);
    reinterpret_cast<uint8_t*>(&thread->summary)[1] = static_cast<uint8_t>(state);
}

/// The current thread's call reaches the receiver, which goes on in its place; their message is the machine's to pass.
[[gnu::always_inline]] inline void pass_call(const Partner& receiver) SELENE_REQUIRES(own_core) {
    Thread* caller = machine::calling_thread();
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
[[gnu::always_inline]] inline void pass_answer(const Partner& caller, uint64_t index) SELENE_REQUIRES(own_core) {
    // A server that serves a donor has no budget of its own, and its queue links are null.
    Thread* server = machine::calling_thread();
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

/// Copy what of a message goes on in the buffers, if any does. False: one of them is missing.
[[nodiscard, gnu::always_inline]] inline bool carry_rest(const Thread* from, Thread* to, uint64_t tag)
    SELENE_REQUIRES(own_core) {
    if (is_short(tag)) return true;
    if (from->buffer == nullptr || to->buffer == nullptr) return false;
    constexpr auto words = offsetof(abi::IpcBuffer, words) / sizeof(uint64_t);
    machine::copy_words(from->buffer + words, to->buffer + words, static_cast<uint32_t>(tag) - abi::register_words);
    return true;
}

/// `used`, used_fpu of the two: their states are without flags so far.
[[gnu::always_inline]] inline void pass_fpu(uint64_t used, Thread* from, Thread* to) SELENE_REQUIRES(own_core) {
    if ((used & machine::fpu_live) != 0) from->set_flag(state_uses_fpu);
    if ((used & ~uint64_t{machine::fpu_live}) != 0) to->set_flag(state_uses_fpu);
    machine::switch_fpu(machine::this_core(), *to);
}

}  // namespace selene::hot
