// SPDX-License-Identifier: BSD-2-Clause
// The search itself: it finds what is wrong, by the shortest path, and takes for one what only names keep apart.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>

#include "invariants/object_walk.hpp"
#include "object/cap_table.hpp"
#include "search.hpp"
#include "worlds.hpp"

namespace selene::test {

namespace {

bool is_in_common_table(Stage& stage, const CapTable& table) {
    const std::span<Slot> slots(stage.interchangeable()->slots(), stage.interchangeable()->count());
    return std::ranges::any_of(slots, [&](const Slot& slot) {
        return slot.type() == CapType::cap_table && slot.object<CapTable>() == &table;
    });
}

/// Wrong on purpose: nothing forbids a full table that holds its own origin and can be reached.
const char* no_full_table_holds_itself(Stage& stage) {
    DerivationTree& tree = stage.kernel().tree;
    for (Slot* slot = tree.anchor().next(); slot != &tree.anchor(); slot = slot->next()) {
        if (slot->type() != CapType::cap_table || !slot->origin()) continue;
        auto& table = *slot->object<CapTable>();
        if (stage.is_keeper(table) || table.dying()) continue;
        const std::span<Slot> slots(table.slots(), table.count());
        const bool full = std::ranges::none_of(slots, [](const Slot& one) { return one.empty(); });
        if (full && is_in_common_table(stage, table) && slot >= slots.data() && slot < slots.data() + slots.size())
            return "a full table holds itself";
    }
    return nullptr;
}

/// Wrong on purpose, and only while an operation is preempted.
const char* nothing_closes(Stage& stage) {
    DerivationTree& tree = stage.kernel().tree;
    for (Slot* slot = tree.anchor().next(); slot != &tree.anchor(); slot = slot->next()) {
        if (slot->closing()) return "something closes";
    }
    return nullptr;
}

/// The table in one of whose slots a slot lies, null if it is another object's.
CapTable* table_around(Stage& stage, const Slot& slot) {
    CapTable* found = nullptr;
    (void)invariant::each_object<CapTable>(stage.kernel().tree, CapType::cap_table, [&](CapTable& table) -> Violation {
        if (&slot >= table.slots() && &slot < table.slots() + table.count()) found = &table;
        return {};
    });
    return found;
}

/// The origin of a table.
Slot* origin_of(Stage& stage, const CapTable& table) {
    DerivationTree& tree = stage.kernel().tree;
    for (Slot* slot = tree.anchor().next(); slot != &tree.anchor(); slot = slot->next()) {
        if (slot->origin() && slot->type() == CapType::cap_table && slot->object<CapTable>() == &table) return slot;
    }
    return nullptr;
}

/// Reported, so that it is seen to be reached.
const char* two_tables_hold_each_other(Stage& stage) {
    DerivationTree& tree = stage.kernel().tree;
    for (Slot* slot = tree.anchor().next(); slot != &tree.anchor(); slot = slot->next()) {
        if (!slot->origin() || slot->type() != CapType::cap_table) continue;
        CapTable* one = slot->object<CapTable>();
        CapTable* other = table_around(stage, *slot);
        if (other == nullptr || other == one || stage.is_keeper(*one) || stage.is_keeper(*other)) continue;
        if (table_around(stage, *origin_of(stage, *other)) == one) return "two tables hold each other's origins";
    }
    return nullptr;
}

const char* table_holds_its_untyped(Stage& stage) {
    invariant::Ancestors ancestors;
    DerivationTree& tree = stage.kernel().tree;
    for (Slot* slot = tree.anchor().next(); slot != &tree.anchor(); slot = slot->next()) {
        const Slot* parent = ancestors.enter(*slot);
        if (parent == nullptr || !slot->origin() || slot->type() != CapType::cap_table) continue;
        auto* table = slot->object<CapTable>();
        if (!stage.is_keeper(*table) && table_around(stage, *parent) == table) return "a table holds its untyped";
    }
    return nullptr;
}

/// An operation of the world "weaker", by the number of its form.
Operation operation(uint8_t form, std::array<uint8_t, maximum_parameters> arguments) { return {form, arguments}; }

Hash128 state_after(const std::vector<Operation>& operations) {
    Stage stage(world_named("weaker").description);
    for (const Operation& one : operations) {
        const Entry entry = stage.perform(one, 1000);
        REQUIRE(!entry.refused);
        REQUIRE(entry.all);
    }
    Canonical canonical(stage);
    return hash_of(canonical.write());
}

}  // namespace

TEST_CASE("a state four operations away is found by four, which are printed and lead there again") {
    Search search(world_named("tree").description, no_full_table_holds_itself);
    const Findings found = search.run();
    CHECK(found.violation == "a full table holds itself");
    REQUIRE(found.path.size() == 4);
    CHECK(search.replay(found.path) == found.violation);
    CHECK(search.replay({found.path.begin(), found.path.end() - 1}).empty());
    const std::string text = search.text_of(found.path);
    INFO(text);
    CHECK(std::ranges::count(text, '\n') == 4);
    CHECK(text.find("    a.retype(1, {.type = 2, .size = 2, .count = 1, .table = 0, .first = 2});\n") == 0);
    CHECK(text.find("a.grant(") != std::string::npos);
}

TEST_CASE("a state in the middle of an operation is found and printed") {
    Search search(world_named("tree").description, nothing_closes);
    const Findings found = search.run();
    CHECK(found.violation == "something closes");
    REQUIRE(!found.path.empty());
    CHECK(search.replay(found.path) == found.violation);
    CHECK(search.text_of(found.path).find("// preempted at poll 1\n") != std::string::npos);
}

TEST_CASE("the states that are hardest to end are reached") {
    const auto [world, state] = GENERATE(table<const char*, Check>({
        {"two tables", two_tables_hold_each_other},
        {"two tables", table_holds_its_untyped},
        {"tree", table_holds_its_untyped},
    }));
    INFO(world);
    Search search(world_named(world).description, state);
    const Findings found = search.run();
    INFO(search.text_of(found.path));
    REQUIRE(!found.violation.empty());
    CHECK(search.replay(found.path) == found.violation);
}

TEST_CASE("a preempted operation stays what it is until it is done") {
    constexpr uint8_t map = 0;
    constexpr uint8_t unmap = 2;
    constexpr uint8_t retype = 3;
    Stage stage(world_named("weaker").description);
    (void)stage.perform(operation(retype, {1, 0, 0, 0, 0, 2}), 1000);
    (void)stage.perform(operation(map, {0, 3, 0, 2, 0, 0, 0}), 1000);
    const Operation all_of_it = operation(unmap, {0, 1, 0, 0});
    Thread& thread = *stage.running();
    REQUIRE(stage.perform(all_of_it, 1).preempted);
    REQUIRE(stage.go_on(1).preempted);
    REQUIRE(stage.pending(thread) != nullptr);
    CHECK(*stage.pending(thread) == all_of_it);
    CHECK(stage.go_on(1000).all);
    CHECK(stage.pending(thread) == nullptr);
    CHECK(stage.interchangeable()->slots()[1].empty());
}

TEST_CASE("names make no state, all else does") {
    constexpr uint8_t map = 0;
    constexpr uint8_t unmap = 2;
    constexpr uint8_t retype = 3;
    // table 0, first, source 0, source_first, count, rights, badge; untyped 1, type, size, count, table 0, first
    const Operation make2 = operation(retype, {1, 0, 0, 0, 0, 2});
    const Operation make3 = operation(retype, {1, 0, 0, 0, 0, 3});
    const Operation unmap2 = operation(unmap, {0, 2, 0, 0});
    const Operation derive_full = operation(map, {0, 3, 0, 2, 0, 0, 0});
    const Operation derive_weak = operation(map, {0, 3, 0, 2, 0, 1, 0});
    const Operation derive_badged = operation(map, {0, 3, 0, 2, 0, 0, 1});
    const Hash128 first = state_after({});
    const Hash128 one = state_after({make2});
    CHECK(one != first);
    CHECK(state_after({make3}) == one);
    CHECK(state_after({make2, unmap2}) == first);
    CHECK(state_after({make2, unmap2, make3}) == one);
    // Two were made before one was taken away: less is left.
    CHECK(state_after({make2, make3, unmap2}) != one);
    const Hash128 derived = state_after({make2, derive_full});
    CHECK(derived != one);
    CHECK(derived != state_after({make2, make3}));
    CHECK(derived != state_after({make2, derive_weak}));
    CHECK(derived != state_after({make2, derive_badged}));
    CHECK(state_after({make3, operation(map, {0, 2, 0, 3, 0, 0, 0})}) == derived);
}

}  // namespace selene::test
