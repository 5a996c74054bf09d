// SPDX-License-Identifier: BSD-2-Clause
// Devices by their names in the device tree of the machine that runs.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "boot/tree_walk.hpp"

namespace capdl::loader {

/// A specification names a device by an alias of the device tree (`serial0`), by a label (which a tree keeps in its
/// node `__symbols__`), by its path, or as `stdout`: the one that /chosen says is the console.
class DeviceNames {
public:
    /// `tree`: as the boot stage has checked and copied it.
    explicit DeviceNames(uint64_t tree) : tree_(reinterpret_cast<const void*>(tree)) {}

    /// Physical addresses of one of the device's register ranges.
    [[nodiscard]] std::optional<selene::PhysRange> registers(std::string_view name, uint32_t index) const;
    /// The interrupt controller's number of one of its interrupts.
    [[nodiscard]] std::optional<uint64_t> interrupt(std::string_view name, uint32_t index) const;

private:
    /// The offset of the device's node in the tree, negative if there is none.
    [[nodiscard]] int find(std::string_view name) const;
    /// The walk, arrived at the device.
    [[nodiscard]] std::optional<selene::boot::TreeWalk> walk_to(std::string_view name) const;

    const void* tree_;
};

}  // namespace capdl::loader
