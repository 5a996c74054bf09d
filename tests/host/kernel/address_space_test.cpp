// SPDX-License-Identifier: BSD-2-Clause
// What may be mapped where: page tables and frames, rights and kinds of memory, refusals.
#include "space.hpp"

namespace selene::test {

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
    // Nor is one mapped again as part of a range.
    REQUIRE(space.map(frames + 3, place + 20 * page_bytes).has_value());
    check_refused_after({ErrorCode::already_bound, argument_frame, 0, 1},
                        [&] { return space.map(frames + 2, place + 30 * page_bytes, Right::read, 2); });
    CHECK((space.readable(place + 30 * page_bytes) && !space.readable(place + 31 * page_bytes)));
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

}  // namespace selene::test
