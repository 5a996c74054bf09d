// SPDX-License-Identifier: BSD-2-Clause
// Ends of mappings: their frames, tables and spaces move, are taken apart and go.
#include <catch2/generators/catch_generators.hpp>

#include "space.hpp"

namespace selene::test {

TEST_CASE("a mapped frame's capability can move") {
    Space space;
    space.hang(place);
    space.hang(place);
    const uint64_t frame = space.frames(1);
    REQUIRE(space.map(frame, place).has_value());
    const uint64_t to = space.world.take_slot();
    REQUIRE(own_table().grant({.first = to, .source = own_table(), .source_first = frame, .count = 1}).has_value());
    CHECK(space.readable(place));
    REQUIRE(space.unmap(to).has_value());
    CHECK(!space.readable(place));
}

TEST_CASE("a frame that goes takes its mapping with it") {
    Space space;
    space.hang(place);
    space.hang(place);
    const uint64_t frames = space.frames(2);
    const uint64_t child = space.world.derive(frames, Right::read);
    REQUIRE(space.map(child, place).has_value());
    REQUIRE(space.map(frames, place + page_bytes).has_value());
    space.destroy(frames);
    CHECK(!space.readable(place));
    CHECK(!space.readable(place + page_bytes));
}

TEST_CASE("a frame's derived capability that goes takes its mapping with it, and no other") {
    Space space;
    space.hang(place);
    space.hang(place);
    const uint64_t frame = space.frames(1);
    const uint64_t child = space.world.derive(frame, Right::read);
    REQUIRE(space.map(frame, place).has_value());
    REQUIRE(space.map(child, place + page_bytes).has_value());
    space.destroy(child);
    CHECK((space.readable(place) && !space.readable(place + page_bytes)));
}

TEST_CASE("a page table that goes takes its mappings, and its frames can be mapped again") {
    const unsigned preempt_every = GENERATE(0U, 1U);
    {
        Space space;
        const uint64_t upper = space.hang(place);
        const uint64_t lower = space.hang(place);
        const uint64_t frames = space.frames(60);
        REQUIRE(space.map(frames, place, read_write, 60) == 60);
        machine::simulated().preempt_every = preempt_every;
        SECTION("the table of the frames") {
            space.destroy(lower);
            CHECK(Frame(space.world.slot(frames)).entry() == nullptr);
        }
        SECTION("the table above: what hung in it is cut off") {
            space.destroy(upper);
            CHECK(space.world.object<PageTable>(lower).cut_off());
            CHECK(Frame(space.world.slot(frames)).entry() != nullptr);
            // Hung in again it is empty.
            const uint64_t anew = space.world.make(ObjectType::page_table);
            REQUIRE(space.space.map_table(cap<stub::PageTable>(anew), place).has_value());
            REQUIRE(space.space.map_table(cap<stub::PageTable>(lower), place).has_value());
            CHECK(Frame(space.world.slot(frames)).entry() == nullptr);
        }
        for (uint64_t i = 0; i < 60; ++i) CHECK(!space.readable(place + i * page_bytes));
        CHECK(space.unmap(frames, 60) == 60);
    }
}

TEST_CASE("a table that is cut off keeps what it maps when it cannot be hung in") {
    Space space;
    const uint64_t upper = space.hang(place);
    const uint64_t lower = space.hang(place);
    const uint64_t frame = space.frames(1);
    REQUIRE(space.map(frame, place).has_value());
    space.destroy(upper);
    space.hang(place);
    space.hang(place);
    check_refused(space.world, {ErrorCode::already_mapped, 2, place},
                  [&] { return space.space.map_table(cap<stub::PageTable>(lower), place); });
    CHECK(Frame(space.world.slot(frame)).entry() != nullptr);
}

TEST_CASE("while a page table is taken apart, what is unmapped below it is out of reach at once") {
    Space space;
    const uint64_t upper = space.hang(place);
    space.hang(place);
    const uint64_t frame = space.frames(1);
    REQUIRE(space.map(frame, place, read_write).has_value());
    const Actor other = space.world.spawn();
    machine::simulated().preempt_every = 1;
    unsigned repeats = 0;
    space.world.before_repeat = [&] {
        ++repeats;
        machine::simulated().preempt_every = 0;
        // Another thread, in another space, destroys the frame; the invoker looks.
        space.world.run(other);
        if (!space.world.slot(frame).empty()) space.destroy(frame);
        space.world.run(space.world.first());
        CHECK(!space.readable(place));
        machine::simulated().preempt_every = 1;
    };
    space.destroy(upper);
    CHECK(repeats > 0);
}

TEST_CASE("into a page table that is taken apart nothing is put, nor it into another") {
    Space space;
    const uint64_t upper = space.hang(place);
    const uint64_t lower = space.hang(place);
    const uint64_t loose = space.world.make(ObjectType::page_table);
    const uint64_t frame = space.frames(1);
    const uint64_t victim = GENERATE_COPY(upper, lower, loose);
    CAPTURE(victim == upper, victim == lower);
    const Actor other = space.world.spawn();
    unsigned repeats = 0;
    if (victim == loose) space.destroy(lower);
    machine::simulated().preempt_every = 1;
    space.world.before_repeat = [&] {
        if (!space.world.object<PageTable>(victim).dying()) return;
        ++repeats;
        machine::simulated().preempt_every = 0;
        space.world.run(other);
        const uint64_t missing_level = victim == upper ? 2 : 3;
        CHECK(space.map(frame, place).error() == sel::Error{ErrorCode::missing_table, missing_level, place});
        if (victim == upper) CHECK(!space.space.map_table(cap<stub::PageTable>(loose), place).has_value());
        if (victim == loose) {
            CHECK(space.space.map_table(cap<stub::PageTable>(loose), place + (uint64_t{1} << 30)).error() ==
                  sel::Error{ErrorCode::closing, 1});
        }
        CHECK(Frame(space.world.slot(frame)).entry() == nullptr);
        space.world.run(space.world.first());
        machine::simulated().preempt_every = 1;
    };
    space.destroy(victim);
    CHECK(repeats > 0);
}

TEST_CASE("into a space that is taken apart nothing is put") {
    Space space;
    const auto dying = cap<stub::AddressSpace>(space.world.make(ObjectType::address_space));
    const uint64_t loose = space.world.make(ObjectType::page_table);
    const uint64_t frame = space.frames(1);
    const Actor other = space.world.spawn();
    unsigned repeats = 0;
    machine::simulated().preempt_every = 1;
    space.world.before_repeat = [&] {
        if (!space.world.object<PageTable>(dying.index().raw()).dying()) return;
        ++repeats;
        machine::simulated().preempt_every = 0;
        space.world.run(other);
        check_refused(space.world, {ErrorCode::closing, 0},
                      [&] { return dying.map_table(cap<stub::PageTable>(loose), place); });
        check_refused(space.world, {ErrorCode::closing, 0}, [&] {
            return dying.map({.frames = own_table(),
                              .first = frame,
                              .count = 1,
                              .address = place,
                              .rights = Right::read,
                              .kind = abi::MemoryKind::normal});
        });
        space.world.run(space.world.first());
        machine::simulated().preempt_every = 1;
    };
    space.destroy(dying.index().raw());
    CHECK(repeats > 0);
}

TEST_CASE("a space that goes takes its mappings with it") {
    const unsigned preempt_every = GENERATE(0U, 1U);
    {
        Space space;
        const Actor other = space.world.spawn();
        const auto its_space = cap<stub::AddressSpace>(other.space);
        const uint64_t tables = space.world.take_slots(2);
        REQUIRE(
            space.world.memory()
                .retype({.type = ObjectType::page_table, .size = 0, .count = 2, .table = own_table(), .first = tables})
                .has_value());
        REQUIRE(its_space.map_table(cap<stub::PageTable>(tables), place).has_value());
        REQUIRE(its_space.map_table(cap<stub::PageTable>(tables + 1), place).has_value());
        const uint64_t frames = space.frames(20);
        REQUIRE(its_space.map({.frames = own_table(),
                               .first = frames,
                               .count = 20,
                               .address = place,
                               .rights = Right::read,
                               .kind = abi::MemoryKind::normal}) == 20);
        space.world.run(other);
        CHECK(space.readable(place));
        machine::simulated().preempt_every = preempt_every;
        SECTION("by another thread") {
            space.world.run(space.world.first());
            space.destroy(other.space);
        }
        SECTION("by its own thread") {
            (void)own_table().unmap({.first = other.space, .count = 1, .root = abi::KeepRoot::self});
            // It cannot run on.
            CHECK(space.world.running() == &space.world.first());
            space.destroy(other.space);
        }
        CHECK(space.world.object<Task>(other.task).space == nullptr);
        CHECK(space.world.object<PageTable>(tables).cut_off());
    }
}

}  // namespace selene::test
