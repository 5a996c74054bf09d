// SPDX-License-Identifier: BSD-2-Clause
// Decides where in an address space things go.
#include "component/address_plan.hpp"

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

AddressPlan::Stretch AddressPlan::largest_free() const {
    Stretch largest;
    uint64_t begin = page_size;
    const auto offer = [&](uint64_t end) {
        if (end > begin && end - begin > largest.size) {
            largest = {begin, end - begin};
        }
    };
    for (const auto& [taken_begin, taken_end] : taken_) {
        offer(taken_begin / page_size * page_size - page_size);
        begin = (taken_end + page_size - 1) / page_size * page_size + page_size;
    }
    offer(limit);
    return largest;
}

}  // namespace capdl
