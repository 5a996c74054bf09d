// SPDX-License-Identifier: BSD-2-Clause
// Where a program's parts go, and which programs do not go at all.
#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include "sample_elf.hpp"
#include "servers/tasks/program.hpp"

using capdl::test::SampleElf;
using tasks::page_bytes;
using tasks::Part;
using tasks::ProgramPlan;

namespace {

constexpr uint64_t most_pages = 4096;

/// Whether no two parts touch, and each page of them has its page tables.
bool is_sound(const ProgramPlan& plan) {
    std::vector<std::pair<uint64_t, uint64_t>> taken{{plan.ipc_buffer, plan.ipc_buffer + page_bytes}};
    for (const Part& part : plan.parts) taken.emplace_back(part.address, part.address + part.pages * page_bytes);
    std::ranges::sort(taken);
    for (size_t number = 1; number < taken.size(); ++number) {
        if (taken[number - 1].second > taken[number].first) return false;
    }
    for (const auto& [begin, end] : taken) {
        for (uint64_t at = begin; at < end; at += page_bytes) {
            const auto has = [&](uint64_t bytes) {
                return std::ranges::find(plan.tables, at / bytes * bytes) != plan.tables.end();
            };
            if (!has(uint64_t{1} << 21) || !has(uint64_t{1} << 30)) return false;
        }
        if (end > plan.free_begin) return false;
    }
    return true;
}

}  // namespace

TEST_CASE("a program has its segments, a stack, a buffer and an environment, with guards between them") {
    const SampleElf sample{.entry = 0x200000,
                           .segments = {{.address = 0x200000, .bytes = "code", .memory_size = 4, .flags = 5},
                                        {.address = 0x201008, .bytes = "data", .memory_size = 0x3000, .flags = 6}}};
    const std::string elf = sample.bytes();
    const auto plan = tasks::plan_program(elf, {.stack_pages = 3, .environment_bytes = 5000}, most_pages);
    REQUIRE(plan);
    CHECK(is_sound(*plan));
    CHECK(plan->pages() == 1 + 4 + 3 + 2);
    CHECK(plan->entry == 0x200000);
    CHECK(plan->parts[0].executable);
    CHECK(!plan->parts[0].writable);
    CHECK(plan->parts[1].writable);
    CHECK(plan->parts[1].offset == 8);
    CHECK(plan->parts[1].contents == "data");
    CHECK(plan->stack_end == plan->stack_bottom + 3 * page_bytes);
    CHECK(plan->stack_bottom > 0x205000);
}

TEST_CASE("a program over the edge of a page table has tables on both sides") {
    const SampleElf sample{.entry = 0x3fffff000,
                           .segments = {{.address = 0x3fffff000, .bytes = "code", .memory_size = 0x2000, .flags = 5}}};
    const std::string elf = sample.bytes();
    const auto plan = tasks::plan_program(elf, {.stack_pages = 1, .environment_bytes = 1}, most_pages);
    REQUIRE(plan);
    CHECK(is_sound(*plan));
    CHECK(plan->tables.size() == 4);
    CHECK(std::ranges::is_sorted(plan->tables.begin(), plan->tables.begin() + 2));
}

TEST_CASE("what is no program, is too large, or writes what it executes is refused") {
    const auto refused = [](const SampleElf& sample) {
        const std::string elf = sample.bytes();
        return !tasks::plan_program(elf, {.stack_pages = 1, .environment_bytes = 1}, most_pages);
    };
    CHECK(!tasks::plan_program("no program", {.stack_pages = 1, .environment_bytes = 1}, most_pages));
    CHECK(refused(
        {.entry = 0x200000, .segments = {{.address = 0x200000, .bytes = "code", .memory_size = 4, .flags = 7}}}));
    CHECK(refused(
        {.entry = 0x200000, .segments = {{.address = 0x200000, .bytes = "code", .memory_size = 1 << 30, .flags = 5}}}));
    constexpr uint64_t last_page = (uint64_t{1} << 39) - page_bytes;
    CHECK(refused(
        {.entry = last_page, .segments = {{.address = last_page, .bytes = "code", .memory_size = 4, .flags = 5}}}));
    CHECK(!refused(
        {.entry = 0x200000, .segments = {{.address = 0x200000, .bytes = "code", .memory_size = 4, .flags = 5}}}));
}
