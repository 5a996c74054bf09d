// SPDX-License-Identifier: BSD-2-Clause
// The boot stage's own address space: physical addresses are addresses, so that it can turn caches on where it stands.
#pragma once

#include <cstdint>

#include "boot/table_writer.hpp"

namespace selene::boot {

/// Translation of the lower half, by tables in the image. Holds no more than it was told to, up to the next 2 MiB: the
/// processor may read ahead wherever normal memory is mapped. There is one.
class IdentityMap {
public:
    IdentityMap();

    /// Make RAM below window_end accessible.
    void include(PhysRange memory);
    /// Make a page of registers accessible; its address.
    uintptr_t include_device(uint64_t registers);
    /// Turn translation and caches on.
    void turn_on() const;
    /// Let the upper half be translated by the tables at `root`.
    void turn_upper_half_on(uint64_t root) const;

private:
    void include(uint64_t at, PhysRange range, uint64_t attributes, unsigned level);

    PagePool pool_;
    TableWriter writer_;
};

}  // namespace selene::boot
