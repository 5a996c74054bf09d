// SPDX-License-Identifier: BSD-2-Clause
// Interrupt control and interrupt handlers: their methods.
#include "object/interrupt_handler.hpp"

#include "abi/methods.hpp"
#include "capability/derive.hpp"
#include "machine.hpp"
#include "object/lifecycle.hpp"

namespace selene {

using abi::ErrorCode;

namespace {

InterruptHandler& handler_of(Invocation& call) { return *call.self.object<InterruptHandler>(); }

}  // namespace

Result<void> interrupt_control_issue(Invocation& call, const InterruptControlIssue& arguments) {
    constexpr unsigned argument_handler = 1;
    constexpr unsigned argument_line = 2;
    InterruptHandler& handler = *arguments.handler->object<InterruptHandler>();
    const auto line = static_cast<uint32_t>(arguments.line);
    if (line >= machine::interrupt_lines())
        return refuse(ErrorCode::argument_out_of_range, argument_line, machine::interrupt_lines() - 1);
    if (handler.line != 0) return refuse(ErrorCode::already_bound, argument_handler);
    if (line == machine::timer_line() || call.core.kernel->lines.handler(line) != nullptr)
        return refuse(ErrorCode::in_use, argument_line);
    machine::configure_interrupt(line, arguments.trigger);
    handler.line = line;
    handler.trigger = arguments.trigger;
    call.core.kernel->lines.set(line, &handler);
    return {};
}

Result<void> interrupt_handler_bind(Invocation& call, const InterruptHandlerBind& arguments) {
    InterruptHandler& handler = handler_of(call);
    if (handler.line == 0) return refuse(ErrorCode::not_bound, 0);
    if (!handler.notification_slot.empty()) return refuse(ErrorCode::already_bound, 0);
    TRY_VOID(derive::check_child(*arguments.notification, 0, {1, call.word(0)}));
    derive::installed(*arguments.notification, handler.notification_slot, CapType::installed_notification);
    machine::unmask_interrupt(handler.line);
    return {};
}

Result<void> interrupt_handler_acknowledge(Invocation& call) {
    InterruptHandler& handler = handler_of(call);
    if (handler.notification_slot.empty()) return refuse(ErrorCode::not_bound, 0);
    if (handler.active != 0) {
        handler.active = 0;
        machine::deactivate_interrupt(handler.line);
    }
    return {};
}

Result<void> interrupt_handler_unbind(Invocation& call) {
    InterruptHandler& handler = handler_of(call);
    if (handler.notification_slot.empty()) return refuse(ErrorCode::not_bound, 0);
    lifecycle::remove_capability(call.core, handler.notification_slot);
    return {};
}

}  // namespace selene
