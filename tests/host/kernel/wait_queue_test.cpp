// SPDX-License-Identifier: BSD-2-Clause
// Tests of the queue of waiters: against a sorted list, with 10,000 waiters, and how far an operation looks.
#include "ipc/wait_queue.hpp"

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <list>
#include <memory>
#include <random>
#include <vector>

#include "abi/types.hpp"

namespace selene::test {

namespace {

/// Threads that are nothing but waiters, and the order in which they should be served.
struct Crowd {
    std::vector<std::unique_ptr<Thread>> threads;
    WaitQueue queue{};
    std::list<Thread*> expected;

    explicit Crowd(size_t count) {
        own_core.assert_held();
        for (size_t i = 0; i < count; ++i) threads.push_back(std::make_unique<Thread>());
    }
    bool waits(const Thread& thread) const { return std::ranges::find(expected, &thread) != expected.end(); }
    void insert(Thread& thread, unsigned priority) {
        thread.set_priority(static_cast<uint8_t>(priority));
        queue.insert(thread);
        const auto behind =
            std::ranges::find_if(expected, [&](const Thread* other) { return other->priority() < thread.priority(); });
        expected.insert(behind, &thread);
    }
    void remove(Thread& thread) {
        queue.remove(thread);
        expected.remove(&thread);
    }
};

bool has_links(const Thread& thread) {
    return thread.next != nullptr || thread.previous != nullptr || thread.lower[0] != nullptr ||
           thread.lower[1] != nullptr;
}

/// The order of service, as taking the first again and again shows it; all come back where they were.
std::vector<Thread*> served(WaitQueue& queue) {
    std::vector<Thread*> order;
    while (Thread* first = queue.first()) {
        order.push_back(first);
        queue.remove(*first);
    }
    for (Thread* thread : order) queue.insert(*thread);
    return order;
}

/// In the walk the groups come from the highest priority, each from its last.
std::vector<Thread*> walked(WaitQueue& queue) {
    std::vector<Thread*> order;
    for (Thread* thread = queue.first_in_walk(); thread != nullptr; thread = queue.behind_in_walk(*thread))
        order.push_back(thread);
    return order;
}

/// How many leaders hang below each other, at most.
unsigned height(const Thread* leader) {
    return leader == nullptr ? 0 : 1 + std::max(height(leader->lower[0]), height(leader->lower[1]));
}

}  // namespace

TEST_CASE("waiters are served by priority, equals as they came, whoever comes and goes") {
    std::mt19937_64 random(Catch::getSeed());
    for (const unsigned priorities : {1U, 2U, 5U, 256U}) {
        Crowd crowd(40);
        for (unsigned step = 0; step < 3000; ++step) {
            Thread& thread = *crowd.threads[random() % crowd.threads.size()];
            if (crowd.waits(thread)) {
                crowd.remove(thread);
                REQUIRE(!has_links(thread));
            } else {
                crowd.insert(thread, static_cast<unsigned>(random() % priorities) * 37 % 256);
            }
            REQUIRE(crowd.queue.first() == (crowd.expected.empty() ? nullptr : crowd.expected.front()));
            if (crowd.expected.size() == 1) REQUIRE(!has_links(*crowd.expected.front()));
            if (crowd.expected.size() > 1) REQUIRE(crowd.queue.first()->next != nullptr);
            if (step % 8 != 0) continue;
            const std::vector<Thread*> expected(crowd.expected.begin(), crowd.expected.end());
            REQUIRE(served(crowd.queue) == expected);
            std::list<Thread*> backwards(crowd.expected.rbegin(), crowd.expected.rend());
            backwards.sort([](const Thread* a, const Thread* b) { return a->priority() > b->priority(); });
            REQUIRE(walked(crowd.queue) == std::vector<Thread*>(backwards.begin(), backwards.end()));
            const unsigned limit = static_cast<unsigned>(random() % 257);
            const auto lower =
                std::ranges::find_if(expected, [&](const Thread* other) { return other->priority() < limit; });
            REQUIRE(crowd.queue.below(limit) == (lower == expected.end() ? nullptr : *lower));
        }
    }
}

TEST_CASE("among 10,000 waiters no operation looks at more than nine leaders") {
    Crowd crowd(10'000);
    constexpr unsigned stride = 77;
    for (unsigned i = 0; i < crowd.threads.size(); ++i) {
        Thread& thread = *crowd.threads[i];
        thread.set_priority(static_cast<uint8_t>(i * stride));
        crowd.queue.insert(thread);
    }
    CHECK(height(crowd.queue.first()) <= 9);
    unsigned last = 256;
    unsigned count = 0;
    while (Thread* first = crowd.queue.first()) {
        REQUIRE(first->priority() <= last);
        last = first->priority();
        crowd.queue.remove(*first);
        ++count;
    }
    CHECK(count == crowd.threads.size());
}

}  // namespace selene::test
