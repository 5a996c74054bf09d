// SPDX-License-Identifier: BSD-2-Clause
// Map and grant: what a child may be, and where it stands.
#include "object/frame.hpp"
#include "object/untyped.hpp"
#include "talk.hpp"
#include "unmapping.hpp"

namespace selene::test {

namespace {

constexpr unsigned argument_first = 1;
constexpr unsigned argument_source_first = 3;

auto map_one(uint64_t to, uint64_t from, abi::RightsMask rights = every_right, uint64_t badge = 0) {
    return own_table().map(
        {.first = to, .source = own_table(), .source_first = from, .count = 1, .rights = rights, .badge = badge});
}
auto grant_one(uint64_t to, uint64_t from) {
    return own_table().grant({.first = to, .source = own_table(), .source_first = from, .count = 1});
}

}  // namespace

TEST_CASE("a child has at most the rights asked for and at most its parent's") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t narrow = world.derive(endpoint, Right::read | Right::write);
    CHECK(world.slot(narrow).capability().rights() == (rights::read | rights::write));
    const uint64_t wide = world.derive(narrow, every_right);
    CHECK(world.slot(wide).capability().rights() == (rights::read | rights::write));
    const uint64_t none = world.derive(narrow, abi::RightsMask{});
    CHECK(world.slot(none).capability().rights().empty());
    CHECK(world.slot(none).depth() == world.slot(narrow).depth() + 1);
    CHECK(world.slot(endpoint).origin());
    CHECK(!world.slot(narrow).origin());
}

TEST_CASE("a badge is set once") {
    World world;
    for (const ObjectType type : {ObjectType::endpoint, ObjectType::notification}) {
        const uint64_t object = world.make(type);
        const uint64_t badged = world.derive(object, every_right, 7);
        CHECK(world.slot(badged).capability().word1() == 7);
        const uint64_t child = world.derive(badged, every_right);
        CHECK(world.slot(child).capability().word1() == 7);
        const uint64_t free = world.take_slot();
        check_refused(world, {ErrorCode::badge_set, argument_source_first, 7},
                      [&] { return map_one(free, badged, every_right, 8); });
        check_refused(world, {ErrorCode::badge_set, argument_source_first, 7},
                      [&] { return map_one(free, child, every_right, 7); });
    }
}

TEST_CASE("a capability that carries no badge refuses one") {
    World world;
    const uint64_t free = world.take_slot();
    for (const ObjectType type : {ObjectType::task, ObjectType::thread, ObjectType::address_space,
                                  ObjectType::page_table, ObjectType::reply, ObjectType::interrupt_handler}) {
        const uint64_t object = world.make(type);
        check_refused(world, {ErrorCode::argument_out_of_range, argument_source_first, 0},
                      [&] { return map_one(free, object, every_right, 1); });
    }
}

TEST_CASE("map refuses empty sources, occupied destinations, and what lies beyond the tables") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t small = world.make(ObjectType::cap_table, 2);
    const uint64_t free = world.take_slot();
    const uint64_t count = world.table().count();
    check_refused(world, {ErrorCode::empty_slot, argument_source_first, free}, [&] { return map_one(free, free); });
    check_refused(world, {ErrorCode::empty_slot, argument_source_first, free + 1},
                  [&] { return map_one(free, free + 1); });
    check_refused(world, {ErrorCode::occupied_slot, argument_first, small}, [&] { return map_one(small, endpoint); });
    check_refused(world, {ErrorCode::index_out_of_range, argument_source_first, count},
                  [&] { return map_one(free, count); });
    check_refused(world, {ErrorCode::index_out_of_range, argument_first, 2}, [&] {
        return cap<stub::CapTable>(small).map({.first = 2,
                                               .source = own_table(),
                                               .source_first = endpoint,
                                               .count = 1,
                                               .rights = every_right,
                                               .badge = 0});
    });
    check_refused(world, {ErrorCode::index_out_of_range, argument_first, ~uint64_t{0}},
                  [&] { return map_one(~uint64_t{0}, endpoint); });
}

TEST_CASE("tables ask for their rights") {
    World world;
    const uint64_t table = world.make(ObjectType::cap_table, 4);
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t unreadable = world.derive(static_cast<uint64_t>(BootSlot::table), Right::write);
    const uint64_t unwritable = world.derive(table, Right::read);
    const auto read_missing = static_cast<uint64_t>(Right::read);
    const auto write_missing = static_cast<uint64_t>(Right::write);
    check_refused(world, {ErrorCode::missing_right, 2, read_missing}, [&] {
        return own_table().map({.first = 900,
                                .source = cap<stub::CapTable>(unreadable),
                                .source_first = endpoint,
                                .count = 1,
                                .rights = every_right,
                                .badge = 0});
    });
    check_refused(world, {ErrorCode::missing_right, 0, write_missing}, [&] {
        return cap<stub::CapTable>(unwritable)
            .map({.first = 0,
                  .source = own_table(),
                  .source_first = endpoint,
                  .count = 1,
                  .rights = every_right,
                  .badge = 0});
    });
    check_refused(world, {ErrorCode::missing_right, 2, write_missing}, [&] {
        return own_table().grant(
            {.first = 900, .source = cap<stub::CapTable>(unwritable), .source_first = 0, .count = 1});
    });
    check_refused(world, {ErrorCode::missing_right, 0, write_missing}, [&] {
        return cap<stub::CapTable>(unwritable).unmap({.first = 0, .count = 1, .root = abi::KeepRoot::self});
    });
}

TEST_CASE("a range stops at the first item that is refused and says how many were done") {
    World world;
    const uint64_t source = world.make(ObjectType::cap_table, 8);
    const uint64_t target = world.make(ObjectType::cap_table, 8);
    REQUIRE(
        world.memory()
            .retype(
                {.type = ObjectType::endpoint, .size = 0, .count = 5, .table = cap<stub::CapTable>(source), .first = 0})
            .has_value());
    const auto from = cap<stub::CapTable>(source);
    const auto to = cap<stub::CapTable>(target);
    check_refused_after({ErrorCode::empty_slot, argument_source_first, 5, 5}, [&] {
        return to.map({.first = 0, .source = from, .source_first = 0, .count = 6, .rights = every_right, .badge = 0});
    });
    auto& slots = world.object<CapTable>(target);
    for (unsigned i = 0; i < 8; ++i) CHECK(slots.slot(i)->empty() == (i >= 5));
    // Children went along with nothing; the origins can be granted.
    check_refused_after({ErrorCode::index_out_of_range, argument_first, 8, 3},
                        [&] { return to.grant({.first = 5, .source = from, .source_first = 0, .count = 4}); });
    CHECK(slots.slot(7)->origin());
    CHECK(world.object<CapTable>(source).slot(2)->empty());
    CHECK(!world.object<CapTable>(source).slot(3)->empty());
}

TEST_CASE("a grant that puts an endpoint where it was invoked through is not taken for a call") {
    World world;
    for (const uint64_t shift : {0U, 1U}) {
        const uint64_t places = world.take_slots(5) + shift;
        const uint64_t invoked = places + 1;
        REQUIRE(map_one(invoked, static_cast<uint64_t>(BootSlot::table)).has_value());
        REQUIRE(map_one(invoked + 1, world.make(ObjectType::endpoint)).has_value());
        const auto table = cap<stub::CapTable>(invoked);
        check_refused_after({ErrorCode::empty_slot, argument_source_first, invoked + 2, 2}, [&] {
            return table.grant({.first = places, .source = own_table(), .source_first = invoked, .count = 3});
        });
        CHECK(world.slot(places).type() == CapType::cap_table);
        CHECK(world.slot(invoked).type() == CapType::endpoint);
    }
}

TEST_CASE("a range goes on after preemptions as if there had been none") {
    World world;
    machine::simulated().preempt_every = 1;
    const uint64_t source = world.make(ObjectType::cap_table, 100);
    const uint64_t target = world.make(ObjectType::cap_table, 100);
    const uint64_t made = *world.memory().retype(
        {.type = ObjectType::notification, .size = 0, .count = 100, .table = cap<stub::CapTable>(source), .first = 0});
    CHECK(made == 100);
    unsigned repeats = 0;
    world.before_repeat = [&] { ++repeats; };
    const auto mapped = cap<stub::CapTable>(target).map({.first = 0,
                                                         .source = cap<stub::CapTable>(source),
                                                         .source_first = 0,
                                                         .count = 100,
                                                         .rights = Right::read,
                                                         .badge = 3});
    CHECK(mapped == 100);
    CHECK(repeats == 6);
    for (unsigned i = 0; i < 100; ++i) {
        CHECK(world.object<CapTable>(target).slot(i)->object<void>() ==
              world.object<CapTable>(source).slot(i)->object<void>());
        CHECK(world.object<CapTable>(target).slot(i)->capability().word1() == 3);
    }
    REQUIRE(cap<stub::CapTable>(source).unmap({.first = 0, .count = 100, .root = abi::KeepRoot::descendants}) == 100);
    for (unsigned i = 0; i < 100; ++i) CHECK(world.object<CapTable>(target).slot(i)->empty());
    repeats = 0;
    REQUIRE(cap<stub::CapTable>(target).grant(
                {.first = 0, .source = cap<stub::CapTable>(source), .source_first = 0, .count = 100}) == 100);
    CHECK(repeats == 6);
    for (unsigned i = 0; i < 100; ++i) CHECK(world.object<CapTable>(target).slot(i)->origin());
}

TEST_CASE("grant keeps a capability's place, its children, and its say over the object") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t child = world.derive(endpoint, every_right, 5);
    const uint64_t to = world.take_slot();
    Slot* before = world.slot(endpoint).previous();
    const unsigned depth = world.slot(endpoint).depth();
    REQUIRE(grant_one(to, endpoint).has_value());
    CHECK(world.slot(endpoint).empty());
    CHECK(world.slot(to).origin());
    CHECK(world.slot(to).previous() == before);
    CHECK(world.slot(to).next() == &world.slot(child));
    CHECK(world.slot(to).depth() == depth);
    REQUIRE(own_table().unmap({.first = to, .count = 1, .root = abi::KeepRoot::self}).has_value());
    CHECK(world.slot(child).empty());
}

TEST_CASE("grant refuses what map refuses") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t free = world.take_slot();
    check_refused(world, {ErrorCode::empty_slot, argument_source_first, free}, [&] { return grant_one(free, free); });
    check_refused(world, {ErrorCode::occupied_slot, argument_first, endpoint},
                  [&] { return grant_one(endpoint, endpoint); });
}

TEST_CASE("a chain of derivations ends at the depth limit") {
    World world;
    world.check_always(false);
    uint64_t last = world.make(ObjectType::endpoint);
    while (world.slot(last).depth() < DerivationTree::maximum_depth) last = world.derive(last, every_right);
    world.check();
    const uint64_t free = world.take_slot();
    check_refused(world, {ErrorCode::depth_exceeded, argument_source_first, DerivationTree::maximum_depth},
                  [&] { return map_one(free, last); });
    const uint64_t deep_task = world.make(ObjectType::task);
    check_refused(world, {ErrorCode::depth_exceeded, 2, DerivationTree::maximum_depth}, [&] {
        return cap<stub::Task>(deep_task).install(abi::TaskSlot::fault_endpoint, cap<stub::Endpoint>(last));
    });
    REQUIRE(own_table()
                .unmap({.first = last - DerivationTree::maximum_depth + 2, .count = 1, .root = abi::KeepRoot::self})
                .has_value());
    CHECK(world.slot(last).empty());
    world.check();
}

TEST_CASE("a chain of untypeds ends at the depth limit") {
    World world;
    world.check_always(false);
    const auto map_untyped = [&](uint64_t from, uint64_t to) { return map_one(to, from); };
    uint64_t last = world.make(ObjectType::untyped, 4);
    while (world.slot(last).depth() < DerivationTree::maximum_depth) {
        const uint64_t next = world.take_slot();
        REQUIRE(map_untyped(last, next).has_value());
        last = next;
    }
    world.check();
    check_refused(world, {ErrorCode::depth_exceeded, 0, DerivationTree::maximum_depth}, [&] {
        return cap<stub::Untyped>(last).retype(
            {.type = ObjectType::endpoint, .size = 0, .count = 1, .table = own_table(), .first = world.next_empty()});
    });
}

TEST_CASE("map of an untyped hands over its whole free range, once") {
    World world;
    const uint64_t untyped = world.make(ObjectType::untyped, 4);
    const uint64_t child = world.derive(untyped, every_right);
    CHECK(world.slot(child).origin());
    CHECK(Untyped(world.slot(child)).bytes() == 4 * page_bytes);
    CHECK(Untyped(world.slot(untyped)).watermark() == 4 * page_bytes);
    const uint64_t free = world.take_slot();
    check_refused(world, {ErrorCode::has_children, argument_source_first, untyped},
                  [&] { return map_one(free, untyped); });
    check_refused(world, {ErrorCode::out_of_memory, 64, 0}, [&] {
        return cap<stub::Untyped>(untyped).retype(
            {.type = ObjectType::endpoint, .size = 0, .count = 1, .table = own_table(), .first = free});
    });
    REQUIRE(own_table().unmap({.first = untyped, .count = 1, .root = abi::KeepRoot::descendants}).has_value());
    CHECK(map_one(free, untyped).has_value());
}

TEST_CASE("a frame's child is not mapped where its parent is") {
    World world;
    const uint64_t frame = world.make(ObjectType::frame, 12);
    const auto space = cap<stub::AddressSpace>(BootSlot::space);
    REQUIRE(space
                .map({.frames = own_table(),
                      .first = frame,
                      .count = 1,
                      .address = Board::data_address + 2 * page_bytes,
                      .rights = Right::read,
                      .kind = abi::MemoryKind::normal})
                .has_value());
    const uint64_t child = world.derive(frame, every_right);
    CHECK(Frame(world.slot(frame)).entry() != nullptr);
    CHECK(Frame(world.slot(child)).entry() == nullptr);
}

TEST_CASE("a range that is refused when it is repeated says how far it had come") {
    World world;
    const uint64_t source = world.make(ObjectType::cap_table, 100);
    const uint64_t target = world.make(ObjectType::cap_table, 100);
    make_from(world.memory().index().raw(), ObjectType::notification, 0, source, 0, 100);
    const Actor rival = world.spawn();
    const uint64_t reach = GENERATE(0U, 1U);  // the table that goes: whose method it is, or the argument
    const uint64_t lost = world.derive(reach == 0 ? target : source, every_right);
    machine::simulated().preempt_every = 1;
    world.before_repeat = [&] {
        machine::simulated().preempt_every = 0;
        world.run(rival);
        destroy(lost);
        world.run(world.first());
    };
    const auto refused = cap<stub::CapTable>(reach == 0 ? lost : target)
                             .map({.first = 0,
                                   .source = cap<stub::CapTable>(reach == 0 ? source : lost),
                                   .source_first = 0,
                                   .count = 100,
                                   .rights = every_right,
                                   .badge = 0});
    world.before_repeat = nullptr;
    REQUIRE(!refused);
    CHECK(refused.error() == sel::Error{ErrorCode::empty_slot, reach == 0 ? 0U : 2U, lost, 16});
    CHECK(!world.object<CapTable>(target).slot(15)->empty());
    CHECK(world.object<CapTable>(target).slot(16)->empty());
}

}  // namespace selene::test
