// SPDX-License-Identifier: BSD-2-Clause
// What becomes of a component's ELF file: its frames, its address space, and what its environment says.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstring>
#include <sel/environment_format.hpp>

#include "component/address_plan.hpp"
#include "image/format.hpp"
#include "language/vocabulary.hpp"
#include "sample_elf.hpp"
#include "spec_run.hpp"

namespace {

namespace image = capdl::image;
using capdl::Plan;
using capdl::test::SampleElf;
using sel::EnvironmentKind;

constexpr uint64_t page = 4096;
constexpr uint64_t large = uint64_t{1} << 21;
constexpr uint64_t huge = uint64_t{1} << 30;

// A system of the component `a`, from this file.
Plan plan_of(const SampleElf& elf, const std::string& items = "", const std::string& objects = "") {
    const capdl::test::SampleFolder folder;
    folder.add("a.elf", elf.bytes());
    capdl::test::SpecRun run =
        capdl::test::run_spec("arch aarch64 objects { " + objects + " } components { a = \"a.elf\" { " + items + " } }",
                              capdl::test::Until::build, folder.path());
    INFO(run.messages);
    REQUIRE(run.accepted);
    REQUIRE(run.messages == "");
    return std::move(run.plan);
}

struct Mapped {
    uint64_t begin, end;
    uint16_t rights;
};

// What is mapped, by address.
std::vector<Mapped> mapped(const Plan& plan) {
    std::vector<Mapped> result;
    for (const image::MappingRecord& mapping : plan.mappings) {
        uint64_t size = 0;
        for (const image::RunRecord& run : plan.runs) {
            if (mapping.first >= run.first && mapping.first - run.first < run.count) {
                size = uint64_t{1} << run.size;
            }
        }
        result.push_back({mapping.address, mapping.address + mapping.count * size, mapping.rights});
    }
    std::ranges::sort(result, {}, &Mapped::begin);
    return result;
}

// The environment's entries of one kind.
std::vector<sel::EnvironmentEntry> entries(const Plan& plan, EnvironmentKind kind) {
    const size_t at = plan.contents.find("SELENENV");
    REQUIRE(at != std::string::npos);
    sel::EnvironmentHeader header;
    std::memcpy(&header, plan.contents.data() + at, sizeof header);
    std::vector<sel::EnvironmentEntry> result;
    for (uint32_t index = 0; index < header.entry_count; ++index) {
        sel::EnvironmentEntry entry;
        std::memcpy(&entry, plan.contents.data() + at + sizeof header + index * sizeof entry, sizeof entry);
        if (entry.kind == kind) {
            result.push_back(entry);
        }
    }
    return result;
}

}  // namespace

TEST_CASE("a component's segments are mapped with their rights, and guard pages stand between what follows") {
    const Plan plan = plan_of(SampleElf());
    const std::vector<Mapped> all = mapped(plan);
    REQUIRE(all.size() >= 6);
    CHECK(all[0].begin == 0x200000);
    CHECK(all[0].rights == (capdl::Rights::read | capdl::Rights::transfer));
    CHECK(all[1].rights == capdl::Rights::read);
    CHECK(all[2].rights == (capdl::Rights::read | capdl::Rights::write));
    CHECK(all[2].end == 0x204000);
    for (size_t index = 3; index < all.size(); ++index) {
        CHECK(all[index].begin == all[index - 1].end + page);
    }
    REQUIRE(plan.threads.size() == 1);
    CHECK(plan.threads[0].pc == 0x200000);
    CHECK(plan.threads[0].sp == all[3].end);
    CHECK(plan.threads[0].arguments[0] == all.back().begin);
}

TEST_CASE("the file says whether a component needs floating point, and where its thread's variables are") {
    CHECK(plan_of(SampleElf()).threads[0].floating_point == 0);
    const Plan plan = plan_of({.symbols = {{"__sel_uses_floating_point", 1}, {"__sel_tls_base", 0x202010}}});
    CHECK(plan.threads[0].floating_point == 1);
    CHECK(plan.threads[0].tls == 0x202010);
}

TEST_CASE("large segments get large frames") {
    SampleElf elf;
    elf.segments.push_back(
        {large * 2 - page, "x", page + 3 * large + page, capdl::test::readable | capdl::test::writable});
    const Plan plan = plan_of(elf);
    std::vector<uint64_t> sizes;
    for (const Mapped& part : mapped(plan)) {
        if (part.begin >= large * 2 - page && part.end <= large * 5 + page) {
            sizes.push_back(part.end - part.begin);
        }
    }
    CHECK(sizes == std::vector<uint64_t>{page, 3 * large, page});
}

TEST_CASE("a component maps a gigabyte at once") {
    const Plan plan = plan_of(SampleElf(), "memory: map m (RW)", "m = frame (1G)");
    const std::vector<Mapped> all = mapped(plan);
    const auto found = std::ranges::find(all, huge, [](const Mapped& part) { return part.end - part.begin; });
    REQUIRE(found != all.end());
    CHECK(found->begin % huge == 0);
}

TEST_CASE("the environment names what a component was given") {
    const Plan plan =
        plan_of(SampleElf(), R"(e: e (RW, badge: 5) m: map f[] (R, at: 0x40000000) own[2] = notification word: "text")",
                "e = ep f[2] = frame (4k)");
    const auto capabilities = entries(plan, EnvironmentKind::capability);
    REQUIRE(capabilities.size() == 3);
    CHECK(capabilities[0].value0 == 1);
    CHECK(capabilities[0].value1 == 5);
    CHECK(capabilities[0].rights == (capdl::Rights::read | capdl::Rights::write));
    const auto memory = entries(plan, EnvironmentKind::memory);
    REQUIRE(memory.size() == 1);
    CHECK(memory[0].value0 == 0x40000000);
    CHECK(memory[0].value1 == 2 * page);
    CHECK(entries(plan, EnvironmentKind::argument).size() == 1);
    const auto slots = entries(plan, EnvironmentKind::slot_range);
    REQUIRE(slots.size() == 1);
    CHECK(slots[0].value0 == 4);
    CHECK(slots[0].value0 + slots[0].value1 == 256);
}

TEST_CASE("a table that is linked keeps its numbers and its task looks up through the root") {
    const capdl::test::SampleFolder folder;
    folder.add("a.elf", SampleElf().bytes());
    const auto run = [&](const std::string& parameters) {
        return capdl::test::run_spec("arch aarch64 components { a = \"a.elf\" (" + parameters + ") { t: a.cnode } }",
                                     capdl::test::Until::build, folder.path());
    };
    const capdl::test::SpecRun linked = run("slots: 6 bits, links: 4 bits");
    INFO(linked.messages);
    REQUIRE(linked.accepted);
    const auto links = entries(linked.plan, EnvironmentKind::table_links);
    REQUIRE(links.size() == 1);
    CHECK(links[0].value0 == 2);
    CHECK(links[0].value1 == 6);
    CHECK(links[0].value2 == 4);
    CHECK(entries(linked.plan, EnvironmentKind::slot_range)[0].value0 == 3);
    CHECK(entries(run("slots: 6 bits").plan, EnvironmentKind::table_links).empty());
    for (const auto* bits : {"0", "25"}) {
        const capdl::test::SpecRun refused = run(std::string("links: ") + bits + " bits");
        CHECK_FALSE(refused.accepted);
        CHECK(refused.messages.find("a table is linked by one of 1 to 24 bits") != std::string::npos);
    }
}

TEST_CASE("free addresses are free, also when the end of user space is taken") {
    const Plan plan = plan_of(SampleElf(), "m: map f (R, at: 0x7ffffff000)", "f = frame (4k)");
    const auto free = entries(plan, EnvironmentKind::free_addresses);
    REQUIRE(free.size() == 1);
    CHECK(free[0].value1 > huge);
    CHECK(free[0].value0 + free[0].value1 <= capdl::AddressPlan::limit);
    for (const Mapped& part : mapped(plan)) {
        CHECK((part.end < free[0].value0 || part.begin > free[0].value0 + free[0].value1));
    }
}
