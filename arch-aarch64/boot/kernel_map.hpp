// SPDX-License-Identifier: BSD-2-Clause
// The kernel's address space: the upper half of every address space there will be.
#pragma once

#include <optional>
#include <span>

#include "boot/kernel_parts.hpp"
#include "boot/table_writer.hpp"

namespace selene::boot {

/// What the kernel sees:
///
///     ffff'ff80'0000'0000 + p   physical memory p: RAM to read and write, and the kernel's devices
///     ffff'ffff'c000'0000       the kernel's image: text to execute, then constants to read, then data to read and write
///
/// Nothing is both written and executed: text and constants are not in the RAM of the window.
struct KernelView {
    std::span<const PhysRange> memory;
    std::span<const PhysRange> devices;
    KernelParts kernel;

    /// The most pages that build_kernel_map can take.
    [[nodiscard]] size_t table_bound() const;
};

inline constexpr uint64_t window_base = 0xffff'ff80'0000'0000;

/// The root of tables from `pool`; nothing if that runs out of pages.
[[nodiscard]] std::optional<uint64_t> build_kernel_map(const KernelView& view, PagePool& pool);

}  // namespace selene::boot
