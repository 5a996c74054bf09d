// SPDX-License-Identifier: BSD-2-Clause
// Decides where in an address space things go.
#include "component/address_plan.hpp"

#include <algorithm>
#include <iterator>

namespace capdl {

bool AddressPlan::reserve(uint64_t address, uint64_t size) {
    if (address < page_size || address >= limit || size > limit - address) {
        return false;
    }
    const auto next = taken_.upper_bound(address);
    const bool hits_next = next != taken_.end() && next->first < address + size;
    const bool hits_previous = next != taken_.begin() && std::prev(next)->second > address;
    if (hits_next || hits_previous) {
        return false;
    }
    taken_.emplace(address, address + size);
    return true;
}

std::optional<uint64_t> AddressPlan::place(uint64_t size, uint64_t alignment) {
    const auto aligned = [alignment](uint64_t address) { return (address + alignment - 1) / alignment * alignment; };
    uint64_t address = aligned(cursor_ + page_size);
    // What was reserved at fixed addresses may be in the way.
    for (const auto& [begin, end] : taken_) {
        if (end + page_size > address && begin < address + size + page_size) {
            address = aligned(end + page_size);
        }
    }
    if (!reserve(address, size)) {
        return std::nullopt;
    }
    cursor_ = address + size;
    return address;
}

uint64_t AddressPlan::end() const {
    uint64_t end = cursor_;
    for (const auto& [begin, part_end] : taken_) {
        end = std::max(end, part_end);
    }
    return end;
}

}  // namespace capdl
