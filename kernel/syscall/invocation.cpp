// SPDX-License-Identifier: BSD-2-Clause
// Capability arguments of method calls.
#include "syscall/invocation.hpp"

#include "capability/derive.hpp"

namespace selene {

namespace {

/// The same for an index beyond a flat table, and why what a slot holds does not serve.
[[gnu::cold, gnu::noinline]] Result<Slot*> find_capability(Task& task, unsigned argument, uint64_t index,
                                                           Requirement required) SELENE_REQUIRES(own_core) {
    TRY(slot, look_up(task, CapIndex(index), argument));
    if (slot->empty()) return refuse(abi::ErrorCode::empty_slot, argument, index);
    if (required.met_by(slot->capability().word0())) return slot;
    if (required.type() != CapType::empty && slot->type() != required.type())
        return refuse(abi::ErrorCode::wrong_type, argument, static_cast<uint64_t>(object_type(slot->type())));
    return refuse(abi::ErrorCode::missing_right, argument, (required.rights() - slot->capability().rights()).mask());
}

}  // namespace

Result<Slot*> Invocation::capability(unsigned argument, uint64_t index, Requirement required) const {
    Task& task = *caller.task;
    Slot* slot = look_up_flat(task, CapIndex(index));
    if (slot != nullptr && required.met_by(slot->capability().word0())) [[likely]]
        return slot;
    return find_capability(task, argument, index, required);
}

}  // namespace selene
