// SPDX-License-Identifier: BSD-2-Clause
// Where the capabilities that others send go: slots of the own table, opened for as long as one is expected.
#pragma once

#include <sel/ipc_buffer.hpp>
#include <sel/objects.hpp>
#include <sel/slot_allocator.hpp>

namespace sel {

/// Takes the slots for capabilities that arrive in messages from an allocator, and empties again what nobody keeps.
/// The calling thread needs an IPC buffer; rights needed: W on the table.
///
/// Example: a capability that a server returns.
///
///     sel::Result<sel::CapIndex> fetch(sel::Endpoint server, const sel::Acceptor& into) {
///         SEL_TRY(first, into.open(1));
///         const auto answer = server.call(sel::Message(1));
///         const uint64_t arrived = answer ? answer->items() : 0;
///         into.close(first, 1, arrived);
///         if (arrived == 0) return sel::refused({sel::LibraryError::unexpected_message});
///         return first;
///     }
class Acceptor {
public:
    /// `table` is the component's own, whose free slots `slots` knows; both must live as long.
    Acceptor(CapTable table, SlotAllocator& slots) : table_(table), slots_(&slots) {}

    /// Accepts up to `count` (at most four) capabilities from now on, into slots from the returned one on.
    /// Errors: no_slots, no_ipc_buffer.
    [[nodiscard]] Result<CapIndex> open(uint64_t count) const;

    /// Accepts into these slots again. Errors: no_ipc_buffer.
    Result<void> reopen(CapIndex first, uint64_t count) const;

    /// Accepts none any more. The first `kept` slots are the caller's; the others are emptied and free.
    void close(CapIndex first, uint64_t count, uint64_t kept) const;

    /// Empties slots that stay open.
    void empty(CapIndex first, uint64_t count) const;

    /// Moves a capability out of an open slot into one of its own, which the caller gives back some day.
    /// Errors: no_slots; what CapTable.grant refuses.
    [[nodiscard]] Result<CapIndex> keep(CapIndex arrived) const;

private:
    CapTable table_;
    SlotAllocator* slots_;
};

}  // namespace sel
