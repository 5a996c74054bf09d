// SPDX-License-Identifier: BSD-2-Clause
// What the hardware has to be told: translations that are flushed, tags that spaces share, caches.
#include "space.hpp"

namespace selene::test {

TEST_CASE("an uncached mapping of memory cleans what the cache holds of it") {
    Space space;
    space.hang(place);
    space.hang(place);
    const uint64_t frame = space.frames(1);
    REQUIRE(space.map(frame, place, read_write, 1, abi::MemoryKind::uncached).has_value());
    REQUIRE(machine::simulated().maintenance.size() == 1);
    CHECK(machine::simulated().maintenance[0] ==
          machine::CacheMaintenance{abi::CacheOperation::clean_invalidate,
                                    Frame(space.world.slot(frame)).base().value(), page_bytes});
    // protect keeps the kind.
    REQUIRE(space.protect(frame, Right::read).has_value());
    const auto found =
        machine::walk(machine::physical(&space.world.object<PageTable>(static_cast<uint64_t>(BootSlot::space))), place);
    REQUIRE(found.has_value());
    CHECK(machine::PageEntry::kind(found->entry) == abi::MemoryKind::uncached);
}

TEST_CASE(
    "a large frame that is mapped uncached is cleaned in steps, each byte once, however often that is preempted") {
    for (const unsigned preempt_every : {0U, 1U}) {
        Space space;
        space.hang(place);
        const uint64_t frames = space.frames(2, 21);
        unsigned repeats = 0;
        space.world.before_repeat = [&] {
            ++repeats;
            CHECK(!space.readable(place));
        };
        machine::simulated().preempt_every = preempt_every;
        CHECK(space.map(frames, place, read_write, 1, abi::MemoryKind::uncached) == 1);
        CHECK((repeats > 10) == (preempt_every == 1));
        space.world.before_repeat = nullptr;
        uint64_t cleaned = 0;
        for (const auto& done : machine::simulated().maintenance) {
            CHECK(done.operation == abi::CacheOperation::clean_invalidate);
            CHECK(done.physical == Frame(space.world.slot(frames)).base().value() + cleaned);
            cleaned += done.bytes;
        }
        CHECK(cleaned == two_mib);
        CHECK(space.writable(place));
        // The next one is another frame.
        CHECK(space.map(frames + 1, place + two_mib, read_write, 1, abi::MemoryKind::uncached) == 1);
        CHECK(Frame(space.world.slot(frames + 1)).entry() != nullptr);
    }
}

TEST_CASE("ranges are mapped, protected and unmapped whole, also when preempted at every point") {
    for (const unsigned preempt_every : {0U, 1U}) {
        Space space;
        space.hang(place);
        space.hang(place);
        const uint64_t frames = space.frames(100);
        machine::simulated().preempt_every = preempt_every;
        CHECK(space.map(frames, place, read_write, 100) == 100);
        for (uint64_t i = 0; i < 100; ++i) CHECK(space.writable(place + i * page_bytes));
        CHECK(space.protect(frames, Right::read, 100) == 100);
        for (uint64_t i = 0; i < 100; ++i)
            CHECK((space.readable(place + i * page_bytes) && !space.writable(place + i * page_bytes)));
        CHECK(space.unmap(frames, 100) == 100);
        for (uint64_t i = 0; i < 100; ++i) CHECK(!space.readable(place + i * page_bytes));
        CHECK(space.unmap(frames, 100) == 100);
        check_refused(space.world, {ErrorCode::not_bound, argument_frame},
                      [&] { return space.protect(frames, Right::read); });
    }
}

TEST_CASE("more than 32 pages of one call are flushed by their space's tag, with one barrier between two preemptions") {
    constexpr uint64_t most_by_page = 32;
    constexpr uint64_t many = 100;
    struct {
        uint64_t count;
        unsigned preempt_every;
    } const runs[] = {{1, 0}, {most_by_page, 0}, {most_by_page + 1, 0}, {many, 0}, {many, 1}};
    for (const auto& [count, preempt_every] : runs) {
        CAPTURE(count, preempt_every);
        Space space;
        space.hang(place);
        space.hang(place);
        const uint64_t frames = space.frames(count);
        REQUIRE(space.map(frames, place, read_write, count) == count);
        unsigned stretches = 1;
        space.world.before_repeat = [&] { ++stretches; };
        machine::simulated().preempt_every = preempt_every;
        for (const bool unmaps : {false, true}) {
            CAPTURE(unmaps);
            stretches = 1;
            const machine::FlushCounts before = machine::simulated().translations.counts();
            CHECK((unmaps ? space.unmap(frames, count) : space.protect(frames, Right::read, count)) == count);
            const machine::FlushCounts after = machine::simulated().translations.counts();
            CHECK((stretches > 1) == (preempt_every > 0));
            const uint64_t by_page = after.pages - before.pages;
            const uint64_t by_tag = after.tags - before.tags;
            if (count <= most_by_page) {
                CHECK((by_page == count && by_tag == 0));
            } else {
                // What is left when a stretch begins may be few enough again.
                CHECK((by_page <= most_by_page && by_tag >= 1 && by_tag <= stretches));
            }
            CHECK(after.barriers - before.barriers == stretches);
            for (uint64_t i = 0; i < count; ++i) {
                CHECK(!space.writable(place + i * page_bytes));
                CHECK(space.readable(place + i * page_bytes) == !unmaps);
            }
        }
    }
}

TEST_CASE("a long range that names a space which has no tag flushes none") {
    constexpr uint64_t count = 40;
    Space space;
    const auto idle = cap<stub::AddressSpace>(space.world.make(ObjectType::address_space));
    const uint64_t tables = space.world.take_slots(2);
    REQUIRE(space.world.memory()
                .retype({.type = ObjectType::page_table, .size = 0, .count = 2, .table = own_table(), .first = tables})
                .has_value());
    for (const uint64_t table : {tables, tables + 1}) {
        REQUIRE(idle.map_table(cap<stub::PageTable>(table), place).has_value());
    }
    const uint64_t frames = space.frames(count);
    REQUIRE(idle.map({.frames = own_table(),
                      .first = frames,
                      .count = count,
                      .address = place,
                      .rights = Right::read,
                      .kind = abi::MemoryKind::normal}) == count);
    const machine::FlushCounts before = machine::simulated().translations.counts();
    CHECK(idle.unmap({.frames = own_table(), .first = frames, .count = count}) == count);
    const machine::FlushCounts after = machine::simulated().translations.counts();
    CHECK((after.pages == before.pages && after.tags == before.tags));
}

TEST_CASE("cache maintenance stays inside its frame") {
    Space space;
    const uint64_t frame = space.frames(1, 21);
    const auto maintain = [&](uint64_t offset, uint64_t bytes, uint64_t slot) {
        return cap<stub::Frame>(slot).maintain(
            {.operation = abi::CacheOperation::clean, .offset = offset, .bytes = bytes});
    };
    check_refused(space.world, {ErrorCode::argument_out_of_range, 2, two_mib - 1},
                  [&] { return maintain(two_mib, 1, frame); });
    check_refused(space.world, {ErrorCode::argument_out_of_range, 3, 1},
                  [&] { return maintain(two_mib - 1, 2, frame); });
    const uint64_t read_only = space.world.derive(frame, Right::read);
    check_refused(space.world, {ErrorCode::missing_right, 0, static_cast<uint64_t>(Right::write)},
                  [&] { return maintain(0, 1, read_only); });
    const auto device = cap<stub::Untyped>(space.world.info().untypeds[space.world.info().untyped_count - 1].slot);
    const uint64_t device_frame = space.world.take_slot();
    REQUIRE(
        device.retype({.type = ObjectType::frame, .size = 12, .count = 1, .table = own_table(), .first = device_frame})
            .has_value());
    check_refused(space.world, {ErrorCode::device_memory, 0}, [&] { return maintain(0, 1, device_frame); });
    machine::simulated().preempt_every = 1;
    REQUIRE(maintain(100, two_mib - 100, frame).has_value());
    uint64_t bytes = 0;
    for (const auto& done : machine::simulated().maintenance) {
        CHECK(done.physical == Frame(space.world.slot(frame)).base().value() + 100 + bytes);
        bytes += done.bytes;
    }
    CHECK(bytes == two_mib - 100);
}

TEST_CASE("more spaces than tags: each thread is in its own space, whoever had the tag before") {
    Space space;
    std::vector<Actor> actors;
    for (unsigned i = 0; i < 7; ++i) {
        actors.push_back(space.world.spawn());
        const auto its = cap<stub::AddressSpace>(actors.back().space);
        const uint64_t tables = space.world.take_slots(2);
        REQUIRE(
            space.world.memory()
                .retype({.type = ObjectType::page_table, .size = 0, .count = 2, .table = own_table(), .first = tables})
                .has_value());
        REQUIRE(its.map_table(cap<stub::PageTable>(tables), place).has_value());
        REQUIRE(its.map_table(cap<stub::PageTable>(tables + 1), place).has_value());
        const uint64_t frame = space.frames(1);
        REQUIRE(its.map({.frames = own_table(),
                         .first = frame,
                         .count = 1,
                         .address = place,
                         .rights = Right::read,
                         .kind = abi::MemoryKind::normal})
                    .has_value());
        // Only the odd ones have a second page.
        if (i % 2 == 0) continue;
        const uint64_t second = space.world.derive(frame, every_right);
        REQUIRE(its.map({.frames = own_table(),
                         .first = second,
                         .count = 1,
                         .address = place + page_bytes,
                         .rights = read_write,
                         .kind = abi::MemoryKind::normal})
                    .has_value());
    }
    for (unsigned round = 0; round < 3; ++round) {
        for (unsigned i = 0; i < actors.size(); ++i) {
            space.world.run(actors[(i * 3 + round) % actors.size()]);
            const bool odd = (i * 3 + round) % actors.size() % 2 == 1;
            CHECK(space.readable(place));
            CHECK(space.writable(place + page_bytes) == odd);
        }
    }
    space.world.run(space.world.first());
    for (const Actor& actor : actors) space.destroy(actor.space);
}

TEST_CASE("two tasks in one space take turns with its register value") {
    Space space;
    const Actor a = space.world.spawn();
    const Actor b = space.world.spawn({.started = false});
    REQUIRE(cap<stub::Task>(b.task).remove(abi::TaskSlot::space).has_value());
    REQUIRE(cap<stub::Task>(b.task).install(abi::TaskSlot::space, cap<stub::AddressSpace>(a.space)).has_value());
    space.world.start(b);
    for (unsigned i = 0; i < 3; ++i) {
        space.world.run(a);
        space.world.run(b);
    }
    CHECK(space.world.object<Task>(a.task).root == 0);
    CHECK(space.world.object<Task>(b.task).root != 0);
}

}  // namespace selene::test
