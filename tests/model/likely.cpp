// SPDX-License-Identifier: BSD-2-Clause
// Weights, and states that suit.
#include "likely.hpp"

namespace selene::model {

namespace {

/// How often each method is drawn; one that is not named is drawn once.
struct Weight {
    ObjectType type;
    uint32_t method;
    unsigned weight;
};
template <class Number>
constexpr Weight weight(ObjectType type, Number method, unsigned weight) {
    return {type, static_cast<uint32_t>(method), weight};
}
constexpr Weight weights[] = {
    weight(ObjectType::untyped, abi::UntypedMethod::retype, 26),
    weight(ObjectType::cap_table, abi::CapTableMethod::map, 16),
    weight(ObjectType::cap_table, abi::CapTableMethod::grant, 10),
    weight(ObjectType::cap_table, abi::CapTableMethod::unmap, 8),
    weight(ObjectType::address_space, abi::AddressSpaceMethod::map, 10),
    weight(ObjectType::address_space, abi::AddressSpaceMethod::map_table, 9),
    weight(ObjectType::address_space, abi::AddressSpaceMethod::unmap, 3),
    weight(ObjectType::address_space, abi::AddressSpaceMethod::protect, 5),
    weight(ObjectType::task, abi::TaskMethod::install, 5),
    weight(ObjectType::thread, abi::ThreadMethod::bind_task, 4),
    weight(ObjectType::thread, abi::ThreadMethod::set_buffer, 3),
    weight(ObjectType::thread, abi::ThreadMethod::start, 5),
    weight(ObjectType::schedule_control, abi::ScheduleControlMethod::configure, 3),
    weight(ObjectType::sched_context, abi::SchedContextMethod::bind, 4),
    weight(ObjectType::interrupt_control, abi::InterruptControlMethod::issue, 7),
    weight(ObjectType::interrupt_control, abi::InterruptControlMethod::raise, 4),
    weight(ObjectType::interrupt_handler, abi::InterruptHandlerMethod::bind, 8),
    weight(ObjectType::interrupt_handler, abi::InterruptHandlerMethod::acknowledge, 5),
    weight(ObjectType::interrupt_handler, abi::InterruptHandlerMethod::unbind, 3),
    weight(ObjectType::notification, abi::NotificationMethod::bind, 3),
    weight(ObjectType::notification, abi::NotificationMethod::unbind, 2),
    weight(ObjectType::cap_table, abi::CapTableMethod::inspect, 3),
    weight(ObjectType::thread, abi::ThreadMethod::read_registers, 2),
    weight(ObjectType::thread, abi::ThreadMethod::write_registers, 2),
    weight(ObjectType::frame, abi::FrameMethod::inspect, 2),
    weight(ObjectType::address_space, abi::AddressSpaceMethod::inspect, 2),
};

}  // namespace

unsigned weight_of(const Method& method) {
    // Who is yielded to runs on until the model sees the answer; time_test.cpp has that.
    const bool yields = method.object == ObjectType::sched_context && method.name == "yield_to";
    if (method.object == ObjectType::power_control || yields) return 0;
    for (const Weight& weight : weights) {
        if (weight.type == method.object && weight.method == method.number) return weight.weight;
    }
    return 1;
}

bool could_serve(const Method& method, const Object& self) {
    switch (self.type) {
    case ObjectType::thread:
        if (method.name == "start" || method.name == "resume") return self.thread.started == (method.name == "resume");
        if (method.name.ends_with("_registers"))
            return self.thread.stopped || !self.thread.started || self.thread.ended;
        return true;
    case ObjectType::interrupt_handler: return self.handler.line != 0;
    case ObjectType::sched_context: return (self.context.thread != nullptr) == (method.name == "unbind");
    case ObjectType::notification: return (self.notification.thread != nullptr) == (method.name == "unbind");
    default: return true;
    }
}

bool could_be_given(const Method& method, const Object& argument) {
    switch (argument.type) {
    case ObjectType::thread:
        if (method.object == ObjectType::sched_context) return argument.thread.context == nullptr;
        return method.object != ObjectType::notification || argument.thread.notification == nullptr;
    case ObjectType::interrupt_handler: return argument.handler.line == 0;
    case ObjectType::page_table: return argument.pages.parent == nullptr;
    default: return true;
    }
}

}  // namespace selene::model
