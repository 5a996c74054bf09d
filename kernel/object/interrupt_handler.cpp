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

/// The badge of a capability that raises a software-generated interrupt; 0: of one that issues lines.
namespace software_interrupt {
using Line = Field<15, 0>;
using Target = Field<63, 16>;
}  // namespace software_interrupt

InterruptHandler& handler_of(Invocation& call) { return *call.self.object<InterruptHandler>(); }

}  // namespace

Result<void> interrupt_control_issue(Invocation& call, const InterruptControlIssue& arguments) {
    constexpr unsigned argument_handler = 1;
    constexpr unsigned argument_line = 2;
    InterruptHandler& handler = *arguments.handler->object<InterruptHandler>();
    const auto line = static_cast<uint32_t>(arguments.line);
    if (const uint64_t badge = call.self.capability().word1(); badge != 0)
        return refuse(ErrorCode::badge_set, 0, badge);
    if (line >= machine::interrupt_lines())
        return refuse(ErrorCode::argument_out_of_range, argument_line, machine::interrupt_lines() - 1);
    if (handler.line != 0) return refuse(ErrorCode::already_bound, argument_handler);
    if (line == machine::timer_line() || call.core.kernel->lines.handler(line) != nullptr)
        return refuse(ErrorCode::in_use, argument_line);
    handler.line = line;
    handler.trigger = line <= abi::last_software_line ? abi::Trigger::edge : arguments.trigger;
    machine::configure_interrupt(line, handler.trigger);
    call.core.kernel->lines.set(line, &handler);
    return {};
}

Result<void> interrupt_control_raise(Invocation& call) {
    using namespace software_interrupt;
    const uint64_t badge = call.self.capability().word1();
    const uint64_t line = Line::of(badge);
    // The kernel's own ring is none of them, and on other cores nobody listens.
    if (line == machine::ring_line || line > abi::last_software_line || Target::of(badge) != call.core.id.value())
        return refuse(ErrorCode::argument_out_of_range, 0, abi::last_software_line);
    machine::raise_interrupt(static_cast<unsigned>(line), call.core.id);
    return {};
}

Result<void> interrupt_handler_bind(Invocation& call, const InterruptHandlerBind& arguments) {
    InterruptHandler& handler = handler_of(call);
    if (handler.line == 0) return refuse(ErrorCode::not_bound, 0);
    if (!handler.notification_slot.empty()) return refuse(ErrorCode::already_bound, 0);
    TRY_VOID(derive::check_child(*arguments.notification, 0, {1, call.word(0)}));
    derive::installed(*arguments.notification, handler.notification_slot, CapType::installed_notification);
    machine::forget_interrupt(handler.line);
    machine::unmask_interrupt(handler.line);
    return {};
}

Result<void> interrupt_handler_acknowledge(Invocation& call) {
    InterruptHandler& handler = handler_of(call);
    if (handler.notification_slot.empty()) return refuse(ErrorCode::not_bound, 0);
    if (const uint32_t active = handler.active; active != 0) {
        handler.active = 0;
        machine::deactivate_interrupt(active);
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
