// SPDX-License-Identifier: BSD-2-Clause
// A program and what it needs, as addresses and sizes: what is to be built before anything is.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "component/elf_file.hpp"
#include "component/environment_writer.hpp"

namespace tasks {

inline constexpr uint64_t page_bytes = 4096;

/// Consecutive pages of a task's memory, all of one kind.
struct Part {
    uint64_t address;
    uint64_t pages;
    std::string_view contents;  ///< from the first byte of the first page on; the rest is zero
    uint64_t offset = 0;        ///< of the contents in the first page
    bool writable = false;
    bool executable = false;
};

/// Frames that a task shares with others, and where they go.
struct SharedPart {
    uint64_t frames;
    unsigned size_bits;  ///< of each: 12 or 21
    uint64_t address = 0;

    [[nodiscard]] uint64_t bytes() const { return frames << size_bits; }
};

/// Where everything of a task goes.
///
///     segments of the file ... | guard | stack | guard | IPC buffer | guard | environment | guard | shared ...
struct ProgramPlan {
    std::vector<Part> parts;  ///< segments, stack and environment; the IPC buffer is apart
    uint64_t entry = 0;
    uint64_t tls = 0;
    bool floating_point = false;
    uint64_t stack_bottom = 0;
    uint64_t stack_end = 0;
    uint64_t ipc_buffer = 0;
    uint64_t environment = 0;
    std::vector<SharedPart> shared{};
    std::vector<uint64_t> tables;  ///< addresses to hang page tables in, the upper ones first
    uint64_t free_begin = 0;       ///< addresses that the task may use, to free_end
    uint64_t free_end = 0;

    /// Pages of all parts.
    [[nodiscard]] uint64_t pages() const;
};

/// What a program is given, and how it is to run.
struct ProgramNeeds {
    uint64_t stack_pages;
    uint64_t environment_bytes;
    std::vector<SharedPart> shared{};
};

/// The plan for an ELF file. The views in it are into the file. The environment's contents are filled in later.
/// An unexpected value says what is wrong with the file: as capdl::ElfFile does; also if it is larger than `most_pages`.
[[nodiscard]] std::expected<ProgramPlan, std::string> plan_program(std::string_view elf, const ProgramNeeds& needs,
                                                                   uint64_t most_pages);

}  // namespace tasks
