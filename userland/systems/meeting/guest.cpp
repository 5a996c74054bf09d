// SPDX-License-Identifier: BSD-2-Clause
// One of two components that count together in shared memory, and meet before they look at the sum.
//
// From its specification:
//     shared     memory that both map
//     lives      memory (R) where the supervisor says who has ended
//     lock, bell1, bell2   notifications (RW), the same for both
//     number     argument: which of the two it is, "1" or "2"

#include <array>

#include <sel/barrier.hpp>
#include <sel/environment.hpp>
#include <sel/error.hpp>

namespace {

/// What lies in the shared memory, which is zero at first.
struct Shared {
    sel::MutexState lock;
    sel::BarrierState meeting;
    uint64_t count;
};

}  // namespace

int main() {
    const auto& environment = sel::environment();
    const auto memory = sel::or_abort(environment.memory("shared"), "finding the shared memory");
    const auto told = sel::or_abort(environment.memory("lives"), "finding the lives");
    const auto bell = sel::or_abort(environment.notification("lock"), "finding the lock's notification");
    const std::array bells{sel::or_abort(environment.notification("bell1"), "finding the first one's notification"),
                           sel::or_abort(environment.notification("bell2"), "finding the second one's notification")};
    const auto number = sel::or_abort(environment.argument("number"), "finding the number");
    const uint32_t self = number == "1" ? 1 : 2;

    auto& shared = *reinterpret_cast<Shared*>(memory.bytes.data());
    const sel::Lives lives(*sel::or_abort(sel::LivesState::at(told.bytes), "looking at the lives"));
    sel::Mutex mutex(shared.lock, bell, self, {.lives = lives});
    const sel::Barrier all_here(shared.meeting, bells, self, lives);

    for (int times = 0; times < 1000; ++times) {
        auto lock = sel::or_abort(mutex.lock(), "locking");
        ++shared.count;
        sel::or_abort(lock.unlock(), "unlocking");
    }
    sel::or_abort(all_here.arrive_and_wait(), "meeting");
    sel::println("guest {}: {}", number, shared.count);
}
