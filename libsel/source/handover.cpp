// SPDX-License-Identifier: BSD-2-Clause
// Reading the description of the memory that was handed over.
#include <sel/handover.hpp>

#include <cstring>

#include <sel/environment.hpp>

#include "../../capdl/image/handed_over.hpp"

namespace sel {

Result<std::vector<HandedOver>> take_handed_over(std::string_view name, CapTable table) {
    SEL_TRY(region, environment().memory(name));
    capdl::HandedOverHeader header{};
    if (region.bytes.size() < sizeof header) {
        return refused({LibraryError::bad_environment, 0});
    }
    std::memcpy(&header, region.bytes.data(), sizeof header);
    const uint64_t room = (region.bytes.size() - sizeof header) / sizeof(capdl::HandedOverUntyped);
    if (header.magic != capdl::handed_over_magic || header.count > room) {
        return refused({LibraryError::bad_environment, offsetof(capdl::HandedOverHeader, count)});
    }
    std::vector<HandedOver> result;
    result.reserve(header.count);
    for (uint64_t number = 0; number < header.count; ++number) {
        capdl::HandedOverUntyped entry{};
        std::memcpy(&entry, region.bytes.data() + sizeof header + number * sizeof entry, sizeof entry);
        if (entry.kind == capdl::HandedOverKind::boot) {
            SEL_TRY_VOID(table.unmap({.first = entry.slot, .count = 1, .root = abi::KeepRoot::descendants}));
        }
        result.push_back(
            {Untyped(CapIndex(entry.slot)), entry.address, entry.size, entry.kind == capdl::HandedOverKind::device});
    }
    return result;
}

}  // namespace sel
