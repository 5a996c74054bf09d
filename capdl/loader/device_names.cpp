// SPDX-License-Identifier: BSD-2-Clause
// Finding devices with libfdt and the boot stage's walk over the tree.
#include "device_names.hpp"

extern "C" {
#include <libfdt.h>
}

namespace capdl::loader {

namespace {

/// Device tree specification, "/chosen Node": what follows a colon are options.
std::string_view without_options(std::string_view path) { return path.substr(0, path.find(':')); }

std::string_view string_property(const void* tree, const char* node, std::string_view name) {
    const int offset = fdt_path_offset(tree, node);
    int length = 0;
    const void* value =
        offset < 0 ? nullptr : fdt_getprop_namelen(tree, offset, name.data(), static_cast<int>(name.size()), &length);
    if (value == nullptr || length <= 0) {
        return {};
    }
    const std::string_view text(static_cast<const char*>(value), static_cast<size_t>(length));
    return text.substr(0, text.find('\0'));
}

int node_at(const void* tree, std::string_view path) {
    return path.empty() ? -FDT_ERR_BADPATH : fdt_path_offset_namelen(tree, path.data(), static_cast<int>(path.size()));
}

}  // namespace

int DeviceNames::find(std::string_view name) const {
    if (name == "stdout") {
        return node_at(tree_, without_options(string_property(tree_, "/chosen", "stdout-path")));
    }
    // libfdt takes what does not begin with a slash for an alias.
    if (const int node = node_at(tree_, name); node >= 0) {
        return node;
    }
    return node_at(tree_, string_property(tree_, "/__symbols__", name));
}

std::optional<selene::boot::TreeWalk> DeviceNames::walk_to(std::string_view name) const {
    const bool is_model = !name.starts_with('/') && name.contains(',');
    const int wanted = is_model ? -1 : find(name);
    if (!is_model && wanted < 0) {
        return std::nullopt;
    }
    selene::boot::TreeWalk walk(tree_);
    for (auto advanced = walk.advance(); advanced && *advanced; advanced = walk.advance()) {
        const selene::boot::TreeNode& node = walk.node();
        if (is_model ? node.enabled() && node.compatible.find(name) : node.offset == wanted) {
            return walk;
        }
    }
    return std::nullopt;
}

std::optional<selene::PhysRange> DeviceNames::registers(std::string_view name, uint32_t index) const {
    const auto walk = walk_to(name);
    return walk ? walk->physical_reg(index) : std::nullopt;
}

std::string_view DeviceNames::models(std::string_view name) const {
    const auto walk = walk_to(name);
    if (!walk) {
        return {};
    }
    const auto bytes = walk->node().compatible.bytes();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Device tree bindings, "arm,gic-v3.yaml" and "arm,gic.yaml": class, number in the class, flags.
std::optional<uint64_t> DeviceNames::interrupt_in(const selene::boot::Property& interrupts, uint32_t index) {
    constexpr size_t cells_of_interrupt = 3;
    constexpr uint32_t shared_class = 0;
    constexpr uint64_t first_shared = 32;
    constexpr uint64_t first_private = 16;
    const size_t at = index * cells_of_interrupt;
    if (at + cells_of_interrupt > interrupts.cells()) {
        return std::nullopt;
    }
    return interrupts.cell(at + 1) + (interrupts.cell(at) == shared_class ? first_shared : first_private);
}

std::optional<uint64_t> DeviceNames::interrupt(std::string_view name, uint32_t index) const {
    const auto walk = walk_to(name);
    return walk ? interrupt_in(walk->node().interrupts, index) : std::nullopt;
}

}  // namespace capdl::loader
