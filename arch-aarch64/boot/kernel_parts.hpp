// SPDX-License-Identifier: BSD-2-Clause
// Where the parts of the kernel's image are and where they are to be mapped.
#pragma once

#include "boot/range_list.hpp"
#include "kernel_header.hpp"

namespace selene::boot {

struct KernelParts {
    uint64_t base;  ///< the address it is linked at
    PhysRange text;
    PhysRange rodata;
    PhysRange data;

    [[nodiscard]] PhysRange whole() const { return {text.base, text.size + rodata.size + data.size}; }
    [[nodiscard]] PhysRange constant() const { return {text.base, text.size + rodata.size}; }

    /// `header`'s kernel begins at `physical`.
    static KernelParts of(const KernelHeader& header, uint64_t physical) {
        const auto text_size = static_cast<uint64_t>(header.text_end - header.base);
        const auto rodata_size = static_cast<uint64_t>(header.rodata_end - header.text_end);
        const auto data_size = static_cast<uint64_t>(header.end - header.rodata_end);
        return {
            .base = reinterpret_cast<uint64_t>(header.base),
            .text = {physical, text_size},
            .rodata = {physical + text_size, rodata_size},
            .data = {physical + text_size + rodata_size, data_size},
        };
    }
};

}  // namespace selene::boot
