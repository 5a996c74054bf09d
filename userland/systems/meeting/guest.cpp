// SPDX-License-Identifier: BSD-2-Clause
// One of two components that count together in shared memory, and meet before they look at the sum.
//
// From its specification:
//     shared     memory that both map
//     lock, even, odd   notifications (RW), the same for both
//     number     argument: which of the two it is, "1" or "2"

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
    const auto bell = sel::or_abort(environment.notification("lock"), "finding the lock's notification");
    const auto even = sel::or_abort(environment.notification("even"), "finding the barrier's notifications");
    const auto odd = sel::or_abort(environment.notification("odd"), "finding the barrier's notifications");
    const auto number = sel::or_abort(environment.argument("number"), "finding the number");

    auto& shared = *reinterpret_cast<Shared*>(memory.bytes.data());
    sel::Mutex mutex(shared.lock, bell, number == "1" ? 1 : 2);
    const sel::Barrier all_here(shared.meeting, {even, odd}, 2);

    for (int times = 0; times < 1000; ++times) {
        auto lock = sel::or_abort(mutex.lock(), "locking");
        ++shared.count;
        sel::or_abort(lock.unlock(), "unlocking");
    }
    sel::or_abort(all_here.arrive_and_wait(), "meeting");
    sel::println("guest {}: {}", number, shared.count);
}
