// SPDX-License-Identifier: BSD-2-Clause
// Invocation: a method call on a kernel object as the system call's registers state it.
#pragma once

#include "base/result.hpp"
#include "base/units.hpp"
#include "capability/capability_space.hpp"
#include "object/thread.hpp"
#include "scheduling/core.hpp"
#include "syscall/preemption.hpp"

namespace selene {

/// What generated decode code and methods see of a call. The words are those of the caller's saved registers.
class Invocation {
public:
    Invocation(Core& core_of_caller, Thread& calling_thread, Slot& invoked)
        : core(core_of_caller), caller(calling_thread), self(invoked) {}

    Core& core;
    Thread& caller;
    Slot& self;  ///< the slot of the invoked capability
    PreemptionPoint preemption;
    unsigned result_length = 0;  ///< in words

    [[nodiscard]] abi::Tag tag() const SELENE_REQUIRES(own_core) { return abi::Tag(caller.registers.x[1]); }
    [[nodiscard]] uint64_t word(unsigned number) const SELENE_REQUIRES(own_core) {
        return caller.registers.x[2 + number];
    }
    [[nodiscard]] unsigned length() const SELENE_REQUIRES(own_core) { return static_cast<unsigned>(tag().length()); }
    [[nodiscard]] uint32_t method() const SELENE_REQUIRES(own_core) { return static_cast<uint32_t>(tag().label()); }
    [[nodiscard]] abi::ObjectType type() const { return object_type(self.type()); }
    [[nodiscard]] Rights rights() const { return self.capability().rights(); }

    /// The slot that a capability argument names, with what it has to be.
    [[nodiscard]] Result<Slot*> capability(unsigned argument, uint64_t index, Requirement required) const
        SELENE_REQUIRES(own_core);

    void set_result(unsigned word, uint64_t value) SELENE_REQUIRES(own_core) { caller.registers.x[2 + word] = value; }
    [[nodiscard]] abi::Tag result_tag() const { return abi::Tag{}.with_length(result_length); }

    // Range operations keep their progress in the last message word, so that a preempted call can be repeated. None of
    // them has so many arguments that it is one.
    [[nodiscard]] uint64_t progress() const SELENE_REQUIRES(own_core) { return word(abi::register_words - 1); }
    [[nodiscard]] static uint64_t progress_of(const Thread& caller) SELENE_REQUIRES(own_core) {
        const bool free = abi::Tag(caller.registers.x[1]).length() < abi::register_words;
        return free ? caller.registers.x[1 + abi::register_words] : 0;
    }
    /// Whether a range of `count` items is one, yet to be done: that takes no loop and no preemption point.
    [[nodiscard]] bool is_single(uint64_t count) const SELENE_REQUIRES(own_core) {
        return ((count ^ 1) | progress()) == 0;
    }
    /// Store the progress of a range operation and make way for an interrupt.
    [[nodiscard]] Refused preempt(uint64_t done) SELENE_REQUIRES(own_core) {
        set_result(abi::register_words - 1, done);
        return Refused{preempted};
    }
};

}  // namespace selene
