// SPDX-License-Identifier: BSD-2-Clause
// Threads that talk: the system calls of IPC, made by the thread that runs, and looks at what came of them.
#pragma once

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <initializer_list>

#include "abi/ipc_buffer.hpp"
#include "refusal.hpp"
#include "world.hpp"

namespace selene::test {

/// What a message says: the words that travel in registers, and the tag's other fields.
struct Message {
    std::array<uint64_t, abi::register_words> words{};
    unsigned length = 0;
    unsigned items = 0;
    uint32_t label = 0;
    bool must_arrive = false;

    [[nodiscard]] Tag tag() const {
        const Tag tag = Tag().with_length(length).with_items(items).with_label(label);
        return must_arrive ? tag.with_must_arrive() : tag;
    }
};

inline Registers talk(SystemCall number, uint64_t capability, const Message& message = {}, uint64_t reply = no_reply) {
    return sel::simulated_system_call(number,
                                      {.x0 = capability, .tag = message.tag(), .words = message.words, .reply = reply});
}
inline Registers call(uint64_t endpoint, const Message& message = {}) {
    return talk(SystemCall::call, endpoint, message);
}
inline Registers send(uint64_t endpoint, const Message& message = {}) {
    return talk(SystemCall::send, endpoint, message);
}
inline Registers try_send(uint64_t endpoint, const Message& message = {}) {
    return talk(SystemCall::try_send, endpoint, message);
}
inline Registers receive(uint64_t endpoint, uint64_t reply = no_reply) {
    return talk(SystemCall::receive, endpoint, {}, reply);
}
inline Registers try_receive(uint64_t endpoint, uint64_t reply = no_reply) {
    return talk(SystemCall::try_receive, endpoint, {}, reply);
}
inline Registers reply_receive(uint64_t endpoint, uint64_t reply, const Message& message = {}) {
    return talk(SystemCall::reply_receive, endpoint, message, reply);
}
inline Registers wait(uint64_t notification) { return talk(SystemCall::wait, notification); }
inline Registers poll(uint64_t notification) { return talk(SystemCall::poll, notification); }
inline Registers signal(uint64_t notification) { return talk(SystemCall::signal, notification); }

/// What a thread's system call gave it.
inline Registers result(const Actor& actor) { return World::result(*actor.object); }
inline ThreadState state(const Actor& actor) { return actor.object->state(); }
/// Whether it has lost who lent it time, and will find out in its turn.
inline bool is_bereft(const Actor& actor) {
    return state(actor) == ThreadState::ready && actor.object->context == nullptr;
}
inline std::optional<sel::Error> error_of(const Actor& actor) { return error_of(result(actor)); }

/// A thread runs and makes a system call.
template <class Action>
Registers as(World& world, const Actor& actor, const Action& action) {
    world.run(actor);
    return action();
}

/// The first thread runs again.
inline void back(World& world) { world.run(world.first()); }

inline abi::IpcBuffer& buffer_of(const Actor& actor) {
    return *reinterpret_cast<abi::IpcBuffer*>(actor.object->buffer);
}

/// A capability goes, and its object with it if it is the origin.
inline void destroy(uint64_t slot) {
    REQUIRE(own_table().unmap({.first = slot, .count = 1, .root = abi::KeepRoot::self}).has_value());
}

}  // namespace selene::test
