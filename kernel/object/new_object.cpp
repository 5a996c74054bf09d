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

template <class Object>
Capability capability_to(CapType type, Object& object, Rights rights) {
    return Capability::to(type, &object, rights);
}

constexpr Rights plain = rights::read | rights::write | rights::inspect;

}  // namespace

Capability make_object(const Untyped& untyped, uint64_t offset, ObjectType type, uint64_t size) {
    const PhysAddr address = untyped.base() + offset;
    switch (type) {
    case ObjectType::untyped: return Untyped::make(address, size, untyped.device() ? 1 : 0, plain);
    case ObjectType::frame:
        return Frame::make(address, static_cast<unsigned>(size), untyped.device() ? 1 : 0, plain | rights::execute);
    case ObjectType::cap_table: {
        auto& table = *machine::window<CapTable>(address);
        table.initialise(static_cast<uint32_t>(size));
        return capability_to(CapType::cap_table, table, plain);
    }
    case ObjectType::thread: {
        auto& thread = *machine::window<Thread>(address);
        thread.set_state(ThreadState::inactive);
        return capability_to(CapType::thread, thread, plain);
    }
    case ObjectType::address_space: {
        auto& root = *machine::window<PageTable>(address);
        root.set_level(1);
        return capability_to(CapType::address_space, root, plain | rights::write_execute);
    }
    case ObjectType::sched_context: {
        auto& context = *machine::window<SchedContext>(address);
        context.capacity = static_cast<uint16_t>(size);
        return capability_to(CapType::sched_context, context, plain);
    }
    case ObjectType::endpoint:
        return Capability::to(CapType::endpoint, machine::window<void>(address), rights::all - rights::write_execute);
    case ObjectType::task: {
        auto& task = *machine::window<Task>(address);
        task.forget_table();
        return capability_to(CapType::task, task, plain);
    }
    case ObjectType::notification:
    case ObjectType::reply:
    case ObjectType::page_table:
    case ObjectType::interrupt_handler: return Capability::to(cap_type(type), machine::window<void>(address), plain);
    case ObjectType::empty:
    case ObjectType::interrupt_control:
    case ObjectType::schedule_control:
    case ObjectType::power_control: break;
    }
    return {};
}

bool starts_blank(ObjectType type) {
    return type != ObjectType::cap_table && type != ObjectType::task && type != ObjectType::thread &&
           type != ObjectType::address_space && type != ObjectType::sched_context;
}

Capability moved_on(Capability capability, uint64_t bytes) {
    // An untyped counts pages; a frame's page and an object's address stand in word 0 as they are.
    const uint64_t step = capability.type() == CapType::untyped ? bytes / page_bytes : bytes;
    return Capability(capability.word0() + step, capability.word1());
}

}  // namespace selene::new_object
