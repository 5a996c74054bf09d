// SPDX-License-Identifier: BSD-2-Clause
// The regime of a kernel at EL1: one translation stage with two halves, the lower one user level's, tagged by ASIDs.
#pragma once

#include "capability/rights.hpp"
#include "translation.hpp"

namespace selene {

using UserRoot = LowerTable;
using RootTag = Field<63, 48>;
using KernelRoot = UpperTable;

/// The virtual timer: a hypervisor below us, if there is one, leaves it to us.
#define SELENE_TIMER_REGISTER(name) "cntv_" name "_el0"

namespace machine {

inline constexpr uint64_t window_base = 0xffff'ff80'0000'0000;

namespace regime {

constexpr translation::Memory attribute(abi::MemoryKind kind) {
    switch (kind) {
    case abi::MemoryKind::normal: return translation::Memory::normal;
    case abi::MemoryKind::uncached: return translation::Memory::normal_uncached;
    case abi::MemoryKind::device: break;
    }
    return translation::Memory::device;
}

/// Arm Architecture Reference Manual, "VMSAv8-64 translation table format descriptors", stage 1 of EL1 and EL0.
inline uint64_t user_page(Rights rights, abi::MemoryKind kind) {
    using namespace translation::descriptor;
    constexpr uint64_t common = User::make(1) | Accessed::make(1) | NotGlobal::make(1) |
                                Shareable::make(inner_shareable) | PrivilegedExecuteNever::make(1);
    return common | Attributes::make(attribute(kind)) | ReadOnly::make(!rights.include(rights::write)) |
           UserExecuteNever::make(!rights.include(rights::execute));
}

inline Rights rights_of(uint64_t entry) {
    using namespace translation::descriptor;
    const Rights writable = ReadOnly::of(entry) == 0 ? rights::write : rights::none;
    const Rights executable = UserExecuteNever::of(entry) == 0 ? rights::execute : rights::none;
    return rights::read | writable | executable;
}

inline abi::MemoryKind kind_of(uint64_t entry) {
    switch (translation::descriptor::Attributes::of(entry)) {
    case translation::Memory::normal: return abi::MemoryKind::normal;
    case translation::Memory::normal_uncached: return abi::MemoryKind::uncached;
    case translation::Memory::device: break;
    }
    return abi::MemoryKind::device;
}

inline void flush_kernel() { asm volatile("dsb ishst\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" : : : "memory"); }
inline void flush_own_core() { asm volatile("tlbi vmalle1\n\tdsb nsh\n\tisb" : : : "memory"); }
void start();

}  // namespace regime

/// Operand of the TLB invalidations by address and by tag.
using FlushTag = Field<63, 48>;
using FlushPage = Field<43, 0>;
inline void flush_page(VirtAddr address, AddressTag tag) {
    // The entry must have left memory for good before the TLB forgets it, or it could be fetched again.
    asm volatile("dsb ishst\n\ttlbi vae1is, %0"
                 :
                 : "r"(FlushTag::make(tag.value()) | FlushPage::make(address.value() / page_bytes))
                 : "memory");
}
inline void flush_tag(AddressTag tag) {
    asm volatile("dsb ishst\n\ttlbi aside1is, %0" : : "r"(FlushTag::make(tag.value())) : "memory");
}
/// All flushes and new entries before are done and seen.
inline void flush_barrier() { asm volatile("dsb ish\n\tisb" : : : "memory"); }

inline constexpr uint64_t fpu_on_value = FeatureAccess::FloatingPoint::make(FeatureAccess::not_trapped);
inline constexpr uint64_t fpu_off_value = 0;
inline void fpu_off() { FeatureAccess::write(fpu_off_value); }

}  // namespace machine
}  // namespace selene
