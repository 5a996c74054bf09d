// SPDX-License-Identifier: BSD-2-Clause
// What the first task is made of, counted before it is made: the boot stage refuses a machine or an image for which the
// kernel would lack room.
#pragma once

#include "abi/boot_info.hpp"
#include "abi/object_sizes.hpp"
#include "base/units.hpp"
#include "boot/boot_description.hpp"

namespace selene {

/// `bytes` of memory in one range, in which a table of `slots` slots is the largest object.
struct FirstTaskNeeds {
    static constexpr uint64_t refills = 8;  ///< of its scheduling context
    /// What the kernel maps for it above its own segments begins at the next multiple of this.
    static constexpr uint64_t placement_alignment = uint64_t{1} << 21;

    uint64_t slots;
    uint64_t bytes;

    /// Of a description that is complete; its first_task_slots are no more than a table can have.
    [[nodiscard]] static constexpr FirstTaskNeeds of(const BootDescription& description);

    /// The first place in memory for so many bytes that leaves the description alone; of no size if there is none.
    [[nodiscard]] static constexpr PhysRange place(const BootDescription& description, uint64_t bytes);

    /// How many page tables below the root mapping these addresses may take.
    [[nodiscard]] static constexpr uint64_t page_tables(uint64_t address, uint64_t size) {
        if (size == 0) return 0;
        constexpr unsigned bits_of_level_2 = 30;
        constexpr unsigned bits_of_level_3 = 21;
        const uint64_t last = address + size - 1;
        const auto touched = [&](unsigned bits) { return (last >> bits) - (address >> bits) + 1; };
        return touched(bits_of_level_2) + touched(bits_of_level_3);
    }
};

constexpr PhysRange FirstTaskNeeds::place(const BootDescription& description, uint64_t bytes) {
    const PhysRange own = description.own;
    const uint64_t own_end = own.base + own.size;
    for (uint32_t i = 0; i < description.memory_count; ++i) {
        const PhysRange range = description.memory[i];
        const bool in_the_way = own.base < range.base + bytes && range.base < own_end;
        const uint64_t base = in_the_way ? own_end : range.base;
        if (base <= range.base + range.size && bytes <= range.base + range.size - base) return {base, bytes};
    }
    return {0, 0};
}

constexpr FirstTaskNeeds FirstTaskNeeds::of(const BootDescription& description) {
    using abi::ObjectType;
    const auto pages = [](uint64_t bytes) { return round_up(bytes, page_bytes) / page_bytes; };
    // BootInfo and the IPC buffer, then the device tree, in a row.
    uint64_t fresh = 2;
    uint64_t in_place = pages(description.device_tree.size);
    uint64_t tables = page_tables(0, fresh * page_bytes + description.device_tree.size);
    for (uint32_t i = 0; i < description.segment_count; ++i) {
        const FirstTaskSegment& segment = description.segments[i];
        (segment.writable != 0 ? fresh : in_place) += pages(segment.memory_size);
        tables += page_tables(segment.address, segment.memory_size);
    }
    // The range of memory that it is made of may leave one on either side.
    const uint64_t slots = static_cast<uint64_t>(abi::BootSlot::first_dynamic) + description.memory_count + 1 +
                           description.device_count + in_place + fresh + tables + description.first_task_slots;
    const uint64_t small = abi::object_bytes(ObjectType::thread, 0) + abi::object_bytes(ObjectType::task, 0) +
                           abi::object_bytes(ObjectType::sched_context, refills);
    const uint64_t table = abi::object_bytes(ObjectType::cap_table, slots);
    const uint64_t spaces = (tables + 1) * abi::object_bytes(ObjectType::page_table, 0);
    return {slots, round_up(table, page_bytes) + round_up(small, page_bytes) + spaces + fresh * page_bytes};
}

}  // namespace selene
