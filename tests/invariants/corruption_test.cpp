// SPDX-License-Identifier: BSD-2-Clause
// For each invariant a state that is corrupt in one place, which this invariant reports and no other.
#include "invariants/invariants.hpp"

#include "ipc/notification.hpp"
#include "ipc/reply.hpp"
#include "object/frame.hpp"
#include "object/interrupt_handler.hpp"
#include "object/page_table.hpp"
#include "object/untyped.hpp"
#include "talk.hpp"

namespace selene::test {

namespace {

struct Named {
    const char* name;
    invariant::Function* function;
};
#define SELENE_NAMED(function) \
    Named { #function, invariant::function }
constexpr Named all[] = {
    SELENE_NAMED(links_are_inverse),
    SELENE_NAMED(depths_are_legal),
    SELENE_NAMED(slots_have_homes),
    SELENE_NAMED(refuges_hold_dying_tables),
    SELENE_NAMED(child_is_within_parent),
    SELENE_NAMED(origin_is_within_untyped),
    SELENE_NAMED(objects_are_disjoint),
    SELENE_NAMED(entries_agree_with_shadows),
    SELENE_NAMED(frames_agree_with_entries),
    SELENE_NAMED(tags_are_injective),
    SELENE_NAMED(cached_values_agree),
    SELENE_NAMED(interrupt_lines_are_inverse),
    SELENE_NAMED(queues_name_their_waiters),
    SELENE_NAMED(waiters_are_in_their_queues),
    SELENE_NAMED(receivers_wait_by_their_time),
    SELENE_NAMED(replies_are_inverse),
    SELENE_NAMED(bound_pairs_are_inverse),
    SELENE_NAMED(bitmaps_equal_queues),
    SELENE_NAMED(runnable_threads_are_known),
    SELENE_NAMED(refills_sum_to_budget),
    SELENE_NAMED(contexts_are_inverse),
};

/// A world whose corruption does not outlive the test case: it is never entered again.
struct Victim {
    World world;

    /// This invariant is broken, and it alone.
    void check_breaks(invariant::Function* broken) {
        for (const Named& one : all) {
            INFO(one.name);
            const Violation violation = one.function(world.kernel(), world.core());
            INFO((violation.invariant != nullptr ? violation.invariant : "nothing found"));
            CHECK((violation.invariant != nullptr) == (one.function == broken));
        }
        CHECK(find_violation(world.kernel(), world.core()).invariant != nullptr);
    }
};

/// A 64-bit word of an object's or a slot's memory.
uint64_t& word(void* object, size_t number) { return static_cast<uint64_t*>(object)[number]; }
constexpr size_t slot_previous = 2;

void map_frame(uint64_t frame, uint64_t address) {
    REQUIRE(cap<stub::AddressSpace>(BootSlot::space)
                .map({.frames = own_table(),
                      .first = frame,
                      .count = 1,
                      .address = address,
                      .rights = Right::read,
                      .kind = abi::MemoryKind::normal})
                .has_value());
}
constexpr uint64_t address = Board::data_address + 2 * page_bytes;

}  // namespace

TEST_CASE("a slot whose successor does not name it") {
    Victim victim;
    const uint64_t endpoint = victim.world.make(ObjectType::endpoint);
    word(&victim.world.slot(endpoint), slot_previous) = reinterpret_cast<uint64_t>(&victim.world.slot(endpoint)) |
                                                        (word(&victim.world.slot(endpoint), slot_previous) & 31);
    victim.check_breaks(invariant::links_are_inverse);
}

TEST_CASE("a root that is no origin") {
    Victim victim;
    DerivationTree& tree = victim.world.kernel().tree;
    // Below the last root, so that it takes nobody else's place.
    Slot& last = *tree.anchor().previous();
    const auto index = static_cast<uint64_t>(&last - victim.world.table().slots());
    Slot* child = nullptr;
    if (last.type() != CapType::untyped) {
        child = &victim.world.slot(victim.world.derive(index, every_right));
    } else {
        child = &last;
    }
    REQUIRE(child == tree.anchor().previous());
    word(child, slot_previous) &= ~uint64_t{31};
    word(child, slot_previous + 1) &= ~uint64_t{15};
    victim.check_breaks(invariant::depths_are_legal);
}

TEST_CASE("a capability in a slot that is not in the tree") {
    Victim victim;
    const uint64_t endpoint = victim.world.make(ObjectType::endpoint);
    word(&victim.world.slot(victim.world.next_empty()), 0) = victim.world.slot(endpoint).capability().word0();
    victim.check_breaks(invariant::slots_have_homes);
}

TEST_CASE("a table that dies outside of its refuge") {
    Victim victim;
    const uint64_t table = victim.world.make(ObjectType::cap_table, 4);
    const RingNode alone{};
    RingNode queue = alone;
    victim.world.object<CapTable>(table).begin_dying(queue);
    victim.check_breaks(invariant::refuges_hold_dying_tables);
}

TEST_CASE("a child with a right that its parent lacks") {
    Victim victim;
    const uint64_t endpoint = victim.world.make(ObjectType::endpoint);
    const uint64_t narrow = victim.world.derive(endpoint, Right::read);
    Slot& child = victim.world.slot(victim.world.derive(narrow, every_right));
    child.update(child.capability().with_rights(rights::read | rights::write));
    victim.check_breaks(invariant::child_is_within_parent);
}

TEST_CASE("a child with another badge than its parent's") {
    Victim victim;
    const uint64_t endpoint = victim.world.make(ObjectType::endpoint);
    Slot& child = victim.world.slot(victim.world.derive(victim.world.derive(endpoint, every_right, 5), every_right));
    child.update(child.capability().with_word1(6));
    victim.check_breaks(invariant::child_is_within_parent);
}

TEST_CASE("an object beyond its untyped's watermark") {
    Victim victim;
    const uint64_t untyped = victim.world.make(ObjectType::untyped, 4);
    const uint64_t child = victim.world.take_slot();
    REQUIRE(cap<stub::Untyped>(untyped)
                .retype({.type = ObjectType::reply, .size = 0, .count = 1, .table = own_table(), .first = child})
                .has_value());
    Slot& slot = victim.world.slot(untyped);
    slot.update(Untyped(slot).at(0, 0));
    victim.check_breaks(invariant::origin_is_within_untyped);
}

TEST_CASE("two objects in the same memory") {
    Victim victim;
    Slot& first = victim.world.slot(victim.world.make(ObjectType::frame, 12));
    Slot& second = victim.world.slot(victim.world.make(ObjectType::frame, 12));
    second.update(first.capability());
    victim.check_breaks(invariant::objects_are_disjoint);
}

TEST_CASE("an entry that maps other memory than its frame's") {
    Victim victim;
    const uint64_t frame = victim.world.make(ObjectType::frame, 12);
    map_frame(frame, address);
    uint64_t* entry = Frame(victim.world.slot(frame)).entry();
    *entry = machine::PageEntry::page(Frame(victim.world.slot(frame)).base() + page_bytes, 3, rights::read,
                                      abi::MemoryKind::normal);
    victim.check_breaks(invariant::entries_agree_with_shadows);
}

TEST_CASE("a frame that records an entry of another") {
    Victim victim;
    const uint64_t frame = victim.world.make(ObjectType::frame, 12);
    map_frame(frame, address);
    Slot& other = victim.world.slot(victim.world.make(ObjectType::frame, 12));
    other.update(other.capability().with_word1(victim.world.slot(frame).capability().word1()));
    victim.check_breaks(invariant::frames_agree_with_entries);
}

TEST_CASE("a task with a register value that its space does not know of") {
    Victim victim;
    victim.world.object<Task>(victim.world.make(ObjectType::task)).root = 1;
    victim.check_breaks(invariant::tags_are_injective);
}

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

}  // namespace selene::test
