// SPDX-License-Identifier: BSD-2-Clause
// Operations on threads and on what threads wait for.
#include "latency_operations.hpp"
#include "latency_sweep.hpp"

namespace bench {

namespace {

using abi::KeepRoot;
using abi::ObjectType;

constexpr uint8_t lowest_of_crowd = 11;  // above the own priority
constexpr uint64_t priorities = 244;     // up to that of the thread that brings the interrupts
constexpr uint64_t crowd = priorities;   // threads that wait

uint8_t mixed_priority(uint64_t number) {
    constexpr uint64_t stride = 77;  // without a common divisor: each priority once
    return static_cast<uint8_t>(lowest_of_crowd + number * stride % priorities);
}

uint64_t raw(sel::CapIndex index) { return index.raw(); }

/// Ends of what a crowd of threads waits for, each thread with time of its own.
sel::Result<void> sweep_ends(Stage& stage) {
    sel::CapIndex object;
    const auto unmap = [&] { return stage.unmap(object, 1, KeepRoot::self); };
    const auto wait_at = [&](ObjectType type, Act act, bool replies) {
        return [&stage, &object, type, act, replies]() -> sel::Result<void> {
            SEL_TRY(made, stage.make(type, 0, 1));
            SEL_TRY(reply, stage.make(ObjectType::reply, 0, crowd));
            object = made;
            SEL_TRY_VOID(stage.threads(crowd, Time::own, [&](uint64_t i) {
                return Role{.act = act,
                            .argument0 = raw(made),
                            .argument1 = act == Act::receive ? (replies ? raw(reply + i) : abi::no_capability) : 0,
                            .priority = mixed_priority(i)};
            }));
            return {};
        };
    };
    constexpr Extent extent{.shots = 6};
    SEL_TRY_VOID(sweep<"cap_table.unmap.endpoint.receivers">(stage, wait_at(ObjectType::endpoint, Act::receive, true),
                                                             unmap, extent));
    SEL_TRY_VOID(sweep<"cap_table.unmap.endpoint.plain">(stage, wait_at(ObjectType::endpoint, Act::receive, false),
                                                         unmap, extent));
    SEL_TRY_VOID(sweep<"cap_table.unmap.endpoint.senders">(stage, wait_at(ObjectType::endpoint, Act::send, false),
                                                           unmap, extent));
    SEL_TRY_VOID(sweep<"cap_table.unmap.endpoint.callers">(stage, wait_at(ObjectType::endpoint, Act::call, false),
                                                           unmap, extent));
    return sweep<"cap_table.unmap.notification.waiters">(stage, wait_at(ObjectType::notification, Act::wait, false),
                                                         unmap, extent);
}

/// Ends of threads that wait, with all that belongs to them.
sel::Result<void> sweep_ends_of_threads(Stage& stage) {
    sel::CapIndex root;
    constexpr uint64_t pages = 200;
    const auto unmap = [&] { return stage.unmap(root, 1, KeepRoot::descendants); };
    const auto wait_in = [&](Act act) {
        return [&stage, &root, act]() -> sel::Result<void> {
            SEL_TRY(endpoint, stage.make(act == Act::wait ? ObjectType::notification : ObjectType::endpoint, 0, 1));
            SEL_TRY(untyped, stage.make_from_new_untyped(pages));
            SEL_TRY(reply, stage.make(ObjectType::reply, 0, crowd));
            root = untyped;
            SEL_TRY_VOID(stage.threads(crowd, Time::own, [&](uint64_t i) {
                return Role{.act = act,
                            .argument0 = raw(endpoint),
                            .argument1 = act == Act::receive ? raw(reply + i) : 0,
                            .priority = mixed_priority(i)};
            }));
            return {};
        };
    };
    constexpr Extent extent{.shots = 6};
    SEL_TRY_VOID(sweep<"cap_table.unmap.of_receiving_threads">(stage, wait_in(Act::receive), unmap, extent));
    SEL_TRY_VOID(sweep<"cap_table.unmap.of_calling_threads">(stage, wait_in(Act::call), unmap, extent));
    return sweep<"cap_table.unmap.of_waiting_threads">(stage, wait_in(Act::wait), unmap, extent);
}

/// Ends of Replies, in each of which a caller waits.
sel::Result<void> sweep_ends_of_replies(Stage& stage) {
    constexpr uint64_t pages = 8;
    sel::CapIndex untyped;
    return sweep<"cap_table.unmap.of_replies">(
        stage,
        [&]() -> sel::Result<void> {
            SEL_TRY(made, stage.make(ObjectType::endpoint, 0, 1));
            SEL_TRY_VOID(stage.threads(crowd, Time::own, [&](uint64_t i) {
                return Role{.act = Act::call, .argument0 = raw(made), .priority = mixed_priority(i)};
            }));
            SEL_TRY(source, stage.make_from_new_untyped(pages));
            SEL_TRY(replies, stage.make(ObjectType::reply, 0, crowd));
            for (uint64_t i = 0; i < crowd; i++) {
                SEL_TRY_VOID(sel::Endpoint(made).receive(sel::Reply(replies + i)));
            }
            untyped = source;
            return {};
        },
        [&] { return stage.unmap(untyped, 1, KeepRoot::descendants); }, {.shots = 6});
}

/// Ends of what threads run by.
sel::Result<void> sweep_ends_of_tasks(Stage& stage) {
    sel::CapIndex root;
    const auto unmap = [&] { return stage.unmap(root, 1, KeepRoot::self); };
    constexpr Extent extent{.shots = 6};
    SEL_TRY_VOID(sweep<"cap_table.unmap.task_of_threads">(
        stage,
        [&]() -> sel::Result<void> {
            SEL_TRY(bell, stage.make(ObjectType::notification, 0, 1));
            SEL_TRY(task, stage.make<sel::Task>());
            SEL_TRY_VOID(task.install(abi::TaskSlot::table, stage.table));
            SEL_TRY_VOID(task.install(abi::TaskSlot::space, stage.space));
            root = task.index();
            SEL_TRY_VOID(stage.threads(crowd, Time::own, [&](uint64_t i) {
                return Role{.act = Act::wait, .argument0 = raw(bell), .priority = mixed_priority(i), .task = task};
            }));
            return {};
        },
        unmap, extent));
    SEL_TRY_VOID(sweep<"cap_table.unmap.space_of_tasks">(
        stage,
        [&]() -> sel::Result<void> {
            SEL_TRY(space, stage.make(ObjectType::address_space, 0, 1));
            SEL_TRY(tasks, stage.make(ObjectType::task, 0, crowd));
            for (uint64_t i = 0; i < crowd; i++) {
                SEL_TRY_VOID(sel::Task(tasks + i).install(abi::TaskSlot::space, sel::AddressSpace(space)));
            }
            root = space;
            return {};
        },
        unmap, extent));
    return sweep<"cap_table.unmap.notification_of_handlers">(
        stage,
        [&]() -> sel::Result<void> {
            constexpr uint64_t lines = 64;
            constexpr uint64_t first_line = 100;
            SEL_TRY(bell, stage.make(ObjectType::notification, 0, 1));
            SEL_TRY(handlers, stage.make(ObjectType::interrupt_handler, 0, lines));
            for (uint64_t i = 0; i < lines; i++) {
                const sel::InterruptHandler handler(handlers + i);
                SEL_TRY_VOID(stage.interrupts.issue(
                    {.handler = handler, .line = first_line + i, .trigger = abi::Trigger::level}));
                SEL_TRY_VOID(handler.bind(sel::Notification(bell)));
            }
            root = bell;
            return {};
        },
        unmap, extent);
}

/// A budget that was lent through a chain of calls comes home.
sel::Result<void> sweep_call_chain(Stage& stage) {
    constexpr uint64_t links = abi::call_depth;
    sel::CapIndex caller;
    return sweep<"cap_table.unmap.caller_of_a_chain">(
        stage,
        [&]() -> sel::Result<void> {
            SEL_TRY(endpoints, stage.make(ObjectType::endpoint, 0, links + 1));
            SEL_TRY(replies, stage.make(ObjectType::reply, 0, links));
            SEL_TRY_VOID(stage.threads(links, Time::until_it_waits, [&](uint64_t i) {
                return Role{.act = Act::pass_on, .argument0 = raw(endpoints + i), .argument1 = raw(replies + i)};
            }));
            SEL_TRY(first, stage.threads(1, Time::own, [&](uint64_t) {
                return Role{.act = Act::call, .argument0 = raw(endpoints)};
            }));
            caller = first;
            return {};
        },
        [&] { return stage.unmap(caller, 1, KeepRoot::self); }, {.shots = 8});
}

/// A receiver turns away everybody whose message it cannot take.
sel::Result<void> sweep_misfits(Stage& stage) {
    sel::Endpoint endpoint;
    return sweep<"try_receive.misfits">(
        stage,
        [&]() -> sel::Result<void> {
            constexpr uint64_t page_bits = 12;
            constexpr uint64_t one_item = uint64_t{1} << 7;  // abi::Tag
            SEL_TRY(made, stage.make(ObjectType::endpoint, 0, 1));
            SEL_TRY(frame, stage.make(ObjectType::frame, page_bits, 1));
            endpoint = sel::Endpoint(made);
            SEL_TRY_VOID(stage.threads(crowd, Time::own, [&](uint64_t i) {
                return Role{.act = Act::send,
                            .argument0 = raw(made),
                            .argument1 = one_item,
                            .priority = mixed_priority(i),
                            .buffer = sel::Frame(frame)};
            }));
            return {};
        },
        [&]() -> sel::Result<void> {
            const auto received = endpoint.try_receive();
            if (received || !received.error().is(abi::ErrorCode::would_block)) {
                return sel::refused({sel::LibraryError::unexpected_message});
            }
            return {};
        },
        {.shots = 6});
}

/// A place in a queue in which each priority waits.
sel::Result<void> sweep_queue(Stage& stage) {
    sel::Thread urgent;
    return sweep<"thread.set_priority.queued">(
        stage,
        [&]() -> sel::Result<void> {
            SEL_TRY(endpoint, stage.make(ObjectType::endpoint, 0, 1));
            SEL_TRY(first, stage.threads(priorities, Time::until_it_waits, [&](uint64_t i) {
                return Role{.act = Act::send,
                            .argument0 = raw(endpoint),
                            .priority = static_cast<uint8_t>(lowest_of_crowd + i)};
            }));
            urgent = sel::Thread(first + (priorities - 1));
            return {};
        },
        [&] { return urgent.set_priority({.priority = 0, .maximum = 0, .authority = stage.thread}); }, {.shots = 8});
}

}  // namespace

sel::Result<void> sweep_threads(Stage& stage) {
    SEL_TRY_VOID(sweep_ends(stage));
    SEL_TRY_VOID(sweep_ends_of_threads(stage));
    SEL_TRY_VOID(sweep_ends_of_replies(stage));
    SEL_TRY_VOID(sweep_ends_of_tasks(stage));
    SEL_TRY_VOID(sweep_call_chain(stage));
    SEL_TRY_VOID(sweep_misfits(stage));
    return sweep_queue(stage);
}

}  // namespace bench
