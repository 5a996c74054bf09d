// SPDX-License-Identifier: BSD-2-Clause
// A walk over a device tree, node by node in the order of the blob, that trusts nothing in it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string_view>

#include "boot/boot_description.hpp"

namespace selene::boot {

/// Why a machine cannot be booted, for people.
struct Refusal {
    const char* reason;
    uint64_t detail = 0;
};

/// A name to compare with. Holds its characters itself: a pointer in a table would be an absolute address, which the
/// boot stage cannot have.
class KnownName {
public:
    template <size_t size>
    consteval KnownName(const char (&text)[size]) : length_(size - 1) {
        static_assert(size <= sizeof(text_));
        for (size_t i = 0; i < size; i++) text_[i] = text[i];
    }
    friend constexpr bool operator==(const KnownName& name, std::string_view text) {
        return std::string_view(name.text_, name.length_) == text;
    }

private:
    char text_[24] = {};
    size_t length_;
};

/// The value of a property, or none.
class Property {
public:
    constexpr Property() = default;
    explicit constexpr Property(std::span<const std::byte> value) : value_(value) {}

    [[nodiscard]] bool exists() const { return value_.data() != nullptr; }
    [[nodiscard]] bool empty() const { return value_.empty(); }
    [[nodiscard]] std::span<const std::byte> bytes() const { return value_; }

    /// Whole cells; each is a big-endian number of 32 bits.
    [[nodiscard]] size_t cells() const { return value_.size() / sizeof(uint32_t); }
    [[nodiscard]] uint32_t cell(size_t index) const;
    /// The number in one or two cells from `index` on.
    [[nodiscard]] uint64_t number(size_t index, unsigned count) const;

    /// The first string; empty if there is none or if it has no end.
    [[nodiscard]] std::string_view string() const {
        size_t place = 0;
        return string_at(place);
    }
    /// The string at byte `place`, which goes to the next: below size() if there is one.
    [[nodiscard]] std::string_view string_at(size_t& place) const;
    [[nodiscard]] size_t size() const { return value_.size(); }
    /// The index of `text` in a list of strings.
    [[nodiscard]] std::optional<size_t> find(std::string_view text) const;

private:
    std::span<const std::byte> value_;
};

/// The properties of a node that the boot stage knows; see `known` in the source.
struct TreeNode {
    int offset = 0;
    std::string_view name;

    Property address_cells;
    Property clock_frequency;
    Property compatible;
    Property cpu_release_address;
    Property device_type;
    Property enable_method;
    Property initrd_end;
    Property initrd_start;
    Property interrupt_cells;
    Property interrupt_names;
    Property interrupts;
    Property kaslr_seed;
    Property method;
    Property ranges;
    Property reg;
    Property rng_seed;
    Property size_cells;
    Property status;
    Property stdout_path;

    /// How many cells an address, or a size, of this node's children has.
    [[nodiscard]] unsigned child_address_cells() const { return cell_or(address_cells, 2); }
    [[nodiscard]] unsigned child_size_cells() const { return cell_or(size_cells, 1); }
    [[nodiscard]] bool enabled() const;

private:
    static unsigned cell_or(const Property& property, unsigned otherwise) {
        return property.cells() == 1 ? property.cell(0) : otherwise;
    }
};

class TreeWalk {
public:
    static constexpr unsigned maximum_depth = 16;

    /// `tree` has passed fdt_check_header, and its blocks are aligned.
    explicit TreeWalk(const void* tree) : tree_(tree), ahead_(read_tag(0)) {}

    /// Go to the next node; false after the last.
    [[nodiscard]] std::expected<bool, Refusal> advance();

    /// The current node, its parent, and the number of its ancestors: 0 for the root.
    [[nodiscard]] const TreeNode& node() const { return path_[open_ - 1]; }
    [[nodiscard]] const TreeNode& parent() const { return path_[open_ - 2]; }
    [[nodiscard]] unsigned depth() const { return open_ - 1; }

    /// How many ranges the current node's `reg` has.
    [[nodiscard]] size_t reg_count() const;
    /// One of them, in the address space of the parent; nothing if it is not there, wraps around, or has cells that no
    /// processor's address has.
    [[nodiscard]] std::optional<PhysRange> reg(size_t index) const;
    /// The same in the processor's address space, through all buses between.
    [[nodiscard]] std::optional<PhysRange> physical_reg(size_t index) const;

private:
    struct Tag {
        uint32_t kind;  ///< FDT_BEGIN_NODE and so on
        int offset;
        int next;  ///< offset of the tag behind it
    };

    [[nodiscard]] Tag read_tag(int offset) const;
    Tag take_tag();
    [[nodiscard]] std::expected<void, Refusal> read_properties(TreeNode& node);

    const void* tree_;
    Tag ahead_;          ///< the one to take next
    unsigned open_ = 0;  ///< nodes from the root to the current one
    std::array<TreeNode, maximum_depth> path_{};
};

}  // namespace selene::boot
