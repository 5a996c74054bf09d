// SPDX-License-Identifier: BSD-2-Clause
// Slots, then capabilities; and the other way round.

#include <sel/derive.hpp>

namespace sel {

Result<CapIndex> derive(CapTable own, SlotAllocator& slots, const Derivation& derivation) {
    SEL_TRY(child, slots.allocate(derivation.count));
    const auto [into, first] = slots.place(own, child);
    const auto [source, source_first] = slots.place(own, derivation.first);
    const auto derived = into.map({.first = first,
                                   .source = source,
                                   .source_first = source_first,
                                   .count = derivation.count,
                                   .rights = derivation.rights,
                                   .badge = derivation.badge});
    if (derived) return child;
    if (derived.error().done != 0) {
        (void)into.unmap({.first = first, .count = derived.error().done, .root = abi::KeepRoot::self});
    }
    (void)slots.release(child, derivation.count);
    return refused(derived.error());
}

Result<void> take_away(CapTable own, SlotAllocator& slots, CapIndex first, uint64_t count) {
    const auto [table, slot] = slots.place(own, first);
    SEL_TRY_VOID(table.unmap({.first = slot, .count = count, .root = abi::KeepRoot::self}));
    return slots.release(first, count);
}

}  // namespace sel
