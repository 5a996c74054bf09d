// SPDX-License-Identifier: BSD-2-Clause
// Reads the header of an image's system part, which the kernel starts as the first task.
#pragma once

#include <array>
#include <expected>

#include "boot/boot_description.hpp"
#include "boot/tree_walk.hpp"

namespace selene::boot {

/// A system part, checked: its segments lie in it and in user space, do not overlap, and none is both writable and
/// executable; the first task starts in one.
struct SystemPart {
    PhysRange pages;
    uint64_t entry;
    uint64_t slots;  ///< empty slots that the first task asks for
    uint32_t segment_count;
    std::array<FirstTaskSegment, BootDescription::maximum_segments> segments;
};

/// `place`: memory that is accessible at least for its header and should begin with a system part.
std::expected<SystemPart, Refusal> read_system_part(PhysRange place);

}  // namespace selene::boot
