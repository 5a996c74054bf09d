// SPDX-License-Identifier: BSD-2-Clause
// Decides what goes where in physical memory.
#include "boot/placement.hpp"

#include "boot/identity_map.hpp"

namespace selene::boot {
namespace {

constexpr Refusal too_scattered() { return {"memory is in too many pieces"}; }

/// Device memory is handed out in pieces of at most half the physical address space.
constexpr uint64_t device_boundary = physical_end / 2;

} // namespace

std::expected<Survey, Refusal> survey_memory(const MachineDescription& machine, const Occupied& occupied) {
    const PhysRange image = occupied.image;
    const PhysRange system = occupied.system_part;
    const PhysRange tree = pages_around(occupied.device_tree.base, end_of(occupied.device_tree));
    if (!machine.memory.holds(image))
        return std::unexpected(Refusal{"the image does not lie in memory the device tree names", image.base});
    if (!machine.memory.holds(system))
        return std::unexpected(Refusal{"the system does not lie in memory the device tree names", system.base});

    // Loaders reserve what they have loaded, the image and its initial RAM disk: for us, that is.
    MemoryList usable = machine.memory;
    if (!usable.remove(machine.reserved) || !usable.add(image) || !usable.add(system)
        || !usable.remove({IdentityMap::end, physical_end - IdentityMap::end})) {
        return std::unexpected(too_scattered());
    }
    MemoryList window = usable;
    MemoryList empty = usable;
    if (!window.remove(occupied.kernel.constant()) || !empty.remove(image) || !empty.remove(system)
        || !empty.remove(tree)) {
        return std::unexpected(too_scattered());
    }
    return Survey{usable, window, empty};
}

std::expected<void, Refusal> describe_memory(
    const MachineDescription& machine, const Occupied& occupied, const MemoryList& usable, PhysRange workspace,
    BootDescription& description) {
    MemoryList memory = usable;
    if (!memory.remove(occupied.kernel.whole()) || !memory.remove(occupied.system_part) || !memory.remove(workspace))
        return std::unexpected(too_scattered());
    for (const PhysRange range : memory.view()) description.memory[description.memory_count++] = range;

    RangeList<BootDescription::maximum_device_ranges - 1> devices;
    const InterruptControllerDescription& controller = machine.interrupt_controller;
    if (!devices.add({0, physical_end}) || !devices.remove(machine.memory) || !devices.remove(machine.reserved)
        || !devices.remove(controller.distributor) || !devices.remove(controller.interface)) {
        return std::unexpected(Refusal{"devices are in too many pieces"});
    }
    for (const PhysRange range : devices.view()) {
        PhysRange rest = range;
        if (range.base < device_boundary && end_of(range) > device_boundary) {
            description.devices[description.device_count++] = {range.base, device_boundary - range.base};
            rest = {device_boundary, end_of(range) - device_boundary};
        }
        description.devices[description.device_count++] = rest;
    }
    return {};
}

} // namespace selene::boot
