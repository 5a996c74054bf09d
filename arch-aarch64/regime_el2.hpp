// SPDX-License-Identifier: BSD-2-Clause
// The regime of a kernel at EL2 without the virtualization host extensions: the kernel has one translation base of its own,
// user code runs at EL0 with stage 1 off (HCR_EL2.TGE), on the second stage's tables, tagged by VMIDs.
#pragma once

#include "capability/rights.hpp"
#include "translation.hpp"

namespace selene {

SELENE_SYSTEM_REGISTER(UserRoot, "vttbr_el2"){};
using RootTag = Field<55, 48>;
using KernelRoot = HypervisorTable;

/// The hypervisor's physical timer: the others are a guest's.
#define SELENE_TIMER_REGISTER(name) "cnthp_" name "_el2"

// Arm Architecture Reference Manual, "CPTR_EL2, Architectural Feature Trap Register (EL2)".
SELENE_SYSTEM_REGISTER(HypervisorFeatureTraps, "cptr_el2") {
    using FloatingPoint = Field<10, 10>;
    static constexpr uint64_t reserved_ones = 0x33ff;
};

namespace machine {

/// Above the first GiB, so that no object lies at address 0; below the image (kernel.ld).
inline constexpr uint64_t window_base = 0x4000'0000;

namespace regime {

/// Arm Architecture Reference Manual, "VMSAv8-64 translation table format descriptors", stage 2.
namespace descriptor {
using translation::descriptor::Accessed;
using translation::descriptor::Shareable;
using Attributes = Field<5, 2>;
using Writable = Field<7, 7>;
using Readable = Field<6, 6>;
using ExecuteNever = Field<54, 54>;

inline constexpr uint64_t device = 0b0001;  // Device-nGnRE
inline constexpr uint64_t normal_uncached = 0b0101;
inline constexpr uint64_t normal = 0b1111;  // write-back
}  // namespace descriptor

inline uint64_t user_page(Rights rights, abi::MemoryKind kind) {
    using namespace descriptor;
    constexpr uint64_t common =
        Readable::make(1) | Accessed::make(1) | Shareable::make(translation::descriptor::inner_shareable);
    uint64_t attributes = device;
    switch (kind) {
    case abi::MemoryKind::normal: attributes = normal; break;
    case abi::MemoryKind::uncached: attributes = normal_uncached; break;
    case abi::MemoryKind::device: break;
    }
    return common | Attributes::make(attributes) | Writable::make(rights.include(rights::write)) |
           ExecuteNever::make(!rights.include(rights::execute));
}

inline Rights rights_of(uint64_t entry) {
    using namespace descriptor;
    const Rights writable = Writable::of(entry) != 0 ? rights::write : rights::none;
    const Rights executable = ExecuteNever::of(entry) == 0 ? rights::execute : rights::none;
    return rights::read | writable | executable;
}

inline abi::MemoryKind kind_of(uint64_t entry) {
    switch (descriptor::Attributes::of(entry)) {
    case descriptor::normal: return abi::MemoryKind::normal;
    case descriptor::normal_uncached: return abi::MemoryKind::uncached;
    default: return abi::MemoryKind::device;
    }
}

inline void flush_kernel() { asm volatile("dsb ishst\n\ttlbi alle2is\n\tdsb ish\n\tisb" : : : "memory"); }
inline void flush_own_core() { asm volatile("tlbi alle2\n\ttlbi alle1\n\tdsb nsh\n\tisb" : : : "memory"); }
void start();

}  // namespace regime

/// What the second stage has translated for an address can only be flushed together with all else of its tag: at the
/// next barrier, once for all pages. Whoever flushes holds the tree's lock, and ends with a barrier before it lets go.
void flush_tag(AddressTag tag);
inline void flush_page(VirtAddr, AddressTag tag) { flush_tag(tag); }
/// All flushes and new entries before are done and seen.
void flush_barrier();

inline constexpr uint64_t fpu_on_value = HypervisorFeatureTraps::reserved_ones;
inline constexpr uint64_t fpu_off_value = fpu_on_value | HypervisorFeatureTraps::FloatingPoint::make(1);
inline void fpu_off() { HypervisorFeatureTraps::write(fpu_off_value); }

}  // namespace machine
}  // namespace selene
