// SPDX-License-Identifier: BSD-2-Clause
// The part of the machine contract that must be inlined, for the simulated machine. Part of machine.hpp: include that.
#pragma once

#include "base/field.hpp"
#include "capability/rights.hpp"

namespace selene::machine {

// --- Memory ---------------------------------------------------------------------------------------------------

/// The kernel's view of [address, address + 1); panics outside of the simulated memory.
void* window_address(PhysAddr address);

template <class Object>
Object* window(PhysAddr address) {
    return static_cast<Object*>(window_address(address));
}
PhysAddr physical(const void* address);
void zero(void* from, uint64_t bytes);
void clean_invalidate(const void* from, uint64_t bytes);
void maintain_cache(abi::CacheOperation operation, const void* from, uint64_t bytes);

// --- Address spaces -------------------------------------------------------------------------------------------

/// A page table entry of the simulated walker.
///
///     63..48  47..12   11..6  5..4  3        2      1      0
///     -       address  -      kind  execute  write  table  valid
struct PageEntry {
    using Valid = Field<0, 0>;
    using Table = Field<1, 1>;
    using Write = Field<2, 2>;
    using Execute = Field<3, 3>;
    using Kind = Field<5, 4, abi::MemoryKind>;
    using Page = Field<47, 12>;

    static uint64_t table(PhysAddr next) {
        return Valid::make(1) | Table::make(1) | Page::make(next.value() / page_bytes);
    }
    static uint64_t page(PhysAddr frame, unsigned /*level*/, Rights rights, abi::MemoryKind kind) {
        return Valid::make(1) | Page::make(frame.value() / page_bytes) | Write::make(rights.include(rights::write)) |
               Execute::make(rights.include(rights::execute)) | Kind::make(kind);
    }
    static uint64_t with_frame(uint64_t entry, PhysAddr frame) { return Page::with(entry, frame.value() / page_bytes); }
    [[nodiscard]] static bool is_table(uint64_t entry, unsigned level) { return level < 3 && Table::of(entry) != 0; }
    [[nodiscard]] static Rights rights(uint64_t entry) {
        const Rights writable = Write::of(entry) != 0 ? rights::write : rights::none;
        return rights::read | writable | (Execute::of(entry) != 0 ? rights::execute : rights::none);
    }
    [[nodiscard]] static abi::MemoryKind kind(uint64_t entry) { return Kind::of(entry); }
    [[nodiscard]] static PhysAddr address(uint64_t entry) { return PhysAddr(Page::of(entry) * page_bytes); }
};

/// What set_space takes: root and tag.
using RootTable = Field<47, 12>;
using RootTag = Field<63, 48>;
/// Tag 0 is never used.
[[nodiscard]] unsigned tag_count();
[[nodiscard]] inline uint64_t root_value(PhysAddr root, AddressTag tag) {
    return RootTable::make(root.value() / page_bytes) | RootTag::make(tag.value());
}
void set_space(uint64_t root);
void leave_space();
void write_entry(uint64_t* entry, uint64_t value);
inline void publish_zeroes() {}
void flush_page(VirtAddr address, AddressTag tag);
void flush_tag(AddressTag tag);
void flush_barrier();

// --- The core -------------------------------------------------------------------------------------------------

inline constexpr uint32_t fpu_live = 0x2000;
inline constexpr uint64_t user_pstate = 0;
[[nodiscard]] constexpr uint64_t user_pstate_with_flags(uint64_t wanted) { return wanted & 15; }
inline BoundedIndex bounded(uint64_t index, uint64_t count) {
    return index < count ? BoundedIndex{true, index} : BoundedIndex{false, 0};
}
Core& this_core();
void set_core_word(const Core& core, uint32_t low_bits);
[[nodiscard]] uint32_t core_word(const Core& core);
void set_tls(uint64_t value);
[[nodiscard]] constexpr unsigned line_of(unsigned interrupt) { return interrupt & 0x3ff; }
inline constexpr uint64_t system_call_bytes = 4;
void repeat_system_call(Thread& thread);
[[nodiscard]] bool direct_switches();

/// The simulated syndrome of a page fault is what it wanted to do.
[[nodiscard]] inline uint64_t fault_access(uint64_t syndrome) { return syndrome; }
[[nodiscard]] inline uint64_t unknown_system_call(uint64_t syndrome) { return syndrome & 0xffff; }

// --- Floating point -------------------------------------------------------------------------------------------

void switch_fpu(Core& core, Thread& next);

}  // namespace selene::machine
