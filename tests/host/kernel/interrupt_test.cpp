// SPDX-License-Identifier: BSD-2-Clause
// Interrupts: issued by authority, delivered as signals, masked when nobody listens.
#include "object/interrupt_handler.hpp"

#include <catch2/generators/catch_generators.hpp>

#include "ipc/notification.hpp"
#include "talk.hpp"

namespace selene::test {

namespace {

using machine::simulated;

constexpr unsigned line = 40;
constexpr auto type_task = static_cast<uint64_t>(ObjectType::task);

auto issue(uint64_t handler, uint64_t number, abi::Trigger trigger = abi::Trigger::level) {
    return cap<stub::InterruptControl>(BootSlot::interrupt_control)
        .issue({.handler = cap<stub::InterruptHandler>(handler), .line = number, .trigger = trigger});
}

/// A line that a handler has, delivered to a notification with bit 3 once bound.
struct Wire {
    World world;
    uint64_t handler = world.make(ObjectType::interrupt_handler);
    uint64_t notification = world.make(ObjectType::notification);
    uint64_t badged = world.derive(notification, every_right, 8);

    explicit Wire(abi::Trigger trigger = abi::Trigger::level) { REQUIRE(issue(handler, line, trigger).has_value()); }

    stub::InterruptHandler stub() const { return cap<stub::InterruptHandler>(handler); }
    auto bind() { return stub().bind(cap<stub::Notification>(badged)); }
    const machine::Line& state() const { return simulated().lines[line]; }
};

}  // namespace

TEST_CASE("a level interrupt arrives as a signal, once until it is acknowledged") {
    Wire wire;
    CHECK(!wire.state().enabled);
    REQUIRE(wire.bind().has_value());
    CHECK(wire.state().enabled);
    wire.world.raise(line);
    CHECK(wire.state().active);
    CHECK(poll(wire.notification).x0 == 8);
    // Still asserted, it raises nothing more.
    wire.world.pass(100);
    CHECK(poll(wire.notification).x0 == 0);
    REQUIRE(wire.stub().acknowledge().has_value());
    // The device still asserts it.
    CHECK(wire.state().active);
    CHECK(poll(wire.notification).x0 == 8);
    simulated().lower(line);
    REQUIRE(wire.stub().acknowledge().has_value());
    CHECK(!wire.state().active);
    CHECK(poll(wire.notification).x0 == 0);
    // Acknowledging nothing is fine.
    CHECK(wire.stub().acknowledge().has_value());
}

TEST_CASE("an edge that comes before the acknowledgement arrives after it") {
    Wire wire(abi::Trigger::edge);
    REQUIRE(wire.bind().has_value());
    wire.world.raise(line);
    CHECK(poll(wire.notification).x0 == 8);
    wire.world.raise(line);
    CHECK(poll(wire.notification).x0 == 0);
    REQUIRE(wire.stub().acknowledge().has_value());
    CHECK(poll(wire.notification).x0 == 8);
}

TEST_CASE("an edge that came before somebody listens is forgotten, a level that is still there is not") {
    const abi::Trigger trigger = GENERATE(abi::Trigger::edge, abi::Trigger::level);
    Wire wire(trigger);
    wire.world.raise(line);
    REQUIRE(wire.bind().has_value());
    wire.world.pass(1);
    CHECK(poll(wire.notification).x0 == (trigger == abi::Trigger::level ? 8 : 0));
}

TEST_CASE("an interrupt wakes a driver that outranks who runs, also from idling") {
    Wire wire;
    World& world = wire.world;
    REQUIRE(wire.bind().has_value());
    const Actor driver = world.spawn();
    as(world, driver, [&] { return wait(wire.notification); });
    back(world);
    const uint64_t pause = world.make(ObjectType::notification);
    wait(pause);
    REQUIRE(world.running() == nullptr);
    world.raise(line);
    CHECK(world.running() == driver.object);
    CHECK(result(driver).x0 == 8);
}

TEST_CASE("an interrupt from idling finds nobody who waits, or one who cannot go on") {
    Wire wire;
    World& world = wire.world;
    REQUIRE(wire.bind().has_value());
    const Actor driver = world.spawn();
    const uint64_t pause = world.make(ObjectType::notification);
    const auto time = cap<stub::SchedContext>(driver.context);
    bool waits = true;
    as(world, driver, [&] { return wait(wire.notification); });
    back(world);
    SECTION("nobody waits") {
        destroy(driver.thread);
        waits = false;
    }
    SECTION("it is stopped") { REQUIRE(cap<stub::Thread>(driver.thread).suspend().has_value()); }
    SECTION("it has no time") { REQUIRE(time.unbind().has_value()); }
    SECTION("it has a context that was never configured") {
        REQUIRE(time.unbind().has_value());
        const uint64_t context = world.make(ObjectType::sched_context, 4);
        REQUIRE(cap<stub::SchedContext>(context).bind(cap<stub::Thread>(driver.thread)).has_value());
    }
    wait(pause);
    REQUIRE(world.running() == nullptr);
    world.raise(line);
    CHECK(world.running() == nullptr);
    if (waits) {
        CHECK(result(driver).x0 == 8);
        CHECK(state(driver) == (driver.object->stopped() ? ThreadState::ready : ThreadState::without_budget));
    } else {
        CHECK(world.object<Notification>(wire.notification).bits == 8);
    }
}

TEST_CASE("an interrupt without a badge sets bit 0") {
    Wire wire;
    REQUIRE(wire.stub().bind(cap<stub::Notification>(wire.notification)).has_value());
    wire.world.raise(line);
    CHECK(poll(wire.notification).x0 == 1);
}

TEST_CASE("a line that nobody has is masked when it raises") {
    World world;
    simulated().lines[line].enabled = true;
    world.raise(line);
    CHECK(!simulated().lines[line].enabled);
    CHECK(!simulated().lines[line].active);
}

TEST_CASE("an interrupt that is gone when it is taken, and a line beyond all handlers, are nobody's") {
    World world;
    const World::Snapshot before = world.snapshot();
    CHECK(&handle_interrupt_entry(world.core(), world.first()) == &world.first());
    CHECK((world.snapshot() == before));
    CHECK(world.kernel().lines.handler(InterruptLines::maximum - 1) == nullptr);
    CHECK(world.kernel().lines.handler(InterruptLines::maximum) == nullptr);
}

TEST_CASE("unbinding masks the line and deactivates what was delivered") {
    Wire wire;
    REQUIRE(wire.bind().has_value());
    wire.world.raise(line);
    SECTION("by unbind") { REQUIRE(wire.stub().unbind().has_value()); }
    SECTION("by the end of the notification") { destroy(wire.notification); }
    SECTION("by the end of the capability it was bound with") { destroy(wire.badged); }
    SECTION("by the end of the handler") { destroy(wire.handler); }
    CHECK(!wire.state().enabled);
    CHECK(!wire.state().active);
    const bool lives = !wire.world.slot(wire.handler).empty();
    if (!lives) {
        const uint64_t other = wire.world.make(ObjectType::interrupt_handler);
        CHECK(issue(other, line).has_value());
        return;
    }
    check_refused(wire.world, {ErrorCode::not_bound, 0}, [&] { return wire.stub().acknowledge(); });
    check_refused(wire.world, {ErrorCode::not_bound, 0}, [&] { return wire.stub().unbind(); });
    const uint64_t again = wire.world.make(ObjectType::notification);
    CHECK(wire.stub().bind(cap<stub::Notification>(again)).has_value());
}

TEST_CASE("a line is issued once, and the kernel's own never") {
    Wire wire;
    World& world = wire.world;
    const uint64_t other = world.make(ObjectType::interrupt_handler);
    constexpr unsigned argument_line = 2;
    check_refused(world, {ErrorCode::in_use, argument_line}, [&] { return issue(other, line); });
    check_refused(world, {ErrorCode::in_use, argument_line},
                  [&] { return issue(other, simulated().kernel_timer_line); });
    check_refused(world, {ErrorCode::already_bound, 1}, [&] { return issue(wire.handler, line + 1); });
    const uint64_t lines = simulated().line_count;
    check_refused(world, {ErrorCode::argument_out_of_range, argument_line, lines - 1},
                  [&] { return issue(other, lines); });
    check_refused(world, {ErrorCode::argument_out_of_range, argument_line, 1}, [&] { return issue(other, 0); });
    check_refused(world, {ErrorCode::argument_out_of_range, argument_line, 1019}, [&] { return issue(other, 1020); });
    CHECK(issue(other, line + 1, abi::Trigger::edge).has_value());
    CHECK(simulated().lines[line + 1].trigger == abi::Trigger::edge);
}

TEST_CASE("a handler refuses what it cannot do") {
    Wire wire;
    World& world = wire.world;
    const uint64_t bare = world.make(ObjectType::interrupt_handler);
    const uint64_t task = world.make(ObjectType::task);
    const uint64_t deaf = world.derive(wire.notification, Right::read);
    const uint64_t weak = world.derive(wire.handler, Right::read);
    const auto notification = cap<stub::Notification>(wire.notification);
    const auto write_right = static_cast<uint64_t>(Right::write);
    check_refused(world, {ErrorCode::not_bound, 0},
                  [&] { return cap<stub::InterruptHandler>(bare).bind(notification); });
    check_refused(world, {ErrorCode::wrong_type, 1, type_task},
                  [&] { return wire.stub().bind(cap<stub::Notification>(task)); });
    check_refused(world, {ErrorCode::missing_right, 1, write_right},
                  [&] { return wire.stub().bind(cap<stub::Notification>(deaf)); });
    const auto weakly = cap<stub::InterruptHandler>(weak);
    check_refused(world, {ErrorCode::missing_right, 0, write_right}, [&] { return weakly.bind(notification); });
    check_refused(world, {ErrorCode::missing_right, 0, write_right}, [&] { return weakly.acknowledge(); });
    check_refused(world, {ErrorCode::missing_right, 0, write_right}, [&] { return weakly.unbind(); });
    check_refused(world, {ErrorCode::not_bound, 0}, [&] { return wire.stub().acknowledge(); });
    REQUIRE(wire.bind().has_value());
    check_refused(world, {ErrorCode::already_bound, 0}, [&] { return wire.stub().bind(notification); });
}

TEST_CASE("authority over interrupts, time and power is asked for its right, and can be taken back") {
    World world;
    const uint64_t handler = world.make(ObjectType::interrupt_handler);
    const uint64_t context = world.make(ObjectType::sched_context, 4);
    const auto weaken = [&](BootSlot slot) { return world.derive(static_cast<uint64_t>(slot), Right::read); };
    const uint64_t interrupts = weaken(BootSlot::interrupt_control);
    const uint64_t time = weaken(BootSlot::schedule_control);
    const uint64_t power = weaken(BootSlot::power_control);
    const sel::Error refused{ErrorCode::missing_right, 0, static_cast<uint64_t>(Right::write)};
    check_refused(world, refused, [&] {
        return cap<stub::InterruptControl>(interrupts)
            .issue({.handler = cap<stub::InterruptHandler>(handler), .line = line, .trigger = abi::Trigger::level});
    });
    check_refused(world, refused, [&] {
        return cap<stub::ScheduleControl>(time).configure(
            {.context = cap<stub::SchedContext>(context), .budget = 1000, .period = 1000, .refills = 0});
    });
    check_refused(world, refused, [&] { return cap<stub::PowerControl>(power).off(); });
    check_refused(world, refused, [&] { return cap<stub::PowerControl>(power).reset(); });
    const uint64_t strong = world.derive(static_cast<uint64_t>(BootSlot::power_control), every_right);
    CHECK_THROWS_AS(cap<stub::PowerControl>(strong).off(), machine::PoweredOff);
    CHECK_THROWS_AS(cap<stub::PowerControl>(strong).reset(), machine::WasReset);
    REQUIRE(own_table()
                .unmap({.first = static_cast<uint64_t>(BootSlot::power_control),
                        .count = 1,
                        .root = abi::KeepRoot::descendants})
                .has_value());
    CHECK(world.slot(strong).empty());
}

TEST_CASE("an interrupt that software raises is a line as any other, and a capability raises one of them alone") {
    World world;
    constexpr uint64_t number = 5;
    const uint64_t control = static_cast<uint64_t>(BootSlot::interrupt_control);
    const auto raise = [](uint64_t index) { return cap<stub::InterruptControl>(index).raise(); };
    const uint64_t handler = world.make(ObjectType::interrupt_handler);
    const uint64_t notification = world.make(ObjectType::notification);
    const uint64_t bell = world.derive(control, every_right, number);
    REQUIRE(issue(handler, number, abi::Trigger::edge).has_value());
    REQUIRE(cap<stub::InterruptHandler>(handler).bind(cap<stub::Notification>(notification)).has_value());
    REQUIRE(raise(bell).has_value());
    CHECK(poll(notification).x0 == 1);
    // Raised twice before it is acknowledged it arrives once more.
    REQUIRE(raise(bell).has_value());
    REQUIRE(raise(bell).has_value());
    CHECK(poll(notification).x0 == 0);
    REQUIRE(cap<stub::InterruptHandler>(handler).acknowledge().has_value());
    CHECK(poll(notification).x0 == 1);
    REQUIRE(cap<stub::InterruptHandler>(handler).acknowledge().has_value());
    CHECK(poll(notification).x0 == 0);
    SECTION("what it raises cannot be changed") {
        check_refused(world, {ErrorCode::badge_set, 3, number}, [&] {
            return own_table().map({.first = world.next_empty(),
                                    .source = own_table(),
                                    .source_first = bell,
                                    .count = 1,
                                    .rights = every_right,
                                    .badge = number + 1});
        });
        CHECK(world.slot(world.derive(bell, Right::write)).capability().word1() == number);
    }
    SECTION("without the right to write it raises nothing") {
        check_refused(world, {ErrorCode::missing_right, 0, static_cast<uint64_t>(Right::write)},
                      [&, quiet = world.derive(bell, Right::read)] { return raise(quiet); });
    }
    SECTION("the kernel's own line, one beyond the last, and another core's are refused") {
        constexpr uint64_t of_core_1 = uint64_t{1} << 16;
        for (const uint64_t badge : {uint64_t{16}, of_core_1, of_core_1 | number, uint64_t{0x10000'0000'0005}}) {
            check_refused(world, {ErrorCode::argument_out_of_range, 0, 15},
                          [&, wrong = world.derive(control, every_right, badge)] { return raise(wrong); });
        }
    }
    SECTION("inspection tells which") { CHECK(own_table().inspect(bell)->detail == number); }
    SECTION("raised while nobody listens, it reaches nobody, whoever listens next") {
        uint64_t next = handler;
        SECTION("on the same handler") {
            REQUIRE(raise(bell).has_value());
            REQUIRE(raise(bell).has_value());
            REQUIRE(cap<stub::InterruptHandler>(handler).unbind().has_value());
            CHECK(poll(notification).x0 == 1);
        }
        SECTION("on another one") {
            destroy(handler);
            next = world.make(ObjectType::interrupt_handler);
            CHECK(raise(bell).has_value());
            REQUIRE(issue(next, number, abi::Trigger::edge).has_value());
        }
        REQUIRE(cap<stub::InterruptHandler>(next).bind(cap<stub::Notification>(notification)).has_value());
        CHECK(poll(notification).x0 == 0);
        REQUIRE(raise(bell).has_value());
        CHECK(poll(notification).x0 == 1);
    }
    SECTION("it is edge triggered whatever is asked for, and says so") {
        destroy(handler);
        const uint64_t other = world.make(ObjectType::interrupt_handler);
        REQUIRE(issue(other, number, abi::Trigger::level).has_value());
        CHECK(cap<stub::InterruptHandler>(other).inspect()->trigger == abi::Trigger::edge);
        CHECK(simulated().lines[number].trigger == abi::Trigger::edge);
    }
}

TEST_CASE("a notification that can have no child is refused by its argument") {
    Wire wire;
    World& world = wire.world;
    uint64_t last = wire.badged;
    while (world.slot(last).depth() < DerivationTree::maximum_depth) last = world.derive(last, every_right);
    check_refused(world, {ErrorCode::depth_exceeded, 1, DerivationTree::maximum_depth},
                  [&] { return wire.stub().bind(cap<stub::Notification>(last)); });
    CHECK(!wire.state().enabled);
}

}  // namespace selene::test
