// SPDX-License-Identifier: BSD-2-Clause
// Laying out a task's memory.
#include "program.hpp"

#include <algorithm>
#include <set>

namespace tasks {

namespace {

constexpr uint64_t upper_table = uint64_t{1} << 30;  // bytes that one covers
constexpr uint64_t lower_table = uint64_t{1} << 21;
constexpr uint64_t free_bytes = uint64_t{1} << 34;

constexpr uint64_t page_begin(uint64_t address) { return address & ~(page_bytes - 1); }
constexpr uint64_t pages_in(uint64_t bytes) { return (bytes + page_bytes - 1) / page_bytes; }

/// The tables that cover all of these addresses.
std::vector<uint64_t> tables_for(const ProgramPlan& plan) {
    std::set<uint64_t> upper;
    std::set<uint64_t> lower;
    const auto cover = [&](uint64_t address, uint64_t pages) {
        for (uint64_t at = address & ~(lower_table - 1); at < address + pages * page_bytes; at += lower_table) {
            upper.insert(at & ~(upper_table - 1));
            lower.insert(at);
        }
    };
    for (const Part& part : plan.parts) cover(part.address, part.pages);
    for (const SharedPart& part : plan.shared) {
        if (part.size_bits == 12) cover(part.address, part.frames);
        upper.insert(part.address & ~(upper_table - 1));
        upper.insert((part.address + part.bytes() - 1) & ~(upper_table - 1));
    }
    cover(plan.ipc_buffer, 1);
    std::vector<uint64_t> tables(upper.begin(), upper.end());
    tables.insert(tables.end(), lower.begin(), lower.end());
    return tables;
}

}  // namespace

uint64_t ProgramPlan::pages() const {
    uint64_t sum = 0;
    for (const Part& part : parts) sum += part.pages;
    return sum;
}

std::expected<ProgramPlan, std::string> plan_program(std::string_view elf, const ProgramNeeds& needs,
                                                     uint64_t most_pages) {
    const auto file = capdl::ElfFile::parse(elf);
    if (!file) return std::unexpected(file.error());
    ProgramPlan plan;
    uint64_t end = 0;
    for (const capdl::ElfSegment& segment : file->segments()) {
        const uint64_t begin = page_begin(segment.address);
        if (segment.memory_size > most_pages * page_bytes) return std::unexpected("the program is too large");
        plan.parts.push_back({.address = begin,
                              .pages = pages_in(segment.end() - begin),
                              .contents = elf.substr(segment.file_offset, segment.file_size),
                              .offset = segment.address - begin,
                              .writable = segment.writable,
                              .executable = segment.executable});
        if (segment.writable && segment.executable) return std::unexpected("a segment is writable and executable");
        end = segment.end();
    }
    plan.entry = file->entry();
    plan.tls = file->symbol("__sel_tls_base").value_or(0);
    plan.floating_point = file->symbol("__sel_uses_floating_point").has_value();
    const auto place = [&](uint64_t pages) {
        const uint64_t address = page_begin(end + page_bytes - 1) + page_bytes;
        end = address + pages * page_bytes;
        return address;
    };
    plan.stack_bottom = place(needs.stack_pages);
    plan.stack_end = plan.stack_bottom + needs.stack_pages * page_bytes;
    plan.parts.push_back({.address = plan.stack_bottom, .pages = needs.stack_pages, .contents = {}, .writable = true});
    plan.ipc_buffer = place(1);
    const uint64_t environment_pages = pages_in(needs.environment_bytes);
    plan.environment = place(environment_pages);
    plan.parts.push_back({.address = plan.environment, .pages = environment_pages, .contents = {}});
    for (SharedPart part : needs.shared) {
        const uint64_t size = uint64_t{1} << part.size_bits;
        part.address = (place(1) + size - 1) & ~(size - 1);
        end = part.address + part.bytes();
        plan.shared.push_back(part);
    }
    plan.free_begin = (end + upper_table - 1) & ~(upper_table - 1);
    plan.free_end = plan.free_begin + free_bytes;
    if (plan.pages() > most_pages || plan.free_end > capdl::ElfFile::address_limit) {
        return std::unexpected("the program is too large");
    }
    plan.tables = tables_for(plan);
    return plan;
}

}  // namespace tasks
