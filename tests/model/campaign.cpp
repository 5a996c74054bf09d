// SPDX-License-Identifier: BSD-2-Clause
// Playing, and explaining what was found.
#include "campaign.hpp"

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstdlib>

#include "sequence.hpp"

namespace selene::model {

namespace {

constexpr unsigned sequences = 20;
constexpr unsigned operations_each = 400;

unsigned rounds() {
    const char* rounds = std::getenv("SELENE_TEST_ROUNDS");
    return rounds != nullptr ? static_cast<unsigned>(std::strtoul(rounds, nullptr, 10)) : 1;
}

void explain(const Played& played, const Setting& setting) {
    const auto operations = shrink(played.operations, setting);
    const auto left = run(operations, setting);
    FAIL(*played.difference << "\nshortest found: " << left.value_or("none") << "\n" << as_source(operations));
}

}  // namespace

void play_all(Preemption preemption) {
    Tally tally;
    const Setting setting{.preemption = preemption};
    for (unsigned i = 0; i < sequences * rounds(); ++i) {
        const Played played = play(Catch::getSeed() * 1'000'003ull + i, operations_each, setting, tally);
        if (played.difference) explain(played, setting);
    }
    WARN(tally.obeyed() << " calls obeyed, " << tally.refused() << " refused");
    if (std::getenv("SELENE_TEST_TALLY") != nullptr) WARN(tally.table());
    CHECK(tally.obeyed() * 4 > tally.refused());
    CHECK(tally.missing() == "");
}

}  // namespace selene::model
