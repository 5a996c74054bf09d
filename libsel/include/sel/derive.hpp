// SPDX-License-Identifier: BSD-2-Clause
// Capabilities derived from others, each in a slot of its own.
#pragma once

#include <cstdint>

#include <sel/objects.hpp>
#include <sel/result.hpp>
#include <sel/slot_allocator.hpp>

namespace sel {

/// What to derive.
struct Derivation {
    CapIndex first;      ///< the parents: consecutive slots of the component's own capability space
    uint64_t count = 1;  ///< how many
    abi::RightsMask rights = abi::RightsMask(abi::all_rights);  ///< what to keep of the parents' rights
    uint64_t badge = 0;  ///< for endpoints and notifications whose parent has none; a table's guard
};

/// Derives a child from each of these capabilities, into consecutive slots; all of them or none. `own` is the
/// component's table, whose free slots `slots` knows. Returns the first. Whoever takes a parent away takes its child
/// away, too.
///
/// Rights: R on the parents' table, W on the children's. Errors: no_slots; what CapTable.map refuses.
///
/// Example: an endpoint for a client whom the server will know by its badge; and no more of it when it has gone.
///
///     sel::Result<void> with_client(sel::CapTable own, sel::Endpoint server, sel::Result<void> (*serve)(sel::Endpoint)) {
///         SEL_TRY(client, sel::derive(own, sel::own_slots(), {.first = server.index(), .badge = 7}));
///         SEL_TRY_VOID(serve(sel::Endpoint(client)));
///         return sel::take_away(own, sel::own_slots(), client);
///     }
[[nodiscard]] Result<CapIndex> derive(CapTable own, SlotAllocator& slots, const Derivation& derivation);

/// Takes capabilities away, with all that was derived from them, wherever it is, and gives their slots back. Objects
/// die with the capability that retype made. Rights: W on the table. Errors: what CapTable.unmap refuses;
/// not_allocated.
Result<void> take_away(CapTable own, SlotAllocator& slots, CapIndex first, uint64_t count = 1);

}  // namespace sel
