// SPDX-License-Identifier: BSD-2-Clause
// When the debug kernel's watch finds what is broken: at once, when entries have earned it, or at the heavy check.
#include "invariants/invariant_watch.hpp"

#include <string_view>

#include "victim.hpp"

namespace selene::test {

namespace {

/// After how many entries a watch finds something, at most `limit`; and what.
struct Found {
    unsigned entries;
    std::string_view invariant;
};
Found watch(World& world, InvariantWatch& watch, unsigned limit) {
    for (unsigned entry = 1; entry <= limit; ++entry) {
        const Violation violation = watch.after_entry(world.core());
        if (violation.found()) return {entry, violation.invariant};
    }
    return {limit, "none"};
}

constexpr unsigned heavy = config::entries_between_heavy_checks;

}  // namespace

TEST_CASE("the watch finds nothing where nothing is broken") {
    Victim victim;
    InvariantWatch on_guard;
    CHECK(watch(victim.world, on_guard, 2 * heavy).invariant == "none");
}

TEST_CASE("the watch finds at once what is wrong with the thread that goes on") {
    Victim victim;
    InvariantWatch on_guard;
    (void)watch(victim.world, on_guard, 10);
    SchedContext& context = *victim.world.core().context;
    SECTION("its task's table") {
        ++victim.world.first().task->count;
        const Found found = watch(victim.world, on_guard, heavy);
        CHECK(found.entries == 1);
        CHECK(found.invariant == "cached_values_agree");
    }
    SECTION("more refills than there is room for") {
        context.limit = context.capacity + 1;
        CHECK(watch(victim.world, on_guard, heavy).entries == 1);
    }
    SECTION("a slice longer than its budget") {
        context.first().amount = context.budget + 1;
        const Found found = watch(victim.world, on_guard, heavy);
        CHECK(found.entries == 1);
        CHECK(found.invariant == "refills_sum_to_budget");
    }
    SECTION("time of nobody's") {
        victim.world.first().own_context = nullptr;
        CHECK(watch(victim.world, on_guard, heavy).entries == 1);
    }
}

TEST_CASE("the watch finds a broken light invariant as soon as entries have earned a check") {
    Victim victim;
    InvariantWatch on_guard;
    (void)watch(victim.world, on_guard, 10);
    word(&victim.world.core().ready, 0) |= 8;
    const Found found = watch(victim.world, on_guard, heavy);
    CHECK(found.invariant == "bitmaps_equal_queues");
    uint64_t slots = 0;
    DerivationTree& tree = victim.world.kernel().tree;
    for (Slot* slot = tree.anchor().next(); slot != &tree.anchor(); slot = slot->next()) ++slots;
    CHECK(found.entries <= (slots + victim.world.table().count()) / config::watched_per_entry + 1);
}

TEST_CASE("the watch finds a broken heavy invariant at the next heavy check") {
    Victim victim;
    InvariantWatch on_guard;
    (void)watch(victim.world, on_guard, 10);
    machine::unmask_interrupt(50);
    const Found found = watch(victim.world, on_guard, heavy);
    CHECK(found.entries == heavy - 10);
    CHECK(found.invariant == "lines_are_masked_while_nobody_listens");
}

}  // namespace selene::test
