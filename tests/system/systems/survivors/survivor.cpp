// SPDX-License-Identifier: BSD-2-Clause
// Waits for partners who die, at each kind of thing that one can wait at, and must get an error each time.
//
// From its specification: what group.hpp names, and
//     number     argument: "1" or "2"
//     begin      notification (R): the next partner is ready to die

#include <checks.hpp>

#include "group.hpp"

namespace {

using test::check;

template <typename T>
void told(const sel::Result<T>& result, uint32_t dead, std::string_view what) {
    check(!result && result.error() == sel::Error(sel::LibraryError::partner_died, dead), what);
}

void survive(group::Handles& with, sel::Notification begin) {
    (void)begin.wait();
    told(with.lock.lock(), group::holder, "a lock whose holder has died");

    // Both have been told before the next partner runs.
    (void)begin.wait();
    if (with.self == group::first) with.lock.recover();
    test::succeeds(with.lock.lock(), "what it guards repaired, the lock serves again");
    told(with.barrier.arrive_and_wait(), group::arriver, "a barrier at which somebody will not arrive");
    told(with.barrier.arrive_and_wait(), group::arriver, "nor later");

    (void)begin.wait();
    if (with.self == group::first) test::succeeds(with.semaphore.acquire(), "what a semaphore has can be taken");
    told(with.semaphore.acquire(), group::releaser, "a semaphore that nobody will release");

    (void)begin.wait();
    {
        auto lock = with.condition_lock.lock();
        if (test::succeeds(lock, "a lock that nobody has died with")) {
            told(with.condition.wait(*lock), group::notifier, "a change that nobody will make");
            check(lock->is_held(), "the lock is held again");
        }
    }

    (void)begin.wait();
    auto& memory = with.shared.channels[with.self - 1];
    sel::Consumer<uint64_t, 8> consumer(memory, with.bells[with.self - 1], begin, with.lives.of(group::source));
    for (uint64_t number = 0; number < group::messages; ++number) {
        check(consumer.take_waiting() == number, "what the dead has sent arrives");
    }
    told(consumer.take_waiting(), group::source, "a channel whose producer has died");
}

}  // namespace

int main() {
    const auto number = sel::or_abort(sel::environment().argument("number"), "finding the number");
    group::Handles with(number == "1" ? group::first : group::second);
    const auto begin = group::bell("begin");
    survive(with, begin);
    test::summarize();
    sel::flush();
    return test::failures() == 0 ? 0 : 1;
}
