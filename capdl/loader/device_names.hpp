// SPDX-License-Identifier: BSD-2-Clause
// Devices by their names in the device tree of the machine that runs.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "boot/tree_walk.hpp"

namespace capdl::loader {

/// A specification names a device by an alias of the device tree (`serial0`), by a label (which a tree keeps in its
/// node `__symbols__`), by its path, as `stdout`: the one that /chosen says is the console, or by its model, the name of
/// a maker and of what they have made (`arm,pl031`): the first that is in use.
class DeviceNames {
public:
    /// `tree`: as the boot stage has checked and copied it.
    explicit DeviceNames(uint64_t tree) : tree_(reinterpret_cast<const void*>(tree)) {}

    /// Physical addresses of one of the device's register ranges.
    [[nodiscard]] std::optional<selene::PhysRange> registers(std::string_view name, uint32_t index) const;
    /// What the device is: the strings of its property `compatible`, each with its zero. Empty if there is no device.
    [[nodiscard]] std::string_view models(std::string_view name) const;
    /// The interrupt controller's number of one of its interrupts.
    [[nodiscard]] std::optional<uint64_t> interrupt(std::string_view name, uint32_t index) const;
    /// The same of a property `interrupts`.
    [[nodiscard]] static std::optional<uint64_t> interrupt_in(const selene::boot::Property& interrupts, uint32_t index);
    [[nodiscard]] bool has(std::string_view name) const { return walk_to(name).has_value(); }

private:
    /// The offset of the device's node in the tree, negative if there is none.
    [[nodiscard]] int find(std::string_view name) const;
    /// The walk, arrived at the device.
    [[nodiscard]] std::optional<selene::boot::TreeWalk> walk_to(std::string_view name) const;

    const void* tree_;
};

}  // namespace capdl::loader
