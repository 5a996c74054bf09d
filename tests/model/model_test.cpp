// SPDX-License-Identifier: BSD-2-Clause
// Random sequences on kernel and model. A failure prints the shortest sequence found, as C++ for a test of its own.
#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstdlib>

#include "lock_step.hpp"

namespace selene::model {

namespace {

constexpr unsigned sequences = 60;
constexpr unsigned operations_each = 400;

/// `SELENE_TEST_ROUNDS=n` runs n times as many sequences.
unsigned rounds() {
    const char* rounds = std::getenv("SELENE_TEST_ROUNDS");
    return rounds != nullptr ? static_cast<unsigned>(std::strtoul(rounds, nullptr, 10)) : 1;
}

void explain(std::vector<Operation> operations, const std::string& difference, Preemption preemption) {
    operations = shrink(std::move(operations), preemption);
    const auto left = run(operations, preemption);
    FAIL(difference << "\nshortest found: " << left.value_or("none") << "\n" << as_source(operations));
}

struct Tally {
    unsigned obeyed = 0;
    unsigned refused = 0;
};

/// One sequence, drawn as the model goes; ends early when there is nothing left to play with.
void play(uint64_t seed, Preemption preemption, Tally& tally) {
    std::mt19937_64 random(seed);
    std::vector<Operation> operations;
    std::optional<std::string> difference;
    {
        LockStep both(preemption);
        while (operations.size() < operations_each && !both.over() && !difference) {
            operations.push_back(random_operation(random, both.model(), both.playground()));
            try {
                difference = both.step(operations.back());
            } catch (const machine::Panic& panic) {
                difference = panic.what();
            }
            ++(both.last().refused() ? tally.refused : tally.obeyed);
        }
    }
    if (difference) explain(operations, *difference, preemption);
}

void play_all(Preemption preemption) {
    Tally tally;
    for (unsigned i = 0; i < sequences * rounds(); ++i) play(Catch::getSeed() * 1'000'003ull + i, preemption, tally);
    WARN(tally.obeyed << " operations obeyed, " << tally.refused << " refused");
    CHECK(tally.obeyed * 4 > tally.refused);
}

}  // namespace

TEST_CASE("kernel and model agree on every operation and every state") { play_all(Preemption::never); }

TEST_CASE("kernel and model agree when every operation is preempted at every poll") {
    play_all(Preemption::at_every_poll);
}

}  // namespace selene::model
