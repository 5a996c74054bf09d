// SPDX-License-Identifier: BSD-2-Clause
// Unmap: what it takes away, whatever the shape of the tree, however often it is preempted.
#include <algorithm>
#include <optional>
#include <ranges>
#include <utility>

#include "unmapping.hpp"

namespace selene::test {

TEST_CASE("unmap of an empty slot passes over it") {
    in_both_ways([](World& world) {
        CHECK(unmap_own(world.next_empty(), self, 20) == 20);
        CHECK(unmap_own(world.next_empty(), descendants) == 1);
        const uint64_t count = world.table().count();
        check_refused(world, {ErrorCode::index_out_of_range, 1, count}, [&] { return unmap_own(count, self); });
    });
}

TEST_CASE("unmap takes all descendants, and the capability too only if asked") {
    in_both_ways([](World& world) {
        const uint64_t endpoint = world.make(ObjectType::endpoint);
        const uint64_t child = world.derive(endpoint, every_right, 1);
        const uint64_t grandchild = world.derive(child, every_right);
        const uint64_t sibling = world.derive(endpoint, every_right, 2);
        check_unmap(world, child, descendants);
        CHECK(!world.slot(child).empty());
        CHECK(world.slot(grandchild).empty());
        // There are none left, and it stays.
        check_unmap(world, child, descendants);
        CHECK(!world.slot(child).empty());
        check_unmap(world, child, self);
        CHECK(!world.slot(sibling).empty());
        check_unmap(world, endpoint, self);
        CHECK(world.slot(sibling).empty());
    });
}

TEST_CASE("a wide and deep tree goes whole") {
    in_both_ways([](World& world) {
        const uint64_t endpoint = world.make(ObjectType::endpoint);
        const uint64_t stay = world.make(ObjectType::endpoint);
        for (unsigned i = 0; i < 12; ++i) {
            uint64_t last = world.derive(endpoint, every_right);
            for (unsigned depth = 0; depth < 5; ++depth) {
                (void)world.derive(last, every_right);
                last = world.derive(last, every_right);
            }
        }
        check_unmap(world, endpoint, self);
        CHECK(!world.slot(stay).empty());
    });
}

TEST_CASE("objects die with their untyped, tables with all they hold") {
    in_both_ways([](World& world) {
        const uint64_t untyped = world.make(ObjectType::untyped, 16);
        const uint64_t table = world.take_slot();
        make_from(untyped, ObjectType::cap_table, 16, own, table);
        make_from(untyped, ObjectType::endpoint, 0, table, 0, 4);
        make_from(untyped, ObjectType::thread, 0, table, 4, 2);
        make_from(untyped, ObjectType::task, 0, table, 6);
        make_from(untyped, ObjectType::address_space, 0, table, 7);
        make_from(untyped, ObjectType::sched_context, 3, table, 8);
        make_from(untyped, ObjectType::reply, 0, table, 9);
        make_from(untyped, ObjectType::notification, 0, table, 10);
        make_from(untyped, ObjectType::interrupt_handler, 0, table, 11);
        make_from(untyped, ObjectType::frame, 12, table, 12, 2);
        make_from(untyped, ObjectType::page_table, 0, table, 14);
        check_unmap(world, untyped, descendants);
        CHECK(!world.slot(untyped).has_children());
        // All of it is there again.
        make_from(untyped, ObjectType::frame, 12, own, world.take_slots(16), 16);
    });
}

TEST_CASE("a table that holds its own origin") {
    in_both_ways([](World& world) {
        const uint64_t untyped = world.make(ObjectType::untyped, 4);
        const uint64_t table = world.take_slot();
        make_from(untyped, ObjectType::cap_table, 8, own, table);
        const uint64_t reach = world.derive(table, every_right);
        make_from(untyped, ObjectType::endpoint, 0, table, 1, 3);
        grant(reach, 5, own, table);
        CHECK(world.slot(table).empty());
        check_unmap(world, untyped, self);
    });
}

TEST_CASE("two tables that hold each other's origin") {
    in_both_ways([](World& world) {
        const uint64_t untyped = world.make(ObjectType::untyped, 4);
        const uint64_t tables = world.take_slots(2);
        make_from(untyped, ObjectType::cap_table, 8, own, tables, 2);
        const uint64_t a = world.derive(tables, every_right);
        const uint64_t b = world.derive(tables + 1, every_right);
        grant(a, 3, own, tables + 1);
        grant(b, 3, own, tables);
        make_from(untyped, ObjectType::notification, 0, a, 0, 3);
        make_from(untyped, ObjectType::reply, 0, b, 0, 3);
        check_unmap(world, untyped, descendants);
        make_from(untyped, ObjectType::frame, 12, own, world.take_slots(4), 4);
    });
}

TEST_CASE("two untypeds inside tables that are made from each other") {
    in_both_ways([](World& world) {
        const uint64_t parent = world.make(ObjectType::untyped, 16);
        const uint64_t untypeds = world.take_slots(2);
        make_from(parent, ObjectType::untyped, 4, own, untypeds, 2);
        const uint64_t tables = world.take_slots(2);
        make_from(untypeds, ObjectType::cap_table, 8, own, tables);
        make_from(untypeds + 1, ObjectType::cap_table, 8, own, tables + 1);
        const uint64_t other = world.make(ObjectType::endpoint);
        // The first untyped goes into the table made from the second, and the other way round.
        grant(tables, 0, own, untypeds + 1);
        grant(tables + 1, 0, own, untypeds);
        SECTION("taken back from above") { check_unmap(world, parent, self); }
        SECTION("taken back by one of the tables") { check_unmap(world, tables, self); }
        SECTION("taken back by the descendants of a table's untyped") {
            // Through the table that holds it; once that is gone, a repeated call finds nothing to call.
            const SlotSet expected =
                without_closure(world.kernel().tree, *world.object<CapTable>(tables).slot(0), self);
            (void)cap<stub::CapTable>(tables).unmap({.first = 0, .count = 1, .root = self});
            CHECK(world.first().dying_tables.alone());
            CHECK((all_slots(world.kernel().tree) == expected));
        }
        CHECK(!world.slot(other).empty());
    });
}

TEST_CASE("an untyped inside a table that is made from it") {
    in_both_ways([](World& world) {
        const uint64_t parent = world.make(ObjectType::untyped, 16);
        const uint64_t untyped = world.take_slot();
        make_from(parent, ObjectType::untyped, 8, own, untyped);
        const uint64_t table = world.take_slot();
        make_from(untyped, ObjectType::cap_table, 8, own, table);
        const uint64_t reach = world.derive(table, every_right);
        make_from(untyped, ObjectType::endpoint, 0, table, 1, 3);
        grant(reach, 0, own, untyped);
        grant(reach, 6, own, table);
        check_unmap(world, parent, descendants);
        make_from(parent, ObjectType::frame, 12, own, world.take_slots(16), 16);
    });
}

TEST_CASE("a chain of tables each holding the next one's origin") {
    in_both_ways([](World& world) {
        world.check_always(false);
        const uint64_t untyped = world.make(ObjectType::untyped, 400);
        constexpr uint64_t length = 300;
        const uint64_t tables = world.take_slots(length);
        make_from(untyped, ObjectType::cap_table, 4, own, tables, length);
        for (uint64_t i = length - 1; i > 0; --i) grant(tables + i - 1, 2, own, tables + i);
        world.check();
        const unsigned before = machine::simulated().polls;
        check_unmap(world, tables, self);
        // Each table: its origin, its slots.
        CHECK(machine::simulated().polls - before <= length * 8);
        CHECK(!world.slot(untyped).has_children());
    });
}

TEST_CASE("a fan of capabilities over many tables") {
    in_both_ways([](World& world) {
        world.check_always(false);
        const uint64_t endpoint = world.make(ObjectType::endpoint);
        const uint64_t tables = world.take_slots(20);
        make_from(world.memory().index().raw(), ObjectType::cap_table, 50, own, tables, 20);
        for (uint64_t t = 0; t < 20; ++t) {
            for (uint64_t i = 0; i < 50; ++i) {
                REQUIRE(cap<stub::CapTable>(tables + t)
                            .map({.first = i,
                                  .source = own_table(),
                                  .source_first = endpoint,
                                  .count = 1,
                                  .rights = every_right,
                                  .badge = t})
                            .has_value());
            }
        }
        check_unmap(world, endpoint, descendants);
        world.check();
    });
}

TEST_CASE("while an unmap is under way its root is closed to map, grant and retype") {
    World world;
    machine::simulated().preempt_every = 1;
    const uint64_t untyped = world.make(ObjectType::untyped, 16);
    make_from(untyped, ObjectType::endpoint, 0, own, world.take_slots(40), 40);
    const Actor other = world.spawn();
    const uint64_t free = world.take_slot();
    bool tried = false;
    world.before_repeat = [&] {
        if (tried) return;
        tried = true;
        machine::simulated().preempt_every = 0;
        world.run(other);
        check_refused(world, {ErrorCode::closing, 3, untyped}, [&] {
            return own_table().map({.first = free,
                                    .source = own_table(),
                                    .source_first = untyped,
                                    .count = 1,
                                    .rights = every_right,
                                    .badge = 0});
        });
        check_refused(world, {ErrorCode::closing, 3, untyped}, [&] {
            return own_table().grant({.first = free, .source = own_table(), .source_first = untyped, .count = 1});
        });
        check_refused(world, {ErrorCode::closing, 0}, [&] {
            return cap<stub::Untyped>(untyped).retype(
                {.type = ObjectType::endpoint, .size = 0, .count = 1, .table = own_table(), .first = free});
        });
        world.run(world.first());
    };
    REQUIRE(unmap_own(untyped, descendants).has_value());
    CHECK(tried);
    CHECK(!world.slot(untyped).has_children());
    CHECK(!world.slot(untyped).closing());
}

TEST_CASE("if the invoker dies, the next unmap of the slot finishes its work") {
    World world;
    const uint64_t untyped = world.make(ObjectType::untyped, 32);
    const uint64_t tables = world.take_slots(3);
    make_from(untyped, ObjectType::cap_table, 64, own, tables, 3);
    for (uint64_t i = 0; i < 3; ++i) make_from(untyped, ObjectType::endpoint, 0, tables + i, 0, 60);
    const Actor other = world.spawn();
    world.run(other);
    machine::simulated().preempt_every = 1;
    bool killed = false;
    world.before_repeat = [&] {
        if (world.running() != other.object || killed || other.object->dying_tables.alone()) return;
        killed = true;
        world.run(world.first());
        REQUIRE(unmap_own(other.thread, self).has_value());
    };
    (void)unmap_own(untyped, descendants);
    REQUIRE(killed);
    CHECK(world.slot(untyped).closing());
    world.run(world.first());
    REQUIRE(unmap_own(untyped, descendants).has_value());
    CHECK(!world.slot(untyped).has_children());
    CHECK(!world.slot(untyped).closing());
    make_from(untyped, ObjectType::frame, 12, own, world.take_slots(32), 32);
}

TEST_CASE("an unmap goes sixteen steps before it asks whether it has to make way") {
    World world;
    constexpr unsigned handlers = 40;
    const uint64_t untyped = world.make(ObjectType::untyped, 16);
    const uint64_t first = world.take_slots(handlers);
    make_from(untyped, ObjectType::interrupt_handler, 0, own, first, handlers);
    unsigned repeats = 0;
    world.before_repeat = [&] {
        ++repeats;
        const auto left = std::ranges::count_if(std::views::iota(first, first + handlers),
                                                [&](uint64_t index) { return !world.slot(index).empty(); });
        CHECK(left == handlers - config::steps_between_polls * repeats);
    };
    machine::simulated().preempt_every = 1;
    check_unmap(world, untyped, descendants);
    CHECK(repeats == handlers / config::steps_between_polls);
}

TEST_CASE("a notification that a thread is bound to is worth four steps") {
    World world;
    const uint64_t untyped = world.make(ObjectType::untyped, 1);
    const uint64_t first = world.take_slots(5);
    make_from(untyped, ObjectType::notification, 0, own, first, 5);
    for (uint64_t i = 0; i < 5; ++i) {
        const auto thread = cap<stub::Thread>(world.make(ObjectType::thread));
        REQUIRE(cap<stub::Notification>(first + i).bind(thread).has_value());
    }
    // What was made last goes first: with it, three of the others are not enough to ask.
    make_from(untyped, ObjectType::interrupt_handler, 0, own, world.take_slot());
    std::optional<int64_t> left;
    world.before_repeat = [&] {
        if (left) return;
        left = std::ranges::count_if(std::views::iota(first, first + 5),
                                     [&](uint64_t index) { return !world.slot(index).empty(); });
    };
    machine::simulated().preempt_every = 1;
    check_unmap(world, untyped, descendants);
    CHECK(left == (config::steps_between_polls > 1 ? 1 : 5));
}

TEST_CASE("that a table dies is a step, and each of its slots is one") {
    World world;
    constexpr unsigned count = 64;
    const uint64_t slot = world.make(ObjectType::cap_table, count);
    CapTable& table = world.object<CapTable>(slot);
    unsigned steps = 0;
    world.before_repeat = [&] {
        steps += config::steps_between_polls;
        CHECK(table.at_cursor() == (steps <= count ? table.slots() + steps - 1 : nullptr));
    };
    machine::simulated().preempt_every = 1;
    check_unmap(world, slot, self);
    CHECK(steps == (count + 1) / config::steps_between_polls * config::steps_between_polls);
}

TEST_CASE("a thread that loses its task is worth as much as all steps between two polls") {
    World world;
    constexpr unsigned threads = 6;
    const uint64_t task = world.make(ObjectType::task);
    for (unsigned i = 0; i < threads; ++i)
        REQUIRE(cap<stub::Thread>(world.make(ObjectType::thread)).bind_task(cap<stub::Task>(task)).has_value());
    unsigned repeats = 0;
    world.before_repeat = [&] { ++repeats; };
    machine::simulated().preempt_every = 1;
    check_unmap(world, task, descendants);
    CHECK(repeats == threads);
}

TEST_CASE("a range of tables goes whole, however often the death of one is preempted") {
    in_both_ways([](World& world) {
        const uint64_t tables = world.take_slots(3);
        make_from(world.memory().index().raw(), ObjectType::cap_table, 64, own, tables, 3);
        for (unsigned i = 0; i < 3; ++i)
            make_from(world.memory().index().raw(), ObjectType::endpoint, 0, tables + i, 0, 40);
        CHECK(unmap_own(tables, self, 3) == 3);
        for (unsigned i = 0; i < 3; ++i) CHECK(world.slot(tables + i).empty());
    });
}

TEST_CASE("two unmaps meet in a table: the one that takes its untyped goes on with what the other began") {
    World world;
    const uint64_t holder = world.make(ObjectType::cap_table, 4);
    const uint64_t untyped = world.make(ObjectType::untyped, 16);
    const uint64_t table = world.take_slot();
    make_from(untyped, ObjectType::cap_table, 64, own, table);
    make_from(world.memory().index().raw(), ObjectType::endpoint, 0, table, 0, 60);
    grant(holder, 1, own, untyped);
    const Actor rival = world.spawn();
    machine::simulated().preempt_every = 1;
    bool met = false;
    world.before_repeat = [&] {
        if (std::exchange(met, true)) return;
        machine::simulated().preempt_every = 0;
        CHECK(world.slot(table).empty());
        world.run(rival);
        REQUIRE(unmap_own(holder, self).has_value());
        world.run(world.first());
    };
    (void)unmap_own(table, self);
    world.before_repeat = nullptr;
    CHECK(met);
    CHECK(world.slot(holder).empty());
    CHECK(world.first().dying_tables.alone());
    CHECK(rival.object->dying_tables.alone());
}

}  // namespace selene::test
