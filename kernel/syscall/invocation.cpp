// SPDX-License-Identifier: BSD-2-Clause
// Capability arguments of method calls.
#include "syscall/invocation.hpp"

#include "capability/derive.hpp"

namespace selene {

namespace {

/// Why what a slot holds does not serve as an argument.
[[gnu::cold, gnu::noinline]] Refused refuse_argument(Capability capability, derive::SlotName name, abi::ObjectType type,
                                                     RequiredRights required) SELENE_REQUIRES(own_core) {
    if (capability.empty()) return refuse(abi::ErrorCode::empty_slot, name.argument, name.index);
    if (type != abi::ObjectType::empty && capability.type() != cap_type(type)) {
        return refuse(abi::ErrorCode::wrong_type, name.argument, static_cast<uint64_t>(object_type(capability.type())));
    }
    return refuse(abi::ErrorCode::missing_right, name.argument, (required.rights() - capability.rights()).mask());
}

}  // namespace

Result<Slot*> Invocation::capability(unsigned argument, uint64_t index, abi::ObjectType type,
                                     RequiredRights required) const {
    TRY(slot, look_up(*caller.task, CapIndex(index), argument));
    const Capability capability = slot->capability();
    const bool serves = type == abi::ObjectType::empty || capability.type() == cap_type(type);
    if (capability.empty() || !serves || !capability.allows(required)) [[unlikely]]
        return refuse_argument(capability, {argument, index}, type, required);
    return slot;
}

}  // namespace selene
