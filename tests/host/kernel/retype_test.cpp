// SPDX-License-Identifier: BSD-2-Clause
// Retype: objects of every type, their places, their memory, and what is refused.
#include <algorithm>

#include "abi/object_sizes.hpp"
#include "object/frame.hpp"
#include "object/page_table.hpp"
#include "object/untyped.hpp"
#include "refusal.hpp"
#include "scheduling/sched_context.hpp"

namespace selene::test {

namespace {

constexpr uint64_t argument_type = 1;
constexpr uint64_t argument_size = 2;
constexpr uint64_t argument_first = 5;
constexpr uint64_t two_mib_bits = 21;
constexpr uint64_t one_gib_bits = 30;

sel::Result<uint64_t> retype(uint64_t untyped, ObjectType type, uint64_t size, uint64_t first, uint64_t count = 1) {
    return cap<stub::Untyped>(untyped).retype(
        {.type = type, .size = size, .count = count, .table = own_table(), .first = first});
}
uint64_t unmap(uint64_t slot, abi::KeepRoot root) {
    return *own_table().unmap({.first = slot, .count = 1, .root = root});
}
uint64_t watermark(World& world, uint64_t slot) { return Untyped(world.slot(slot)).watermark(); }

std::byte* memory_of(World& world, uint64_t frame) {
    return machine::window<std::byte>(Frame(world.slot(frame)).base());
}
bool is_zero(const std::byte* from, uint64_t bytes) {
    return std::all_of(from, from + bytes, [](std::byte byte) { return byte == std::byte{0}; });
}
/// What a former life leaves behind, everywhere but where the kernel has zeroed ahead.
void spoil(World& world, uint64_t untyped) {
    const Untyped state(world.slot(untyped));
    auto* start = machine::window<std::byte>(state.base());
    const uint64_t zero_end = state.watermark() + state.zeroed();
    std::fill_n(start, state.watermark(), machine::Memory::rubbish);
    std::fill_n(start + zero_end, state.bytes() - zero_end, machine::Memory::rubbish);
}

struct Kind {
    ObjectType type;
    uint64_t size;
};
constexpr Kind kinds[] = {
    {ObjectType::untyped, 3},      {ObjectType::cap_table, 5},     {ObjectType::task, 0},
    {ObjectType::thread, 0},       {ObjectType::address_space, 0}, {ObjectType::page_table, 0},
    {ObjectType::frame, 12},       {ObjectType::endpoint, 0},      {ObjectType::reply, 0},
    {ObjectType::notification, 0}, {ObjectType::sched_context, 2}, {ObjectType::interrupt_handler, 0},
};

/// Where the large device untyped stands.
uint64_t device_slot(const World& world) { return world.info().untypeds[world.info().untyped_count - 1].slot; }

}  // namespace

TEST_CASE("every type is made, side by side, aligned, with its origin") {
    World world;
    for (const Kind& kind : kinds) {
        const uint64_t untyped = world.make(ObjectType::untyped, 64);
        const uint64_t first = world.take_slots(3);
        REQUIRE(retype(untyped, kind.type, kind.size, first, 3) == 3);
        const uint64_t stride = abi::object_bytes(kind.type, kind.size);
        CHECK(watermark(world, untyped) == 3 * stride);
        for (uint64_t i = 0; i < 3; ++i) {
            Slot& slot = world.slot(first + i);
            CHECK(object_type(slot.type()) == kind.type);
            CHECK(slot.origin());
            CHECK(slot.depth() == world.slot(untyped).depth() + 1);
            const uint64_t base = Untyped(world.slot(untyped)).base().value() + i * stride;
            if (kind.type == ObjectType::frame) {
                CHECK(Frame(slot).base().value() == base);
            } else if (kind.type == ObjectType::untyped) {
                CHECK(Untyped(slot).base().value() == base);
                CHECK(Untyped(slot).bytes() == kind.size * page_bytes);
            } else {
                CHECK(machine::physical(slot.object<void>()).value() == base);
            }
        }
        CHECK(unmap(untyped, abi::KeepRoot::self) == 1);
    }
}

TEST_CASE("new capabilities have the rights that their type knows") {
    World world;
    const auto rights_of = [&](ObjectType type, uint64_t size = 0) {
        return world.slot(world.make(type, size)).capability().rights();
    };
    const Rights plain = rights::read | rights::write | rights::inspect;
    CHECK(rights_of(ObjectType::endpoint) == (plain | rights::transfer | rights::reply));
    CHECK(rights_of(ObjectType::notification) == plain);
    CHECK(rights_of(ObjectType::frame, 12) == (plain | rights::execute));
    CHECK(rights_of(ObjectType::address_space) == (plain | rights::write_execute));
    CHECK(rights_of(ObjectType::cap_table, 2) == plain);
    CHECK(rights_of(ObjectType::untyped, 1) == plain);
}

TEST_CASE("a large frame is aligned to its size, and the watermark steps over the gap") {
    World world;
    const uint64_t memory = world.memory().index().raw();
    const uint64_t frame = world.take_slot();
    REQUIRE(retype(memory, ObjectType::frame, two_mib_bits, frame).has_value());
    CHECK(Frame(world.slot(frame)).base().value() % (uint64_t{1} << two_mib_bits) == 0);
    CHECK(Frame(world.slot(frame)).bytes() == uint64_t{1} << two_mib_bits);
    CHECK(is_zero(memory_of(world, frame), uint64_t{1} << two_mib_bits));
}

TEST_CASE("memory is whole again after unmap") {
    World world;
    const uint64_t untyped = world.make(ObjectType::untyped, 8);
    const uint64_t first = world.take_slots(8);
    for (unsigned round = 0; round < 3; ++round) {
        REQUIRE(retype(untyped, ObjectType::frame, 12, first, 8) == 8);
        check_refused(world, {ErrorCode::out_of_memory, 64, 0},
                      [&] { return retype(untyped, ObjectType::endpoint, 0, world.next_empty()); });
        (void)unmap(untyped, abi::KeepRoot::descendants);
    }
    // While anything is left it is not.
    REQUIRE(retype(untyped, ObjectType::frame, 12, first, 8) == 8);
    REQUIRE(own_table().unmap({.first = first + 1, .count = 7, .root = abi::KeepRoot::self}).has_value());
    check_refused(world, {ErrorCode::out_of_memory, 64, 0},
                  [&] { return retype(untyped, ObjectType::endpoint, 0, world.next_empty()); });
    (void)unmap(first, abi::KeepRoot::self);
    CHECK(retype(untyped, ObjectType::endpoint, 0, world.next_empty()).has_value());
}

TEST_CASE("a retype makes sixteen objects before it asks whether it has to make way") {
    World world;
    constexpr unsigned count = 100;
    const uint64_t untyped = world.make(ObjectType::untyped, 64);
    const uint64_t first = world.take_slots(count);
    unsigned made = 0;
    world.before_repeat = [&] {
        made += config::steps_between_polls;
        CHECK((!world.slot(first + made - 1).empty() && world.slot(first + made).empty()));
    };
    machine::simulated().preempt_every = 1;
    REQUIRE(retype(untyped, ObjectType::endpoint, 0, first, count) == count);
    CHECK(made == 96);
}

TEST_CASE("nothing of a former life is seen") {
    for (const unsigned preempt_every : {0U, 1U}) {
        World world;
        machine::simulated().preempt_every = preempt_every;
        const uint64_t untyped = world.make(ObjectType::untyped, 64);
        const uint64_t first = world.take_slots(64);
        REQUIRE(retype(untyped, ObjectType::frame, 12, first, 64) == 64);
        spoil(world, untyped);
        (void)unmap(untyped, abi::KeepRoot::descendants);
        unsigned repeats = 0;
        world.before_repeat = [&] { ++repeats; };
        REQUIRE(retype(untyped, ObjectType::frame, 12, first, 50) == 50);
        CHECK((repeats > 0) == (preempt_every == 1));
        for (uint64_t i = 0; i < 50; ++i) CHECK(is_zero(memory_of(world, first + i), page_bytes));
        // The rest was not touched, nor is it taken for zeroed.
        REQUIRE(retype(untyped, ObjectType::frame, 12, first + 50, 14) == 14);
        for (uint64_t i = 50; i < 64; ++i) CHECK(is_zero(memory_of(world, first + i), page_bytes));
    }
}

TEST_CASE("zeroing goes on where it was preempted, whoever retypes next") {
    World world;
    const uint64_t untyped = world.make(ObjectType::untyped, 256);
    spoil(world, untyped);
    const uint64_t first = world.take_slots(256);
    const Actor other = world.spawn();
    machine::simulated().preempt_every = 1;
    const uint64_t zeroed_before = machine::simulated().zeroed_bytes;
    unsigned repeats = 0;
    world.before_repeat = [&] {
        if (++repeats != 20) return;
        // Another takes the first frames, and with them what has been zeroed.
        const uint64_t zeroed = machine::simulated().zeroed_bytes;
        machine::simulated().preempt_every = 0;
        world.run(other);
        REQUIRE(retype(untyped, ObjectType::frame, 12, first, 8) == 8);
        CHECK(machine::simulated().zeroed_bytes == zeroed);
        for (uint64_t i = 0; i < 8; ++i) CHECK(is_zero(memory_of(world, first + i), page_bytes));
        machine::simulated().preempt_every = 1;
        world.run(world.first());
    };
    REQUIRE(retype(untyped, ObjectType::frame, 12, first + 8, 100) == 100);
    CHECK(repeats > 20);
    for (uint64_t i = 0; i < 108; ++i) CHECK(is_zero(memory_of(world, first + i), page_bytes));
    // No byte twice, but for what the grain of the memory of it rounds off.
    CHECK(machine::simulated().zeroed_bytes - zeroed_before < 108 * page_bytes + 2 * Untyped::zeroed_grain);
}

TEST_CASE("what was zeroed ahead is not taken for zero after another use") {
    World world;
    const uint64_t untyped = world.make(ObjectType::untyped, 256);
    spoil(world, untyped);
    const uint64_t first = world.take_slots(256);
    const Actor other = world.spawn();
    machine::simulated().preempt_every = 1;
    unsigned repeats = 0;
    world.before_repeat = [&] {
        if (++repeats != 10) return;
        machine::simulated().preempt_every = 0;
        world.run(other);
        REQUIRE(retype(untyped, ObjectType::frame, 12, first, 30) == 30);
        spoil(world, untyped);
        REQUIRE(own_table().unmap({.first = untyped, .count = 1, .root = abi::KeepRoot::descendants}).has_value());
        world.run(world.first());
    };
    REQUIRE(retype(untyped, ObjectType::frame, 12, first, 200) == 200);
    for (uint64_t i = 0; i < 200; ++i) CHECK(is_zero(memory_of(world, first + i), page_bytes));
}

TEST_CASE("two retypes of one untyped and an unmap of it during a preempted retype") {
    World world;
    const uint64_t untyped = world.make(ObjectType::untyped, 512);
    const uint64_t first = world.take_slots(600);
    const Actor other = world.spawn();
    machine::simulated().preempt_every = 1;
    unsigned repeats = 0;
    world.before_repeat = [&] {
        ++repeats;
        if (repeats != 40 && repeats != 60) return;
        machine::simulated().preempt_every = 0;
        world.run(other);
        if (repeats == 40) REQUIRE(retype(untyped, ObjectType::endpoint, 0, first + 500, 20) == 20);
        if (repeats == 60)
            REQUIRE(own_table().unmap({.first = untyped, .count = 1, .root = abi::KeepRoot::self}).has_value());
        machine::simulated().preempt_every = 1;
        world.run(world.first());
    };
    check_refused_after({ErrorCode::empty_slot, 0, untyped},
                        [&] { return retype(untyped, ObjectType::frame, 12, first, 400); });
    for (uint64_t i = 0; i < 600; ++i) CHECK(world.slot(first + i).empty());
}

TEST_CASE("retype refuses without effect what does not fit") {
    World world;
    const uint64_t untyped = world.make(ObjectType::untyped, 4);
    const uint64_t free = world.take_slots(8);
    check_refused(world, {ErrorCode::out_of_memory, 5 * page_bytes, 4 * page_bytes},
                  [&] { return retype(untyped, ObjectType::frame, 12, free, 5); });
    REQUIRE(retype(untyped, ObjectType::endpoint, 0, free).has_value());
    // Alignment counts.
    check_refused(world, {ErrorCode::out_of_memory, 4 * page_bytes, 3 * page_bytes},
                  [&] { return retype(untyped, ObjectType::frame, 12, free + 1, 4); });
    check_refused(world, {ErrorCode::out_of_memory, uint64_t{1} << two_mib_bits, 0},
                  [&] { return retype(untyped, ObjectType::frame, two_mib_bits, free + 1); });
    check_refused(world, {ErrorCode::out_of_memory, 2 * page_bytes * (uint64_t{1} << 24), 3 * page_bytes},
                  [&] { return retype(untyped, ObjectType::page_table, 0, free + 1, uint64_t{1} << 24); });
}

TEST_CASE("retype refuses types and sizes that there are not") {
    World world;
    const uint64_t untyped = world.make(ObjectType::untyped, 4);
    const uint64_t free = world.take_slot();
    for (const ObjectType type :
         {ObjectType::empty, ObjectType::interrupt_control, ObjectType::schedule_control, ObjectType::power_control}) {
        const auto error = error_of(retype(untyped, type, 0, free));
        REQUIRE(error.has_value());
        CHECK(error->is(ErrorCode::argument_out_of_range));
        CHECK(error->details[0] == argument_type);
    }
    constexpr Kind wrong[] = {
        {ObjectType::untyped, 0},       {ObjectType::cap_table, 0},       {ObjectType::cap_table, (1 << 24) + 1},
        {ObjectType::task, 1},          {ObjectType::frame, 0},           {ObjectType::frame, 13},
        {ObjectType::sched_context, 1}, {ObjectType::sched_context, 121}, {ObjectType::endpoint, 1},
        {ObjectType::frame, 39}};
    for (const Kind& kind : wrong)
        check_refused(world, {ErrorCode::argument_out_of_range, argument_size, 0},
                      [&] { return retype(untyped, kind.type, kind.size, free); });
}

TEST_CASE("retype refuses slots that are occupied or beyond the table, and makes what fits before") {
    World world;
    const uint64_t untyped = world.make(ObjectType::untyped, 16);
    const uint64_t free = world.take_slots(4);
    const uint64_t count = world.table().count();
    check_refused(world, {ErrorCode::occupied_slot, argument_first, untyped},
                  [&] { return retype(untyped, ObjectType::endpoint, 0, untyped); });
    check_refused(world, {ErrorCode::index_out_of_range, argument_first, count},
                  [&] { return retype(untyped, ObjectType::endpoint, 0, count); });
    REQUIRE(retype(untyped, ObjectType::reply, 0, free + 3).has_value());
    const uint64_t before = watermark(world, untyped);
    check_refused(world, {ErrorCode::occupied_slot, argument_first, free + 3},
                  [&] { return retype(untyped, ObjectType::frame, 12, free + 3); });
    CHECK(watermark(world, untyped) == before);
    check_refused_after({ErrorCode::occupied_slot, argument_first, free + 3, 3},
                        [&] { return retype(untyped, ObjectType::endpoint, 0, free, 4); });
    CHECK(watermark(world, untyped) == before + 3 * 64);
    check_refused_after({ErrorCode::index_out_of_range, argument_first, count, 2},
                        [&] { return retype(untyped, ObjectType::endpoint, 0, count - 2, 3); });
    CHECK(watermark(world, untyped) == before + 5 * 64);
}

TEST_CASE("device memory becomes only frames and untypeds, and is never touched") {
    World world;
    const uint64_t device = device_slot(world);
    const uint64_t free = world.take_slots(4);
    for (const Kind& kind : kinds) {
        if (kind.type == ObjectType::frame || kind.type == ObjectType::untyped) continue;
        check_refused(world, {ErrorCode::device_memory, argument_type},
                      [&] { return retype(device, kind.type, kind.size, free); });
    }
    const uint64_t zeroed = machine::simulated().zeroed_bytes;
    REQUIRE(retype(device, ObjectType::frame, 12, free).has_value());
    REQUIRE(retype(device, ObjectType::untyped, 512, free + 1).has_value());
    REQUIRE(retype(device, ObjectType::frame, one_gib_bits, free + 2).has_value());
    CHECK(machine::simulated().zeroed_bytes == zeroed);
    CHECK(Frame(world.slot(free)).device());
    CHECK(Untyped(world.slot(free + 1)).device());
    CHECK(Frame(world.slot(free + 2)).base().value() == Board::large_device.base + (uint64_t{1} << one_gib_bits));
    check_refused(world, {ErrorCode::device_memory, argument_type},
                  [&] { return retype(free + 1, ObjectType::endpoint, 0, free + 3); });
}

TEST_CASE("retype asks for the right to write, of the untyped and of the table") {
    World world;
    const uint64_t untyped = world.derive(world.make(ObjectType::untyped, 4), Right::read);
    const uint64_t table = world.derive(static_cast<uint64_t>(BootSlot::table), Right::read);
    const uint64_t free = world.take_slot();
    constexpr auto missing = static_cast<uint64_t>(Right::write);
    check_refused(world, {ErrorCode::missing_right, 0, missing},
                  [&] { return retype(untyped, ObjectType::endpoint, 0, free); });
    check_refused(world, {ErrorCode::missing_right, 4, missing}, [&] {
        return world.memory().retype(
            {.type = ObjectType::endpoint, .size = 0, .count = 1, .table = cap<stub::CapTable>(table), .first = free});
    });
}

}  // namespace selene::test
