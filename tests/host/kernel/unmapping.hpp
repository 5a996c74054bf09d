// SPDX-License-Identifier: BSD-2-Clause
// What tests of unmap do: make trees, unmap, and compare what is left with the reference.
#pragma once

#include <catch2/generators/catch_generators.hpp>

#include "refusal.hpp"
#include "unmap_reference.hpp"

namespace selene::test {

inline constexpr auto self = abi::KeepRoot::self;
inline constexpr auto descendants = abi::KeepRoot::descendants;

inline auto unmap_own(uint64_t first, abi::KeepRoot root, uint64_t count = 1) {
    return own_table().unmap({.first = first, .count = count, .root = root});
}

/// Make objects of a sub-untyped into a table.
inline void make_from(uint64_t untyped, ObjectType type, uint64_t size, uint64_t table, uint64_t first,
                      uint64_t count = 1) {
    const auto made = cap<stub::Untyped>(untyped).retype(
        {.type = type, .size = size, .count = count, .table = cap<stub::CapTable>(table), .first = first});
    REQUIRE(made == count);
}
inline constexpr auto own = static_cast<uint64_t>(BootSlot::table);

inline void grant(uint64_t to_table, uint64_t to, uint64_t from_table, uint64_t from) {
    REQUIRE(cap<stub::CapTable>(to_table)
                .grant({.first = to, .source = cap<stub::CapTable>(from_table), .source_first = from, .count = 1})
                .has_value());
}

/// Unmap, and compare what is left with the reference.
inline void check_unmap(World& world, uint64_t index, abi::KeepRoot root) {
    const SlotSet expected = without_closure(world.kernel().tree, world.slot(index), root);
    REQUIRE(unmap_own(index, root).has_value());
    CHECK((all_slots(world.kernel().tree) == expected));
    CHECK(world.first().dying_tables.alone());
    CHECK(!world.slot(index).closing());
}

/// Every test runs undisturbed and with an interrupt at each preemption point.
inline void in_both_ways(const auto& test) {
    const unsigned preempt_every = GENERATE(0U, 1U);
    World world;
    machine::simulated().preempt_every = preempt_every;
    test(world);
}

}  // namespace selene::test
