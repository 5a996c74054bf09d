// SPDX-License-Identifier: BSD-2-Clause
// The memory that the loader hands over: what nothing in the specification uses.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <sel/objects.hpp>
#include <sel/result.hpp>

namespace sel {

/// One untyped that was handed over.
struct HandedOver {
    Untyped untyped;
    uint64_t physical_address;
    uint64_t bytes;
    bool device;  ///< only frames can be made from it
};

/// The untypeds that were given to this component as `name: remaining_untyped`. In the first of them the loader may
/// still lie: this function ends it, so that all of their memory is free. Call it once.
/// Rights: W on the own table. Errors: unknown_name; bad_environment if the description is damaged; what unmap refuses.
///
/// Example: how much RAM there is.
///
///     sel::Result<uint64_t> bytes_of_ram(sel::CapTable table) {
///         SEL_TRY(all, sel::take_handed_over("ram", table));
///         uint64_t bytes = 0;
///         for (const sel::HandedOver& one : all) bytes += one.device ? 0 : one.bytes;
///         return bytes;
///     }
[[nodiscard]] Result<std::vector<HandedOver>> take_handed_over(std::string_view name, CapTable table);

}  // namespace sel
