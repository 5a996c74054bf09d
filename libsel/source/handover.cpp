// SPDX-License-Identifier: BSD-2-Clause
// Reading the description of the memory that was handed over.
#include <sel/handover.hpp>

#include <cstring>

#include <sel/environment.hpp>
#include <sel/handover_format.hpp>

namespace sel {

Result<std::vector<HandedOver>> take_handed_over(std::string_view name, CapTable table) {
    SEL_TRY(region, environment().memory(name));
    HandedOverHeader header{};
    if (region.bytes.size() < sizeof header) {
        return refused({LibraryError::bad_environment, 0});
    }
    std::memcpy(&header, region.bytes.data(), sizeof header);
    const uint64_t room = (region.bytes.size() - sizeof header) / sizeof(HandedOverUntyped);
    if (header.magic != handed_over_magic || header.count > room) {
        return refused({LibraryError::bad_environment, offsetof(HandedOverHeader, count)});
    }
    std::vector<HandedOver> result;
    result.reserve(header.count);
    for (uint64_t number = 0; number < header.count; ++number) {
        HandedOverUntyped entry{};
        std::memcpy(&entry, region.bytes.data() + sizeof header + number * sizeof entry, sizeof entry);
        if (entry.kind == HandedOverKind::boot) {
            SEL_TRY_VOID(table.unmap({.first = entry.slot, .count = 1, .root = abi::KeepRoot::descendants}));
        }
        result.push_back(
            {Untyped(CapIndex(entry.slot)), entry.address, entry.size, entry.kind == HandedOverKind::device});
    }
    return result;
}

}  // namespace sel
