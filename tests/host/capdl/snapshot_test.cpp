// SPDX-License-Identifier: BSD-2-Clause
// What becomes of reports of a system's state: as its loader gives them, here written from what the compiler expects.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fmt/format.h>

#include "abi/types.hpp"
#include "model/printer.hpp"
#include "snapshot/snapshot.hpp"
#include "tool/compilation.hpp"

namespace {

using capdl::ObservedState;
using Catch::Matchers::ContainsSubstring;

constexpr uint64_t frequency = 1'000'000;  // so that ticks are microseconds

const std::string spec = R"(arch aarch64
objects {
    serial = frame (4k, paddr: 0x9000000)
    calls = ep
    bell = notification
    table = cnode (4 bits)
    space = pgd
    upper = pud
    middle = pd
    lower = pt
    page[2] = frame (4k)
    thread = tcb (addr: 0x201000, ip: 0x200000, sp: 0x200800, prio: 7, max_prio: 9)
    time = sc (budget: 1000, period: 5000)
    line = irq
}
caps {
    table { 1: all = calls (RWGP) 2: calls (W, badge: 5) - child_of all 3: bell (R) 4: thread 5: serial (RW) 6: line }
    space { 0: upper }
    upper { 0: middle }
    middle { 1: lower }
    lower { 0: page[0] (RX) 1: page[1] (RW) }
    thread { cspace: table vspace: space ipc_buffer_slot: page[1] sc_slot: time fault_ep_slot: calls (WP, badge: 9) }
    line { bell (badge: 2) }
}
irq maps { 40: line }
)";

struct Built {
    Built() : compilation({}, std::nullopt) {
        REQUIRE(compilation.run("spec.cdl", spec));
        plan = compilation.compile();
        REQUIRE_FALSE(compilation.diagnostics().has_errors());
    }
    [[nodiscard]] uint32_t number(std::string_view name) const {
        const auto is_it = [&](const capdl::image::ObjectRecord& object) {
            return std::string_view(plan.names.c_str() + object.name) == name;
        };
        return static_cast<uint32_t>(std::ranges::find_if(plan.objects, is_it) - plan.objects.begin());
    }
    /// The report of a system of which all is as it should be.
    [[nodiscard]] ObservedState state() const;
    [[nodiscard]] std::string print(const ObservedState& state) {
        capdl::Model result(compilation.model().names());
        capdl::Snapshot(compilation.model(), plan, state, result).build();
        return capdl::Printer(result).print();
    }

    capdl::Compilation compilation;
    capdl::Plan plan;
};

constexpr uint64_t identity(uint64_t object) { return object >= capdl::image::authority_base ? 0 : 0x100000 + object; }

ObservedState Built::state() const {
    constexpr uint64_t leaf = 3;
    ObservedState state{.frequency = frequency};
    uint64_t slot = 0x1000;
    for (const capdl::image::SlotRecord& record : plan.slots) {
        state.slots.push_back({.place = record.place,
                               .holder = record.holder,
                               .index = record.index,
                               .type = record.type,
                               .rights = record.rights,
                               .object = identity(record.object),
                               .detail = record.detail,
                               .size = record.size,
                               .depth = record.depth,
                               .slot = slot + 1,
                               .before = slot});
        ++slot;
    }
    for (const capdl::image::MappingRecord& record : plan.mappings) {
        for (uint32_t page = 0; page < record.count; ++page) {
            state.mappings.push_back({record.space, record.address + page * 4096, leaf, identity(number("lower")),
                                      identity(record.first + page), 0, record.rights, record.kind});
        }
    }
    const uint32_t space = number("space");
    state.tables = {{space, 0, 2, identity(number("middle"))}, {space, 0x200000, leaf, identity(number("lower"))}};
    for (const capdl::image::ThreadRecord& record : plan.threads) {
        state.threads.push_back(
            {record.thread, 0, record.priority, record.maximum_priority, identity(record.sched_context), 0});
    }
    for (const capdl::image::SchedContextRecord& record : plan.sched_contexts) {
        state.contexts.push_back({record.object, record.budget_us, record.period_us, record.core});
    }
    return state;
}

/// Takes away what a report says of an object: its origin and all capabilities to it.
void end(ObservedState& state, uint32_t object) {
    std::erase_if(state.slots, [&](const ObservedState::Slot& slot) { return slot.object == identity(object); });
    std::erase_if(state.mappings,
                  [&](const ObservedState::Mapping& mapping) { return mapping.frame == identity(object); });
}

}  // namespace

TEST_CASE("a system as it was built is its spec") {
    Built built;
    CHECK(built.print(built.state()) == capdl::Printer(built.compilation.model()).print());
}

TEST_CASE("an object that is gone is gone from the spec, and with it what it held") {
    Built built;
    ObservedState state = built.state();
    end(state, built.number("bell"));
    end(state, built.number("lower"));
    std::erase_if(state.tables, [](const ObservedState::Table& table) { return table.level == 3; });
    state.mappings.clear();
    const std::string text = built.print(state);
    CHECK_THAT(text, !ContainsSubstring("bell"));
    CHECK_THAT(text, !ContainsSubstring("lower"));
    CHECK_THAT(text, ContainsSubstring("middle"));
    CHECK_THAT(text, ContainsSubstring("calls (W, badge: 5)"));
}

TEST_CASE("pages in a part of a space that the spec has no tables for get tables") {
    Built built;
    ObservedState state = built.state();
    state.mappings.push_back({built.number("space"), 0x40201000, 3, 77, identity(built.number("page") + 1), 0, 1, 0});
    state.mappings.push_back({built.number("space"), 0x40202000, 3, 77, 78, 0, 3, 0});
    const std::string text = built.print(state);
    CHECK_THAT(text, ContainsSubstring("space.pd.0x40000000 {\n    1: space.pt.0x40200000\n  }"));
    CHECK_THAT(text, ContainsSubstring("1: page[1] (R)\n    2: space.page.0x40202000 (RW)"));
}

TEST_CASE("what a thread has now is what its task has") {
    Built built;
    ObservedState state = built.state();
    std::erase_if(state.slots, [](const ObservedState::Slot& slot) {
        return slot.place == capdl::image::SlotPlace::task &&
               slot.index == static_cast<uint32_t>(selene::abi::TaskSlot::fault_endpoint);
    });
    state.threads[0].stopped = 1;
    state.threads[0].context = 0;
    state.threads[0].notification = identity(built.number("bell"));
    const std::string text = built.print(state);
    CHECK_THAT(text, !ContainsSubstring("fault_ep_slot"));
    CHECK_THAT(text, !ContainsSubstring("sc_slot"));
    CHECK_THAT(text, ContainsSubstring("bound_notification: bell"));
    CHECK_THAT(text, ContainsSubstring("resume: False"));
}

TEST_CASE("a report that is not whole is refused") {
    const auto refusal = [](std::string_view text) {
        const auto state = ObservedState::parse(text);
        return state ? "none" : state.error();
    };
    const std::string begin = "hello\nsnapshot: begin 3d0900\r\n";
    CHECK(refusal(begin + "h 1 2 3\r\nsnapshot: end 1\r\n") == "none");
    CHECK_THAT(refusal("hello"), ContainsSubstring("it holds no whole report"));
    CHECK_THAT(refusal(begin + "h 1 2 3\n"), ContainsSubstring("it holds no whole report"));
    CHECK_THAT(refusal(begin + "h 1 2 3\nsnapshot: end 2\n"), ContainsSubstring("the report has 1 lines instead of 2"));
    CHECK_THAT(refusal(begin + "h 1 2\nsnapshot: end 1\n"), ContainsSubstring("line 1 of the report is `h 1 2`"));
    CHECK_THAT(refusal(begin + "h 1 2 3 4\nsnapshot: end 1\n"), ContainsSubstring("line 1"));
    CHECK_THAT(refusal(begin + "alice says\nsnapshot: end 1\n"), ContainsSubstring("`alice says`"));
    CHECK_THAT(refusal(begin + "snapshot: end\n"), ContainsSubstring("it holds no whole report"));
    CHECK_THAT(refusal("snapshot: begin \nsnapshot: end 0\n"), ContainsSubstring("`snapshot: begin ` has no number"));
}
