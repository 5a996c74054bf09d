// SPDX-License-Identifier: BSD-2-Clause
// The boot stage's own address space: physical addresses are addresses, so that it can turn caches on where it stands.
#pragma once

#include <cstdint>

#include "boot/kernel_parts.hpp"
#include "boot/table_writer.hpp"

namespace selene::boot {

/// Translation of the lower half at EL1, of all addresses at EL2, by tables in the image. Holds no more than it was told to, up to the next 2 MiB: the
/// processor may read ahead wherever normal memory is mapped. There is one.
class IdentityMap {
public:
    IdentityMap();

    /// Make RAM below window_end accessible.
    void include(PhysRange memory);
    /// Make one page accessible, by what a page of the kernel's may be; its address, another one each time.
    uintptr_t include_page(uint64_t page, uint64_t attributes);
    /// Where the kernel comes to an address space of its own by one register, show its text where it will be there.
    void include_kernel(const KernelParts& kernel);
    /// Turn translation and caches on.
    void turn_on() const;
    /// See to it that the kernel can be entered, whose tables are at `root`: at EL1 they become the upper half's, at EL2
    /// the kernel takes them itself.
    void let_kernel_in(uint64_t root) const;

private:
    void include(uint64_t at, PhysRange range, uint64_t attributes, unsigned level);

    PagePool pool_;
    TableWriter writer_;
    uint64_t next_page_;
};

}  // namespace selene::boot
