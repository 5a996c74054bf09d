// SPDX-License-Identifier: BSD-2-Clause
// Places of objects in untyped memory, and their initial states, type by type.
#include "object/new_object.hpp"

#include "abi/object_sizes.hpp"
#include "machine.hpp"
#include "object/cap_table.hpp"
#include "object/frame.hpp"
#include "object/page_table.hpp"
#include "object/thread.hpp"
#include "scheduling/sched_context.hpp"

namespace selene::new_object {

using abi::ObjectType;

namespace {

Rights rights_of(ObjectType type) {
    constexpr Rights plain = rights::read | rights::write | rights::inspect;
    if (type == ObjectType::endpoint) return rights::all - rights::write_execute;
    if (type == ObjectType::frame) return plain | rights::execute;
    if (type == ObjectType::address_space) return plain | rights::write_execute;
    return plain;
}

}  // namespace

Capability first_capability(const Untyped& untyped, uint64_t offset, ObjectType type, uint64_t size) {
    const PhysAddr address = untyped.base() + offset;
    const uint64_t device = untyped.device() ? 1 : 0;
    const Rights rights = rights_of(type);
    if (type == ObjectType::untyped) return Untyped::make(address, size, device, rights);
    if (type == ObjectType::frame) return Frame::make(address, static_cast<unsigned>(size), device, rights);
    return Capability::to(cap_type(type), machine::window<void>(address), rights);
}

uint64_t capability_step(ObjectType type, uint64_t bytes) {
    // An untyped counts pages; a frame's page and an object's address stand in word 0 as they are.
    return type == ObjectType::untyped ? bytes / page_bytes : bytes;
}

bool starts_blank(ObjectType type) {
    return type != ObjectType::cap_table && type != ObjectType::task && type != ObjectType::thread &&
           type != ObjectType::address_space && type != ObjectType::sched_context;
}

void initialise(Capability origin, uint64_t size) {
    const CapType type = origin.type();
    if (type == CapType::cap_table) {
        origin.object<CapTable>()->initialise(static_cast<uint32_t>(size));
    } else if (type == CapType::task) {
        origin.object<Task>()->forget_table();
    } else if (type == CapType::thread) {
        origin.object<Thread>()->set_state(ThreadState::inactive);
    } else if (type == CapType::address_space) {
        origin.object<PageTable>()->set_level(1);
    } else if (type == CapType::sched_context) {
        origin.object<SchedContext>()->capacity = static_cast<uint16_t>(size);
    }
}

}  // namespace selene::new_object
