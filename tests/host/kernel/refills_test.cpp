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
    /// Use it up to `now`, when it is ready for that.
    void use(uint64_t ticks, uint64_t& now) {
        now += ticks;
        context().charge(ticks, Ticks(now));
        check();
    }
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
    uint64_t now = 0;
    contexts.use(500 + 150, now);
    CHECK(context.first().time >= 5100);
}

TEST_CASE("who uses the least budget that there is, and the kernel's time behind it, sleeps one period") {
    constexpr uint64_t late = 7;
    Contexts contexts;
    SchedContext& context = contexts.context();
    uint64_t now = 0;
    context.configure(budget, period, 2, Ticks(now));
    SECTION("in one piece") { contexts.use(budget + late, now); }
    SECTION("charged at the end of the budget, and before somebody else goes on") {
        contexts.use(budget, now);
        contexts.use(late, now);
    }
    SECTION("charged shortly before that, too") {
        contexts.use(budget - 1, now);
        contexts.use(1 + late, now);
    }
    CHECK(context.first().time == period + late);
    CHECK(context.ready(Ticks(context.first().time), budget));
}

TEST_CASE("whoever uses the budget piece by piece has nearly all of it, with room for few pieces") {
    // How much of its budget one uses that works as long as it pauses, in per cent.
    const auto used_with = [](uint16_t limit) {
        constexpr uint64_t burst = 50;
        Contexts contexts;
        SchedContext& context = contexts.context();
        context.configure(budget, period, limit, Ticks(0));
        uint64_t now = 0;
        uint64_t used = 0;
        while (now < 100 * period) {
            if (!context.ready(Ticks(now), 10)) {
                now = context.first().time;
                continue;
            }
            const uint64_t piece = std::min(burst, context.first().amount);
            contexts.use(piece, now);
            used += piece;
            now += burst;
        }
        return used * period * 100 / (now * budget);
    };
    CHECK(used_with(2) >= 80);
    CHECK(used_with(room) >= 90);
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
            contexts.use(used, now);
        }
    }
}

}  // namespace selene::test
