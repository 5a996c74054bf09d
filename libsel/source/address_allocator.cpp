// SPDX-License-Identifier: BSD-2-Clause
// Addresses are the numbers of a range set.

#include <sel/address_allocator.hpp>

#include <sel/environment.hpp>

namespace sel {

AddressAllocator::AddressAllocator(const Environment& environment) {
    for (const EnvironmentEntry& entry : environment.entries()) {
        if (entry.kind == EnvironmentKind::free_addresses) {
            (void)add(entry.value0, entry.value1);  // an address named twice counts once
        }
    }
}

Result<void> AddressAllocator::add(uint64_t address, uint64_t bytes) { return release(address, bytes); }

Result<uint64_t> AddressAllocator::allocate(uint64_t bytes, uint64_t alignment) {
    const auto address = free_.take(bytes, alignment);
    if (!address) {
        return refused({LibraryError::no_addresses, bytes, free_.largest()});
    }
    return *address;
}

Result<void> AddressAllocator::release(uint64_t address, uint64_t bytes) {
    if (!free_.give({address, bytes})) {
        return refused({LibraryError::not_allocated, address});
    }
    return {};
}

AddressAllocator& own_addresses() {
    static AddressAllocator addresses{environment()};
    return addresses;
}

}  // namespace sel
