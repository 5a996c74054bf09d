// SPDX-License-Identifier: BSD-2-Clause
// What the boot stage has to know of a kernel to map and enter it.
#pragma once

#include <cstdint>

namespace selene {

struct BootDescription;
namespace abi {
struct KernelTrace;
}

/// Lies in the kernel's image right behind the vector table, at `offset`, where kernel.ld puts it. The image
/// begins with the table, so that no gap is needed to align it, and consists of three parts, each whole
/// pages:
///
///     base          text_end        rodata_end        end
///     | read, execute | read           | read, write    |
///
/// All addresses are those the kernel is linked at.
struct KernelHeader {
    static constexpr uint64_t offset = 0x800;
    static constexpr uint64_t expected_magic = 0x316e'7265'6b6c'6573;  // "selkern1"
    static constexpr uint64_t debug_magic = 0x3167'6264'6b6c'6573;  // "selkdbg1": it takes a block for its trace, too

    uint64_t magic;
    const char* base;
    const char* text_end;
    const char* rodata_end;
    const char* end;
    /// Takes the description and the stack at their addresses in the window, and the physical root of the kernel's space.
    void (*entry)(const BootDescription*, uint64_t root, uint64_t stack);
    uint64_t window_base;  ///< where the kernel wants physical memory
    uint32_t core_area_size;
    uint32_t stack_top;  ///< offset in a core area
#if SELENE_DEBUG
    abi::KernelTrace** trace;  ///< where the kernel is told of the block that it writes events to
#endif
};

}  // namespace selene
