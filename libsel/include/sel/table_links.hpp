// SPDX-License-Identifier: BSD-2-Clause
// More capability slots when those of a component's table are used up: further tables, linked to it.
#pragma once

#include <cstdint>
#include <optional>

#include <sel/objects.hpp>
#include <sel/result.hpp>
#include <sel/slot_allocator.hpp>

namespace sel {

class UntypedAllocator;

/// Makes a SlotAllocator grow: when it has too few slots in a row, a further table is linked to the root.
///
/// A task's capability space can be one flat table, or it is a root that links tables of the same size:
///
///     63                  table_bits + link_bits          table_bits            0
///     +-----------------------------+---------------------+---------------------+
///     | 0: the guard of the root    | which table         | which slot in it    |    a capability's index
///     +-----------------------------+---------------------+---------------------+
///
/// Table 0 is the one that the component began with, so that its indices are what they would be without links. The next
/// one is made ahead of need, as making it takes slots. A look-up through links takes a system call off its shortest
/// path, so a component that can say how many slots it needs has one table of that size; one that serves any number of
/// clients has links.
///
/// A component whose specification says `links: N bits` has this already: own_slots() grows from the memory of
/// own_workspace(), as soon as that exists, and nothing more need be done.
///
/// Tables stay until the memory goes that they were made from; each takes 64 bytes and 32 for each slot, rounded up to
/// 2^n pages. By then all of their slots have been given back. This must live as long as that memory is in use.
///
/// Rights: R and W on the root; those of UntypedAllocator.
///
/// Example: a component that holds a slot for each client, however many there are; its specification says
/// `(slots: 6 bits, links: 5 bits)` and gives it memory_grant.
///
///     sel::Result<std::vector<sel::CapIndex>> slots_for(uint64_t clients) {
///         SEL_TRY_VOID(sel::own_workspace());  // whose memory further tables come from
///         std::vector<sel::CapIndex> slots;
///         while (slots.size() < clients) {
///             SEL_TRY(slot, sel::own_slots().allocate());
///             slots.push_back(slot);
///         }
///         return slots;
///     }
class TableLinks {
public:
    struct Means {
        CapTable root;        ///< links the own table at slot 0; its other slots are empty
        unsigned link_bits;   ///< the root has 2^link_bits slots
        unsigned table_bits;  ///< of every table
    };

    /// `slots` knows the free slots of the own table. It must live longer.
    TableLinks(const Means& means, SlotAllocator& slots);
    ~TableLinks();
    TableLinks(const TableLinks&) = delete;
    TableLinks& operator=(const TableLinks&) = delete;

    /// Makes tables from `memory` from now on, whose slots are these; for as long as it lives.
    void use(UntypedAllocator& memory);

    /// No more of them: their tables are gone. The allocator says so at its end.
    void leave(const UntypedAllocator& memory);

    /// Makes the next table, if it is time to. The SlotAllocator calls it.
    void prepare();

    /// Links one more table. The SlotAllocator calls it. Errors: no_slots if no table has as many as `wanted` in a row,
    /// all links are in use, or there is no memory for a table; what CapTable.map refuses.
    Result<void> grow(uint64_t wanted);

    /// How many tables are linked to the first.
    [[nodiscard]] uint64_t tables() const { return next_ - 1; }

    /// The table by which a task of this component looks up all of them.
    [[nodiscard]] CapTable root() const { return means_.root; }

    /// What the environment says of the component's own space. Errors: unknown_name if its table is not linked.
    [[nodiscard]] static Result<Means> own_means(const Environment& environment);

private:
    Means means_;
    SlotAllocator& slots_;
    UntypedAllocator* memory_ = nullptr;
    std::optional<CapIndex> prepared_{};  // a table that is not linked yet
    bool is_preparing_ = false;
    uint64_t next_ = 1;  // the root's next empty slot
};

}  // namespace sel
