// SPDX-License-Identifier: BSD-2-Clause
// What each architecture's hardware and each object type allow: slots, frame sizes, what hangs below what.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "language/vocabulary.hpp"

namespace capdl {

/// Log2 of the sizes that frames have.
[[nodiscard]] std::span<const uint8_t> frame_size_bits(Architecture architecture);

/// A level of page tables: how many entries, how much each covers (log2 bytes), and what may stand in one.
struct TableLevel {
    ObjectType type;
    uint32_t entries;
    uint8_t entry_bits;
    TypeSet children;  ///< tables of the next level
};

/// The levels of an architecture from the root to the leaves.
[[nodiscard]] std::span<const TableLevel> table_levels(Architecture architecture);
[[nodiscard]] const TableLevel* table_level(Architecture architecture, ObjectType type);
/// Whether a table can be the root of an address space.
[[nodiscard]] bool is_space_root(Architecture architecture, ObjectType type);

/// Priorities are 0 to this.
inline constexpr uint64_t highest_priority = 255;

/// How many slots objects of a type have, where the type alone says so; 0: none at all.
[[nodiscard]] std::optional<uint64_t> slot_count(Architecture architecture, ObjectType type);

}  // namespace capdl
