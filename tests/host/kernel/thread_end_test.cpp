// SPDX-License-Identifier: BSD-2-Clause
// Threads are destroyed in every state there is: whoever they were linked with goes on, nothing remembers them.
#include <algorithm>

#include "ipc/reply.hpp"
#include "object/frame.hpp"
#include "scheduling/sched_context.hpp"
#include "talk.hpp"

namespace selene::test {

namespace {

constexpr uint64_t home_pages = 16;

/// A thread that is going to be destroyed, all of it made from one untyped, and another that it has to do with.
struct Scene {
    World world;
    uint64_t home = world.make(ObjectType::untyped, home_pages);
    uint64_t endpoint = world.make(ObjectType::endpoint);
    uint64_t faults = world.make(ObjectType::endpoint);
    uint64_t notification = world.make(ObjectType::notification);
    uint64_t reply = world.make(ObjectType::reply);
    Actor victim = world.spawn({.memory = home});
    Actor partner = world.spawn();

    void hear_of_faults() {
        REQUIRE(cap<stub::Task>(victim.task)
                    .install(abi::TaskSlot::fault_endpoint, cap<stub::Endpoint>(faults))
                    .has_value());
    }
    void take_time(const Actor& actor) { REQUIRE(cap<stub::SchedContext>(actor.context).unbind().has_value()); }
    /// The partner waits for calls or faults, with its own time or on that of who comes.
    void serve(uint64_t where, bool passive) {
        as(world, partner, [&] { return receive(where, reply); });
        back(world);
        if (passive) take_time(partner);
    }
    void check_nobody_sends(uint64_t where) {
        CHECK(error_of(try_receive(where)) == sel::Error{ErrorCode::would_block});
    }
    void check_nobody_receives() { CHECK(error_of(try_send(endpoint)) == sel::Error{ErrorCode::would_block}); }
    void check_nobody_awaits_the_answer() {
        CHECK(world.object<Reply>(reply).caller == nullptr);
        CHECK(error_of(send(reply)) == sel::Error{ErrorCode::cancelled});
    }
    /// The Reply serves others.
    void check_reply_is_free() { CHECK(error_of(try_receive(endpoint, reply)) == sel::Error{ErrorCode::would_block}); }
    /// All memory that was its is there for others.
    void check_memory_is_free() {
        REQUIRE(own_table().unmap({.first = home, .count = 1, .root = abi::KeepRoot::descendants}).has_value());
        const uint64_t frames = world.take_slots(home_pages);
        REQUIRE(
            cap<stub::Untyped>(home).retype(
                {.type = ObjectType::frame, .size = 12, .count = home_pages, .table = own_table(), .first = frames}) ==
            home_pages);
        for (uint64_t i = 0; i < home_pages; ++i) {
            const auto* bytes = machine::window<std::byte>(Frame(world.slot(frames + i)).base());
            CHECK(std::all_of(bytes, bytes + page_bytes, [](std::byte byte) { return byte == std::byte{0}; }));
        }
    }
};

/// Destroy the thread in the state that `enter` has brought it to, also when it is suspended there; then `after` looks.
template <class Enter, class After>
void end_while(ThreadState expected, const Enter& enter, const After& after) {
    for (const bool suspended : {false, true}) {
        CAPTURE(suspended);
        Scene scene;
        enter(scene);
        back(scene.world);
        REQUIRE(state(scene.victim) == expected);
        if (suspended) REQUIRE(cap<stub::Thread>(scene.victim.thread).suspend().has_value());
        destroy(scene.victim.thread);
        CHECK(scene.world.object<SchedContext>(scene.victim.context).home == nullptr);
        after(scene);
        scene.check_memory_is_free();
    }
}

constexpr auto nothing = [](Scene&) {};

}  // namespace

TEST_CASE("a thread that runs destroys itself") {
    Scene scene;
    scene.world.run(scene.victim);
    (void)own_table().unmap({.first = scene.victim.thread, .count = 1, .root = abi::KeepRoot::self});
    CHECK(scene.world.running() != nullptr);
    back(scene.world);
    CHECK(scene.world.slot(scene.victim.thread).empty());
    CHECK(scene.world.object<SchedContext>(scene.victim.context).home == nullptr);
    scene.check_memory_is_free();
}

TEST_CASE("a thread is destroyed while it is ready") { end_while(ThreadState::ready, nothing, nothing); }

TEST_CASE("a thread is destroyed before it is started") {
    Scene scene;
    const Actor idle = scene.world.spawn({.started = false, .memory = scene.home});
    REQUIRE(state(idle) == ThreadState::inactive);
    destroy(idle.thread);
    CHECK(scene.world.object<SchedContext>(idle.context).home == nullptr);
    scene.check_memory_is_free();
}

TEST_CASE("a thread is destroyed while it waits for time") {
    SECTION("which nobody gives it") {
        Scene scene;
        scene.take_time(scene.victim);
        REQUIRE(state(scene.victim) == ThreadState::without_budget);
        destroy(scene.victim.thread);
        scene.check_memory_is_free();
    }
    SECTION("to come back") {
        Scene scene;
        constexpr uint64_t budget = 10'000;
        REQUIRE(cap<stub::ScheduleControl>(BootSlot::schedule_control)
                    .configure({.context = cap<stub::SchedContext>(scene.victim.context),
                                .budget = budget,
                                .period = 10 * budget,
                                .refills = 0})
                    .has_value());
        scene.world.run(scene.victim);
        scene.world.pass(budget);
        // Its turn comes and passes.
        for (unsigned turns = 0; turns < 2; ++turns) {
            scene.world.run(scene.partner);
            back(scene.world);
        }
        REQUIRE(state(scene.victim) == ThreadState::without_budget);
        destroy(scene.victim.thread);
        scene.world.pass(10 * budget);
        scene.check_memory_is_free();
    }
}

TEST_CASE("a thread is destroyed while it sends") {
    end_while(
        ThreadState::sending, [](Scene& scene) { as(scene.world, scene.victim, [&] { return send(scene.endpoint); }); },
        [](Scene& scene) { scene.check_nobody_sends(scene.endpoint); });
}

TEST_CASE("a thread is destroyed while its call waits to be received") {
    end_while(
        ThreadState::calling, [](Scene& scene) { as(scene.world, scene.victim, [&] { return call(scene.endpoint); }); },
        [](Scene& scene) { scene.check_reply_is_free(); });
}

TEST_CASE("a thread is destroyed while it waits for a reply") {
    SECTION("from a server with time of its own") {
        end_while(
            ThreadState::called_keeping,
            [](Scene& scene) {
                scene.serve(scene.endpoint, false);
                as(scene.world, scene.victim, [&] { return call(scene.endpoint); });
            },
            [](Scene& scene) {
                CHECK(state(scene.partner) == ThreadState::ready);
                scene.check_nobody_awaits_the_answer();
            });
    }
    SECTION("from a server that runs on its time") {
        end_while(
            ThreadState::called_donating,
            [](Scene& scene) {
                scene.serve(scene.endpoint, true);
                as(scene.world, scene.victim, [&] { return call(scene.endpoint); });
            },
            [](Scene& scene) {
                CHECK(is_bereft(scene.partner));
                scene.check_nobody_awaits_the_answer();
            });
    }
}

TEST_CASE("a thread is destroyed while it receives") {
    SECTION("sends only") {
        end_while(
            ThreadState::receiving_plain,
            [](Scene& scene) { as(scene.world, scene.victim, [&] { return receive(scene.endpoint); }); },
            [](Scene& scene) { scene.check_nobody_receives(); });
    }
    SECTION("calls and sends") {
        end_while(
            ThreadState::receiving_active,
            [](Scene& scene) { as(scene.world, scene.victim, [&] { return receive(scene.endpoint, scene.reply); }); },
            [](Scene& scene) {
                scene.check_nobody_receives();
                scene.check_reply_is_free();
            });
    }
    SECTION("calls that bring it time") {
        end_while(
            ThreadState::receiving_passive,
            [](Scene& scene) {
                as(scene.world, scene.victim, [&] { return receive(scene.endpoint, scene.reply); });
                back(scene.world);
                scene.take_time(scene.victim);
            },
            [](Scene& scene) {
                as(scene.world, scene.partner, [&] { return call(scene.endpoint); });
                CHECK(state(scene.partner) == ThreadState::calling);
                back(scene.world);
                CHECK(!error_of(try_receive(scene.endpoint, scene.reply)));
            });
    }
}

TEST_CASE("a thread is destroyed while it waits on a notification") {
    end_while(
        ThreadState::waiting,
        [](Scene& scene) { as(scene.world, scene.victim, [&] { return wait(scene.notification); }); },
        [](Scene& scene) {
            CHECK(!error_of(signal(scene.notification)));
            CHECK(poll(scene.notification).x0 == 1);
        });
}

TEST_CASE("a thread is destroyed while its fault waits to be received") {
    end_while(
        ThreadState::faulting,
        [](Scene& scene) {
            scene.hear_of_faults();
            scene.world.run(scene.victim);
            scene.world.fault(abi::FaultKind::page_fault);
        },
        [](Scene& scene) { scene.check_nobody_sends(scene.faults); });
}

TEST_CASE("a thread is destroyed while its fault is handled") {
    for (const bool passive : {false, true}) {
        end_while(
            passive ? ThreadState::faulted_donating : ThreadState::faulted_keeping,
            [&](Scene& scene) {
                scene.hear_of_faults();
                scene.serve(scene.faults, passive);
                scene.world.run(scene.victim);
                scene.world.fault(abi::FaultKind::page_fault);
            },
            [&](Scene& scene) {
                CHECK((passive ? is_bereft(scene.partner) : state(scene.partner) == ThreadState::ready));
                scene.check_nobody_awaits_the_answer();
            });
    }
}

TEST_CASE("a thread is destroyed after a fault that nobody handled") {
    end_while(
        ThreadState::inactive,
        [](Scene& scene) {
            scene.world.run(scene.victim);
            scene.world.fault(abi::FaultKind::page_fault);
        },
        nothing);
}

TEST_CASE("a thread is destroyed half through a preempted retype, and another finishes the work") {
    World world;
    const Actor actor = world.spawn();
    const uint64_t untyped = world.make(ObjectType::untyped, 64);
    const uint64_t first = world.take_slots(64);
    machine::simulated().preempt_every = 1;
    bool killed = false;
    world.before_repeat = [&] {
        if (killed || world.running() != actor.object) return;
        killed = true;
        machine::simulated().preempt_every = 0;
        back(world);
        destroy(actor.thread);
    };
    world.run(actor);
    (void)cap<stub::Untyped>(untyped).retype(
        {.type = ObjectType::frame, .size = 12, .count = 60, .table = own_table(), .first = first});
    REQUIRE(killed);
    CHECK(cap<stub::Untyped>(untyped).retype(
              {.type = ObjectType::frame, .size = 12, .count = 64, .table = own_table(), .first = first}) == 64);
}

}  // namespace selene::test
