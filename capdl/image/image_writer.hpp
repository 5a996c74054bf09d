// SPDX-License-Identifier: BSD-2-Clause
// Writes images: the system image from a Plan, the system part around it, the whole behind the kernel.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "compile/plan.hpp"
#include "component/elf_file.hpp"

namespace capdl {

/// Slots that the loader needs in its own table while it works: objects, extra capabilities, pieces of memory, and what it
/// needs for itself.
[[nodiscard]] uint64_t loader_slots(const Plan& plan);

/// Bytes of memory that one of the loader's segments has: its own, and the workspace behind those that are variables.
[[nodiscard]] uint64_t loader_bytes(const ElfSegment& segment, const Plan& plan);

/// The bytes of the system image; see image/format.hpp. `workspace`: where the loader finds zeroed memory.
[[nodiscard]] std::string system_image(const Plan& plan, uint64_t workspace = 0);

/// The system part: the loader, an ELF file, and the system image for it; see image/system_part.hpp. Or what is wrong
/// with the loader.
[[nodiscard]] std::expected<std::string, std::string> system_part(std::string_view loader, const Plan& plan);

/// The kernel part with a system part behind it and the whole size in the arm64 header, as "Booting AArch64 Linux" lays
/// it out. Or what is wrong with the kernel part.
[[nodiscard]] std::expected<std::string, std::string> whole_image(std::string_view kernel,
                                                                  std::string_view system_part);

}  // namespace capdl
