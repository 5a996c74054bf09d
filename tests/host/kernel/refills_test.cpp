// SPDX-License-Identifier: BSD-2-Clause
// Refills of a scheduling context: whatever is charged, however late, they stay in order and sum to the budget.
#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstring>
#include <random>

#include "scheduling/sched_context.hpp"

namespace selene::test {

namespace {

constexpr uint16_t room = 6;
constexpr uint64_t budget = 1000;
constexpr uint64_t period = 10'000;

/// A context with room for some refills.
class Contexts {
public:
    Contexts() {
        std::memset(memory_, 0, sizeof(memory_));
        context().capacity = room;
    }
    SchedContext& context() { return *reinterpret_cast<SchedContext*>(memory_); }
    void check() {
        uint64_t sum = 0;
        for (unsigned i = 0; i < context().count; ++i) {
            sum += context().at(i).amount;
            if (i > 0) CHECK(context().at(i - 1).time <= context().at(i).time);
        }
        CHECK(sum == context().budget);
        CHECK(context().count >= 1);
        CHECK(context().count <= context().limit);
    }

private:
    alignas(64) std::byte memory_[sizeof(SchedContext) + room * sizeof(Refill)];
};

}  // namespace

TEST_CASE("an overrun into a refill that overlaps the next one leaves them in order") {
    Contexts contexts;
    SchedContext& context = contexts.context();
    context.configure(budget, period, 3, Ticks(0));
    context.refills[0] = {0, 500};
    context.refills[1] = {5000, 200};
    context.refills[2] = {5100, 300};
    context.count = 3;
    // 150 more than the first one had: of the second 50 are left, from a time after the third has come back.
    context.charge(500 + 150);
    contexts.check();
    CHECK(context.first().time >= 5100);
}

TEST_CASE("refills stay in order and sum to the budget whatever is charged") {
    std::mt19937_64 random(Catch::getSeed());
    for (unsigned sequence = 0; sequence < 300; ++sequence) {
        Contexts contexts;
        SchedContext& context = contexts.context();
        const auto below = [&](uint64_t end) { return random() % end; };
        context.configure(budget, period, static_cast<uint16_t>(2 + below(room - 1)), Ticks(0));
        uint64_t now = 0;
        for (unsigned step = 0; step < 200; ++step) {
            now += below(4) == 0 ? below(2 * period) : below(100);
            if (!context.ready(Ticks(now), 10)) {
                contexts.check();
                now = context.first().time;
                continue;
            }
            contexts.check();
            // The kernel may be late, by more than the whole budget.
            const uint64_t used = below(8) == 0 ? below(3 * budget) : below(context.first().amount + 20);
            context.charge(used);
            now += used;
            contexts.check();
        }
    }
}

}  // namespace selene::test
