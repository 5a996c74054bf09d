// SPDX-License-Identifier: BSD-2-Clause
// What a group of partners shares, some of whom die: their numbers, what lies in their memory, what they were given.
#pragma once

#include <array>
#include <string_view>

#include <sel/barrier.hpp>
#include <sel/channel.hpp>
#include <sel/condition_variable.hpp>
#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/semaphore.hpp>

namespace group {

/// In the order of the specification. The first three have a bell of their own.
enum Partner : uint32_t { first = 1, second, arriver, holder, releaser, notifier, source };

inline constexpr uint32_t survivors = 2;
inline constexpr uint64_t messages = 3;
using Channel = sel::ChannelMemory<uint64_t, 8>;

/// Zero at first.
struct Shared {
    sel::MutexState lock;
    sel::MutexState condition_lock;
    sel::BarrierState barrier;
    sel::SemaphoreState semaphore;
    sel::ConditionState condition;
    std::array<Channel, survivors> channels;
};

inline sel::Notification bell(std::string_view name) {
    return sel::or_abort(sel::environment().notification(name), name);
}

/// A partner's handles.
struct Handles {
    explicit Handles(uint32_t own_number)
        : self(own_number),
          shared(*reinterpret_cast<Shared*>(sel::or_abort(sel::environment().memory("shared"), "shared").bytes.data())),
          lives(*sel::or_abort(sel::LivesState::at(sel::or_abort(sel::environment().memory("lives"), "lives").bytes),
                               "lives")) {}

    uint32_t self;
    Shared& shared;
    sel::Lives lives;
    std::array<sel::Notification, 3> bells{bell("bell1"), bell("bell2"), bell("bell3")};
    sel::Mutex lock{shared.lock, bell("lock"), self, {.lives = lives}};
    sel::Mutex condition_lock{shared.condition_lock, bell("condition_lock"), self, {.lives = lives}};
    sel::Barrier barrier{shared.barrier, bells, self, lives};
    sel::Semaphore semaphore{shared.semaphore, bell("semaphore"), lives.of(releaser)};
    sel::ConditionVariable condition{shared.condition, bells, self, lives.of(notifier)};
};

}  // namespace group
