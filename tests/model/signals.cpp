// SPDX-License-Identifier: BSD-2-Clause
// Methods of notifications and interrupts, and signals.
#include <utility>

#include "methods.hpp"

namespace selene::model {

namespace {

/// Without a badge there is still something to be told.
uint64_t bits_of(const Capability& notification) { return notification.word != 0 ? notification.word : 1; }

/// A line that is raised tells whoever listens, once until it is acknowledged.
void deliver(System& system, Line& line) {
    if (line.handler == nullptr || line.handler->handler.active) return;
    Capability* target = system.in({line.handler, 0});
    if (target == nullptr) return;
    line.pending = false;
    line.handler->handler.active = true;
    target->object->notification.bits |= bits_of(*target);
}

}  // namespace

// --- Notification --------------------------------------------------------------------------------------------

Outcome notification::bind(System& /*system*/, const Call& call) {
    Notification& notification = call.object().notification;
    Object* thread = call.capabilities[0]->object;
    if (notification.thread != nullptr) return Outcome::refused(ErrorCode::already_bound, 0);
    if (thread->thread.notification != nullptr) return Outcome::refused(ErrorCode::already_bound, 1);
    notification.thread = thread;
    thread->thread.notification = &call.object();
    return {};
}

Outcome notification::unbind(System& /*system*/, const Call& call) {
    Notification& notification = call.object().notification;
    if (notification.thread == nullptr) return Outcome::refused(ErrorCode::not_bound, 0);
    notification.thread->thread.notification = nullptr;
    notification.thread = nullptr;
    return {};
}

namespace {

Found find_notification(const System& system, const Object& thread, uint64_t self, Right right) {
    return find(system, thread, 0, self, ObjectType::notification, bit(right));
}

}  // namespace

Outcome signal(System& system, const Object& thread, uint64_t self) {
    const Found found = find_notification(system, thread, self, Right::write);
    if (!found.outcome.refused()) found.capability->object->notification.bits |= bits_of(*found.capability);
    return found.outcome;
}

Outcome poll(System& system, const Object& thread, uint64_t self) {
    const Found found = find_notification(system, thread, self, Right::read);
    if (found.outcome.refused()) return found.outcome;
    return Outcome::with(std::exchange(found.capability->object->notification.bits, 0));
}

// --- Interrupts ----------------------------------------------------------------------------------------------

Outcome interrupt_control::issue(System& system, const Call& call) {
    const auto line = static_cast<unsigned>(call.words[1]);
    Object* handler = call.capabilities[0]->object;
    if (call.self->word != 0) return Outcome::refused(ErrorCode::badge_set, 0, call.self->word);
    if (line >= system.limits.lines)
        return Outcome::refused(ErrorCode::argument_out_of_range, 2, system.limits.lines - 1);
    if (handler->handler.line != 0) return Outcome::refused(ErrorCode::already_bound, 1);
    if (line == system.limits.timer_line || system.lines[line].handler != nullptr)
        return Outcome::refused(ErrorCode::in_use, 2);
    system.lines[line].handler = handler;
    // What only software raises is an edge, whatever is asked for.
    system.lines[line].trigger =
        line <= abi::last_software_line ? abi::Trigger::edge : static_cast<abi::Trigger>(call.words[2]);
    handler->handler.line = line;
    return {};
}

Outcome interrupt_control::raise(System& system, const Call& call) {
    const uint64_t number = call.self->word;
    if (number == 0 || number > abi::last_software_line)
        return Outcome::refused(ErrorCode::argument_out_of_range, 0, abi::last_software_line);
    Line& line = system.lines[static_cast<unsigned>(number)];
    line.pending = true;
    deliver(system, line);
    return {};
}

Outcome interrupt_handler::bind(System& system, const Call& call) {
    const Place place{&call.object(), 0};
    if (call.object().handler.line == 0) return Outcome::refused(ErrorCode::not_bound, 0);
    if (system.in(place) != nullptr) return Outcome::refused(ErrorCode::already_bound, 0);
    Capability& target = *call.capabilities[0];
    const Outcome allowed = check_child(system, target, 0, 1, call.words[0]);
    if (allowed.refused()) return allowed;
    system.derive(target, place, target.rights, 0);
    // What came before is forgotten.
    system.lines[call.object().handler.line].pending = false;
    return {};
}

Outcome interrupt_handler::acknowledge(System& system, const Call& call) {
    if (system.in({&call.object(), 0}) == nullptr) return Outcome::refused(ErrorCode::not_bound, 0);
    call.object().handler.active = false;
    Line& line = system.lines[call.object().handler.line];
    if (line.pending) deliver(system, line);
    return {};
}

Outcome interrupt_handler::unbind(System& system, const Call& call) {
    Capability* target = system.in({&call.object(), 0});
    if (target == nullptr) return Outcome::refused(ErrorCode::not_bound, 0);
    system.take(*target);
    return {};
}

void raise(System& system, unsigned number) {
    Line& line = system.lines[number];
    if (line.trigger == abi::Trigger::edge) line.pending = true;
    deliver(system, line);
}

}  // namespace selene::model
