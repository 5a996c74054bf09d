// SPDX-License-Identifier: BSD-2-Clause
// The part of the machine contract that must be inlined, for AArch64. Part of machine.hpp: include that.
#pragma once

#include "base/config.hpp"
#include "base/field.hpp"
#include "cache_geometry.hpp"
#include "capability/rights.hpp"
#include "exception_level.hpp"
#include "gic.hpp"
#include "regime.hpp"
#include "timer.hpp"
#include "translation.hpp"

namespace selene::machine {

// --- Memory ---------------------------------------------------------------------------------------------------

template <class Object>
Object* window(PhysAddr address) {
    return reinterpret_cast<Object*>(window_base + address.value());
}
inline PhysAddr physical(const void* address) { return PhysAddr(reinterpret_cast<uint64_t>(address) - window_base); }

/// `from` and `bytes` are multiples of 64.
[[gnu::always_inline]] inline void zero(void* from, uint64_t bytes) {
    auto address = reinterpret_cast<uint64_t>(from);
    const uint64_t end = address + bytes;
    constexpr uint64_t lines_at_once = 16;
    const uint64_t unrolled_end = address + bytes / (lines_at_once * cache_line) * (lines_at_once * cache_line);
    while (address < unrolled_end) {
        asm volatile(".rept %c1\n\tdc zva, %0\n\tadd %0, %0, #%c2\n\t.endr"
                     : "+r"(address)
                     : "i"(lines_at_once), "i"(cache_line)
                     : "memory");
    }
    for (; address < end; address += cache_line) asm volatile("dc zva, %0" : : "r"(address) : "memory");
}

/// Make the contents of memory what every observer sees, and forget the cached copies.
void clean_invalidate(const void* from, uint64_t bytes);
void maintain_cache(abi::CacheOperation operation, const void* from, uint64_t bytes);

// --- Address spaces -------------------------------------------------------------------------------------------

/// What the hardware reads; its attributes are the regime's.
struct PageEntry {
    static uint64_t table(PhysAddr next) { return translation::descriptor::table(next.value()); }

    static uint64_t page(PhysAddr frame, unsigned level, Rights rights, abi::MemoryKind kind) {
        return translation::descriptor::leaf(frame.value(), level, regime::user_page(rights, kind));
    }

    /// The same mapping of another frame.
    static uint64_t with_frame(uint64_t entry, PhysAddr frame) {
        return (entry & ~translation::descriptor::Address::mask) | frame.value();
    }

    [[nodiscard]] static bool is_table(uint64_t entry, unsigned level) {
        using namespace translation::descriptor;
        return level < 3 && Valid::of(entry) != 0 && TableOrPage::of(entry) != 0;
    }

    [[nodiscard]] static Rights rights(uint64_t entry) { return regime::rights_of(entry); }
    [[nodiscard]] static abi::MemoryKind kind(uint64_t entry) { return regime::kind_of(entry); }
};

/// Tags in use at most: all that 8 bits tell apart, on every core. So few in the debug kernel that any system takes them
/// from spaces again and again.
[[nodiscard]] inline unsigned tag_count() { return config::debug ? 8 : 256; }

[[nodiscard]] inline uint64_t root_value(PhysAddr root, AddressTag tag) {
    return root.value() | RootTag::make(tag.value());
}
/// No barrier: the return to user level is one.
[[gnu::always_inline]] inline void set_space(uint64_t root) { UserRoot::write(root); }
/// The physical address of something in the kernel's image, which lies outside the window: the hardware is asked where.
PhysAddr image_address(const void* in_image);
/// To a root without entries, with this tag.
void enter_empty_root(AddressTag tag);
void leave_space();

inline void publish_zeroes() { asm volatile("dsb ishst" : : : "memory"); }
/// The walker sees it once flush_barrier() is through.
[[gnu::always_inline]] inline void write_entry(uint64_t* entry, uint64_t value) {
    __atomic_store_n(entry, value, __ATOMIC_RELAXED);
}

// --- The core -------------------------------------------------------------------------------------------------

// Arm Architecture Reference Manual, "Thread and process ID registers".
SELENE_SYSTEM_REGISTER(CoreWord, AT_LEVEL_TEXT(tpidr)){};

/// In the debug kernel's trace: event_trace.cpp.
extern "C" void selene_trace_idle();
extern "C" void selene_trace_awake();

inline void wait_for_interrupt() {
    if constexpr (config::debug) selene_trace_idle();
    asm volatile("dsb sy\n\twfi" : : : "memory");
    if constexpr (config::debug) selene_trace_awake();
}

/// Arm, "Cache Speculation Side-channels", "Software mitigation": a select does what a branch only guesses, and the barrier
/// keeps the select from being guessed.
[[gnu::always_inline]] inline BoundedIndex bounded(uint64_t index, uint64_t count) {
    uint64_t safe;
    asm goto("cmp %1, %2\n\tcsel %0, %1, xzr, lo\n\tcsdb\n\tb.hs %l[beyond]"
             : "=r"(safe)
             : "r"(index), "rI"(count)
             : "cc"
             : beyond);
    return {true, safe};
beyond:
    return {false, 0};
}

/// In the low bits of the core word.
inline constexpr uint32_t fpu_live = 0x2000;

inline Core& this_core() { return *reinterpret_cast<Core*>(CoreWord::read() & ~uint64_t{0xffff}); }

/// The core's area and, in the low bits, the least priority that the hot path may switch to.
inline void set_core_word(const Core& core, uint32_t low_bits) {
    CoreWord::write(reinterpret_cast<uint64_t>(&core) | low_bits);
}

inline uint32_t core_word(const Core&) { return static_cast<uint32_t>(CoreWord::read()); }

/// What a system call has left in the machine's registers: see Core::entered.
SELENE_SYSTEM_REGISTER(UserThreadPointer, "tpidr_el0"){};
SELENE_SYSTEM_REGISTER(ReturnAddress, AT_LEVEL_TEXT(elr)){};

inline void set_tls(uint64_t value) { UserThreadPointer::write(value); }
inline constexpr uint64_t system_call_bytes = 4;
void repeat_system_call(Thread& thread);
constexpr bool direct_switches() { return true; }

/// The processor state that user code starts in and returns to from a system call: EL0, AArch64, nothing masked.
inline constexpr uint64_t user_pstate = 0;
/// The same with the condition flags of `wanted`. Arm Architecture Reference Manual, "SPSR_EL1, Saved Program Status
/// Register (EL1)".
[[nodiscard]] constexpr uint64_t user_pstate_with_flags(uint64_t wanted) {
    using Flags = Field<31, 28>;
    return user_pstate | Flags::make(Flags::of(wanted));
}

/// What a page fault wanted to do: 0 read, 1 write, 2 execute. From ESR_EL1, Arm Architecture Reference Manual, "ISS
/// encoding for an exception from a Data Abort".
[[nodiscard]] inline uint64_t fault_access(uint64_t syndrome) {
    using Class = Field<31, 26>;
    using WriteNotRead = Field<6, 6>;
    constexpr uint64_t instruction_abort = 0x20;
    return Class::of(syndrome) == instruction_abort ? 2 : WriteNotRead::of(syndrome);
}

/// The number in the `svc` that names no system call. Same place, "ISS encoding for an exception from HVC or SVC".
[[nodiscard]] inline uint64_t unknown_system_call(uint64_t syndrome) {
    using Immediate = Field<15, 0>;
    return Immediate::of(syndrome);
}

// --- Floating point -------------------------------------------------------------------------------------------

/// fpu_state.S. It needs no stack, and leaves alone what the hot path has in its registers.
[[gnu::always_inline]] inline void switch_fpu(Core&, Thread& next) {
    register Thread* x10 asm("x10") = &next;
    asm volatile("adr x17, 1f\n\tb selene_switch_fpu\n1:" : : "r"(x10) : "x11", "x12", "x13", "x17", "cc", "memory");
}

}  // namespace selene::machine
