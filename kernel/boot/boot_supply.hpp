// SPDX-License-Identifier: BSD-2-Clause
// Objects for the first task, by ordinary retype from the boot untyped.
#pragma once

#include "boot/boot_description.hpp"
#include "capability/derivation_tree.hpp"
#include "object/cap_table.hpp"
#include "object/mapping.hpp"
#include "object/untyped.hpp"

namespace selene {

/// Makes objects out of one untyped and puts their capabilities into consecutive slots of the first task's table.
class BootSupply {
public:
    /// Takes `memory`, makes the table of `slots` slots in it, and puts the capability to what is left into slot
    /// `untyped_index` of that table.
    BootSupply(DerivationTree& tree, PhysRange memory, uint32_t slots, uint64_t untyped_index, uint64_t table_index)
        SELENE_REQUIRES(tree_lock, own_core);

    [[nodiscard]] CapTable& table() { return *table_; }
    [[nodiscard]] Slot& slot(uint64_t index) { return table_->slots()[index]; }
    [[nodiscard]] uint64_t next_index() const { return next_index_; }
    void set_next_index(uint64_t index) { next_index_ = index; }
    [[nodiscard]] Slot& next_slot() { return slot(next_index_++); }

    /// Make an object in zeroed memory, its capability in the given slot.
    void make(Slot& slot, abi::ObjectType type, uint64_t size = 0) SELENE_REQUIRES(tree_lock, own_core);
    /// Make a frame whose contents stay as they are, at `offset` of the untyped in `range_slot`. Its capability has
    /// these rights, and that to inspect.
    Slot& make_frame_in_place(Slot& range_slot, uint64_t offset, Rights rights) SELENE_REQUIRES(tree_lock, own_core);

    /// Map a frame, supplying the page tables it needs.
    void map(PageTable& root, Slot& frame, VirtAddr address, Rights rights) SELENE_REQUIRES(tree_lock, own_core);

    /// A capability without parent.
    void make_root(Slot& slot, Capability capability) SELENE_REQUIRES(tree_lock) {
        tree_.insert_root(slot, capability);
    }

private:
    DerivationTree& tree_;
    CapTable* table_;
    Slot* untyped_;
    uint64_t next_index_;
};

}  // namespace selene
