// SPDX-License-Identifier: BSD-2-Clause
// Free slots of the component's own capability space.
#pragma once

#include <cstdint>
#include <vector>

#include <sel/cap_index.hpp>
#include <sel/objects.hpp>
#include <sel/range_set.hpp>
#include <sel/result.hpp>

namespace sel {

class Environment;
class TableLinks;

/// A slot as methods name it, that take a table and a number there.
struct SlotPlace {
    CapTable table;
    uint64_t slot;
};

/// Knows which slots are free. It is bookkeeping only: it needs no capability and calls no kernel, and who takes a
/// slot fills it and empties it. With TableLinks (sel/table_links.hpp) there are more slots whenever they are used up.
///
/// Example: a second capability to an endpoint, with another badge.
///
///     sel::Result<sel::Endpoint> with_badge(sel::CapTable table, sel::Endpoint parent, uint64_t badge) {
///         SEL_TRY(slot, sel::own_slots().allocate());
///         const auto [into, first] = sel::own_slots().place(table, slot);
///         const auto [source, source_first] = sel::own_slots().place(table, parent.index());
///         SEL_TRY_VOID(into.map({.first = first,
///                                .source = source,
///                                .source_first = source_first,
///                                .count = 1,
///                                .rights = sel::abi::RightsMask(sel::abi::all_rights),
///                                .badge = badge}));
///         return sel::Endpoint(slot);
///     }
class SlotAllocator {
public:
    /// Without slots.
    SlotAllocator() = default;

    /// With the free slots that the environment names.
    explicit SlotAllocator(const Environment& environment);

    /// Adds empty slots of the component's own table. Errors: not_allocated if one of them is free here already.
    Result<void> add(CapIndex first, uint64_t count);

    /// Takes `count` consecutive slots, all in one table. Errors: no_slots; what TableLinks::grow refuses, if there are
    /// links.
    [[nodiscard]] Result<CapIndex> allocate(uint64_t count = 1);

    /// Gives back slots, which must be empty. Errors: not_allocated if one of them is free already.
    Result<void> release(CapIndex first, uint64_t count = 1);

    /// How many slots are free.
    [[nodiscard]] uint64_t available() const;

    /// Where a slot lies: in `own`, the component's table, or in one that was linked to it.
    [[nodiscard]] SlotPlace place(CapTable own, CapIndex index) const {
        if (linked_.empty()) [[likely]]
            return {own, index.raw()};
        return place_linked(own, index);
    }

    /// The links by which it grows; null if it does not.
    [[nodiscard]] TableLinks* links() const { return links_; }

private:
    friend class TableLinks;

    struct Linked {
        CapTable table;
        CapIndex first;  // of its slots
        uint64_t count;
        RangeSet free{};
    };

    [[nodiscard]] Result<CapIndex> find(uint64_t count);
    [[nodiscard]] SlotPlace place_linked(CapTable own, CapIndex index) const;
    [[nodiscard]] const Linked* linked_at(CapIndex index) const;

    RangeSet free_;  // of the own table
    std::vector<Linked> linked_;
    TableLinks* links_ = nullptr;
};

/// The one that the whole component shares. It grows if the specification says `links: N bits` of the component, from
/// the memory of own_workspace().
[[nodiscard]] SlotAllocator& own_slots();

}  // namespace sel
