// SPDX-License-Identifier: BSD-2-Clause
// Capability look-up: flat tables, and tables linked by guard and radix.
#include <catch2/generators/catch_generators.hpp>

#include "refusal.hpp"

namespace selene::test {

namespace {

/// An endpoint's send through an index: says how the look-up went.
auto try_send(uint64_t index) {
    return [index] { return sel::simulated_system_call(SystemCall::try_send, {.x0 = index}); };
}

constexpr uint64_t guard(uint64_t value, uint64_t bits) { return value << 6 | bits; }

/// A task whose root table of `slots` slots is installed with a guard, and a thread of it that runs.
struct Linked {
    World world;
    uint64_t root;
    Actor actor;

    Linked(uint64_t slots, uint64_t root_guard)
        : root(world.make(ObjectType::cap_table, slots)), actor(world.spawn({.started = false})) {
        const uint64_t guarded = world.derive(root, every_right, root_guard);
        const auto task = cap<stub::Task>(actor.task);
        REQUIRE(task.remove(abi::TaskSlot::table).has_value());
        REQUIRE(task.install(abi::TaskSlot::table, cap<stub::CapTable>(guarded)).has_value());
    }
    void put(uint64_t into, uint64_t slot, uint64_t source, uint64_t badge = 0) {
        REQUIRE(cap<stub::CapTable>(into)
                    .map({.first = slot,
                          .source = own_table(),
                          .source_first = source,
                          .count = 1,
                          .rights = every_right,
                          .badge = badge})
                    .has_value());
    }
    void go() {
        world.start(actor);
        world.run(actor);
    }
};

}  // namespace

TEST_CASE("an index beyond a flat table is refused by name") {
    World world;
    const uint64_t count = world.table().count();
    check_refused(world, {ErrorCode::index_out_of_range, 0, count}, try_send(count));
    check_refused(world, {ErrorCode::index_out_of_range, 0, ~uint64_t{0}}, try_send(~uint64_t{0}));
    check_refused(world, {ErrorCode::empty_slot, 0, count - 1}, try_send(count - 1));
}

TEST_CASE("type and right are checked in this order after existence") {
    World world;
    check_refused(world, {ErrorCode::wrong_type, 0, static_cast<uint64_t>(ObjectType::task)},
                  try_send(static_cast<uint64_t>(BootSlot::task)));
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t deaf = world.derive(endpoint, Right::read);
    check_refused(world, {ErrorCode::missing_right, 0, static_cast<uint64_t>(Right::write)}, try_send(deaf));
    check_refused(world, {ErrorCode::would_block}, try_send(endpoint));
}

TEST_CASE("a thread whose task has no table names nothing") {
    World world;
    const Actor actor = world.spawn({.started = false});
    REQUIRE(cap<stub::Task>(actor.task).remove(abi::TaskSlot::table).has_value());
    world.start(actor);
    world.run(actor);
    check_refused(world, {ErrorCode::no_space, 0}, try_send(1));
}

TEST_CASE("a table with a guard resolves all 64 bits of an index") {
    Linked linked(16, guard(0xabc, 60));
    const uint64_t endpoint = linked.world.make(ObjectType::endpoint);
    linked.put(linked.root, 5, endpoint);
    linked.go();
    check_refused(linked.world, {ErrorCode::would_block}, try_send(0xabc5));
    check_refused(linked.world, {ErrorCode::empty_slot, 0, 0xabc6}, try_send(0xabc6));
    check_refused(linked.world, {ErrorCode::index_out_of_range, 0, 5}, try_send(5));
    check_refused(linked.world, {ErrorCode::index_out_of_range, 0, 0x1abc5}, try_send(0x1abc5));
}

TEST_CASE("a guard of zeros up to the last bits is a flat table") {
    Linked linked(16, guard(0, 60));
    const uint64_t endpoint = linked.world.make(ObjectType::endpoint);
    linked.put(linked.root, 5, endpoint);
    linked.go();
    CHECK(linked.actor.object->task->table != nullptr);
    check_refused(linked.world, {ErrorCode::would_block}, try_send(5));
    check_refused(linked.world, {ErrorCode::index_out_of_range, 0, 16}, try_send(16));
}

TEST_CASE("tables are linked by guard and radix") {
    // 40 guard bits and 8 of radix; below slot 7 a table with 6 guard bits (value 0x2a) and 4 of radix; 6 bits are left
    // for a third with 2 and 4.
    Linked linked(256, guard(1, 40));
    World& world = linked.world;
    const uint64_t second = world.make(ObjectType::cap_table, 16);
    const uint64_t third = world.make(ObjectType::cap_table, 16);
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    linked.put(linked.root, 7, second, guard(0x2a, 6));
    linked.put(second, 3, third, guard(2, 2));
    linked.put(third, 9, endpoint);
    linked.put(second, 4, endpoint);
    linked.go();
    const uint64_t prefix = uint64_t{1} << 24 | uint64_t{7} << 16;
    const uint64_t in_second = prefix | 0x2a << 10;
    check_refused(world, {ErrorCode::would_block}, try_send(in_second | 3 << 6 | 2 << 4 | 9));
    check_refused(world, {ErrorCode::empty_slot, 0, in_second | 3 << 6 | 2 << 4 | 8},
                  try_send(in_second | 3 << 6 | 2 << 4 | 8));
    // Another guard than the capability's.
    check_refused(world, {ErrorCode::index_out_of_range, 0, in_second | 3 << 6 | 1 << 4 | 9},
                  try_send(in_second | 3 << 6 | 1 << 4 | 9));
    check_refused(world, {ErrorCode::index_out_of_range, 0, prefix | 0x2b << 10}, try_send(prefix | 0x2b << 10));
    // Bits are left and the slot holds no table: the slot it is.
    check_refused(world, {ErrorCode::would_block}, try_send(in_second | 4 << 6 | 5));
}

TEST_CASE("a look-up passes at most eight tables") {
    constexpr unsigned links = abi::table_links;
    Linked linked(4, guard(0, 20));
    World& world = linked.world;
    uint64_t table = linked.root;
    for (unsigned i = 1; i < links + 1; ++i) {
        const uint64_t next = world.make(ObjectType::cap_table, 4);
        linked.put(table, 1, next);
        table = next;
    }
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    linked.put(linked.root, 2, endpoint);
    linked.go();
    // Two bits a table, 44 bits in all.
    uint64_t deep = 0;
    for (unsigned i = 0; i < 22; ++i) deep = deep << 2 | 1;
    check_refused(world, {ErrorCode::too_many_links, 0, links}, try_send(deep));
    check_refused(world, {ErrorCode::would_block}, try_send(uint64_t{2} << 42));
}

TEST_CASE("a table whose size is no power of two cannot be linked, but used flat") {
    Linked linked(16, guard(1, 8));
    World& world = linked.world;
    const uint64_t odd = world.make(ObjectType::cap_table, 12);
    linked.put(linked.root, 0, odd);
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    linked.put(odd, 1, endpoint);
    linked.go();
    const uint64_t index = uint64_t{1} << 56 | 1;
    check_refused(world, {ErrorCode::index_out_of_range, 0, index}, try_send(index));
}

TEST_CASE("a linked table that is gone is an empty slot, and one that dies is out of reach") {
    Linked linked(16, guard(1, 8));
    World& world = linked.world;
    const uint64_t second = world.make(ObjectType::cap_table, 16);
    linked.put(linked.root, 3, second);
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    linked.put(second, 0, endpoint);
    linked.go();
    const uint64_t index = uint64_t{1} << 56 | uint64_t{3} << 52;
    // 52 bits are left in `second`, which holds an endpoint: the slot it is.
    check_refused(world, {ErrorCode::would_block}, try_send(index));
    world.run(world.first());
    REQUIRE(own_table().unmap({.first = second, .count = 1, .root = abi::KeepRoot::self}).has_value());
    world.run(linked.actor);
    check_refused(world, {ErrorCode::empty_slot, 0, index}, try_send(index));
}

TEST_CASE("a guard that takes all bits above the table's own is asked for, whatever its value") {
    const uint64_t value = GENERATE(0U, 1U);
    Linked linked(16, guard(value, 60));
    const uint64_t endpoint = linked.world.make(ObjectType::endpoint);
    linked.put(linked.root, 3, endpoint);
    linked.go();
    check_refused(linked.world, {ErrorCode::would_block}, try_send(value * 16 + 3));
    const uint64_t other = (1 - value) * 16 + 3;
    check_refused(linked.world, {ErrorCode::index_out_of_range, 0, other}, try_send(other));
}

}  // namespace selene::test
