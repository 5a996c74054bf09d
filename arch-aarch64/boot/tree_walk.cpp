// SPDX-License-Identifier: BSD-2-Clause
// A walk over a device tree: libfdt's tags and strings, which it checks to lie in the blob, and nothing else of it.
#include "boot/tree_walk.hpp"

#include <algorithm>
#include <limits>
#include <memory>

extern "C" {
#include <libfdt.h>
}

namespace selene::boot {
namespace {

struct KnownProperty {
    KnownName name;
    Property TreeNode::* value;
};

constexpr KnownProperty known[] = {
    {"#address-cells", &TreeNode::address_cells},
    {"#interrupt-cells", &TreeNode::interrupt_cells},
    {"#size-cells", &TreeNode::size_cells},
    {"clock-frequency", &TreeNode::clock_frequency},
    {"compatible", &TreeNode::compatible},
    {"cpu-release-addr", &TreeNode::cpu_release_address},
    {"device_type", &TreeNode::device_type},
    {"enable-method", &TreeNode::enable_method},
    {"interrupt-names", &TreeNode::interrupt_names},
    {"interrupts", &TreeNode::interrupts},
    {"kaslr-seed", &TreeNode::kaslr_seed},
    {"linux,initrd-end", &TreeNode::initrd_end},
    {"linux,initrd-start", &TreeNode::initrd_start},
    {"method", &TreeNode::method},
    {"ranges", &TreeNode::ranges},
    {"reg", &TreeNode::reg},
    {"rng-seed", &TreeNode::rng_seed},
    {"status", &TreeNode::status},
    {"stdout-path", &TreeNode::stdout_path},
};

/// Whether a processor's address, or a size, can have so many cells.
constexpr bool plain(unsigned cells) { return cells == 1 || cells == 2; }

constexpr bool wraps_around(uint64_t base, uint64_t size) { return size > std::numeric_limits<uint64_t>::max() - base; }

/// What `range` of the children of `bus` is for the children of `parent`.
std::optional<PhysRange> translate(const TreeNode& bus, const TreeNode& parent, PhysRange range) {
    if (!bus.ranges.exists()) return std::nullopt;
    if (bus.ranges.empty()) return range;
    const unsigned child = bus.child_address_cells();
    const unsigned above = parent.child_address_cells();
    const unsigned size = bus.child_size_cells();
    if (!plain(child) || !plain(above) || !plain(size)) return std::nullopt;
    for (size_t at = 0; at + child + above + size <= bus.ranges.cells(); at += child + above + size) {
        const uint64_t base = bus.ranges.number(at, child);
        const uint64_t base_above = bus.ranges.number(at + child, above);
        const uint64_t length = bus.ranges.number(at + child + above, size);
        if (range.base < base) continue;
        const uint64_t offset = range.base - base;
        if (offset > length || range.size > length - offset) continue;
        if (wraps_around(base_above, length)) return std::nullopt;
        return PhysRange{base_above + offset, range.size};
    }
    return std::nullopt;
}

}  // namespace

uint32_t Property::cell(size_t index) const {
    return fdt32_ld(reinterpret_cast<const fdt32_t*>(value_.data()) + index);
}

uint64_t Property::number(size_t index, unsigned count) const {
    return count == 1 ? cell(index) : uint64_t{cell(index)} << 32 | cell(index + 1);
}

std::string_view Property::string_at(size_t& place) const {
    const std::string_view rest(reinterpret_cast<const char*>(value_.data()) + place, value_.size() - place);
    const size_t length = rest.find('\0');
    place = length == rest.npos ? value_.size() : place + length + 1;
    return length == rest.npos ? std::string_view() : rest.substr(0, length);
}

std::optional<size_t> Property::find(std::string_view text) const {
    size_t index = 0;
    for (size_t place = 0; place < value_.size(); index++) {
        if (string_at(place) == text) return index;
    }
    return std::nullopt;
}

bool TreeNode::enabled() const { return !status.exists() || status.string() == "okay" || status.string() == "ok"; }

std::expected<bool, Refusal> TreeWalk::advance() {
    while (true) {
        const Tag tag = take_tag();
        switch (tag.kind) {
        case FDT_BEGIN_NODE: {
            if (open_ == maximum_depth) return std::unexpected(Refusal{"the device tree is too deep", open_});
            TreeNode& node = *std::construct_at(&path_[open_++]);
            node.offset = tag.offset;
            node.name = static_cast<const char*>(fdt_offset_ptr(tree_, tag.offset + FDT_TAGSIZE, 1));
            if (const auto read = read_properties(node); !read) return std::unexpected(read.error());
            return true;
        }
        case FDT_END_NODE:
            if (open_ <= 1) return false;
            open_--;
            break;
        case FDT_PROP:  // after a child: no reader of trees finds it there
        case FDT_NOP: break;
        default: return std::unexpected(Refusal{"the device tree is broken", static_cast<uint64_t>(tag.offset)});
        }
    }
}

TreeWalk::Tag TreeWalk::read_tag(int offset) const {
    Tag tag{.kind = 0, .offset = offset, .next = 0};
    tag.kind = fdt_next_tag(tree_, offset, &tag.next);
    return tag;
}

TreeWalk::Tag TreeWalk::take_tag() {
    const Tag tag = ahead_;
    ahead_ = read_tag(tag.next);
    return tag;
}

std::expected<void, Refusal> TreeWalk::read_properties(TreeNode& node) {
    while (ahead_.kind == FDT_PROP || ahead_.kind == FDT_NOP) {
        const Tag tag = take_tag();
        if (tag.kind == FDT_NOP) continue;
        const auto* property = static_cast<const struct fdt_property*>(fdt_offset_ptr(tree_, tag.offset, FDT_TAGSIZE));
        int length = 0;
        const char* name = fdt_get_string(tree_, static_cast<int>(fdt32_ld(&property->nameoff)), &length);
        if (name == nullptr)
            return std::unexpected(Refusal{"a name in the device tree is broken", static_cast<uint64_t>(tag.offset)});
        for (const KnownProperty& candidate : known) {
            if (candidate.name != std::string_view(name, static_cast<size_t>(length))) continue;
            const auto* data = reinterpret_cast<const std::byte*>(property->data);
            node.*candidate.value = Property({data, fdt32_ld(&property->len)});
            break;
        }
    }
    return {};
}

size_t TreeWalk::reg_count() const {
    if (depth() == 0) return 0;
    const unsigned address = parent().child_address_cells();
    const unsigned size = parent().child_size_cells();
    if (!plain(address) || size > 2) return 0;
    return node().reg.cells() / (address + size);
}

std::optional<PhysRange> TreeWalk::reg(size_t index) const {
    if (index >= reg_count()) return std::nullopt;
    const unsigned address = parent().child_address_cells();
    const unsigned size = parent().child_size_cells();
    const size_t at = index * (address + size);
    const uint64_t base = node().reg.number(at, address);
    const uint64_t length = size == 0 ? 0 : node().reg.number(at + address, size);
    if (wraps_around(base, length)) return std::nullopt;
    return PhysRange{base, length};
}

std::optional<PhysRange> TreeWalk::physical_reg(size_t index) const {
    std::optional<PhysRange> range = reg(index);
    for (unsigned bus = depth(); range && --bus > 0;) range = translate(path_[bus], path_[bus - 1], *range);
    return range;
}

}  // namespace selene::boot
