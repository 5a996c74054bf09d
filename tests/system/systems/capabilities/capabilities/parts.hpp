// SPDX-License-Identifier: BSD-2-Clause
// The parts of the test, and what they share.
#pragma once

#include <checks.hpp>
#include <stage.hpp>

namespace capabilities {

void check_ranges(test::Stage& stage);
void check_rights_and_badges(test::Stage& stage);
void check_derivation(test::Stage& stage);
void check_linked_tables(test::Stage& stage);
void check_untyped(test::Stage& stage);
void check_self_holding(test::Stage& stage);
void check_mappings(test::Stage& stage);
void check_mapped_memory(test::Stage& stage);

inline constexpr uint64_t page_bytes = 4096;
inline constexpr uint64_t page_bits = 12;

/// Empty slots of the own table.
inline sel::CapIndex slots(uint64_t count) { return sel::or_abort(sel::own_slots().allocate(count), "finding slots"); }

/// Whether a slot of the own table is empty.
inline bool is_empty(sel::CapIndex slot) {
    // Reading from what is no endpoint, or may not be read from, is refused otherwise.
    const auto received = sel::Endpoint(slot).try_receive();
    return !received && received.error().is(sel::abi::ErrorCode::empty_slot);
}

/// Takes away all that was made from a capability.
inline void take_all_from(test::Stage& stage, sel::stub::Capability capability) {
    stage.unmap(capability, sel::abi::KeepRoot::descendants);
}

}  // namespace capabilities
