// SPDX-License-Identifier: BSD-2-Clause
// Capability arguments of method calls.
#include "syscall/invocation.hpp"

namespace selene {

Result<Slot*> Invocation::capability(unsigned argument, uint64_t index, abi::ObjectType required_type,
                                     Rights required) const {
    TRY(slot, look_up(*caller.task, CapIndex(index), argument));
    const Capability capability = slot->capability();
    if (capability.empty()) return refuse(abi::ErrorCode::empty_slot, argument, index);
    if (required_type != abi::ObjectType::empty && capability.type() != cap_type(required_type)) {
        return refuse(abi::ErrorCode::wrong_type, argument, static_cast<uint64_t>(object_type(capability.type())));
    }
    if (!capability.allows(required)) {
        return refuse(abi::ErrorCode::missing_right, argument, (required - capability.rights()).mask());
    }
    return slot;
}

}  // namespace selene
