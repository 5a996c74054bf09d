// SPDX-License-Identifier: BSD-2-Clause
// More capability slots when those of a component's table are used up: further tables, linked to it.
#pragma once

#include <cstdint>

#include <sel/objects.hpp>
#include <sel/result.hpp>
#include <sel/slot_allocator.hpp>

namespace sel {

/// Makes a SlotAllocator grow: when it has too few slots in a row, a further table is made and linked to the root.
///
/// A task's capability space can be one flat table, or it is a root that links tables of the same size:
///
///     63                  table_bits + link_bits          table_bits            0
///     +-----------------------------+---------------------+---------------------+
///     | 0: the guard of the root    | which table         | which slot in it    |    a capability's index
///     +-----------------------------+---------------------+---------------------+
///
/// Table 0 is the one that the component began with, so that its indices are what they would be without links. Each
/// further one holds the capability to itself in its slot 0. A look-up through links takes a system call off its
/// shortest path (docs/performance.md has the figures), so a component that can say how many slots it needs has one
/// table of that size; one that serves any number of clients has links.
///
/// Tables stay until the links are destroyed: `tables` is the component's limit, 64 bytes and 32 for each slot a table.
///
/// Rights: R and W on the root, W on the own table, W on the untyped.
///
/// Example: work that takes as many slots as it likes.
///
///     sel::Result<void> do_at_large(const sel::TableLinks::Means& means, sel::Result<void> (*work)(sel::SlotAllocator&)) {
///         const sel::TableLinks links(means, sel::own_slots());
///         return work(sel::own_slots());
///     }
class TableLinks {
public:
    struct Means {
        CapTable root;        ///< links the own table at slot 0; its other slots are empty
        CapTable own;         ///< the own table: 2^table_bits slots
        Untyped tables;       ///< from which nothing has been made
        unsigned link_bits;   ///< the root has 2^link_bits slots
        unsigned table_bits;  ///< of every table
    };

    /// `slots` knows the free slots of the own table; one of them is kept for linking. It must live longer.
    TableLinks(const Means& means, SlotAllocator& slots);

    /// Takes the further tables away. All of their slots have been given back before.
    ~TableLinks();
    TableLinks(const TableLinks&) = delete;
    TableLinks& operator=(const TableLinks&) = delete;

    /// Links one more table. The SlotAllocator calls it. Errors: no_slots if no table has as many as `wanted` in a row,
    /// or all links are in use; out_of_memory; what CapTable.map and grant refuse.
    Result<void> grow(uint64_t wanted);

    /// How many tables were linked.
    [[nodiscard]] uint64_t tables() const { return next_ - 1; }

    /// What the environment says of the component's own space: the root that it was given, and the capabilities `table`
    /// and `tables`. Errors: unknown_name if its table is not linked, or it was not given one of these.
    [[nodiscard]] static Result<Means> own_means(const Environment& environment);

private:
    Means means_;
    SlotAllocator& slots_;
    Result<CapIndex> spare_;  // where a new table's capability is before it holds that itself
    uint64_t next_ = 1;       // the root's next empty slot
};

}  // namespace sel
