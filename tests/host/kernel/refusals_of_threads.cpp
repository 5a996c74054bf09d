// SPDX-License-Identifier: BSD-2-Clause
// How methods of threads, contexts, notifications and interrupts are refused.
#include "refusals.hpp"

namespace selene::test {

namespace {

using enum ErrorCode;
using Type = ObjectType;
using abi::InterruptControlMethod;
using abi::InterruptHandlerMethod;
using abi::NotificationMethod;
using abi::SchedContextMethod;
using abi::ScheduleControlMethod;
using abi::ThreadMethod;

constexpr uint64_t own_thread = static_cast<uint64_t>(BootSlot::thread);
constexpr uint64_t control = static_cast<uint64_t>(BootSlot::interrupt_control);
constexpr uint64_t time_control = static_cast<uint64_t>(BootSlot::schedule_control);
constexpr uint64_t page_bits = 12;
constexpr uint64_t line = 40;
constexpr uint64_t share = 100'000;

Registers issue(uint64_t handler) { return invoke(control, InterruptControlMethod::issue, {handler, line, 0}); }
Registers bind_task(uint64_t thread, uint64_t task) { return invoke(thread, ThreadMethod::bind_task, {task}); }
Registers set_buffer(uint64_t thread, uint64_t frame) { return invoke(thread, ThreadMethod::set_buffer, {frame, 0}); }
Registers start(uint64_t thread) { return invoke(thread, ThreadMethod::start, {Board::entry, 0, 0, 0, 0, 0}); }
Registers bind_handler(uint64_t handler, uint64_t notification) {
    return invoke(handler, InterruptHandlerMethod::bind, {notification});
}
uint64_t issued_handler(Scene& s) {
    const uint64_t handler = s.make(Type::interrupt_handler);
    REQUIRE(!issue(handler).tag.error());
    return handler;
}
/// With enough below it that an unmap takes several steps.
uint64_t with_children(Scene& s, uint64_t parent) {
    for (unsigned i = 0; i < 40; ++i) s.world.derive(parent, every_right);
    return parent;
}

constexpr MethodRefusal refusals[] = {
    // --- Threads ------------------------------------------------------------------------------------------------
    {Type::thread, ThreadMethod::bind_task, already_bound,
     [](Scene& s) { s.refuse([task = s.make(Type::task)] { return bind_task(own_thread, task); }); }},
    {Type::thread, ThreadMethod::bind_task, closing,
     [](Scene& s) {
         const uint64_t task = with_children(s, s.make(Type::task));
         s.refuse_while_unmapping(task, [=, thread = s.make(Type::thread)] { return bind_task(thread, task); });
     }},
    {Type::thread, ThreadMethod::bind_task, depth_exceeded,
     [](Scene& s) {
         const uint64_t task = s.deepest(s.make(Type::task));
         s.refuse([=, thread = s.make(Type::thread)] { return bind_task(thread, task); });
     }},
    {Type::thread, ThreadMethod::set_buffer, already_bound,
     [](Scene& s) { s.refuse([frame = s.make(Type::frame, page_bits)] { return set_buffer(own_thread, frame); }); }},
    {Type::thread, ThreadMethod::set_buffer, device_memory,
     [](Scene& s) {
         const uint64_t frame = s.device_frame();
         s.refuse([=, thread = s.make(Type::thread)] { return set_buffer(thread, frame); });
     }},
    {Type::thread, ThreadMethod::set_buffer, closing,
     [](Scene& s) {
         const uint64_t frame = with_children(s, s.make(Type::frame, page_bits));
         s.refuse_while_unmapping(frame, [=, thread = s.make(Type::thread)] { return set_buffer(thread, frame); });
     }},
    {Type::thread, ThreadMethod::set_buffer, depth_exceeded,
     [](Scene& s) {
         const uint64_t frame = s.deepest(s.make(Type::frame, page_bits));
         s.refuse([=, thread = s.make(Type::thread)] { return set_buffer(thread, frame); });
     }},
    {Type::thread, ThreadMethod::start, wrong_state, [](Scene& s) { s.refuse([] { return start(own_thread); }); }},
    {Type::thread, ThreadMethod::start, no_space,
     [](Scene& s) { s.refuse([thread = s.make(Type::thread)] { return start(thread); }); }},
    {Type::thread, ThreadMethod::resume, wrong_state,
     [](Scene& s) { s.refuse([thread = s.make(Type::thread)] { return invoke(thread, ThreadMethod::resume, {}); }); }},
    {Type::thread, ThreadMethod::resume, no_space,
     [](Scene& s) {
         const Actor actor = s.world.spawn();
         s.world.run(actor);
         REQUIRE(cap<stub::Task>(actor.task).remove(abi::TaskSlot::space).has_value());
         s.refuse([=] { return invoke(actor.thread, ThreadMethod::resume, {}); });
     }},
    {Type::thread, ThreadMethod::read_registers, wrong_state,
     [](Scene& s) { s.refuse([] { return invoke(own_thread, ThreadMethod::read_registers, {0}); }); }},
    {Type::thread, ThreadMethod::write_registers, wrong_state,
     [](Scene& s) {
         s.refuse([] { return invoke(own_thread, ThreadMethod::write_registers, {0, 1, 0, 0, 0, 0, 0}); });
     }},

    // --- Time ---------------------------------------------------------------------------------------------------
    {Type::sched_context, SchedContextMethod::bind, already_bound,
     [](Scene& s) {
         const uint64_t context = s.make(Type::sched_context, 2);
         s.refuse([=] { return invoke(context, SchedContextMethod::bind, {own_thread}); });
     }},
    {Type::sched_context, SchedContextMethod::bind, wrong_state,
     [](Scene& s) {
         const uint64_t endpoint = s.make(Type::endpoint);
         const uint64_t reply = s.make(Type::reply);
         const Actor server = s.world.spawn();
         as(s.world, server, [&] { return receive(endpoint, reply); });
         back(s.world);
         REQUIRE(!invoke(server.context, SchedContextMethod::unbind, {}).tag.error());
         s.refuse([=] { return invoke(server.context, SchedContextMethod::bind, {server.thread}); });
     }},
    {Type::sched_context, SchedContextMethod::unbind, not_bound,
     [](Scene& s) {
         s.refuse(
             [context = s.make(Type::sched_context, 2)] { return invoke(context, SchedContextMethod::unbind, {}); });
     }},
    {Type::sched_context, SchedContextMethod::yield_to, not_bound,
     [](Scene& s) {
         s.refuse(
             [context = s.make(Type::sched_context, 2)] { return invoke(context, SchedContextMethod::yield_to, {}); });
     }},
    {Type::sched_context, SchedContextMethod::yield_to, argument_out_of_range,
     [](Scene& s) {
         const Actor other = s.world.spawn();
         s.world.first().maximum_priority = static_cast<uint8_t>(other.object->priority() - 1);
         s.refuse([=] { return invoke(other.context, SchedContextMethod::yield_to, {}); });
     }},
    {Type::schedule_control, ScheduleControlMethod::configure, in_use,
     [](Scene& s) {
         const uint64_t context = s.make(Type::sched_context, 2);
         // As if another core had it; there is none here, and the invariants would say so.
         s.world.check_always(false);
         s.world.object<SchedContext>(context).core = &s.world.core() + 1;
         s.refuse([=] { return invoke(time_control, ScheduleControlMethod::configure, {context, share, share, 0}); });
     }},

    // --- Notifications ------------------------------------------------------------------------------------------
    {Type::notification, NotificationMethod::bind, already_bound,
     [](Scene& s) {
         const uint64_t notification = s.make(Type::notification);
         REQUIRE(!invoke(notification, NotificationMethod::bind, {own_thread}).tag.error());
         s.refuse([=] { return invoke(notification, NotificationMethod::bind, {own_thread}); });
     }},
    {Type::notification, NotificationMethod::unbind, not_bound,
     [](Scene& s) {
         s.refuse([it = s.make(Type::notification)] { return invoke(it, NotificationMethod::unbind, {}); });
     }},

    // --- Interrupts ---------------------------------------------------------------------------------------------
    {Type::interrupt_control, InterruptControlMethod::issue, already_bound,
     [](Scene& s) { s.refuse([handler = issued_handler(s)] { return issue(handler); }); }},
    {Type::interrupt_control, InterruptControlMethod::issue, in_use,
     [](Scene& s) {
         issued_handler(s);
         s.refuse([other = s.make(Type::interrupt_handler)] { return issue(other); });
     }},
    {Type::interrupt_control, InterruptControlMethod::issue, badge_set,
     [](Scene& s) {
         const uint64_t one_line = s.world.derive(control, every_right, 3);
         s.refuse([=, handler = s.make(Type::interrupt_handler)] {
             return invoke(one_line, InterruptControlMethod::issue, {handler, line, 0});
         });
     }},
    {Type::interrupt_control, InterruptControlMethod::raise, argument_out_of_range,
     [](Scene& s) { s.refuse([] { return invoke(control, InterruptControlMethod::raise, {}); }); }},
    {Type::interrupt_handler, InterruptHandlerMethod::bind, already_bound,
     [](Scene& s) {
         const uint64_t handler = issued_handler(s);
         const uint64_t notification = s.make(Type::notification);
         REQUIRE(!bind_handler(handler, notification).tag.error());
         s.refuse([=] { return bind_handler(handler, notification); });
     }},
    {Type::interrupt_handler, InterruptHandlerMethod::bind, not_bound,
     [](Scene& s) {
         const uint64_t notification = s.make(Type::notification);
         s.refuse([=, handler = s.make(Type::interrupt_handler)] { return bind_handler(handler, notification); });
     }},
    {Type::interrupt_handler, InterruptHandlerMethod::bind, closing,
     [](Scene& s) {
         const uint64_t handler = issued_handler(s);
         const uint64_t notification = with_children(s, s.make(Type::notification));
         s.refuse_while_unmapping(notification, [=] { return bind_handler(handler, notification); });
     }},
    {Type::interrupt_handler, InterruptHandlerMethod::bind, depth_exceeded,
     [](Scene& s) {
         const uint64_t deep = s.deepest(s.make(Type::notification));
         s.refuse([=, handler = issued_handler(s)] { return bind_handler(handler, deep); });
     }},
    {Type::interrupt_handler, InterruptHandlerMethod::acknowledge, not_bound,
     [](Scene& s) {
         s.refuse([it = issued_handler(s)] { return invoke(it, InterruptHandlerMethod::acknowledge, {}); });
     }},
    {Type::interrupt_handler, InterruptHandlerMethod::unbind, not_bound,
     [](Scene& s) { s.refuse([it = issued_handler(s)] { return invoke(it, InterruptHandlerMethod::unbind, {}); }); }},
};

}  // namespace

std::span<const MethodRefusal> refusals_of_threads() { return refusals; }

}  // namespace selene::test
