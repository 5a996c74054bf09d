// SPDX-License-Identifier: BSD-2-Clause
// For each invariant of tasks, threads and their time a state that is corrupt in one place, which this invariant reports
// and no other.
#include "ipc/endpoint.hpp"
#include "ipc/notification.hpp"
#include "ipc/reply.hpp"
#include "object/interrupt_handler.hpp"
#include "victim.hpp"

namespace selene::test {

namespace {

constexpr uint64_t budget = 1000;

/// A small part of a long period, in pieces.
void give_time(const Actor& actor, uint64_t refills) {
    REQUIRE(cap<stub::ScheduleControl>(BootSlot::schedule_control)
                .configure({.context = cap<stub::SchedContext>(actor.context),
                            .budget = budget,
                            .period = 1000 * budget,
                            .refills = refills})
                .has_value());
}

}  // namespace

TEST_CASE("a task whose looked-up table is longer than the table") {
    Victim victim;
    ++victim.world.first().task->count;
    victim.check_breaks(invariant::cached_values_agree);
}

TEST_CASE("a handler with a line that is another's") {
    Victim victim;
    const uint64_t handler = victim.world.make(ObjectType::interrupt_handler);
    victim.world.object<InterruptHandler>(handler).line = 40;
    victim.check_breaks(invariant::interrupt_lines_are_inverse);
}

TEST_CASE("a queue out of order") {
    Victim victim;
    World& world = victim.world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const Actor first = world.spawn();
    const Actor second = world.spawn();
    for (const Actor* actor : {&first, &second}) as(world, *actor, [&] { return send(endpoint); });
    first.object->set_priority(3);
    victim.check_breaks(invariant::queues_name_their_waiters);
}

TEST_CASE("a thread that waits in no queue") {
    Victim victim;
    const uint64_t notification = victim.world.make(ObjectType::notification);
    const Actor actor = victim.world.spawn({.started = false});
    actor.object->blocked_on = &victim.world.object<Notification>(notification);
    actor.object->set_state(ThreadState::waiting);
    victim.check_breaks(invariant::waiters_are_in_their_queues);
}

TEST_CASE("a receiver that waits for calls without a Reply") {
    Victim victim;
    World& world = victim.world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t reply = world.make(ObjectType::reply);
    const Actor actor = world.spawn();
    as(world, actor, [&] { return receive(endpoint, reply); });
    actor.object->reply->holder = nullptr;
    actor.object->reply = nullptr;
    victim.check_breaks(invariant::receivers_wait_by_their_time);
}

TEST_CASE("a Reply whose holder has another") {
    Victim victim;
    const uint64_t reply = victim.world.make(ObjectType::reply);
    victim.world.object<Reply>(reply).holder = &victim.world.first();
    victim.check_breaks(invariant::replies_are_inverse);
}

TEST_CASE("a notification bound to a thread that does not know") {
    Victim victim;
    const uint64_t notification = victim.world.make(ObjectType::notification);
    victim.world.object<Notification>(notification).bound = &victim.world.first();
    victim.check_breaks(invariant::bound_pairs_are_inverse);
}

TEST_CASE("a bitmap that marks an empty queue") {
    Victim victim;
    word(&victim.world.core().ready, 0) |= 8;
    victim.check_breaks(invariant::bitmaps_equal_queues);
}

TEST_CASE("a ready thread that is in no queue") {
    Victim victim;
    victim.world.spawn({.started = false}).object->set_state(ThreadState::ready);
    victim.check_breaks(invariant::runnable_threads_are_known);
}

TEST_CASE("a tick of budget that is lost") {
    Victim victim;
    const Actor actor = victim.world.spawn();
    REQUIRE(cap<stub::ScheduleControl>(BootSlot::schedule_control)
                .configure(
                    {.context = cap<stub::SchedContext>(actor.context), .budget = 1000, .period = 10'000, .refills = 0})
                .has_value());
    --victim.world.object<SchedContext>(actor.context).first().amount;
    victim.check_breaks(invariant::refills_sum_to_budget);
}

TEST_CASE("a thread whose context belongs to nobody") {
    Victim victim;
    const Actor actor = victim.world.spawn({.started = false});
    victim.world.object<SchedContext>(actor.context).home = nullptr;
    victim.check_breaks(invariant::contexts_are_inverse);
}

TEST_CASE("a core that believes the registers of an ended thread to be in the machine") {
    Victim victim;
    const Actor actor = victim.world.spawn({.started = false});
    destroy(actor.thread);
    victim.world.core().fpu_owner = actor.object;
    victim.check_breaks(invariant::references_name_living_objects);
}

TEST_CASE("a line that nobody listens to and is not masked") {
    Victim victim;
    machine::unmask_interrupt(50);
    victim.check_breaks(invariant::lines_are_masked_while_nobody_listens);
}

TEST_CASE("a handler that listens to a masked line") {
    Victim victim;
    const uint64_t handler = victim.world.make(ObjectType::interrupt_handler);
    const uint64_t notification = victim.world.make(ObjectType::notification);
    const auto stub = cap<stub::InterruptHandler>(handler);
    REQUIRE(cap<stub::InterruptControl>(BootSlot::interrupt_control)
                .issue({.handler = stub, .line = 50, .trigger = abi::Trigger::level})
                .has_value());
    REQUIRE(stub.bind(cap<stub::Notification>(notification)).has_value());
    machine::mask_interrupt(50);
    victim.check_breaks(invariant::lines_are_masked_while_nobody_listens);
}

TEST_CASE("a caller that waits beside a receiver that could serve it") {
    Victim victim;
    World& world = victim.world;
    const uint64_t endpoints[] = {world.make(ObjectType::endpoint), world.make(ObjectType::endpoint)};
    const uint64_t reply = world.make(ObjectType::reply);
    const Actor server = world.spawn();
    const Actor client = world.spawn();
    as(world, server, [&] { return receive(endpoints[0], reply); });
    as(world, client, [&] { return call(endpoints[1]); });
    auto& first = world.object<Endpoint>(endpoints[0]);
    auto& second = world.object<Endpoint>(endpoints[1]);
    first.lock.assert_held();
    second.lock.assert_held();
    second.donors.remove(*client.object);
    first.donors.insert(*client.object);
    client.object->blocked_on = &first;
    victim.check_breaks(invariant::partners_do_not_wait);
}

TEST_CASE("an endpoint that would look at a receiver") {
    Victim victim;
    World& world = victim.world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const Actor actor = world.spawn();
    as(world, actor, [&] { return receive(endpoint); });
    auto& object = world.object<Endpoint>(endpoint);
    object.lock.assert_held();
    object.cancel_round = 1;
    object.cancel_next = actor.object;
    victim.check_breaks(invariant::cancelling_names_a_sender);
}

TEST_CASE("a thread in no queue that has links") {
    Victim victim;
    const Actor actor = victim.world.spawn({.started = false});
    actor.object->next = &victim.world.first();
    victim.check_breaks(invariant::links_are_of_queues);
}

TEST_CASE("two contexts that are released in the wrong order") {
    Victim victim;
    World& world = victim.world;
    const Actor actors[] = {world.spawn(), world.spawn()};
    for (const Actor& actor : actors) {
        give_time(actor, 0);
        world.run(actor);
        world.pass(budget);
        // Only when its turn comes again is its budget looked at.
        back(world);
        talk(SystemCall::yield, 0);
        REQUIRE(actor.object->state() == ThreadState::without_budget);
    }
    auto& first = world.object<SchedContext>(actors[0].context);
    first.first().time = world.object<SchedContext>(actors[1].context).first().time + 1;
    victim.check_breaks(invariant::release_queue_is_ordered);
}

TEST_CASE("a context with more refills than it has room for") {
    Victim victim;
    const Actor actor = victim.world.spawn();
    auto& context = victim.world.object<SchedContext>(actor.context);
    context.limit = context.capacity + 1;
    victim.check_breaks(invariant::refills_are_at_most_the_maximum);
}

TEST_CASE("a refill that is due before the one in front of it") {
    Victim victim;
    World& world = victim.world;
    const Actor actor = world.spawn();
    give_time(actor, 4);
    world.run(actor);
    world.pass(budget / 2);
    world.run(world.first());
    auto& context = world.object<SchedContext>(actor.context);
    REQUIRE(context.count == 2);
    std::swap(context.at(0).time, context.at(1).time);
    victim.check_breaks(invariant::refills_are_in_order);
}

TEST_CASE("a caller that has lent its time to a thread that cannot run") {
    Victim victim;
    World& world = victim.world;
    auto& reply = world.object<Reply>(world.make(ObjectType::reply));
    Thread& server = *world.spawn({.passive = true, .started = false}).object;
    server.loan_depth = 1;
    Thread& caller = *world.spawn({.started = false}).object;
    server.reply = &reply;
    reply.holder = &server;
    reply.caller = &caller;
    caller.blocked_on = &reply;
    caller.set_state(ThreadState::called_donating);
    victim.check_breaks(invariant::inactive_threads_hold_nothing);
}

TEST_CASE("a thread with time of its own that counts links") {
    Victim victim;
    victim.world.spawn().object->loan_depth = 1;
    victim.check_breaks(invariant::loans_count_their_links);
}

TEST_CASE("a loan of more links than there may be") {
    Victim victim;
    victim.world.spawn({.passive = true}).object->loan_depth = abi::call_depth + 1;
    victim.check_breaks(invariant::loans_count_their_links);
}

}  // namespace selene::test
