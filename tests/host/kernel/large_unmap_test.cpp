// SPDX-License-Identifier: BSD-2-Clause
// Unmap of very much: linear work in small steps, however often it is preempted, whoever derives meanwhile.
#include <algorithm>

#include "base/config.hpp"
#include "object/untyped.hpp"
#include "talk.hpp"
#include "unmap_reference.hpp"

namespace selene::test {

namespace {

constexpr auto self = abi::KeepRoot::self;
constexpr uint64_t many = 100'000;
constexpr auto own = static_cast<uint64_t>(BootSlot::table);

auto map_into(uint64_t table, uint64_t first, uint64_t from_table, uint64_t from) {
    return cap<stub::CapTable>(table).map({.first = first,
                                           .source = cap<stub::CapTable>(from_table),
                                           .source_first = from,
                                           .count = 1,
                                           .rights = every_right,
                                           .badge = 0});
}
bool retype(uint64_t untyped, ObjectType type, uint64_t size, uint64_t table, uint64_t first, uint64_t count = 1) {
    return cap<stub::Untyped>(untyped).retype(
               {.type = type, .size = size, .count = count, .table = cap<stub::CapTable>(table), .first = first}) ==
           count;
}

/// A table in slot `first`, in its only slot the origin of the next, and so on. All these slots.
std::vector<const Slot*> make_chain(World& world, uint64_t untyped, uint64_t first, uint64_t length) {
    std::vector<const Slot*> slots;
    REQUIRE(retype(untyped, ObjectType::cap_table, 1, own, first));
    // Two capabilities take turns in reaching the last table.
    const uint64_t reaches = world.take_slots(2);
    REQUIRE(map_into(own, reaches, own, first).has_value());
    for (uint64_t i = 1; i < length; ++i) {
        const uint64_t last = reaches + (i + 1) % 2;
        const uint64_t next = reaches + i % 2;
        slots.push_back(world.object<CapTable>(last).slots());
        REQUIRE(retype(untyped, ObjectType::cap_table, 1, last, 0));
        REQUIRE(map_into(own, next, last, 0).has_value());
        destroy(last);
    }
    destroy(reaches + (length + 1) % 2);
    return slots;
}

/// What an unmap costs when it is preempted at every poll, and the most of `slots`, which go one after the other, that it
/// takes between two polls.
struct Cost {
    uint64_t polls = 0;
    uint64_t preemptions = 0;
    uint64_t most_at_once = 0;
};

Cost unmap_preempted(World& world, uint64_t slot, const std::vector<const Slot*>& slots = {}) {
    Cost cost;
    size_t gone = 0;
    world.before_repeat = [&] {
        ++cost.preemptions;
        const size_t before = gone;
        while (gone < slots.size() && slots[gone]->empty()) ++gone;
        cost.most_at_once = std::max<uint64_t>(cost.most_at_once, gone - before);
    };
    machine::simulated().preempt_every = 1;
    const unsigned before = machine::simulated().polls;
    destroy(slot);
    cost.polls = machine::simulated().polls - before;
    machine::simulated().preempt_every = 0;
    world.before_repeat = nullptr;
    return cost;
}

}  // namespace

TEST_CASE("a chain of 100,000 tables each holding the next one's origin goes in as many small steps, each preempted") {
    World world;
    world.check_always(false);
    const uint64_t untyped = world.memory().index().raw();
    const uint64_t first = world.take_slot();
    const auto slots = make_chain(world, untyped, first, many);
    const uint64_t used = Untyped(world.slot(untyped)).watermark();
    const Cost cost = unmap_preempted(world, first, slots);
    CHECK(world.slot(first).empty());
    CHECK(cost.polls <= many * 4);
    CHECK(cost.preemptions == cost.polls);
    CHECK((cost.most_at_once > 0 && cost.most_at_once <= config::steps_between_polls));
    CHECK(used >= many * 128);
}

TEST_CASE("a fan of 100,000 capabilities goes in as many small steps, each preempted") {
    World world;
    world.check_always(false);
    const uint64_t untyped = world.memory().index().raw();
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t table = world.take_slot();
    REQUIRE(retype(untyped, ObjectType::cap_table, many, own, table));
    for (uint64_t i = 0; i < many; ++i) REQUIRE(map_into(table, i, own, endpoint).has_value());
    std::vector<const Slot*> slots;
    for (uint64_t i = many; i-- > 0;) slots.push_back(world.object<CapTable>(table).slot(i));
    const Cost cost = unmap_preempted(world, endpoint, slots);
    CHECK(world.slot(endpoint).empty());
    CHECK(slots.back()->empty());
    CHECK(cost.polls <= many + 4);
    CHECK((cost.most_at_once > 0 && cost.most_at_once <= config::steps_between_polls));
}

TEST_CASE("work grows in proportion, whatever else there is") {
    uint64_t unrelated_cost = 0;
    for (const bool unrelated : {false, true}) {
        World world;
        world.check_always(false);
        const uint64_t untyped = world.memory().index().raw();
        if (unrelated) {
            const uint64_t table = world.take_slot();
            REQUIRE(retype(untyped, ObjectType::cap_table, 20'000, own, table));
            REQUIRE(retype(untyped, ObjectType::endpoint, 0, table, 0, 20'000));
        }
        uint64_t last = 0;
        for (const uint64_t length : {10U, 100U, 1000U, 10'000U}) {
            const uint64_t first = world.take_slot();
            make_chain(world, untyped, first, length);
            const Cost cost = unmap_preempted(world, first);
            CHECK(cost.polls <= 10 * last + 40);
            last = cost.polls;
        }
        if (unrelated) CHECK(last == unrelated_cost);
        unrelated_cost = last;
    }
}

TEST_CASE("between two steps at most the slots of one object go") {
    World world;
    world.check_always(false);
    const uint64_t untyped = world.make(ObjectType::untyped, 200);
    const uint64_t table = world.take_slot();
    REQUIRE(retype(untyped, ObjectType::cap_table, 64, own, table));
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    for (uint64_t i = 0; i < 8; ++i) {
        REQUIRE(retype(untyped, ObjectType::task, 0, table, 4 * i));
        REQUIRE(retype(untyped, ObjectType::thread, 0, table, 4 * i + 1));
        REQUIRE(retype(untyped, ObjectType::address_space, 0, table, 4 * i + 2));
        REQUIRE(retype(untyped, ObjectType::frame, 12, table, 4 * i + 3));
        const uint64_t here = world.take_slots(4);
        for (uint64_t j = 0; j < 4; ++j) REQUIRE(map_into(own, here + j, table, 4 * i + j).has_value());
        const auto task = cap<stub::Task>(here);
        REQUIRE(task.install(abi::TaskSlot::space, cap<stub::AddressSpace>(here + 2)).has_value());
        REQUIRE(task.install(abi::TaskSlot::fault_endpoint, cap<stub::Endpoint>(endpoint)).has_value());
        REQUIRE(cap<stub::Thread>(here + 1).bind_task(task).has_value());
        REQUIRE(cap<stub::Thread>(here + 1).set_buffer(cap<stub::Frame>(here + 3), 0).has_value());
    }
    world.check_always(true);
    machine::simulated().preempt_every = 1;
    size_t before = all_slots(world.kernel().tree).size();
    size_t most = 0;
    world.before_repeat = [&] {
        const size_t now = all_slots(world.kernel().tree).size();
        most = std::max(most, before - now);
        before = now;
    };
    destroy(untyped);
    CHECK(most <= 4 * config::steps_between_polls);
}

TEST_CASE("whoever derives at every preemption does not outrun an unmap") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    uint64_t source = endpoint;
    for (unsigned i = 0; i < 200; ++i) source = world.derive(i % 3 == 0 ? source : endpoint, every_right);
    const Actor hostile = world.spawn();
    machine::simulated().preempt_every = 1;
    uint64_t derived = 0;
    world.before_repeat = [&] {
        if (world.running() != &world.first()) return;
        machine::simulated().preempt_every = 0;
        world.run(hostile);
        // From whatever is left, as much as an interrupt's time allows: less than the steps between two polls.
        for (unsigned i = 0; i + 1 < config::steps_between_polls && i < 12; ++i) {
            const uint64_t to = world.next_empty();
            for (uint64_t from = to; from-- > endpoint;) {
                if (world.slot(from).type() != CapType::endpoint || !map_into(own, to, own, from)) continue;
                (void)world.take_slot();
                ++derived;
                break;
            }
        }
        back(world);
        machine::simulated().preempt_every = 1;
    };
    destroy(endpoint);
    world.before_repeat = nullptr;
    CHECK((derived > 0) == (config::steps_between_polls > 1));
    for (uint64_t i = endpoint; i < world.next_empty(); ++i) CHECK(world.slot(i).type() != CapType::endpoint);
}

TEST_CASE("two unmaps of one tree, each preempted for the other, both end") {
    World world;
    const uint64_t untyped = world.make(ObjectType::untyped, 40);
    const uint64_t tables = world.take_slots(4);
    REQUIRE(retype(untyped, ObjectType::cap_table, 40, own, tables, 4));
    for (uint64_t i = 0; i < 4; ++i) REQUIRE(retype(untyped, ObjectType::endpoint, 0, tables + i, 0, 39));
    for (uint64_t i = 0; i < 3; ++i) {
        const auto into = cap<stub::CapTable>(tables + i);
        const uint64_t reach = world.derive(tables + i, every_right);
        REQUIRE(into.map({.first = 39,
                          .source = own_table(),
                          .source_first = reach,
                          .count = 1,
                          .rights = every_right,
                          .badge = 0})
                    .has_value());
    }
    const Actor other = world.spawn();
    machine::simulated().preempt_every = 1;
    unsigned turns = 0;
    bool others_turn_over = false;
    world.before_repeat = [&] {
        if (world.running() != &world.first() || ++turns != 3) return;
        world.run(other);
        (void)own_table().unmap({.first = untyped, .count = 1, .root = self});
        others_turn_over = true;
        if (world.running() != &world.first()) back(world);
    };
    (void)own_table().unmap({.first = tables, .count = 4, .root = self});
    REQUIRE(others_turn_over);
    CHECK(world.slot(untyped).empty());
    for (uint64_t i = 0; i < 4; ++i) CHECK(world.slot(tables + i).empty());
    CHECK(world.first().dying_tables.alone());
    CHECK(other.object->dying_tables.alone());
}

}  // namespace selene::test
