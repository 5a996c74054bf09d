// SPDX-License-Identifier: BSD-2-Clause
// Look-up, decoding, and the choice of the method.
#include "call.hpp"

#include <algorithm>
#include <bit>

#include "abi/grammar.hpp"
#include "methods.hpp"

namespace selene::model {

namespace {

namespace grammar = abi::grammar;

constexpr unsigned index_bits = 64;

struct Guard {
    unsigned bits;
    uint64_t value;
    explicit Guard(const Capability& table) : bits(table.word & 63), value(table.word >> 6) {}
};

uint64_t upper_bits(uint64_t value, unsigned of, unsigned bits) {
    if (of < index_bits) value &= (uint64_t{1} << of) - 1;
    return bits == 0 ? 0 : value >> (of - bits);
}

/// Each link takes its guard and its radix off the index, until that is used up or there is no further table.
Slot walk(const System& system, const Capability& root, uint64_t argument, uint64_t index) {
    const Slot beyond{{}, Outcome::refused(ErrorCode::index_out_of_range, argument, index)};
    unsigned left = index_bits;
    const Capability* link = &root;
    for (unsigned links = 1;; ++links) {
        const Guard guard(*link);
        Object* table = link->object;
        if (!std::has_single_bit(table->slots)) return beyond;
        const auto radix = static_cast<unsigned>(std::countr_zero(table->slots));
        if (guard.bits + radix > left || upper_bits(index, left, guard.bits) != guard.value) return beyond;
        left -= guard.bits;
        const Place place{table, upper_bits(index, left, radix)};
        left -= radix;
        const Capability* held = system.in(place);
        if (left == 0 || held == nullptr || held->object->type != ObjectType::cap_table) return {place, {}};
        if (links == abi::table_links)
            return {{}, Outcome::refused(ErrorCode::too_many_links, argument, abi::table_links)};
        link = held;
    }
}

/// What an argument's word says, or why it says nothing.
Outcome decode(const System& system, const Object& thread, const grammar::Argument& argument, uint64_t place,
               Call& call) {
    const uint64_t word = call.words[place];
    const uint64_t count = place + 1;
    if (argument.kind == grammar::ArgumentKind::capability) {
        const bool any = argument.object == ObjectType::empty;
        const Found found = find(system, thread, count, word, any ? std::nullopt : std::optional(argument.object),
                                 argument.rights.raw());
        call.capabilities[place] = found.capability;
        return found.outcome;
    }
    if (word < argument.minimum) return Outcome::refused(ErrorCode::argument_out_of_range, count, argument.minimum);
    if (word > argument.maximum) return Outcome::refused(ErrorCode::argument_out_of_range, count, argument.maximum);
    if (word % argument.alignment != 0) return Outcome::refused(ErrorCode::misaligned, count, argument.alignment);
    return {};
}

/// The rules that do what a method does.
struct Rule {
    ObjectType type;
    uint32_t method;
    Outcome (*perform)(System& system, const Call& call);
};

template <class Method>
constexpr Rule rule(ObjectType type, Method method, Outcome (*perform)(System&, const Call&)) {
    return {type, static_cast<uint32_t>(method), perform};
}

constexpr Rule rules[] = {
    rule(ObjectType::untyped, abi::UntypedMethod::retype, untyped::retype),
    rule(ObjectType::untyped, abi::UntypedMethod::inspect, inspect::untyped),
    rule(ObjectType::cap_table, abi::CapTableMethod::map, cap_table::map),
    rule(ObjectType::cap_table, abi::CapTableMethod::grant, cap_table::grant),
    rule(ObjectType::cap_table, abi::CapTableMethod::unmap, cap_table::unmap),
    rule(ObjectType::cap_table, abi::CapTableMethod::inspect, inspect::table_slot),
    rule(ObjectType::cap_table, abi::CapTableMethod::cancel_sends, cap_table::cancel_sends),
    rule(ObjectType::task, abi::TaskMethod::install, task::install),
    rule(ObjectType::task, abi::TaskMethod::remove, task::remove),
    rule(ObjectType::task, abi::TaskMethod::inspect, inspect::task_slot),
    rule(ObjectType::thread, abi::ThreadMethod::bind_task, thread::bind_task),
    rule(ObjectType::thread, abi::ThreadMethod::set_buffer, thread::set_buffer),
    rule(ObjectType::thread, abi::ThreadMethod::set_priority, thread::set_priority),
    rule(ObjectType::thread, abi::ThreadMethod::start, thread::start),
    rule(ObjectType::thread, abi::ThreadMethod::suspend, thread::suspend),
    rule(ObjectType::thread, abi::ThreadMethod::resume, thread::resume),
    rule(ObjectType::thread, abi::ThreadMethod::set_tls, thread::set_tls),
    rule(ObjectType::thread, abi::ThreadMethod::read_registers, thread::read_registers),
    rule(ObjectType::thread, abi::ThreadMethod::write_registers, thread::write_registers),
    rule(ObjectType::thread, abi::ThreadMethod::inspect, inspect::thread),
    rule(ObjectType::thread, abi::ThreadMethod::inspect_slot, inspect::thread_slot),
    rule(ObjectType::address_space, abi::AddressSpaceMethod::map_table, address_space::map_table),
    rule(ObjectType::address_space, abi::AddressSpaceMethod::map, address_space::map),
    rule(ObjectType::address_space, abi::AddressSpaceMethod::unmap, address_space::unmap),
    rule(ObjectType::address_space, abi::AddressSpaceMethod::protect, address_space::protect),
    rule(ObjectType::address_space, abi::AddressSpaceMethod::inspect, inspect::address_space),
    rule(ObjectType::frame, abi::FrameMethod::maintain, frame::maintain),
    rule(ObjectType::frame, abi::FrameMethod::inspect, inspect::frame),
    rule(ObjectType::reply, abi::ReplyMethod::inspect, inspect::reply),
    rule(ObjectType::notification, abi::NotificationMethod::bind, notification::bind),
    rule(ObjectType::notification, abi::NotificationMethod::unbind, notification::unbind),
    rule(ObjectType::sched_context, abi::SchedContextMethod::bind, sched_context::bind),
    rule(ObjectType::sched_context, abi::SchedContextMethod::unbind, sched_context::unbind),
    rule(ObjectType::sched_context, abi::SchedContextMethod::consumed, sched_context::consumed),
    rule(ObjectType::sched_context, abi::SchedContextMethod::inspect, inspect::sched_context),
    rule(ObjectType::schedule_control, abi::ScheduleControlMethod::configure, schedule_control::configure),
    rule(ObjectType::interrupt_control, abi::InterruptControlMethod::issue, interrupt_control::issue),
    rule(ObjectType::interrupt_control, abi::InterruptControlMethod::raise, interrupt_control::raise),
    rule(ObjectType::interrupt_handler, abi::InterruptHandlerMethod::bind, interrupt_handler::bind),
    rule(ObjectType::interrupt_handler, abi::InterruptHandlerMethod::acknowledge, interrupt_handler::acknowledge),
    rule(ObjectType::interrupt_handler, abi::InterruptHandlerMethod::unbind, interrupt_handler::unbind),
    rule(ObjectType::interrupt_handler, abi::InterruptHandlerMethod::inspect, inspect::interrupt_handler),
    rule(ObjectType::interrupt_handler, abi::InterruptHandlerMethod::inspect_slot, inspect::handler_slot),
};

}  // namespace

Slot look_up(const System& system, const Object& thread, uint64_t argument, uint64_t index) {
    const Capability* task = system.in({const_cast<Object*>(&thread), 0});
    const Capability* root = task != nullptr ? system.in({task->object, 0}) : nullptr;
    if (root == nullptr) return {{}, Outcome::refused(ErrorCode::no_space, argument)};
    if (Guard(*root).bits != 0) return walk(system, *root, argument, index);
    // Without a guard it is one flat table.
    if (index >= root->object->slots) return {{}, Outcome::refused(ErrorCode::index_out_of_range, argument, index)};
    return {{root->object, index}, {}};
}

Found find(const System& system, const Object& thread, uint64_t argument, uint64_t index,
           std::optional<ObjectType> type, uint64_t rights) {
    const Slot slot = look_up(system, thread, argument, index);
    if (slot.outcome.refused()) return {nullptr, slot.outcome};
    Capability* capability = system.in(slot.place);
    if (capability == nullptr) return {nullptr, Outcome::refused(ErrorCode::empty_slot, argument, index)};
    const ObjectType actual = capability->object->type;
    if (type && actual != *type) return {nullptr, Outcome::refused(ErrorCode::wrong_type, argument, number(actual))};
    const uint64_t missing = rights & ~capability->rights;
    if (missing != 0) return {nullptr, Outcome::refused(ErrorCode::missing_right, argument, missing)};
    return {capability, {}};
}

namespace {

std::optional<Outcome> attempt(System& system, const Object& thread, const Request& request) {
    const Found self = find(system, thread, 0, request.self, std::nullopt, 0);
    if (self.outcome.refused()) return self.outcome;
    const ObjectType type = self.capability->object->type;
    if (type == ObjectType::endpoint) return std::nullopt;
    if (request.tag_bits != 0) {
        const auto length = static_cast<uint32_t>(request.words.size());
        const abi::Tag tag = abi::Tag(request.tag_bits).with_length(length).with_label(request.method);
        return Outcome::refused(ErrorCode::invalid_tag, tag.raw());
    }
    const grammar::Method* method = grammar::find(type, request.method);
    if (method == nullptr) return Outcome::refused(ErrorCode::unknown_method, number(type), request.method);
    if (request.words.size() != method->arguments.size())
        return Outcome::refused(ErrorCode::wrong_length, request.words.size(), method->arguments.size());
    const uint64_t missing = method->rights.raw() & ~self.capability->rights;
    if (missing != 0) return Outcome::refused(ErrorCode::missing_right, 0, missing);
    Call call{.thread = &thread, .self = self.capability};
    for (size_t i = 0; i < request.words.size(); ++i) call.words[i] = request.words[i];
    call.words[abi::register_words - 1] = request.progress;
    for (size_t i = 0; i < request.words.size(); ++i) {
        const Outcome outcome = decode(system, thread, method->arguments[i], i, call);
        if (outcome.refused()) return outcome;
    }
    for (const Rule& rule : rules) {
        if (rule.type == type && rule.method == request.method) return rule.perform(system, call);
    }
    return std::nullopt;
}

}  // namespace

std::optional<Outcome> invoke(System& system, const Object& thread, const Request& request) {
    std::optional<Outcome> outcome = attempt(system, thread, request);
    // What is refused before its first item has come as far as its progress says.
    if (outcome && outcome->refused() && request.words.size() < abi::register_words)
        outcome->done = std::max(outcome->done, request.progress);
    return outcome;
}

}  // namespace selene::model
