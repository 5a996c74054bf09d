// SPDX-License-Identifier: BSD-2-Clause
// PageTable: 512 entries that the hardware reads and their shadow. The root of an address space is one, too.
#pragma once

#include "base/units.hpp"
#include "capability/slot.hpp"

namespace selene {

struct Task;

/// Every entry that is not zero has in its shadow word the slot of the frame capability mapped there or the table that
/// hangs there. The upper 16 bits of shadow words 0 to 8 hold what the table knows of itself.
///
///     entries   ── 4 KiB for the hardware's walker
///     shadow    63..48 piece of the table's own data    47..0 frame slot or child table
///
/// Own data, 16 bits a word: 0..2 the entry in which the table hangs, 3 level (1 root, 2, 3; 0 not hung in), 4 cursor
/// of its destruction, 5 hardware tag (root), 6..8 the task that holds the root's register value (root).
struct alignas(4096) PageTable {
    static constexpr unsigned entry_count = 512;

    uint64_t entries[entry_count] SELENE_GUARDED_BY(tree_lock);
    uint64_t shadow[entry_count] SELENE_GUARDED_BY(tree_lock);

    static PageTable& of_entry(const uint64_t* entry) {
        return *reinterpret_cast<PageTable*>(reinterpret_cast<uint64_t>(entry) & ~(page_bytes - 1));
    }
    [[nodiscard]] unsigned index_of(const uint64_t* entry) const { return static_cast<unsigned>(entry - entries); }

    template <class Object>
    [[nodiscard]] Object* shadow_of(unsigned index) const SELENE_REQUIRES(tree_lock) {
        return PointerField<Object>::of(shadow[index]);
    }
    template <class Object>
    void set_shadow(unsigned index, const Object* object) SELENE_REQUIRES(tree_lock) {
        shadow[index] = (shadow[index] & Piece::mask) | PointerField<Object>::make(object);
    }
    void clear_shadow(unsigned index) SELENE_REQUIRES(tree_lock) { shadow[index] &= Piece::mask; }

    [[nodiscard]] uint64_t* parent_entry() const SELENE_REQUIRES(tree_lock) { return pointer<uint64_t>(0); }
    void set_parent_entry(uint64_t* entry) SELENE_REQUIRES(tree_lock) { set_pointer(0, entry); }
    [[nodiscard]] unsigned level() const SELENE_REQUIRES(tree_lock) { return piece(3); }
    void set_level(unsigned level) SELENE_REQUIRES(tree_lock) { set_piece(3, level); }
    /// It was hung in and its parent is gone.
    [[nodiscard]] bool cut_off() const SELENE_REQUIRES(tree_lock) { return level() > 1 && parent_entry() == nullptr; }
    [[nodiscard]] unsigned cursor() const SELENE_REQUIRES(tree_lock) { return piece(4); }
    void set_cursor(unsigned cursor) SELENE_REQUIRES(tree_lock) { set_piece(4, cursor); }
    /// It is being taken apart: nothing may be put into it, nor it into anything.
    [[nodiscard]] bool dying() const SELENE_REQUIRES(tree_lock) { return cursor() != 0; }
    [[nodiscard]] AddressTag tag() const SELENE_REQUIRES(tree_lock) {
        return AddressTag(static_cast<uint16_t>(piece(5)));
    }
    void set_tag(AddressTag tag) SELENE_REQUIRES(tree_lock) { set_piece(5, tag.value()); }
    [[nodiscard]] Task* active_task() const SELENE_REQUIRES(tree_lock) { return pointer<Task>(6); }
    void set_active_task(Task* task) SELENE_REQUIRES(tree_lock) { set_pointer(6, task); }

    /// Bits of an address below what one entry of a table of this level covers.
    [[nodiscard]] static constexpr unsigned entry_bits_at(unsigned level) { return 12 + 9 * (3 - level); }
    [[nodiscard]] unsigned entry_bits() const SELENE_REQUIRES(tree_lock) { return entry_bits_at(level()); }
    /// Which entry an address has in a table of this level.
    [[nodiscard]] static constexpr unsigned index_for(VirtAddr address, unsigned level) {
        return static_cast<unsigned>(address.value() >> entry_bits_at(level)) % entry_count;
    }
    [[nodiscard]] uint64_t* entry_for(VirtAddr address) SELENE_REQUIRES(tree_lock) {
        return &entries[index_for(address, level())];
    }

private:
    using Piece = Field<63, 48, unsigned>;

    [[nodiscard]] unsigned piece(unsigned word) const SELENE_REQUIRES(tree_lock) { return Piece::of(shadow[word]); }
    void set_piece(unsigned word, unsigned value) SELENE_REQUIRES(tree_lock) {
        shadow[word] = Piece::with(shadow[word], value);
    }

    template <class Object>
    [[nodiscard]] Object* pointer(unsigned word) const SELENE_REQUIRES(tree_lock) {
        return PointerField<Object>::of(uint64_t{piece(word)} | uint64_t{piece(word + 1)} << 16 |
                                        uint64_t{piece(word + 2)} << 32);
    }
    template <class Object>
    void set_pointer(unsigned word, const Object* object) SELENE_REQUIRES(tree_lock) {
        const uint64_t bits = PointerField<Object>::make(object);
        set_piece(word, bits & 0xffff);
        set_piece(word + 1, (bits >> 16) & 0xffff);
        set_piece(word + 2, (bits >> 32) & 0xffff);
    }
};
static_assert(sizeof(PageTable) == 8192);

}  // namespace selene
