// SPDX-License-Identifier: BSD-2-Clause
// Retype: how much there is, that it is zero, that it comes back; tables that hold their own origin.

#include "parts.hpp"

#include <algorithm>

namespace capabilities {

using sel::CapIndex;
using sel::CapTable;
using sel::Untyped;
using sel::abi::ErrorCode;
using sel::abi::KeepRoot;
using sel::abi::ObjectType;
using test::check;
using test::refuses;
using test::Stage;
using test::succeeds;

namespace {

constexpr uint64_t pages = 16;

sel::Result<uint64_t> retype(Stage& stage, Untyped from, ObjectType type, uint64_t size, uint64_t count,
                             CapIndex first) {
    return from.retype({.type = type, .size = size, .count = count, .table = stage.table(), .first = first.raw()});
}

/// Whether all of an untyped is free: as many frames can be made as it has pages.
bool is_whole(Stage& stage, Untyped untyped) {
    const CapIndex frames = slots(pages);
    const bool whole = retype(stage, untyped, ObjectType::frame, page_bits, pages, frames) == pages;
    take_all_from(stage, untyped);
    (void)sel::own_slots().release(frames, pages);
    return whole;
}

}  // namespace

void check_untyped(Stage& stage) {
    const auto untyped = stage.make<Untyped>(pages);
    const CapIndex first = slots(pages + 1);

    const auto too_many = retype(stage, untyped, ObjectType::frame, page_bits, pages + 1, first);
    refuses(too_many, ErrorCode::out_of_memory, "more frames than there is memory");
    check(!too_many && too_many.error().details[0] == (pages + 1) * page_bytes &&
              too_many.error().details[1] == pages * page_bytes,
          "the error has the bytes");
    check(is_empty(first), "nothing was made");
    check(retype(stage, untyped, ObjectType::frame, page_bits, pages, first) == pages, "all of the memory");
    refuses(retype(stage, untyped, ObjectType::endpoint, 0, 1, first + pages), ErrorCode::out_of_memory,
            "not even an endpoint fits beside it");
    refuses(retype(stage, untyped, ObjectType::frame, page_bits, 1, first), ErrorCode::out_of_memory,
            "memory is asked for first");

    // What one life has written the next does not see.
    const sel::Frames frames{.first = first, .count = pages};
    const auto address = stage.mapper().map(frames);
    succeeds(address, "mapping the frames");
    auto* const words = reinterpret_cast<uint64_t*>(*address);
    constexpr uint64_t count = pages * page_bytes / sizeof(uint64_t);
    check(std::all_of(words, words + count, [](uint64_t word) { return word == 0; }), "frames begin with zeros");
    std::fill(words, words + count, 0xdead'beef'dead'beef);
    take_all_from(stage, untyped);
    check(is_empty(first) && is_empty(first + (pages - 1)), "the frames go with all that was made of the memory");
    check(retype(stage, untyped, ObjectType::frame, page_bits, pages, first) == pages, "the same memory again");
    succeeds(stage.mapper().map_at(*address, frames), "mapping it where it was");
    check(std::all_of(words, words + count, [](uint64_t word) { return word == 0; }), "it is zero again");
    take_all_from(stage, untyped);

    // Arguments out of range, slots that are not free.
    refuses(retype(stage, untyped, ObjectType::frame, 13, 1, first), ErrorCode::argument_out_of_range, "8 KiB frames");
    refuses(retype(stage, untyped, ObjectType::endpoint, 1, 1, first), ErrorCode::argument_out_of_range,
            "an endpoint with a size");
    refuses(retype(stage, untyped, ObjectType::power_control, 0, 1, first), ErrorCode::argument_out_of_range,
            "power control, which nobody makes");
    refuses(retype(stage, untyped, static_cast<ObjectType>(99), 0, 1, first), ErrorCode::argument_out_of_range,
            "a type that does not exist");
    check(retype(stage, untyped, ObjectType::endpoint, 0, 1, first + 2) == 1U, "an endpoint in the third slot");
    const auto stopped = retype(stage, untyped, ObjectType::endpoint, 0, 4, first);
    refuses(stopped, ErrorCode::occupied_slot, "four endpoints where the third slot is occupied");
    check(!stopped && stopped.error().done == 2 && !is_empty(first + 1), "two have been made");

    // All that is left as one untyped: only of an untyped that has given nothing away.
    const CapIndex child = slots(1);
    const auto map_all = [&] {
        return stage.table().map({.first = child.raw(),
                                  .source = stage.table(),
                                  .source_first = untyped.index().raw(),
                                  .count = 1,
                                  .rights = test::all_rights,
                                  .badge = 0});
    };
    refuses(map_all(), ErrorCode::has_children, "mapping an untyped that has children");
    take_all_from(stage, untyped);
    succeeds(map_all(), "mapping an untyped that has none");
    check(is_whole(stage, Untyped(child)), "hands over all of it");
    refuses(retype(stage, untyped, ObjectType::endpoint, 0, 1, first), ErrorCode::out_of_memory,
            "and leaves nothing to its holder");
    take_all_from(stage, untyped);
    check(is_empty(child) && is_whole(stage, untyped), "until that takes it back");
}

void check_self_holding(Stage& stage) {
    const auto untyped = stage.make<Untyped>(pages);
    const CapIndex place = slots(4);
    const auto make_table = [&](CapIndex slot) {
        succeeds(retype(stage, untyped, ObjectType::cap_table, 16, 1, slot), "making a table");
    };
    const auto move_into = [&](CapTable table, uint64_t slot, CapIndex from) {
        succeeds(table.grant({.first = slot, .source = stage.table(), .source_first = from.raw(), .count = 1}),
                 "moving an origin");
    };

    // A table that holds its own origin.
    make_table(place);
    const auto itself = stage.derive(CapTable(place), test::all_rights);
    move_into(itself, 3, place);
    check(is_empty(place), "the origin is in its own table");
    take_all_from(stage, untyped);
    check(is_empty(itself.index()), "it goes all the same");
    check(is_whole(stage, untyped), "and leaves all of its memory");

    // Two tables that hold each other's.
    make_table(place);
    make_table(place + 1);
    const auto first = stage.derive(CapTable(place), test::all_rights);
    const auto second = stage.derive(CapTable(place + 1), test::all_rights);
    move_into(first, 0, place + 1);
    move_into(second, 0, place);
    take_all_from(stage, untyped);
    check(is_empty(first.index()) && is_empty(second.index()), "two that hold each other go");
    check(is_whole(stage, untyped), "and leave all of their memory");

    // A table in which the untyped lies that it was made from: with a part of it, all goes.
    const CapIndex part = place + 2;
    succeeds(retype(stage, untyped, ObjectType::untyped, 2, 1, part), "making a part");
    succeeds(retype(stage, Untyped(part), ObjectType::cap_table, 16, 1, place), "making a table of the part");
    const auto table = stage.derive(CapTable(place), test::all_rights);
    move_into(table, 1, part);
    move_into(table, 2, place);
    take_all_from(stage, untyped);
    check(is_empty(table.index()) && is_whole(stage, untyped), "an untyped inside a table made from it goes");
}

}  // namespace capabilities
