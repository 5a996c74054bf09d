// SPDX-License-Identifier: BSD-2-Clause
// Mapping of frames and page tables into address spaces; every operation is O(1) or keeps its progress.
#pragma once

#include "base/result.hpp"
#include "machine.hpp"
#include "object/address_tags.hpp"
#include "object/frame.hpp"
#include "object/page_table.hpp"

namespace selene {

/// What a mapping allows and how it caches.
struct MappingAttributes {
    Rights rights;
    abi::MemoryKind kind;
};

/// Errors number the arguments as AddressSpace's methods do.
namespace mapping {

/// The address that an entry covers and the root of the space it belongs to, null if its table has been cut off from
/// one.
struct Place {
    PageTable* root;
    VirtAddr address;
};
[[nodiscard]] Place place_of(uint64_t* entry) SELENE_REQUIRES(tree_lock);

/// The page-table entry of `level` for an address, or why there is none.
[[nodiscard]] Result<uint64_t*> find_entry(PageTable& root, VirtAddr address, unsigned level)
    SELENE_REQUIRES(tree_lock);

/// The entry in which a table that is empty or cut off can hang for an address: below the root if the address has no
/// table there, else below that.
[[nodiscard]] Result<uint64_t*> find_hook(PageTable& root, const PageTable& table, VirtAddr address)
    SELENE_REQUIRES(tree_lock);

/// Hang an empty table into the entry that find_hook has found. The table's level.
unsigned hang_table(PageTable& table, uint64_t* hook) SELENE_REQUIRES(tree_lock);

/// The entry that maps the frame of a slot if it may be mapped so. Nothing is ever mapped over: where an entry stands
/// already it is refused.
[[nodiscard]] Result<uint64_t*> check_mapping(PageTable& root, const Slot& frame_slot, VirtAddr address,
                                              MappingAttributes attributes, Rights space_rights)
    SELENE_REQUIRES(tree_lock, own_core);

/// What the kernel has zeroed through the cache must not surface behind a mapping that goes past it: one step of
/// cleaning an unmapped frame. Whether all of it is clean; else the capability says how far.
[[nodiscard]] bool clean_step(Slot& frame_slot) SELENE_REQUIRES(tree_lock);
inline constexpr uint64_t clean_step_bytes = Frame::cleaned_grain;

/// Map the frame of a slot by the entry that check_mapping has found, which makes nothing stale.
void map_frame(Slot& frame_slot, uint64_t* entry, MappingAttributes attributes) SELENE_REQUIRES(tree_lock);
/// Map the frames of the slots behind one that is mapped, in the same way behind it, as long as they are of the same
/// size and rights, and their places in the same table are free; at most `most`. How many.
[[nodiscard]] unsigned map_alike(Slot& mapped, uint64_t most) SELENE_REQUIRES(tree_lock);

/// Makes the TLB forget what a range operation changes in a space: page by page, or all of the space's once between two
/// preemptions if the range is so long that each page by itself would take longer.
class RangeFlush {
public:
    static constexpr uint64_t most_pages = 32;

    /// For an operation that changes up to `pages` mappings from now on.
    RangeFlush(const PageTable& root, uint64_t pages) : root_(root), by_tag_(pages > most_pages) {}

    [[nodiscard]] const PageTable& root() const { return root_; }
    /// The mapping of this page has changed.
    void page(VirtAddr address) const SELENE_REQUIRES(tree_lock) {
        if (!by_tag_ && root_.tag().value() != 0) machine::flush_page(address, root_.tag());
    }
    /// All changes are seen by everyone.
    void finish() const SELENE_REQUIRES(tree_lock) {
        if (by_tag_ && root_.tag().value() != 0) machine::flush_tag(root_.tag());
        machine::flush_barrier();
    }

private:
    const PageTable& root_;
    bool by_tag_;
};

/// Change what the mapping of a slot's frame allows in this space.
[[nodiscard]] Result<void> protect_frame(const RangeFlush& flush, Slot& frame_slot, Rights rights, Rights space_rights)
    SELENE_REQUIRES(tree_lock, own_core);

/// Take the frame of a slot out of this space, if it is mapped there.
void unmap_from(const RangeFlush& flush, Slot& frame_slot) SELENE_REQUIRES(tree_lock);

/// Take the frame of a slot out of the space it is mapped in. The caller ends a batch with machine::flush_barrier().
void unmap_frame(Slot& frame_slot) SELENE_REQUIRES(tree_lock);

/// A mapped frame capability has moved: its entry's shadow follows.
void frame_moved(Slot& frame_slot) SELENE_REQUIRES(tree_lock);

inline constexpr unsigned entries_per_step = 16;

/// One step of taking a table or a space apart: `entries_per_step` entries. Whether all are clear and it is out of its
/// parent. Tables that hung in it are cut off: they keep their level and their entries, and must be taken apart before
/// they can hang anywhere again.
[[nodiscard]] bool dismantle_step(PageTable& table, AddressTags& tags) SELENE_REQUIRES(tree_lock);

}  // namespace mapping

}  // namespace selene
