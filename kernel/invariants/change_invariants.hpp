// SPDX-License-Identifier: BSD-2-Clause
// What one entry into the kernel may change: invariants of two states, the one before it and the one after.
#pragma once

#include <span>

#include "capability/capability.hpp"
#include "invariants/invariants.hpp"

namespace selene {
struct Task;
}

/// The states are taken by who checks; kernel state alone does not say what a thread was about to do.
namespace selene::change {

/// Something that a task can do: use a capability that it reaches through its tables, or touch memory that is mapped
/// into its space, which is a Power over a frame.
struct Power {
    const Task* task;
    CapType type;
    uint64_t object;  ///< its address; the first byte of a frame or an untyped range; an authority's number
    uint64_t bytes;   ///< of the object's memory
    uint64_t badge;   ///< of endpoints and notifications
    Rights rights;
};

/// By one operation of the task that acts, words may go from one task to another, or capabilities and words.
struct Channel {
    enum class Carries : uint8_t { words, capabilities };
    const Task* from;
    const Task* to;
    Carries carries;
};

/// A word that a task can see: in its threads' registers and buffers, in memory mapped into its space, or as the badge
/// of a capability that it can use. Small words, which anybody could make up, are left out.
struct Sight {
    uint64_t word;
    const Task* task;
    friend constexpr auto operator<=>(const Sight&, const Sight&) = default;
};

/// Something that has contents: a page that users have, a slot, a thread's registers, a page table.
struct Content {
    uint64_t place;
    uint64_t hash;
    bool open;  ///< to the task that acts: it, or whom it has a channel to, may find it changed
};

/// Powers in any order; sights in ascending order; contents in ascending order of place, each place once.
struct State {
    std::span<const Power> powers;
    std::span<const Channel> channels;
    std::span<const Sight> sights;
    std::span<const Content> contents;
};

using Function = Violation(const State& before, const State& after);

/// The authority graph holds no edge that the one before did not permit: a task can do what it could, or what somebody
/// who could has passed on through a channel, or what can be done with an object made from untyped memory of such.
Function authority_is_passed_on;
/// The bytes that change are the caller's to change.
Function changes_are_the_callers;
/// No register, buffer, or page shows a task a word that it did not see before and nobody sent it.
Function words_are_sent;

}  // namespace selene::change
