// SPDX-License-Identifier: BSD-2-Clause
// Untyped: memory that nothing uses yet. There is no object but the memory: the capability says all.
#pragma once

#include "base/units.hpp"
#include "capability/slot.hpp"

namespace selene {

/// An untyped capability, taken apart. What lies below the watermark may be in use; from there on `zeroed` bytes are
/// known to be zero, the work of a retype that was preempted.
///
///        63..53            52..36            35..0
/// word 0 rights and type   zeroed, 16 KiB    first page
///
///        63..60  59      58..26               25..0
/// word 1 -       device  watermark, 64 bytes  pages - 1
class Untyped {
public:
    using Base = Field<35, 0>;
    using Zeroed = Field<52, 36>;
    using Pages = Field<25, 0>;
    using Watermark = Field<58, 26>;
    using Device = Field<59, 59>;
    static constexpr uint64_t grain = 64;
    static constexpr uint64_t zeroed_grain = 16384;
    static constexpr uint64_t maximum_pages = Pages::maximum + 1;

    explicit Untyped(const Slot& slot) : capability_(slot.capability()) {}

    static Capability make(PhysAddr base, uint64_t pages, uint64_t device, Rights rights) {
        return Capability(Capability::Type::make(CapType::untyped) | Capability::rights_bits(rights) |
                              Base::make(base.value() / page_bytes),
                          Pages::make(pages - 1) | Device::make(device));
    }

    [[nodiscard]] PhysAddr base() const { return PhysAddr(Base::of(capability_.word0()) * page_bytes); }
    [[nodiscard]] uint64_t bytes() const { return (Pages::of(capability_.word1()) + 1) * page_bytes; }
    [[nodiscard]] bool device() const { return Device::of(capability_.word1()) != 0; }
    [[nodiscard]] uint64_t watermark() const { return Watermark::of(capability_.word1()) * grain; }
    [[nodiscard]] uint64_t zeroed() const { return Zeroed::of(capability_.word0()) * zeroed_grain; }

    /// The same capability with another watermark and `zeroed` bytes known to be zero from there on, rounded down.
    [[nodiscard]] Capability at(uint64_t watermark, uint64_t zeroed) const {
        const uint64_t grains = zeroed / zeroed_grain;
        return Capability(Zeroed::with(capability_.word0(), grains < Zeroed::maximum ? grains : Zeroed::maximum),
                          Watermark::with(capability_.word1(), watermark / grain));
    }

private:
    Capability capability_;
};

}  // namespace selene
