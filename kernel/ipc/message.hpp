// SPDX-License-Identifier: BSD-2-Clause
// Messages: their way from one thread's registers and buffer to another's.
#pragma once

#include "abi/ipc_buffer.hpp"
#include "base/result.hpp"
#include "object/thread.hpp"
#include "scheduling/core.hpp"

namespace selene::message {

inline constexpr unsigned block = 4;

/// As many words as a block has.
inline void copy_block(const uint64_t* from, uint64_t* to) {
    const uint64_t word0 = from[0];
    const uint64_t word1 = from[1];
    const uint64_t word2 = from[2];
    const uint64_t word3 = from[3];
    to[0] = word0;
    to[1] = word1;
    to[2] = word2;
    to[3] = word3;
}

/// Refuses a tag with bits that are the kernel's, too many words, or more than there is a buffer for.
[[nodiscard]] Result<void> check(const Thread& sender, abi::Tag tag) SELENE_REQUIRES(own_core);

/// Carry the words and capability items of `sender` to `receiver`, which waits: all or nothing.
[[nodiscard]] Result<void> transfer(Core& core, Thread& sender, Thread& receiver, abi::Tag tag)
    SELENE_REQUIRES(own_core);

/// Carry the words that are in registers, all of them.
inline void copy_registers(const Thread& sender, Thread& receiver) SELENE_REQUIRES(own_core) {
    static_assert(abi::register_words == 2 * block);
    copy_block(sender.registers.x + 2, receiver.registers.x + 2);
    copy_block(sender.registers.x + 2 + block, receiver.registers.x + 2 + block);
}
/// Carry the words alone: all registers, and what of a long message is in the buffers, which both have then.
void copy_words(const Thread& sender, Thread& receiver, abi::Tag tag) SELENE_REQUIRES(own_core);

/// Refuses a receive whose window could not take a capability.
[[nodiscard]] Result<void> check_window(Thread& receiver) SELENE_REQUIRES(own_core);

/// What the thread's system call returns in x0 and x1.
inline void deliver(Thread& thread, uint64_t x0, abi::Tag tag) SELENE_REQUIRES(own_core) {
    thread.registers.x[0] = x0;
    thread.registers.x[1] = tag.raw();
}
/// The thread's system call was refused.
void deliver_error(Thread& thread, abi::ErrorCode code, const Refusal& refusal = {}) SELENE_REQUIRES(own_core);

}  // namespace selene::message
