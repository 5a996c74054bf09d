// SPDX-License-Identifier: BSD-2-Clause
// Map, grant and unmap over ranges; rights and badges; the derivation tree; tables that link to tables.

#include "parts.hpp"

namespace capabilities {

using sel::CapIndex;
using sel::CapTable;
using sel::Endpoint;
using sel::Message;
using sel::Notification;
using sel::abi::ErrorCode;
using sel::abi::KeepRoot;
using sel::abi::ObjectType;
using sel::abi::Right;
using test::all_rights;
using test::check;
using test::refuses;
using test::Stage;
using test::succeeds;

void check_ranges(Stage& stage) {
    constexpr uint64_t count = 8;
    const auto table = stage.table();
    const CapIndex originals = stage.make_objects(ObjectType::notification, 0, count).first;
    const CapIndex children = slots(count);
    const auto map = [&](CapIndex first) {
        return table.map({.first = first.raw(),
                          .source = table,
                          .source_first = originals.raw(),
                          .count = count,
                          .rights = all_rights,
                          .badge = 0});
    };
    const auto grant = [&](CapTable to, uint64_t first, CapTable from, uint64_t from_first) {
        return to.grant({.first = first, .source = from, .source_first = from_first, .count = count});
    };
    const auto clear = [&](CapIndex first, KeepRoot root) {
        return table.unmap({.first = first.raw(), .count = count, .root = root});
    };
    const auto empty = [](CapIndex first) {
        uint64_t found = 0;
        for (uint64_t slot = 0; slot < count; ++slot) found += is_empty(first + slot) ? 1 : 0;
        return found;
    };

    check(map(children) == count, "mapping a range");
    succeeds(Notification(children + 3).signal(), "a child of the range");
    check(Notification(originals + 3).poll() == 1U, "is of the same object");
    refuses(map(children), ErrorCode::occupied_slot, "mapping over capabilities");

    const CapIndex moved = slots(count);
    check(grant(table, moved.raw(), table, children.raw()) == count, "granting a range");
    check(empty(children) == count && empty(moved) == 0, "moves all of it");
    refuses(grant(table, slots(count).raw(), table, children.raw()), ErrorCode::empty_slot, "granting nothing");
    refuses(grant(table, originals.raw(), table, moved.raw()), ErrorCode::occupied_slot, "granting over capabilities");

    // A range that meets an empty source stops there and says how much it has done.
    check(clear(moved, KeepRoot::self) == count && empty(moved) == count, "taking a range away");
    const CapIndex last = slots(1);
    check(
        table.grant(
            {.first = last.raw(), .source = table, .source_first = (originals + (count - 1)).raw(), .count = 1}) == 1U,
        "moving the last one");
    const auto partial = map(moved);
    refuses(partial, ErrorCode::empty_slot, "a source that has run out");
    check(!partial && partial.error().done == count - 1, "the number of those done");
    check(empty(moved) == 1 && is_empty(moved + (count - 1)), "those before it are there");

    // Descendants go, the capabilities themselves stay.
    check(clear(originals, KeepRoot::descendants) == count, "taking descendants away");
    check(empty(originals) == 1 && empty(moved) == count, "leaves the originals");

    // Into another table and back, and gone with it.
    const auto other = stage.make_objects(ObjectType::cap_table, 16, 1);
    const auto other_table = other.as<CapTable>();
    const CapIndex spare = stage.make_objects(ObjectType::notification, 0, count).first;
    check(grant(other_table, 4, table, spare.raw()) == count && empty(spare) == count, "granting to another table");
    refuses(other_table.map(
                {.first = 12, .source = other_table, .source_first = 4, .count = 5, .rights = all_rights, .badge = 0}),
            ErrorCode::index_out_of_range, "mapping beyond the end of a table");
    check(grant(table, spare.raw(), other_table, 4) == count && empty(spare) == 0, "and back");
    check(table.map({.first = moved.raw(),
                     .source = table,
                     .source_first = spare.raw(),
                     .count = 1,
                     .rights = all_rights,
                     .badge = 0}) == 1U,
          "deriving one here");
    check(grant(other_table, 0, table, spare.raw()) == count, "granting the originals once more");
    sel::or_abort(stage.memory().release(other), "destroying the table");
    check(is_empty(moved), "with the table its objects go, and what was derived from them elsewhere");
}

void check_rights_and_badges(Stage& stage) {
    const auto notification = stage.make<Notification>();
    const auto read_only = stage.derive(notification, Right::read);
    const auto grown = stage.derive(read_only, all_rights);
    refuses(grown.signal(), ErrorCode::missing_right, "a child cannot have more rights than its parent");
    check(grown.poll() == 0U, "but has those of its parent");
    const auto badged = stage.derive(notification, all_rights, 8);
    const CapIndex slot = slots(1);
    const auto map = [&](sel::stub::Capability source, uint64_t badge) {
        return stage.table().map({.first = slot.raw(),
                                  .source = stage.table(),
                                  .source_first = source.index().raw(),
                                  .count = 1,
                                  .rights = all_rights,
                                  .badge = badge});
    };
    refuses(map(badged, 16), ErrorCode::badge_set, "a badge over a badge");
    check(is_empty(slot), "leaves nothing behind");
    succeeds(map(badged, 0), "inheriting a badge");
    succeeds(Notification(slot).signal(), "signalling with it");
    check(notification.poll() == 8U, "the badge is the parent's");

    const auto read_only_table = stage.derive(stage.table(), Right::read);
    refuses(read_only_table.unmap({.first = slot.raw(), .count = 1, .root = KeepRoot::self}), ErrorCode::missing_right,
            "changing a table without the right to");
    check(!is_empty(slot), "changes nothing");
}

void check_derivation(Stage& stage) {
    // As deep as it goes.
    const auto root = stage.make<Endpoint>();
    constexpr uint64_t more_than_deep = 256;
    const CapIndex chain = slots(more_than_deep);
    const auto derive = [&](CapIndex parent, CapIndex child) {
        return stage.table().map({.first = child.raw(),
                                  .source = stage.table(),
                                  .source_first = parent.raw(),
                                  .count = 1,
                                  .rights = all_rights,
                                  .badge = 0});
    };
    uint64_t depth = 0;
    auto derived = derive(root.index(), chain);
    while (derived && depth + 1 < more_than_deep) {
        derived = derive(chain + depth, chain + depth + 1);
        ++depth;
    }
    refuses(derived, ErrorCode::depth_exceeded, "deriving deeper than the limit");
    check(depth > 230 && is_empty(chain + depth) && !is_empty(chain + (depth - 1)), "the limit is near 255");
    stage.unmap(Endpoint(chain + 10), KeepRoot::descendants);
    check(is_empty(chain + 11) && is_empty(chain + (depth - 1)) && !is_empty(chain + 10),
          "a chain goes from its middle");
    stage.unmap(root, KeepRoot::descendants);
    check(is_empty(chain) && is_empty(chain + 10) && !is_empty(root.index()), "and from its root");

    // Children of a granted capability stay its children.
    const auto parent = stage.derive(root, all_rights);
    const auto child = stage.derive(parent, all_rights);
    const CapIndex place = slots(1);
    succeeds(stage.table().grant(
                 {.first = place.raw(), .source = stage.table(), .source_first = parent.index().raw(), .count = 1}),
             "moving a parent");
    stage.unmap(Endpoint(place), KeepRoot::self);
    check(is_empty(child.index()), "takes its child along when it goes");
}

void check_linked_tables(Stage& stage) {
    // A space of 64 bits: 50 of guard, 4 of the root table, and below that
    //     slot 0: the own table, 10 bits, so that its capabilities have the same indices as ever
    //     slot 1: a table of 8 bits behind a guard of 2 bits with value 2
    constexpr uint64_t root_bits = 4;
    constexpr uint64_t own_bits = 10;
    constexpr uint64_t leaf_bits = 8;
    constexpr uint64_t leaf_guard = 2;
    const auto guard = [](uint64_t value, uint64_t bits) { return value << 6 | bits; };
    const auto root = stage.make<CapTable>(uint64_t{1} << root_bits);
    const auto leaf = stage.make<CapTable>(uint64_t{1} << leaf_bits);
    const auto link = [&](uint64_t slot, CapTable to, uint64_t with_guard) {
        succeeds(root.map({.first = slot,
                           .source = stage.table(),
                           .source_first = to.index().raw(),
                           .count = 1,
                           .rights = all_rights,
                           .badge = with_guard}),
                 "linking a table");
    };
    link(0, stage.table(), 0);
    link(1, leaf, guard(leaf_guard, own_bits - leaf_bits));
    const auto guarded = stage.derive(root, all_rights, guard(0, 64 - own_bits - root_bits));
    const auto notification = stage.make<Notification>();
    constexpr uint64_t place = 77;
    succeeds(leaf.map({.first = place,
                       .source = stage.table(),
                       .source_first = notification.index().raw(),
                       .count = 1,
                       .rights = all_rights,
                       .badge = 2}),
             "a capability in the leaf");

    const auto task = stage.make<sel::Task>();
    succeeds(task.install(sel::abi::TaskSlot::table, guarded), "a task with linked tables");
    succeeds(task.install(sel::abi::TaskSlot::space, stage.space()), "and the own space");
    const auto index = [&](uint64_t slot, uint64_t guard_value) {
        return Notification(CapIndex(slot << own_bits | guard_value << leaf_bits | place));
    };
    sel::Result<void> right;
    sel::Result<void> wrong_guard;
    sel::Result<void> no_table;
    sel::Result<void> beyond;
    auto look_up = [&] {
        right = index(1, leaf_guard).signal();
        wrong_guard = index(1, leaf_guard + 1).signal();
        no_table = index(2, leaf_guard).signal();
        beyond = Notification(CapIndex(uint64_t{1} << (own_bits + root_bits))).signal();
    };
    const auto actor = stage.start({.task = task}, look_up);
    stage.wait_for(actor);
    succeeds(right, "looking up through linked tables");
    check(notification.poll() == 2U, "finds the capability");
    refuses(wrong_guard, ErrorCode::index_out_of_range, "an index with another guard");
    refuses(no_table, ErrorCode::empty_slot, "an index that leads to nothing");
    refuses(beyond, ErrorCode::index_out_of_range, "an index with another guard at the root");
}

}  // namespace capabilities
