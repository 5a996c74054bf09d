// SPDX-License-Identifier: BSD-2-Clause
// Decides what goes where in physical memory.
#include "boot/placement.hpp"

namespace selene::boot {
namespace {

constexpr Refusal too_scattered() { return {"memory is in too many pieces"}; }

/// No untyped is larger than 2^26 pages.
constexpr uint64_t largest_piece = page_bytes << 26;

/// Fill `list` with `ranges`, in pieces that are small enough; false if they do not fit.
template <size_t capacity>
bool fill(PhysRange (&list)[capacity], uint32_t& count, std::span<const PhysRange> ranges) {
    for (PhysRange rest : ranges) {
        while (rest.size > 0) {
            if (count == capacity) return false;
            const uint64_t boundary = round_up(rest.base + 1, largest_piece);
            const uint64_t size = std::min(rest.size, boundary - rest.base);
            list[count++] = {rest.base, size};
            rest = {rest.base + size, rest.size - size};
        }
    }
    return true;
}

}  // namespace

std::expected<Survey, Refusal> survey_memory(const MachineDescription& machine, const Occupied& occupied) {
    const PhysRange image = occupied.image;
    const PhysRange system = occupied.system_part;
    const PhysRange tree = pages_around(occupied.device_tree.base, end_of(occupied.device_tree));
    if (!machine.memory.holds(image))
        return std::unexpected(Refusal{"the image does not lie in memory the device tree names", image.base});
    if (!machine.memory.holds(system))
        return std::unexpected(Refusal{"the system does not lie in memory the device tree names", system.base});

    MemoryList usable = machine.memory;
    bool fits = usable.remove(machine.reserved);
    // Loaders reserve what they have loaded: for us, that is.
    const PhysRange initrd = pages_inside(machine.initrd.base, end_of(machine.initrd));
    const PhysRange inside_tree = pages_inside(occupied.device_tree.base, end_of(occupied.device_tree));
    for (const PhysRange loaded : {image, system, initrd, inside_tree}) {
        if (machine.memory.holds(loaded)) fits = fits && usable.add(loaded);
    }
    if (!fits || !usable.remove({window_end, physical_end - window_end})) return std::unexpected(too_scattered());
    for (const CoreDescription& core : std::span(machine.cores).first(machine.core_count)) {
        if (core.start == CoreStart::spin_table && usable.touches(core.release_page()))
            return std::unexpected(
                Refusal{"a core waits for its start in memory that is in use", core.release_address});
    }
    MemoryList window = usable;
    MemoryList empty = usable;
    constexpr PhysRange null_page{0, page_bytes};  // to whom an address of 0 means that there is none
    if (!window.remove(occupied.kernel.constant()) || !empty.remove(image) || !empty.remove(system) ||
        !empty.remove(tree) || !empty.remove(null_page)) {
        return std::unexpected(too_scattered());
    }
    return Survey{usable, window, empty};
}

std::expected<void, Refusal> describe_memory(const MachineDescription& machine, const Occupied& occupied,
                                             const MemoryList& usable, PhysRange workspace,
                                             BootDescription& description) {
    MemoryList memory = usable;
    if (!memory.remove(occupied.kernel.whole()) || !memory.remove(occupied.system_part) || !memory.remove(workspace) ||
        !fill(description.memory, description.memory_count, memory.view())) {
        return std::unexpected(too_scattered());
    }
    RangeList<BootDescription::maximum_device_ranges> devices;
    const InterruptControllerDescription& controller = machine.interrupt_controller;
    if (!devices.add({0, physical_end}) || !devices.remove(machine.memory) || !devices.remove(machine.reserved) ||
        !devices.remove(controller.distributor) || !devices.remove(controller.interface) ||
        !fill(description.devices, description.device_count, devices.view())) {
        return std::unexpected(Refusal{"devices are in too many pieces"});
    }
    return {};
}

}  // namespace selene::boot
