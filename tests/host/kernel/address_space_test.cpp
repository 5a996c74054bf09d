// SPDX-License-Identifier: BSD-2-Clause
// Address spaces: page tables and frames, mapped, changed, moved and destroyed.
#include <catch2/generators/catch_generators.hpp>

#include "object/frame.hpp"
#include "object/page_table.hpp"
#include "refusal.hpp"

namespace selene::test {

namespace {

constexpr uint64_t argument_frame = 2;
constexpr uint64_t argument_address = 4;
constexpr uint64_t argument_rights = 5;
constexpr uint64_t argument_kind = 6;
constexpr uint64_t two_mib = uint64_t{1} << 21;
constexpr uint64_t one_gib = uint64_t{1} << 30;
constexpr uint64_t place = 3 * one_gib + 5 * two_mib;  // nothing is there
constexpr auto read_write = Right::read | Right::write;
constexpr auto self = abi::KeepRoot::self;

/// What a test maps into: the first task's space, so that it can look.
struct Space {
    World world;
    stub::AddressSpace space = cap<stub::AddressSpace>(BootSlot::space);

    sel::Result<uint64_t> map(uint64_t frame, uint64_t address, abi::RightsMask rights = Right::read,
                              uint64_t count = 1, abi::MemoryKind kind = abi::MemoryKind::normal) {
        return space.map({.frames = own_table(),
                          .first = frame,
                          .count = count,
                          .address = address,
                          .rights = rights,
                          .kind = kind});
    }
    sel::Result<uint64_t> unmap(uint64_t frame, uint64_t count = 1) {
        return space.unmap({.frames = own_table(), .first = frame, .count = count});
    }
    sel::Result<uint64_t> protect(uint64_t frame, abi::RightsMask rights, uint64_t count = 1) {
        return space.protect({.frames = own_table(), .first = frame, .count = count, .rights = rights});
    }
    /// A page table, hung in.
    uint64_t hang(uint64_t address) {
        const uint64_t table = world.make(ObjectType::page_table);
        REQUIRE(space.map_table(cap<stub::PageTable>(table), address).has_value());
        return table;
    }
    uint64_t frames(uint64_t count, uint64_t bits = 12) {
        const uint64_t first = world.take_slots(count);
        REQUIRE(world.memory().retype(
                    {.type = ObjectType::frame, .size = bits, .count = count, .table = own_table(), .first = first}) ==
                count);
        return first;
    }
    bool readable(uint64_t address) { return world.can_access(address, Right::read); }
    bool writable(uint64_t address) { return world.can_access(address, Right::write); }
    bool executable(uint64_t address) { return world.can_access(address, Right::transfer); }
    void destroy(uint64_t slot) { REQUIRE(own_table().unmap({.first = slot, .count = 1, .root = self}).has_value()); }
};

}  // namespace

TEST_CASE("page tables hang first below the root, then one level down") {
    Space space;
    const uint64_t frame = space.frames(1);
    check_refused(space.world, {ErrorCode::missing_table, 2, place}, [&] { return space.map(frame, place); });
    const uint64_t tables = space.world.take_slots(2);
    REQUIRE(space.world.memory()
                .retype({.type = ObjectType::page_table, .size = 0, .count = 2, .table = own_table(), .first = tables})
                .has_value());
    CHECK(space.space.map_table(cap<stub::PageTable>(tables), place) == 2);
    check_refused(space.world, {ErrorCode::missing_table, 3, place}, [&] { return space.map(frame, place); });
    CHECK(space.space.map_table(cap<stub::PageTable>(tables + 1), place) == 3);
    CHECK(space.map(frame, place, read_write) == 1);
    CHECK(space.writable(place));
    const uint64_t third = space.world.make(ObjectType::page_table);
    check_refused(space.world, {ErrorCode::already_mapped, 2, place},
                  [&] { return space.space.map_table(cap<stub::PageTable>(third), place); });
    check_refused(space.world, {ErrorCode::already_bound, 1},
                  [&] { return space.space.map_table(cap<stub::PageTable>(tables), place + one_gib); });
    check_refused(space.world, {ErrorCode::misaligned, 2, two_mib},
                  [&] { return space.space.map_table(cap<stub::PageTable>(third), place + page_bytes); });
}

TEST_CASE("mappings are read-only and execute-never unless asked for, and never both writable and executable") {
    Space space;
    space.hang(place);
    space.hang(place);
    const uint64_t frames = space.frames(4);
    REQUIRE(space.map(frames, place).has_value());
    CHECK((space.readable(place) && !space.writable(place) && !space.executable(place)));
    REQUIRE(space.map(frames + 1, place + page_bytes, read_write).has_value());
    CHECK((space.writable(place + page_bytes) && !space.executable(place + page_bytes)));
    REQUIRE(space.map(frames + 2, place + 2 * page_bytes, Right::read | Right::transfer).has_value());
    CHECK((!space.writable(place + 2 * page_bytes) && space.executable(place + 2 * page_bytes)));

    const uint64_t strict = space.world.derive(static_cast<uint64_t>(BootSlot::space), read_write);
    const auto map_strictly = [&](abi::RightsMask rights) {
        return cap<stub::AddressSpace>(strict).map({.frames = own_table(),
                                                    .first = frames + 3,
                                                    .count = 1,
                                                    .address = place + 3 * page_bytes,
                                                    .rights = rights,
                                                    .kind = abi::MemoryKind::normal});
    };
    check_refused(space.world, {ErrorCode::write_execute, argument_rights},
                  [&] { return map_strictly(read_write | Right::transfer); });
    check_refused(space.world, {ErrorCode::argument_out_of_range, argument_rights, 0xb},
                  [&] { return map_strictly(Right::write); });
    check_refused(space.world, {ErrorCode::argument_out_of_range, argument_rights, 0xb},
                  [&] { return map_strictly(abi::RightsMask{}); });
    check_refused(space.world, {ErrorCode::argument_out_of_range, argument_rights, 0xb},
                  [&] { return map_strictly(Right::read | Right::inspect); });
    REQUIRE(map_strictly(read_write).has_value());
    // The same argument has another number there.
    constexpr unsigned rights_to_protect = 4;
    check_refused(space.world, {ErrorCode::write_execute, rights_to_protect}, [&] {
        return cap<stub::AddressSpace>(strict).protect(
            {.frames = own_table(), .first = frames + 3, .count = 1, .rights = read_write | Right::transfer});
    });
    check_refused(space.world, {ErrorCode::argument_out_of_range, rights_to_protect, 0xb},
                  [&] { return space.protect(frames + 3, Right::write); });
    REQUIRE(space.protect(frames + 3, read_write | Right::transfer).has_value());
    CHECK((space.writable(place + 3 * page_bytes) && space.executable(place + 3 * page_bytes)));
}

TEST_CASE("a mapping allows at most what the frame capability does") {
    Space space;
    space.hang(place);
    space.hang(place);
    const uint64_t read_only = space.world.derive(space.frames(1), Right::read);
    check_refused(space.world, {ErrorCode::missing_right, argument_frame, static_cast<uint64_t>(Right::write)},
                  [&] { return space.map(read_only, place, read_write); });
    REQUIRE(space.map(read_only, place).has_value());
    check_refused(space.world, {ErrorCode::missing_right, argument_frame, static_cast<uint64_t>(Right::write)},
                  [&] { return space.protect(read_only, read_write); });
    const uint64_t no_right = space.world.derive(read_only, abi::RightsMask{});
    check_refused(space.world, {ErrorCode::missing_right, argument_frame, static_cast<uint64_t>(Right::read)},
                  [&] { return space.map(no_right, place + page_bytes); });
}

TEST_CASE("a mapping over a mapping is refused with its address, and a frame capability maps once") {
    Space space;
    space.hang(place);
    space.hang(place);
    const uint64_t frames = space.frames(4);
    REQUIRE(space.map(frames, place + page_bytes).has_value());
    check_refused(space.world, {ErrorCode::already_bound, argument_frame}, [&] { return space.map(frames, place); });
    check_refused(space.world, {ErrorCode::already_mapped, argument_address, place + page_bytes},
                  [&] { return space.map(frames + 1, place + page_bytes); });
    check_refused_after({ErrorCode::already_mapped, argument_address, place + page_bytes, 1},
                        [&] { return space.map(frames + 1, place, Right::read, 3); });
    CHECK(space.readable(place));
    // Another capability to the same frame may be mapped elsewhere.
    const uint64_t child = space.world.derive(frames, every_right);
    CHECK(space.map(child, place + 9 * page_bytes).has_value());
}

TEST_CASE("map refuses what is misaligned, beyond the space, not a frame, or of another size") {
    Space space;
    const uint64_t frame = space.frames(1);
    const uint64_t large = space.frames(1, 21);
    const uint64_t endpoint = space.world.make(ObjectType::endpoint);
    space.hang(place);
    check_refused(space.world, {ErrorCode::misaligned, argument_address, page_bytes},
                  [&] { return space.map(frame, place + 1); });
    check_refused(space.world, {ErrorCode::misaligned, argument_address, two_mib},
                  [&] { return space.map(large, place + page_bytes); });
    check_refused(space.world, {ErrorCode::argument_out_of_range, argument_address, (uint64_t{1} << 39) - 1},
                  [&] { return space.map(frame, uint64_t{1} << 39); });
    check_refused(space.world, {ErrorCode::wrong_type, argument_frame, static_cast<uint64_t>(ObjectType::endpoint)},
                  [&] { return space.map(endpoint, place); });
    const uint64_t empty = space.world.next_empty();
    check_refused(space.world, {ErrorCode::empty_slot, argument_frame, empty}, [&] { return space.map(empty, place); });
    const uint64_t count = space.world.table().count();
    check_refused(space.world, {ErrorCode::index_out_of_range, argument_frame, count},
                  [&] { return space.map(count, place); });
    // The second item is larger than the first.
    space.hang(place);
    check_refused_after({ErrorCode::argument_out_of_range, argument_frame, page_bytes, 1},
                        [&] { return space.map(frame, place, Right::read, 2); });
    // A 2 MiB frame does not go where a table hangs.
    check_refused(space.world, {ErrorCode::already_mapped, argument_address, place},
                  [&] { return space.map(large, place); });
    CHECK(space.map(large, place + two_mib, read_write).has_value());
    CHECK(space.writable(place + 2 * two_mib - 1));
}

TEST_CASE("unmap and protect stop at what is not a frame") {
    Space space;
    space.hang(place);
    space.hang(place);
    const uint64_t frames = space.frames(2);
    const uint64_t endpoint = space.world.make(ObjectType::endpoint);
    const uint64_t empty = space.world.next_empty();
    REQUIRE(space.map(frames, place, Right::read, 2) == 2);
    const struct {
        uint64_t first;
        sel::Error error;
    } wrong[] = {
        {endpoint, {ErrorCode::wrong_type, argument_frame, static_cast<uint64_t>(ObjectType::endpoint)}},
        {empty, {ErrorCode::empty_slot, argument_frame, empty}},
        {space.world.table().count(), {ErrorCode::index_out_of_range, argument_frame, space.world.table().count()}},
    };
    for (const auto& [first, error] : wrong) {
        check_refused(space.world, error, [&] { return space.unmap(first); });
        check_refused(space.world, error, [&] { return space.protect(first, Right::read); });
    }
    check_refused_after({ErrorCode::wrong_type, argument_frame, static_cast<uint64_t>(ObjectType::endpoint), 1},
                        [&] { return space.unmap(frames + 1, 2); });
    CHECK((space.readable(place) && !space.readable(place + page_bytes)));
}

TEST_CASE("a range that runs into the end of the space stops there") {
    Space space;
    constexpr uint64_t top = (uint64_t{1} << 39) - 2 * page_bytes;
    space.hang(top / two_mib * two_mib);
    space.hang(top / two_mib * two_mib);
    const uint64_t frames = space.frames(3);
    check_refused_after({ErrorCode::argument_out_of_range, argument_address, uint64_t{1} << 39, 2},
                        [&] { return space.map(frames, top, Right::read, 3); });
    CHECK(space.readable(top + page_bytes));
}

TEST_CASE("frames of 1 GiB, and device memory") {
    Space space;
    const auto device = cap<stub::Untyped>(space.world.info().untypeds[space.world.info().untyped_count - 1].slot);
    const uint64_t small = space.frames(1);
    const uint64_t frames = space.world.take_slots(2);
    REQUIRE(device.retype({.type = ObjectType::frame, .size = 30, .count = 2, .table = own_table(), .first = frames})
                .has_value());
    check_refused(space.world, {ErrorCode::device_memory, argument_kind},
                  [&] { return space.map(frames, 8 * one_gib); });
    check_refused(space.world, {ErrorCode::device_memory, argument_rights}, [&] {
        return space.map(frames, 8 * one_gib, Right::read | Right::transfer, 1, abi::MemoryKind::device);
    });
    REQUIRE(space.map(frames, 8 * one_gib, read_write, 2, abi::MemoryKind::device) == 2);
    CHECK(space.writable(10 * one_gib - 1));
    const uint64_t table = space.world.make(ObjectType::page_table);
    check_refused(space.world, {ErrorCode::already_mapped, 2, 8 * one_gib},
                  [&] { return space.space.map_table(cap<stub::PageTable>(table), 8 * one_gib); });
    // Nor does a page go into what a block covers.
    check_refused(space.world, {ErrorCode::already_mapped, argument_address, 8 * one_gib},
                  [&] { return space.map(small, 8 * one_gib); });
    CHECK(machine::simulated().maintenance.empty());
    CHECK(space.unmap(frames, 2) == 2);
    CHECK(!space.readable(8 * one_gib));
}

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

TEST_CASE("unmap and protect leave the mappings of other spaces alone") {
    Space space;
    space.hang(place);
    space.hang(place);
    const uint64_t frame = space.frames(1);
    REQUIRE(space.map(frame, place).has_value());
    const Actor other = space.world.spawn();
    const auto foreign = cap<stub::AddressSpace>(other.space);
    CHECK(foreign.unmap({.frames = own_table(), .first = frame, .count = 1}) == 1);
    CHECK(space.readable(place));
    check_refused(space.world, {ErrorCode::not_bound, argument_frame}, [&] {
        return foreign.protect({.frames = own_table(), .first = frame, .count = 1, .rights = Right::read});
    });
}

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
        CHECK(!space.map(frame, place).has_value());
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
            (void)own_table().unmap({.first = other.space, .count = 1, .root = self});
            // It cannot run on.
            CHECK(space.world.running() == &space.world.first());
            space.destroy(other.space);
        }
        CHECK(space.world.object<Task>(other.task).space == nullptr);
        CHECK(space.world.object<PageTable>(tables).cut_off());
    }
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
