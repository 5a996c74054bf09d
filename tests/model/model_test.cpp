// SPDX-License-Identifier: BSD-2-Clause
// Random sequences on kernel and model. A failure prints the shortest sequence found, as C++ for a test of its own.
#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstdlib>

#include "draw.hpp"
#include "sequence.hpp"
#include "tally.hpp"

namespace selene::model {

namespace {

constexpr unsigned sequences = 60;
constexpr unsigned operations_each = 400;

/// `SELENE_TEST_ROUNDS=n` runs n times as many sequences.
unsigned rounds() {
    const char* rounds = std::getenv("SELENE_TEST_ROUNDS");
    return rounds != nullptr ? static_cast<unsigned>(std::strtoul(rounds, nullptr, 10)) : 1;
}

void explain(std::vector<Operation> operations, const std::string& difference, const Setting& setting) {
    operations = shrink(std::move(operations), setting);
    const auto left = run(operations, setting);
    FAIL(difference << "\nshortest found: " << left.value_or("none") << "\n" << as_source(operations));
}

/// One sequence, drawn as the model goes; ends early when there is nothing left to play with.
void play(uint64_t seed, const Setting& setting, Tally& tally) {
    std::mt19937_64 random(seed);
    std::vector<Operation> operations;
    std::optional<std::string> difference;
    {
        LockStep both(setting);
        while (operations.size() < operations_each && !both.over() && !difference) {
            operations.push_back(random_operation(random, both));
            const auto type = both.type_of_self(operations.back());
            try {
                difference = both.step(operations.back());
            } catch (const machine::Panic& panic) {
                difference = panic.what();
            }
            if (type) tally.count(*type, operations.back().method, both.last());
        }
    }
    if (difference) explain(operations, *difference, setting);
}

void play_all(Preemption preemption) {
    Tally tally;
    for (unsigned i = 0; i < sequences * rounds(); ++i)
        play(Catch::getSeed() * 1'000'003ull + i, {.preemption = preemption}, tally);
    WARN(tally.obeyed() << " calls obeyed, " << tally.refused() << " refused");
    if (std::getenv("SELENE_TEST_TALLY") != nullptr) WARN(tally.table());
    CHECK(tally.obeyed() * 4 > tally.refused());
    CHECK(tally.missing() == "");
}

}  // namespace

TEST_CASE("kernel and model agree on every operation and every state") { play_all(Preemption::never); }

TEST_CASE("kernel and model agree when every operation is preempted at every poll") {
    play_all(Preemption::at_every_poll);
}

}  // namespace selene::model
