// SPDX-License-Identifier: BSD-2-Clause
// What the compiler plans for what a spec says: tasks, time, derivations, mappings, memory.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <iterator>

#include "abi/object_sizes.hpp"
#include "language/vocabulary.hpp"
#include "spec_run.hpp"

namespace {

namespace image = capdl::image;
using capdl::Plan;
using capdl::Rights;
using Type = selene::abi::ObjectType;

Plan plan_of(const std::string& sections) {
    capdl::test::SpecRun run = capdl::test::run_spec("arch aarch64 " + sections, capdl::test::Until::build);
    INFO(run.messages);
    REQUIRE(run.accepted);
    return std::move(run.plan);
}

uint32_t number_of(const Plan& plan, std::string_view name, uint32_t element = image::none) {
    const auto found = std::ranges::find_if(plan.objects, [&](const image::ObjectRecord& object) {
        return std::string_view(plan.names.data() + object.name) == name && object.element == element;
    });
    REQUIRE(found != plan.objects.end());
    return static_cast<uint32_t>(found - plan.objects.begin());
}

// The run that makes an object.
const image::RunRecord& run_of(const Plan& plan, uint32_t object) {
    const auto found = std::ranges::find_if(
        plan.runs, [&](const image::RunRecord& run) { return object >= run.first && object - run.first < run.count; });
    REQUIRE(found != plan.runs.end());
    return *found;
}

const image::CapabilityRecord& capability_in(const Plan& plan, std::string_view table, uint64_t slot) {
    const auto found = std::ranges::find_if(plan.capabilities, [&](const image::CapabilityRecord& record) {
        return record.table == number_of(plan, table) && slot >= record.slot && slot - record.slot < record.count;
    });
    REQUIRE(found != plan.capabilities.end());
    return *found;
}

uint64_t source_in(const Plan& plan, std::string_view table, uint64_t slot) {
    const image::CapabilityRecord& record = capability_in(plan, table, slot);
    return record.source + (slot - record.slot);
}

// A thread `a` that can run, for what stands beside it.
constexpr const char* thread_objects = "a = tcb (ip: 0x1000, sp: 0x2000) c = cnode (4 bits) g = pgd ";
constexpr const char* thread_caps = "a { cspace: c vspace: g } ";

}  // namespace

TEST_CASE("a classic spec gets a scheduling context for each thread") {
    const Plan plan =
        plan_of(std::string("objects { ") + thread_objects + "b = tcb (ip: 0x1000, sp: 0x2000) } caps { " +
                thread_caps + "b { cspace: c vspace: g } }");
    REQUIRE(plan.sched_contexts.size() == 2);
    CHECK(plan.sched_contexts[0].budget_us == plan.sched_contexts[0].period_us);
    REQUIRE(plan.threads.size() == 2);
    CHECK(plan.threads[0].sched_context == number_of(plan, "a.sc"));
    CHECK(plan.threads[1].sched_context == number_of(plan, "b.sc"));
    CHECK(plan.threads[0].starts == 1);
}

TEST_CASE("a thread of a classic spec that receives gets a reply object in the last empty slot of its table") {
    const Plan plan = plan_of(R"(objects { a = tcb (ip: 0x1000, sp: 0x2000) b = tcb (ip: 0x1000, sp: 0x2000)
                                           s = tcb (ip: 0x1000, sp: 0x2000) c = cnode (2 bits) d = cnode (2 bits)
                                           g = pgd e = ep }
                                 caps { a { cspace: c vspace: g } b { cspace: c vspace: g } s { cspace: d vspace: g }
                                        c { 1: e (R) 3: e (W) } d { 1: e (WG) } })");
    CHECK(source_in(plan, "c", 2) == number_of(plan, "a.reply"));
    CHECK(source_in(plan, "c", 0) == number_of(plan, "b.reply"));
    CHECK(std::ranges::none_of(plan.objects, [&](const image::ObjectRecord& object) {
        return std::string_view(plan.names.data() + object.name) == "s.reply";
    }));
}

TEST_CASE("who may transfer capabilities may be replied to") {
    const Plan plan =
        plan_of("objects { c = cnode (2 bits) e = ep f = frame (4k) } caps { c { e (WG) e (W) f (RX) } }");
    CHECK(capability_in(plan, "c", 0).rights == (Rights::write | Rights::transfer | Rights::reply));
    CHECK(capability_in(plan, "c", 1).rights == Rights::write);
    CHECK(capability_in(plan, "c", 2).rights == (Rights::read | Rights::transfer));
}

TEST_CASE("in a spec with scheduling contexts a thread without one is passive") {
    const Plan plan =
        plan_of(std::string("objects { ") + thread_objects + "s = sc } caps { " + thread_caps + " c { 1: s 2: c } }");
    REQUIRE(plan.threads.size() == 1);
    CHECK(plan.threads[0].sched_context == image::none);
    CHECK(plan.sched_contexts.size() == 1);
}

TEST_CASE("threads with the same table, space and fault endpoint share a task") {
    const Plan plan = plan_of(R"(objects { t[4] = tcb (resume: False) c = cnode (4 bits) g = pgd h = pgd e = ep }
        caps {
            t[0..1] { cspace: c vspace: g fault_ep_slot: e (WP, badge: 1) }
            t[2] { cspace: c vspace: h fault_ep_slot: e (WP, badge: 1) }
            t[3] { cspace: c vspace: h fault_ep_slot: e (WG, badge: 2) }
        })");
    REQUIRE(plan.tasks.size() == 3);
    CHECK(plan.threads[0].task == plan.threads[1].task);
    CHECK(plan.threads[1].task != plan.threads[2].task);
    CHECK(plan.threads[2].task != plan.threads[3].task);
    CHECK(plan.extra_count == 3);
    CHECK(plan.capabilities[0].badge == 1);
}

TEST_CASE("a classic thread's fault endpoint is found in its table") {
    const Plan plan =
        plan_of(R"(objects { a = tcb (ip: 0x1000, sp: 0x2000, fault_ep: 3) c = cnode (4 bits) g = pgd e = ep }
        caps { a { cspace: c vspace: g } c { 3: e (WP, badge: 9) } })");
    REQUIRE(plan.tasks.size() == 1);
    REQUIRE(plan.tasks[0].fault_endpoint >= plan.objects.size());
    CHECK(plan.capabilities[plan.tasks[0].fault_endpoint - plan.objects.size()].badge == 9);
}

TEST_CASE("a thread's time-out endpoint is its task's") {
    const Plan plan =
        plan_of(R"(objects { t[3] = tcb (ip: 0x1000, sp: 0x2000) c = cnode (4 bits) g = pgd e = ep s[3] = sc }
        caps {
            t[0] { cspace: c vspace: g fault_ep_slot: e (WP, badge: 1) sc_slot: s[0] }
            t[1] { cspace: c vspace: g fault_ep_slot: e (WP, badge: 1) sc_slot: s[1] temp_fault_ep_slot: e (WG, badge: 7) }
            t[2] { cspace: c vspace: g fault_ep_slot: e (WP, badge: 1) sc_slot: s[2] temp_fault_ep_slot: e (WG, badge: 7) }
        })");
    REQUIRE(plan.tasks.size() == 2);
    CHECK(plan.tasks[0].timeout_endpoint == image::none);
    const image::TaskRecord& task = plan.tasks[1];
    REQUIRE(task.timeout_endpoint >= plan.objects.size());
    const image::CapabilityRecord& handler = plan.capabilities[task.timeout_endpoint - plan.objects.size()];
    CHECK(handler.badge == 7);
    CHECK(handler.source == number_of(plan, "e"));
    CHECK(handler.rights == (Rights::write | Rights::transfer | Rights::reply));
    CHECK(plan.capabilities[task.fault_endpoint - plan.objects.size()].badge == 1);
}

TEST_CASE("a thread starts with up to eight arguments") {
    const Plan plan = plan_of(R"(objects { a = tcb (ip: 0x1000, sp: 0x2000, init: [1, 2, 3, 4, 5, 6, 7, 8])
                                           b = tcb (ip: 0x1000, sp: 0x2000, init: [9]) c = cnode (4 bits) g = pgd }
        caps { a { cspace: c vspace: g } b { cspace: c vspace: g } })");
    CHECK(std::ranges::equal(plan.threads[0].arguments, std::array<uint64_t, 8>{1, 2, 3, 4, 5, 6, 7, 8}));
    CHECK(std::ranges::equal(plan.threads[1].arguments, std::array<uint64_t, 8>{9}));
}

TEST_CASE("a thread that nothing starts waits, one without a task is left alone") {
    const Plan plan = plan_of(
        R"(objects { a = tcb (ip: 0x1000, sp: 0x2000, resume: False) b = tcb (prio: 7) c = cnode (4 bits) g = pgd s = sc }
        caps { a { cspace: c vspace: g sc_slot: s } })");
    CHECK(plan.threads[0].starts == 0);
    CHECK(plan.threads[0].sched_context == number_of(plan, "s"));
    CHECK(plan.threads[1].task == image::none);
    CHECK(plan.threads[1].priority == 7);
    CHECK(plan.threads[1].maximum_priority == 7);
}

TEST_CASE("a table with a guard that fills the index is flat, another is not") {
    const auto task_table = [](std::string_view guard) {
        const Plan plan =
            plan_of("objects { a = tcb (resume: False) c = cnode (4 bits) g = pgd } caps { a { cspace: c (" +
                    std::string(guard) + ") vspace: g } }");
        return plan.tasks.at(0).table < plan.objects.size() ? uint64_t{0} : plan.capabilities.at(0).badge;
    };
    CHECK(task_table("") == 0);
    CHECK(task_table("guard: 0, guard_size: 60") == 0);
    CHECK(task_table("guard: 5, guard_size: 60") == (5 << 6 | 60));
    CHECK(task_table("guard: 0, guard_size: 28") == 28);
}

TEST_CASE("derived capabilities come after their parents and inherit badges") {
    const Plan plan = plan_of(R"(objects { c = cnode (4 bits) d = cnode (4 bits) e = ep }
        caps { c { 1: e (W, badge: 5) - child_of (d, 2) 2: e (W, badge: 5) - child_of (c, 1) 5: c 6: d } d { 2: e (RW) } })");
    const image::CapabilityRecord& root = capability_in(plan, "d", 2);
    const image::CapabilityRecord& child = capability_in(plan, "c", 1);
    const image::CapabilityRecord& grandchild = capability_in(plan, "c", 2);
    CHECK(&root < &child);
    CHECK(&child < &grandchild);
    CHECK(root.source_table == image::none);
    CHECK(child.source_table == number_of(plan, "d"));
    CHECK(child.source == 2);
    CHECK(child.badge == 5);
    CHECK(grandchild.badge == 0);
    CHECK(grandchild.rights == Rights::write);
}

TEST_CASE("capabilities in consecutive slots to consecutive objects are one record") {
    const Plan plan =
        plan_of("objects { e[8] = ep c = cnode (5 bits) } caps { c { 4: e[] (RW) 20: e[7..0] (R) 30: c } }");
    CHECK(capability_in(plan, "c", 4).count == 8);
    CHECK(capability_in(plan, "c", 20).count == 1);
    CHECK(source_in(plan, "c", 7) == number_of(plan, "e", 3));
    CHECK(source_in(plan, "c", 20) == number_of(plan, "e", 7));
}

TEST_CASE("authorities have numbers of their own") {
    const Plan plan =
        plan_of("objects { c = cnode (4 bits) } caps { c { irq_control power_control sched_control (core: 0) c } }");
    CHECK(source_in(plan, "c", 0) == image::interrupt_control);
    CHECK(source_in(plan, "c", 1) == image::power_control);
    CHECK(source_in(plan, "c", 2) == image::schedule_control);
}

TEST_CASE("the right to raise an interrupt is interrupt control with a badge, named as an object or not") {
    const Plan plan = plan_of(R"(objects { c = cnode (4 bits) o = arm_sgi_signal (irq: 6, target: 0) }
        caps { c { 1: sgi_signal (irq: 5, target: 0) 2: o 3: c } })");
    for (const uint64_t line : {5u, 6u}) {
        const image::CapabilityRecord& record = capability_in(plan, "c", line - 4);
        CHECK((record.source == image::interrupt_control && record.badge == line && record.count == 1));
    }
}

TEST_CASE("a pgd and its pud are one table, a pud alone is a space") {
    const Plan plan =
        plan_of(R"(objects { g = pgd u = pud v = pud d = pd h = frame (1G) m = frame (2M) c = cnode (4 bits) }
        caps { g { 0: u } u { 3: d } d { 1: m (RX) } v { 0: h (RW, uncached) } c { g v } })");
    REQUIRE(plan.tables.size() == 1);
    CHECK(plan.tables[0].space == number_of(plan, "g"));
    CHECK(plan.tables[0].address == uint64_t{3} << 30);
    REQUIRE(plan.mappings.size() == 2);
    CHECK(plan.mappings[0].address == (uint64_t{3} << 30) + (1 << 21));
    CHECK(plan.mappings[0].rights == (Rights::read | Rights::transfer));
    CHECK(plan.mappings[1].space == number_of(plan, "v"));
    CHECK(run_of(plan, number_of(plan, "v")).type == static_cast<uint32_t>(Type::address_space));
    CHECK(run_of(plan, number_of(plan, "h")).size == 30);
}

TEST_CASE("neighbouring frames are mapped at once, a second mapping has a capability of its own") {
    const Plan plan = plan_of(R"(objects { g = pgd u = pud d = pd p = pt f[4] = frame (4k) c = cnode (4 bits) }
        caps { g { 0: u } u { 0: d } d { 0: p } p { 8: f[] (RW) 20: f[2] (R) } c { g } })");
    REQUIRE(plan.mappings.size() == 2);
    CHECK(plan.mappings[0].count == 4);
    CHECK(plan.mappings[0].address == 0x8000);
    CHECK(plan.mappings[1].count == 1);
    CHECK(plan.mappings[1].first >= plan.objects.size());
    CHECK(plan.extra_count == 1);
}

TEST_CASE("memory is cut so that large alignments come first") {
    const Plan plan =
        plan_of(R"(objects { u = ut { e[3] = ep m = frame (2M) p = frame (4k) n = notification } c = cnode (4 bits) }
        caps { c { e[] m p n c } })");
    const uint32_t untyped = number_of(plan, "u");
    CHECK(number_of(plan, "m") < number_of(plan, "p"));
    CHECK(number_of(plan, "p") < number_of(plan, "e", 0));
    CHECK(run_of(plan, number_of(plan, "e", 0)).count == 3);
    CHECK(run_of(plan, number_of(plan, "m")).untyped == untyped);
    // A frame of 2 MiB, up to 2 MiB less a page to reach its alignment, a frame and a page for the rest.
    CHECK(run_of(plan, untyped).size == 512 + 511 + 2);
}

TEST_CASE("an untyped with a size keeps the spec's order") {
    const Plan plan = plan_of(
        "objects { u = ut (14 bits) { n = notification p = frame (4k) e = ep } c = cnode (4 bits) } caps { c { n p e c "
        "} }");
    CHECK(number_of(plan, "n") < number_of(plan, "p"));
    CHECK(number_of(plan, "p") < number_of(plan, "e"));
    CHECK(run_of(plan, number_of(plan, "u")).size == 4);
}

TEST_CASE("scheduling contexts have as many refills as they say or have room for") {
    const Plan plan = plan_of(
        R"(objects { s = sc (extra_refills: 3) t = sc (9 bits) v = sc c = cnode (4 bits) } caps { c { s t v c } })");
    CHECK(run_of(plan, number_of(plan, "s")).size == 5);
    CHECK(run_of(plan, number_of(plan, "t")).size == (512 - 128) / 16);
    CHECK(run_of(plan, number_of(plan, "v")).size == 8);
}

TEST_CASE("one part of a file is in the image once") {
    const Plan plan = plan_of(
        R"(objects { f[3] = frame (4k, fill: [{0 4 bytes "01020304"}]) g = frame (4k, fill: [{0 4 bytes "05060708"}]) c = cnode (4 bits) }
        caps { c { f[] g c } })");
    CHECK(plan.fills.size() == 4);
    CHECK(plan.contents == std::string("\1\2\3\4\0\0\0\0\5\6\7\10\0\0\0\0", 16));
}

TEST_CASE("the image says what every slot will hold, in the order of the derivation tree") {
    const Plan plan = plan_of(R"(objects { e = ep t = cnode (4 bits) u = ut { n = notification } }
        caps { t { 1: a = e (RWGP) 2: e (WP, badge: 3) - child_of a 3: e (R) 4: t 5: n (R) 6: irq_control } })");
    const uint32_t e = number_of(plan, "e");
    const uint32_t t = number_of(plan, "t");
    std::vector<image::SlotRecord> of_e;
    std::ranges::copy_if(plan.slots, std::back_inserter(of_e), [e](const auto& slot) { return slot.object == e; });
    REQUIRE(of_e.size() == 4);
    // The origin, then the child that is made last first, each with what is derived from it.
    CHECK((of_e[0].place == image::SlotPlace::own && of_e[0].index == e && of_e[0].rights == 0x1f));
    CHECK((of_e[1].holder == t && of_e[1].index == 3 && of_e[1].rights == Rights::read && of_e[1].detail == 0));
    CHECK((of_e[2].holder == t && of_e[2].index == 1 && of_e[2].rights == 0xf));
    CHECK((of_e[3].holder == t && of_e[3].index == 2 && of_e[3].detail == 3));
    CHECK((of_e[1].depth == of_e[0].depth + 1 && of_e[2].depth == of_e[0].depth + 1));
    CHECK(of_e[3].depth == of_e[0].depth + 2);
    const auto authority = std::ranges::find(plan.slots, image::interrupt_control, &image::SlotRecord::object);
    REQUIRE(authority != plan.slots.end());
    CHECK((authority->depth == 0 && authority[1].holder == t && authority[1].index == 6 && authority[1].depth == 1));
    // One record for every object, for each of the machine's authorities, and for every capability.
    CHECK(plan.slots.size() == plan.objects.size() + 3 + 6);
}

TEST_CASE("who is handed a part of the memory comes before who gets the rest") {
    const Plan plan = plan_of(R"(objects { t = cnode (4 bits) u = cnode (5 bits) }
        caps { t { 1: remaining_untyped } u { 2: remaining_untyped (quota: 1M) 9: remaining_untyped (quota: 2M) } })");
    REQUIRE(plan.handovers.size() == 3);
    CHECK((plan.handovers[0].quota == 1 << 20 && plan.handovers[0].slot == 2 && plan.handovers[0].slots == 7));
    CHECK((plan.handovers[1].quota == 2 << 20 && plan.handovers[1].slot == 9 && plan.handovers[1].slots == 23));
    CHECK((plan.handovers[2].quota == 0 && plan.handovers[2].table == number_of(plan, "t")));
}

TEST_CASE("contents of files need a folder to be looked for in") {
    const capdl::test::SpecRun run = capdl::test::run_spec(
        "arch aarch64 objects { f = frame (4k, fill: [{0 4 CDL_FrameFill_FileData \"x\" 0}]) t = cnode (2 bits) } "
        "caps { t { f t } }",
        capdl::test::Until::build);
    CHECK(!run.accepted);
    CHECK(run.messages.find("no folder was named to search for it") != std::string::npos);
}

TEST_CASE("untypeds that would do in seL4 are as large as they have to be here") {
    const auto pages_of_u = [](const std::string& content) {
        const Plan plan = plan_of("objects { u = ut " + content + " c = cnode (2 bits) } caps { c { 1: u } }");
        return run_of(plan, number_of(plan, "u")).size;
    };
    constexpr uint64_t large = 512;  // pages
    CHECK(pages_of_u("(21 bits) { f = frame (2M) }") == 2 * large - 1);
    CHECK(pages_of_u("(22 bits) { f[2] = frame (2M) }") == 3 * large - 1);
    CHECK(pages_of_u("(22 bits) { f = frame (2M) v = ut (21 bits) { g = frame (2M) } }") == 4 * large - 2);
    CHECK(pages_of_u("(12 bits) { p = pt }") == 2);
    CHECK(pages_of_u("(13 bits) { t = tcb p = pt }") == 3);
    CHECK(pages_of_u("(22 bits) { e = ep }") == 2 * large);
    CHECK(!capdl::test::run_spec("arch aarch64 objects { u = ut (12 bits) { p[2] = pt } }", capdl::test::Until::build)
               .accepted);
    CHECK(!capdl::test::run_spec("arch aarch64 objects { u = ut (21 bits, paddr: 0x40000000) { p[300] = pt } }",
                                 capdl::test::Until::build)
               .accepted);
}

TEST_CASE("the right to inspect goes where the spec says") {
    const Plan plan = plan_of(
        "objects { u = ut (13 bits) a = tcb f = frame (4k) c = cnode (4 bits) }"
        "caps { c { 1: u (inspect) 2: u2 = a (inspect) 3: f (R, inspect) 4: f (R) 5: <u2> 6: <u2> (masked: RW) } }");
    constexpr auto inspect = static_cast<uint32_t>(selene::abi::Right::inspect);
    for (const uint64_t slot : {1, 2, 3, 5}) {
        CHECK((capability_in(plan, "c", slot).rights & inspect) != 0);
    }
    for (const uint64_t slot : {4, 6}) {
        CHECK((capability_in(plan, "c", slot).rights & inspect) == 0);
    }
}
