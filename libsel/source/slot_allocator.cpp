// SPDX-License-Identifier: BSD-2-Clause
// Slots are the numbers of range sets, one for each table.

#include <sel/slot_allocator.hpp>

#include <algorithm>
#include <optional>

#include <sel/environment.hpp>
#include <sel/table_links.hpp>

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
    if (links_ != nullptr) links_->prepare();
    auto found = find(count);
    if (found || links_ == nullptr) return found;
    SEL_TRY_VOID(links_->grow(count));
    return find(count);
}

Result<CapIndex> SlotAllocator::find(uint64_t count) {
    if (const auto first = free_.take(count)) return CapIndex(*first);
    uint64_t largest = free_.largest();
    for (Linked& linked : linked_) {
        if (const auto first = linked.free.take(count)) return CapIndex(*first);
        largest = std::max(largest, linked.free.largest());
    }
    return refused({LibraryError::no_slots, count, largest});
}

Result<void> SlotAllocator::release(CapIndex first, uint64_t count) {
    const Linked* const linked = linked_at(first);
    RangeSet& free = linked == nullptr ? free_ : linked_[static_cast<size_t>(linked - linked_.data())].free;
    const bool is_within = linked == nullptr || count <= linked->count - (first.raw() - linked->first.raw());
    if (!is_within || !free.give({first.raw(), count})) {
        return refused({LibraryError::not_allocated, first.raw()});
    }
    return {};
}

uint64_t SlotAllocator::available() const {
    uint64_t free = free_.total();
    for (const Linked& linked : linked_) free += linked.free.total();
    return free;
}

SlotPlace SlotAllocator::place_linked(CapTable own, CapIndex index) const {
    const Linked* const linked = linked_at(index);
    return linked == nullptr ? SlotPlace{own, index.raw()}
                             : SlotPlace{linked->table, index.raw() - linked->first.raw()};
}

const SlotAllocator::Linked* SlotAllocator::linked_at(CapIndex index) const {
    const auto found = std::ranges::find_if(linked_, [&](const Linked& linked) {
        return index >= linked.first && index.raw() - linked.first.raw() < linked.count;
    });
    return found == linked_.end() ? nullptr : &*found;
}

namespace {

struct OwnSlots {
    OwnSlots() {
        if (const auto means = TableLinks::own_means(environment())) links.emplace(*means, slots);
    }
    SlotAllocator slots{environment()};
    std::optional<TableLinks> links;
};

}  // namespace

SlotAllocator& own_slots() {
    static OwnSlots own;
    return own.slots;
}

}  // namespace sel
