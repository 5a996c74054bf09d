// SPDX-License-Identifier: BSD-2-Clause
// The kernel's address space.
#pragma once

#include <optional>
#include <span>

#include "boot/kernel_parts.hpp"
#include "boot/table_writer.hpp"
#include "translation.hpp"

namespace selene::boot {

/// What the kernel sees:
///
///     at EL1                    at EL2
///     ffff'ff80'0000'0000 + p          4000'0000 + p   physical memory p: RAM to read and write, the kernel's devices
///     ffff'ffff'c000'0000         7f'c000'0000         its image: text to execute, constants to read, data to read and write
///
/// Nothing is both written and executed: text and constants are not in the RAM of the window.
struct KernelView {
    uint64_t window_base;  ///< where physical memory begins
    const translation::descriptor::KernelAttributes& attributes;
    std::span<const PhysRange> memory;
    std::span<const PhysRange> devices;
    KernelParts kernel;

    /// The most pages that build_kernel_map can take.
    [[nodiscard]] size_t table_bound() const;
};

/// The root of tables from `pool`; nothing if that runs out of pages.
[[nodiscard]] std::optional<uint64_t> build_kernel_map(const KernelView& view, PagePool& pool);

}  // namespace selene::boot
