// SPDX-License-Identifier: BSD-2-Clause
// Frame: memory that can be mapped into an address space. There is no object but the memory: the capability says all.
#pragma once

#include "base/units.hpp"
#include "capability/slot.hpp"

namespace selene {

/// A frame capability, taken apart.
///
///        63..53            52..48  47..12   11..3  2       1..0
/// word 0 rights and type   -       page     -      device  size
/// word 1 the kernel's address of the page-table entry that maps it; in its place while none does:
///
///        63..48                               47..0
///        cleaned out of the cache, 16 KiB     0
///
/// An uncached mapping that was interrupted has got that far.
class Frame {
public:
    using Page = Field<47, 12>;
    using Device = Field<2, 2>;
    using Size = Field<1, 0>;
    using Cleaned = Field<63, 48>;
    static constexpr uint64_t cleaned_grain = 16384;
    static_assert(cleaned_grain % page_bytes == 0 && cleaned_grain << Cleaned::width >= uint64_t{1} << 30);

    explicit Frame(Capability capability) : capability_(capability) {}
    explicit Frame(const Slot& slot) : capability_(slot.capability()) {}

    static Capability make(PhysAddr base, unsigned size_bits, uint64_t device, Rights rights) {
        return Capability(Capability::Type::make(CapType::frame) | Capability::rights_bits(rights) |
                              Page::make(base.value() / page_bytes) | Device::make(device) |
                              Size::make((size_bits - 12) / 9),
                          0);
    }

    [[nodiscard]] PhysAddr base() const { return PhysAddr(Page::of(capability_.word0()) * page_bytes); }
    [[nodiscard]] unsigned size_bits() const { return 12 + 9 * static_cast<unsigned>(Size::of(capability_.word0())); }
    [[nodiscard]] uint64_t bytes() const { return uint64_t{1} << size_bits(); }
    /// The level of the table whose entries map this size: 3 for 4 KiB, 2 for 2 MiB, 1 for 1 GiB.
    [[nodiscard]] unsigned level() const { return 3 - static_cast<unsigned>(Size::of(capability_.word0())); }
    [[nodiscard]] bool device() const { return Device::of(capability_.word0()) != 0; }
    [[nodiscard]] uint64_t* entry() const { return PointerField<uint64_t>::of(capability_.word1()); }
    [[nodiscard]] Capability mapped_by(const uint64_t* entry) const {
        return capability_.with_word1(reinterpret_cast<uint64_t>(entry));
    }

    /// Of a frame that is not mapped.
    [[nodiscard]] uint64_t cleaned() const { return Cleaned::of(capability_.word1()) * cleaned_grain; }
    [[nodiscard]] Capability cleaned_up_to(uint64_t bytes) const {
        return capability_.with_word1(Cleaned::make(bytes / cleaned_grain));
    }

    /// Whether another capability is to an unmapped frame of the same size, memory and rights.
    [[nodiscard]] bool is_alike(Capability other) const {
        constexpr uint64_t page = Page::mask;
        return ((other.word0() ^ capability_.word0()) & ~page) == 0 && other.word1() == 0;
    }

private:
    Capability capability_;
};

}  // namespace selene
