// SPDX-License-Identifier: BSD-2-Clause
// Slots are the numbers of a range set.

#include <sel/slot_allocator.hpp>

#include <sel/environment.hpp>

namespace sel {

SlotAllocator::SlotAllocator(const Environment& environment) {
    for (const EnvironmentEntry& entry : environment.entries()) {
        if (entry.kind == EnvironmentKind::slot_range && environment.name(entry).empty()) {
            (void)add(CapIndex(entry.value0), entry.value1);  // a slot named twice counts once
        }
    }
}

Result<void> SlotAllocator::add(CapIndex first, uint64_t count) { return release(first, count); }

Result<CapIndex> SlotAllocator::allocate(uint64_t count) {
    const auto first = free_.take(count);
    if (!first) {
        return refused({LibraryError::no_slots, count, free_.largest()});
    }
    return CapIndex(*first);
}

Result<void> SlotAllocator::release(CapIndex first, uint64_t count) {
    if (!free_.give({first.raw(), count})) {
        return refused({LibraryError::not_allocated, first.raw()});
    }
    return {};
}

SlotAllocator& own_slots() {
    static SlotAllocator slots{environment()};
    return slots;
}

}  // namespace sel
