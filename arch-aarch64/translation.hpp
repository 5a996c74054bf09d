// SPDX-License-Identifier: BSD-2-Clause
// Address translation as the hardware defines it: descriptors, memory attributes, and the registers that turn it on.
#pragma once

#include <cstdint>

#include "base/field.hpp"
#include "system_register.hpp"

namespace selene {

/// Both halves of the address space have 39 bits: three levels of tables, 1 to 3, with 4 KiB pages.
namespace translation {

inline constexpr unsigned address_bits = 39;
inline constexpr unsigned entry_count = 512;

/// Bytes that one entry of a table of this level covers: 1 GiB, 2 MiB, 4 KiB.
constexpr uint64_t entry_size(unsigned level) { return uint64_t{1} << (39 - 9 * level); }
constexpr uint64_t entry_index(uint64_t address, unsigned level) { return address / entry_size(level) % entry_count; }

/// Indices into MAIR_EL1, the Memory Attribute Indirection Register, and what they stand for.
enum class Memory : uint64_t { device = 0, normal = 1, normal_uncached = 2 };
inline constexpr uint64_t memory_attributes = 0x04           // Device-nGnRE
                                              | 0xff << 8    // write-back, read- and write-allocate, inner and outer
                                              | 0x44 << 16;  // non-cacheable, inner and outer

/// Arm Architecture Reference Manual, "VMSAv8-64 translation table format descriptors".
namespace descriptor {
using Valid = Field<0, 0>;
using TableOrPage = Field<1, 1>;  ///< clear in a block: a leaf of level 1 or 2
using Attributes = Field<4, 2, Memory>;
using User = Field<6, 6>;
using ReadOnly = Field<7, 7>;
using Shareable = Field<9, 8>;
using Accessed = Field<10, 10>;
using NotGlobal = Field<11, 11>;
using Address = Field<47, 12>;
using PrivilegedExecuteNever = Field<53, 53>;
using UserExecuteNever = Field<54, 54>;

inline constexpr uint64_t inner_shareable = 3;

constexpr uint64_t table(uint64_t physical) {
    return Valid::make(1) | TableOrPage::make(1) | (physical & Address::mask);
}
constexpr uint64_t leaf(uint64_t physical, unsigned level, uint64_t attributes) {
    return Valid::make(1) | TableOrPage::make(level == 3) | (physical & Address::mask) | attributes;
}

/// Attributes of what only a kernel maps, in the regime of its exception level.
struct KernelAttributes {
    uint64_t execute_all;  ///< and write: the boot stage's
    uint64_t read_execute;
    uint64_t read;
    uint64_t read_write;
    uint64_t device;
};

constexpr KernelAttributes kernel_attributes(uint64_t always, uint64_t execute_never) {
    const uint64_t memory =
        Attributes::make(Memory::normal) | Shareable::make(inner_shareable) | Accessed::make(1) | always;
    return {
        .execute_all = memory,
        .read_execute = memory | ReadOnly::make(1),
        .read = memory | ReadOnly::make(1) | execute_never,
        .read_write = memory | execute_never,
        .device = Attributes::make(Memory::device) | Accessed::make(1) | always | execute_never,
    };
}
/// EL1 shares its regime with EL0, which is to execute none of it. The regime of EL2 has one bit for that, where EL1 has
/// EL0's, and the bit that would admit EL0 is always set.
inline constexpr KernelAttributes el1_kernel =
    kernel_attributes(UserExecuteNever::make(1), PrivilegedExecuteNever::make(1));
inline constexpr KernelAttributes el2_kernel = kernel_attributes(User::make(1), UserExecuteNever::make(1));
}  // namespace descriptor
}  // namespace translation

// Arm Architecture Reference Manual, "General system control registers".
SELENE_SYSTEM_REGISTER(MemoryAttributes, "mair_el1"){};
SELENE_SYSTEM_REGISTER(LowerTable, "ttbr0_el1"){};
SELENE_SYSTEM_REGISTER(UpperTable, "ttbr1_el1"){};
SELENE_SYSTEM_REGISTER(HypervisorMemoryAttributes, "mair_el2"){};
SELENE_SYSTEM_REGISTER(HypervisorTable, "ttbr0_el2"){};

SELENE_SYSTEM_REGISTER(TranslationControl, "tcr_el1") {
    using LowerUnusedBits = Field<5, 0>;
    using LowerInnerCached = Field<9, 8>;
    using LowerOuterCached = Field<11, 10>;
    using LowerShareable = Field<13, 12>;
    using UpperUnusedBits = Field<21, 16>;
    using UpperDisabled = Field<23, 23>;
    using UpperInnerCached = Field<25, 24>;
    using UpperOuterCached = Field<27, 26>;
    using UpperShareable = Field<29, 28>;
    using UpperGranule = Field<31, 30>;
    using PhysicalSize = Field<34, 32>;
    using WideAsid = Field<36, 36>;

    static constexpr uint64_t write_back = 1;
    static constexpr uint64_t upper_granule_4k = 2;
};

/// Without the virtualization host extensions: one half only.
SELENE_SYSTEM_REGISTER(HypervisorTranslationControl, "tcr_el2") {
    using UnusedBits = TranslationControl::LowerUnusedBits;
    using InnerCached = TranslationControl::LowerInnerCached;
    using OuterCached = TranslationControl::LowerOuterCached;
    using Shareable = TranslationControl::LowerShareable;
    using PhysicalSize = Field<18, 16>;

    static constexpr uint64_t reserved_ones = 0x8080'0000;
};

SELENE_SYSTEM_REGISTER(SystemControl, "sctlr_el1") {
    using TranslationEnable = Field<0, 0>;
    using DataCached = Field<2, 2>;
    using StackAligned = Field<3, 3>;
    using KeepPrivilegedAccess = Field<23, 23>;  ///< SPAN: exceptions leave PSTATE.PAN as it is
    using InstructionsCached = Field<12, 12>;

    /// What reads as 1 in ARMv8.0; in later versions these bits keep the behaviour of that.
    static constexpr uint64_t reserved_ones = 0x30d0'0800;
    static constexpr uint64_t translates_and_caches =
        TranslationEnable::make(1) | DataCached::make(1) | StackAligned::make(1) | InstructionsCached::make(1);
};
/// These fields are where EL1 has them.
SELENE_SYSTEM_REGISTER(HypervisorSystemControl, "sctlr_el2") { static constexpr uint64_t reserved_ones = 0x30c5'0830; };

SELENE_SYSTEM_REGISTER(MemoryFeatures, "id_aa64mmfr0_el1") {
    using PhysicalSize = Field<3, 0>;
    using AsidBits = Field<7, 4>;

    static constexpr uint64_t asid_16_bits = 2;

    /// For the fields PhysicalSize of control registers: 48 bits are enough, and more need another granule.
    static uint64_t usable_physical_size() {
        constexpr uint64_t size_48_bits = 5;
        const uint64_t size = PhysicalSize::of(read());
        return size < size_48_bits ? size : size_48_bits;
    }
};

// Arm Architecture Reference Manual, "CPACR_EL1, Architectural Feature Access Control Register".
SELENE_SYSTEM_REGISTER(FeatureAccess, "cpacr_el1") {
    using FloatingPoint = Field<21, 20>;
    static constexpr uint64_t not_trapped = 3;
};

}  // namespace selene
