// SPDX-License-Identifier: BSD-2-Clause
// Inspection: everything is told as it is, in numbers that tell nothing else.
#include <set>

#include "abi/grammar.hpp"
#include "base/identity.hpp"
#include "object/frame.hpp"
#include "object/inspection.hpp"
#include "talk.hpp"

namespace selene::test {

namespace {

constexpr uint64_t nothing = ~uint64_t{0};
constexpr uint64_t free_address = Board::data_address + 2 * page_bytes;

stub::SlotReport report(uint64_t index) {
    const auto report = own_table().inspect(index);
    REQUIRE(report.has_value());
    return *report;
}

/// Map a frame into the first task's space.
void map(uint64_t frame, uint64_t address, abi::RightsMask rights, abi::MemoryKind kind = abi::MemoryKind::normal) {
    REQUIRE(
        cap<stub::AddressSpace>(BootSlot::space)
            .map(
                {.frames = own_table(), .first = frame, .count = 1, .address = address, .rights = rights, .kind = kind})
            .has_value());
}

uint64_t identity(World& world, const void* object) { return world.kernel().identities.of_object(object).value(); }

}  // namespace

TEST_CASE("identities are SipHash-1-3 of 8 bytes") {
    // What another implementation says: CPython 3.11's hash of these bytes, whose keys follow from PYTHONHASHSEED.
    IdentityHash hash;
    hash.initialise(0, 0);
    CHECK(hash.hash(0x0706050403020100) == 0xead411e67ebe2eea);
    hash.initialise(0xaed66ce184be2329, 0xebe9bbf1f1499052);
    CHECK(hash.hash(0x0706050403020100) == 0xc0b5739e7e28dd01);
    hash.initialise(0x12c874a1806f0e3d, 0x470a89d2f9d2784f);
    CHECK(hash.hash(0x0706050403020100) == 0x8450991e34fe08de);
}

TEST_CASE("another key gives other identities, and what is not there has none") {
    IdentityHash one;
    IdentityHash other;
    one.initialise(1, 0);
    other.initialise(1, 1);
    const int object = 0;
    CHECK(one.of_object(&object) != other.of_object(&object));
    CHECK(one.of_object(&object) != one.of_slot(&object));
    const PhysAddr base(Board::memory.base);
    CHECK(one.of_memory(base, IdentityHash::Memory::frame) != one.of_memory(base, IdentityHash::Memory::untyped));
    CHECK(one.of_object(nullptr).value() == 0);
}

TEST_CASE("a slot's report tells what it holds") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t badged = world.derive(endpoint, Right::write | Right::reply, 77);
    const auto origin = report(endpoint);
    const auto child = report(badged);
    CHECK(origin.type == ObjectType::endpoint);
    CHECK(origin.detail == 0);
    CHECK(child.rights == (Right::write | Right::reply));
    CHECK(child.detail == 77);
    CHECK(child.object == origin.object);
    CHECK(child.depth == origin.depth + 1);
    CHECK(child.before == origin.slot);
    CHECK(child.slot != origin.slot);

    const uint64_t table = world.make(ObjectType::cap_table, 8);
    const uint64_t guarded = world.take_slot();
    REQUIRE(own_table()
                .map({.first = guarded,
                      .source = own_table(),
                      .source_first = table,
                      .count = 1,
                      .rights = every_right,
                      .badge = 5 << 6 | 4})
                .has_value());
    CHECK(report(guarded).detail == (5 << 6 | 4));
    CHECK(report(guarded).size == 8);
    CHECK(report(world.make(ObjectType::sched_context, 7)).size == 7);
    const uint64_t untyped = world.make(ObjectType::untyped, 3);
    CHECK(report(untyped).size == 3);
    CHECK(report(untyped).type == ObjectType::untyped);
    const auto authority = report(static_cast<uint64_t>(BootSlot::interrupt_control));
    CHECK((authority.type == ObjectType::interrupt_control && authority.object == 0 && authority.depth == 0));
}

TEST_CASE("an empty slot's report is empty, and beyond the table there is none") {
    World world;
    const uint64_t free = world.take_slot();
    const auto empty = report(free);
    CHECK((empty.type == ObjectType::empty && empty.rights == abi::RightsMask{} && empty.object == 0));
    CHECK((empty.detail == 0 && empty.size == 0 && empty.depth == 0 && empty.before == 0 && empty.slot != 0));
    const uint64_t end = world.table().count();
    check_refused(world, {ErrorCode::index_out_of_range, 1, end}, [&] { return own_table().inspect(end); });
}

TEST_CASE("the derivation tree can be read off the reports of its slots") {
    World world;
    for (const auto type : {ObjectType::endpoint, ObjectType::notification, ObjectType::task}) {
        const uint64_t origin = world.make(type);
        world.derive(world.derive(origin, every_right), every_right);
        world.derive(origin, every_right);
    }
    std::set<uint64_t> slots;
    for (uint64_t index = 0; index < world.table().count(); ++index) {
        const Slot& slot = world.slot(index);
        const auto told = report(index);
        CHECK(slots.insert(told.slot).second);
        CHECK(told.slot == world.kernel().identities.of_slot(&slot).value());
        if (slot.empty()) continue;
        CHECK(told.depth == slot.depth());
        const bool is_first = slot.previous() == &world.kernel().tree.anchor();
        CHECK(told.before == (is_first ? 0 : world.kernel().identities.of_slot(slot.previous()).value()));
        CHECK(told.rights.raw() == slot.capability().rights().mask());
    }
}

TEST_CASE("the slots of tasks, threads and handlers are told as capabilities of the public types") {
    World world;
    const Actor actor = world.spawn();
    const uint64_t endpoint = world.derive(world.make(ObjectType::endpoint), every_right, 6);
    const auto task = cap<stub::Task>(actor.task);
    REQUIRE(task.install(abi::TaskSlot::fault_endpoint, cap<stub::Endpoint>(endpoint)).has_value());
    const auto table = task.inspect(abi::TaskSlot::table);
    CHECK((table->type == ObjectType::cap_table && table->object == report(1).object));
    CHECK(task.inspect(abi::TaskSlot::space)->object == report(actor.space).object);
    CHECK(task.inspect(abi::TaskSlot::space)->type == ObjectType::address_space);
    const auto fault = task.inspect(abi::TaskSlot::fault_endpoint);
    CHECK((fault->type == ObjectType::endpoint && fault->detail == 6));
    CHECK(fault->before == report(endpoint).slot);

    const auto thread = cap<stub::Thread>(actor.thread);
    const auto its_task = thread.inspect_slot(abi::ThreadSlot::task);
    CHECK((its_task->type == ObjectType::task && its_task->object == report(actor.task).object));
    const auto buffer = thread.inspect_slot(abi::ThreadSlot::buffer);
    CHECK((buffer->type == ObjectType::frame && buffer->object == report(actor.buffer).object && buffer->detail == 0));
    const uint64_t other = world.make(ObjectType::thread);
    CHECK(cap<stub::Thread>(other).inspect_slot(abi::ThreadSlot::task)->type == ObjectType::empty);
    REQUIRE(cap<stub::Thread>(other).set_buffer(cap<stub::Frame>(actor.buffer), 3072).has_value());
    CHECK(cap<stub::Thread>(other).inspect_slot(abi::ThreadSlot::buffer)->detail == 3072);

    const auto handler = cap<stub::InterruptHandler>(world.make(ObjectType::interrupt_handler));
    CHECK((handler.inspect()->line == 0 && handler.inspect_slot()->type == ObjectType::empty));
    REQUIRE(cap<stub::InterruptControl>(BootSlot::interrupt_control)
                .issue({.handler = handler, .line = 40, .trigger = abi::Trigger::edge})
                .has_value());
    const uint64_t notification = world.derive(world.make(ObjectType::notification), every_right, 4);
    REQUIRE(handler.bind(cap<stub::Notification>(notification)).has_value());
    CHECK((handler.inspect()->line == 40 && handler.inspect()->trigger == abi::Trigger::edge));
    CHECK(handler.inspect()->active == 0);
    CHECK((handler.inspect_slot()->type == ObjectType::notification && handler.inspect_slot()->detail == 4));
    world.raise(40);
    CHECK(handler.inspect()->active == 1);
}

TEST_CASE("frames tell where they are mapped, and spaces what is mapped there") {
    World world;
    const uint64_t frame = world.make(ObjectType::frame, 12);
    const auto stub = cap<stub::Frame>(frame);
    const auto space = cap<stub::AddressSpace>(BootSlot::space);
    CHECK((report(frame).detail == nothing && report(frame).size == 12));
    CHECK((stub.inspect()->space == 0 && stub.inspect()->bytes == page_bytes && stub.inspect()->device == 0));
    const auto before = space.inspect(free_address);
    CHECK((before->level == 3 && before->frame == 0 && before->slot == 0));

    map(frame, free_address, Right::read | Right::write, abi::MemoryKind::uncached);
    CHECK(report(frame).detail == free_address);
    const auto told = stub.inspect();
    CHECK(told->base == Frame(world.slot(frame)).base().value());
    CHECK((told->address == free_address && told->rights == (Right::read | Right::write)));
    CHECK(told->kind == abi::MemoryKind::uncached);
    CHECK(told->space == report(static_cast<uint64_t>(BootSlot::space)).object);
    const auto there = space.inspect(free_address + 5);
    CHECK((there->level == 3 && there->frame == report(frame).object && there->slot == report(frame).slot));
    CHECK((there->rights == (Right::read | Right::write) && there->kind == abi::MemoryKind::uncached));
    CHECK(there->table == before->table);

    const auto far = space.inspect((uint64_t{1} << abi::address_bits) - 1);
    CHECK((far->level == 1 && far->table == told->space && far->frame == 0));
}

TEST_CASE("a thread tells its state and its parameters") {
    World world;
    const Actor actor = world.spawn({.priority = 254});
    const auto thread = cap<stub::Thread>(actor.thread);
    const uint64_t notification = world.make(ObjectType::notification);
    CHECK((thread.inspect()->state == abi::ThreadState::runnable && thread.inspect()->stopped == 0));
    CHECK((thread.inspect()->priority == 254 && thread.inspect()->maximum == 255));
    CHECK(thread.inspect()->context == report(actor.context).object);
    CHECK((thread.inspect()->notification == 0 && thread.inspect()->waits_for == 0));
    REQUIRE(cap<stub::Notification>(notification).bind(thread).has_value());
    CHECK(thread.inspect()->notification == report(notification).object);
    REQUIRE(thread.suspend().has_value());
    CHECK((thread.inspect()->state == abi::ThreadState::runnable && thread.inspect()->stopped == 1));
    CHECK(cap<stub::Thread>(world.make(ObjectType::thread)).inspect()->state == abi::ThreadState::inactive);
}

TEST_CASE("a thread that waits tells for what") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t reply = world.make(ObjectType::reply);
    const uint64_t notification = world.make(ObjectType::notification);
    const struct {
        std::function<Registers()> wait;
        abi::ThreadState state;
        uint64_t waits_for;
    } waits[] = {
        {[&] { return send(endpoint); }, abi::ThreadState::sending, endpoint},
        {[&] { return call(endpoint); }, abi::ThreadState::calling, endpoint},
        {[&] { return receive(endpoint, reply); }, abi::ThreadState::receiving, endpoint},
        {[&] { return wait(notification); }, abi::ThreadState::awaiting_signal, notification},
    };
    for (const auto& [wait, state, waits_for] : waits) {
        const Actor actor = world.spawn();
        as(world, actor, wait);
        back(world);
        const auto told = cap<stub::Thread>(actor.thread).inspect();
        CHECK((told->state == state && told->waits_for == report(waits_for).object));
        destroy(actor.thread);
    }
    const Actor client = world.spawn();
    const Actor server = world.spawn();
    as(world, client, [&] { return call(endpoint); });
    as(world, server, [&] { return receive(endpoint, reply); });
    back(world);
    const auto told = cap<stub::Thread>(client.thread).inspect();
    CHECK((told->state == abi::ThreadState::awaiting_reply && told->waits_for == report(reply).object));
}

TEST_CASE("a thread without time, or with a fault, tells so") {
    World world;
    const uint64_t faults = world.make(ObjectType::endpoint);
    const uint64_t reply = world.make(ObjectType::reply);
    const Actor idle = world.spawn({.passive = true});
    CHECK(cap<stub::Thread>(idle.thread).inspect()->state == abi::ThreadState::without_budget);
    const Actor handler = world.spawn();
    for (const bool passive : {false, true}) {
        const Actor actor = world.spawn();
        const auto thread = cap<stub::Thread>(actor.thread);
        REQUIRE(cap<stub::Task>(actor.task)
                    .install(abi::TaskSlot::fault_endpoint, cap<stub::Endpoint>(faults))
                    .has_value());
        world.run(actor);
        world.fault(abi::FaultKind::page_fault);
        back(world);
        auto told = thread.inspect();
        CHECK((told->state == abi::ThreadState::faulting && told->waits_for == report(faults).object));
        as(world, handler, [&] { return receive(faults, reply); });
        back(world);
        told = thread.inspect();
        CHECK((told->state == abi::ThreadState::faulted && told->waits_for == report(reply).object));
        if (passive) continue;
        destroy(actor.thread);
        // The next one lends its time to the handler.
        as(world, handler, [&] { return receive(faults, reply); });
        back(world);
        REQUIRE(cap<stub::SchedContext>(handler.context).unbind().has_value());
        const Actor lender = world.spawn();
        REQUIRE(cap<stub::Task>(lender.task)
                    .install(abi::TaskSlot::fault_endpoint, cap<stub::Endpoint>(faults))
                    .has_value());
        world.run(lender);
        world.fault(abi::FaultKind::page_fault);
        back(world);
        CHECK(state(lender) == ThreadState::faulted_donating);
        CHECK(cap<stub::Thread>(lender.thread).inspect()->state == abi::ThreadState::faulted);
        destroy(lender.thread);
        REQUIRE(cap<stub::SchedContext>(handler.context).bind(cap<stub::Thread>(handler.thread)).has_value());
    }
}

TEST_CASE("a frame of device memory tells that it is one") {
    World world;
    const auto device = cap<stub::Untyped>(world.info().untypeds[world.info().untyped_count - 1].slot);
    const uint64_t frame = world.take_slot();
    REQUIRE(device.retype({.type = ObjectType::frame, .size = 12, .count = 1, .table = own_table(), .first = frame})
                .has_value());
    const auto told = cap<stub::Frame>(frame).inspect();
    CHECK((told->device == 1 && told->bytes == page_bytes && told->space == 0));
    CHECK(cap<stub::Frame>(world.make(ObjectType::frame, 12)).inspect()->device == 0);
}

TEST_CASE("time and memory tell what is left of them") {
    World world;
    const uint64_t context = world.make(ObjectType::sched_context, 6);
    const auto time = cap<stub::SchedContext>(context);
    CHECK((time.inspect()->budget == 0 && time.inspect()->core == nothing && time.inspect()->thread == 0));
    REQUIRE(cap<stub::ScheduleControl>(BootSlot::schedule_control)
                .configure({.context = time, .budget = 1000, .period = 5000, .refills = 3})
                .has_value());
    CHECK((time.inspect()->budget == 1000 && time.inspect()->period == 5000 && time.inspect()->refills == 3));
    CHECK((time.inspect()->core == 0 && time.inspect()->unreported == 0));
    const Actor passive = world.spawn({.passive = true, .started = false});
    REQUIRE(time.bind(cap<stub::Thread>(passive.thread)).has_value());
    CHECK(time.inspect()->thread == report(passive.thread).object);

    const uint64_t untyped = world.make(ObjectType::untyped, 4);
    const auto memory = cap<stub::Untyped>(untyped);
    CHECK((memory.inspect()->pages == 4 && memory.inspect()->used == 0 && memory.inspect()->device == 0));
    const uint64_t frame = world.take_slot();
    REQUIRE(memory.retype({.type = ObjectType::frame, .size = 12, .count = 1, .table = own_table(), .first = frame})
                .has_value());
    CHECK(memory.inspect()->used == page_bytes);
    CHECK(cap<stub::Frame>(frame).inspect()->base == memory.inspect()->base);
    // Where one begins the other does, and still they are two.
    CHECK(report(frame).object != report(untyped).object);
    destroy(frame);
    CHECK(memory.inspect()->used == 0);
}

TEST_CASE("inspection changes nothing") {
    World world;
    world.spawn();
    for (const abi::grammar::Method& method : abi::grammar::methods) {
        if (method.rights != abi::RightsMask(Right::inspect)) continue;
        INFO(method.name);
        for (uint64_t index = 0; index < world.table().count(); ++index) {
            if (world.slot(index).empty() || object_type(world.slot(index).type()) != method.object) continue;
            const World::Snapshot before = world.snapshot();
            const auto out = talk(SystemCall::call, index,
                                  {.length = static_cast<unsigned>(method.arguments.size()), .label = method.number});
            CHECK(!out.tag.error());
            CHECK(out.tag.length() == method.results.size());
            CHECK((world.snapshot() == before));
        }
    }
}

TEST_CASE("no report holds an address of the kernel's") {
    World world;
    world.spawn();
    const auto looks_like_one = [&](uint64_t word) {
        constexpr uint64_t first = Board::core_area.base;
        constexpr uint64_t end = Board::memory.base + Board::memory.size;
        const uint64_t window = reinterpret_cast<uint64_t>(machine::window<void>(PhysAddr(first)));
        return word - window < end - first || word - first < end - first;
    };
    for (uint64_t index = 0; index < world.table().count(); ++index) {
        if (world.slot(index).empty()) continue;
        const auto told = report(index);
        for (const uint64_t word : {told.object, told.detail, told.slot, told.before}) {
            CHECK((word == 0 || word == nothing || !looks_like_one(word)));
        }
    }
    const auto thread = cap<stub::Thread>(BootSlot::thread).inspect();
    CHECK(!looks_like_one(thread->context));
    CHECK(thread->context == identity(world, world.first().own_context));
}

}  // namespace selene::test
