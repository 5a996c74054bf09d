// SPDX-License-Identifier: BSD-2-Clause
// The regime of a kernel at EL2: bringing it up, and flushing by tag.
#include <utility>

#include "machine.hpp"
#include "user_controls.hpp"

#pragma clang section text = ".boot_text"

extern "C" {
/// From the boot stage's address space to the kernel's, whose root is in x1: this code is at the same address in both.
/// Then to the stack, in x2.
[[noreturn, gnu::naked, gnu::section(".boot_text")]] void kernel_start(const selene::BootDescription*, uint64_t,
                                                                       uint64_t) {
    asm volatile(
        "msr ttbr0_el2, x1\n\t"
        "isb\n\t"
        "tlbi alle2\n\t"
        "dsb nsh\n\t"
        "isb\n\t"
        "mov sp, x2\n\t"
        "b kernel_entry");
}
}

namespace selene::machine {
namespace {

// Arm Architecture Reference Manual, "Hypervisor Configuration Register", "Virtualization Translation Control Register",
// "Counter-timer Hypervisor Control register", "Monitor Debug Configuration Register (EL2)".
SELENE_SYSTEM_REGISTER(HypervisorControl, "hcr_el2") {
    using SecondStage = Field<0, 0>;
    using DefaultCached = Field<12, 12>;  ///< what stage 1 does not translate is write-back memory
    using TrapGeneral = Field<27, 27>;    ///< user code has no EL1: what it raises comes here, interrupts too
    using Aarch64 = Field<31, 31>;
    using PointerKeys = Field<41, 40>;  ///< no trap of pointer authentication, where there is any
    static constexpr uint64_t all_keys = 3;
};

SELENE_SYSTEM_REGISTER(SecondStageControl, "vtcr_el2") {
    using UnusedBits = Field<5, 0>;
    using StartLevel = Field<7, 6>;
    using InnerCached = Field<9, 8>;
    using OuterCached = Field<11, 10>;
    using Shareable = Field<13, 12>;
    using PhysicalSize = Field<18, 16>;
    using ReservedOne = Field<31, 31>;

    static constexpr uint64_t level_1 = 1;
};

SELENE_SYSTEM_REGISTER(HypervisorTimerControl, "cnthctl_el2") { using NoTraps = Field<1, 0>; };
SELENE_SYSTEM_REGISTER(VirtualCountOffset, "cntvoff_el2"){};
SELENE_SYSTEM_REGISTER(HypervisorDebugControl, "mdcr_el2") { using EventCounters = Field<4, 0>; };
SELENE_SYSTEM_REGISTER(PerformanceControl, "pmcr_el0") { using EventCounters = Field<15, 11>; };
SELENE_SYSTEM_REGISTER(HypervisorSystemTraps, "hstr_el2"){};
SELENE_SYSTEM_REGISTER(KernelTranslationControl, "tcr_el1"){};

/// What would be an operating system's between us and user code: stage 1 off, no tags in addresses, and what user code
/// may do as the kernel at EL1 has it.
void write_level_1() {
    SystemControl::write(SystemControl::reserved_ones | SystemControl::DataCached::make(1) |
                         SystemControl::InstructionsCached::make(1) | SystemControl::StackAligned::make(1));
    KernelTranslationControl::write(0);
    FeatureAccess::write(FeatureAccess::FloatingPoint::make(FeatureAccess::not_trapped));
    write_user_controls();
}

uint64_t second_stage_control() {
    using Control = SecondStageControl;
    return Control::UnusedBits::make(64 - translation::address_bits) | Control::StartLevel::make(Control::level_1) |
           Control::InnerCached::make(TranslationControl::write_back) |
           Control::OuterCached::make(TranslationControl::write_back) |
           Control::Shareable::make(translation::descriptor::inner_shareable) |
           Control::PhysicalSize::make(MemoryFeatures::usable_physical_size()) | Control::ReservedOne::make(1);
}

}  // namespace

void regime::start() {
    fpu_off();
    write_level_1();
    HypervisorSystemTraps::write(0);
    HypervisorTimerControl::write(HypervisorTimerControl::NoTraps::mask);
    VirtualCountOffset::write(0);
    HypervisorDebugControl::write(
        HypervisorDebugControl::EventCounters::make(PerformanceControl::EventCounters::of(PerformanceControl::read())));
    SecondStageControl::write(second_stage_control());
    HypervisorControl::write(HypervisorControl::SecondStage::make(1) | HypervisorControl::DefaultCached::make(1) |
                             HypervisorControl::TrapGeneral::make(1) | HypervisorControl::Aarch64::make(1) |
                             HypervisorControl::PointerKeys::make(HypervisorControl::all_keys));
    instruction_barrier();
}

#pragma clang section text = ""

namespace {

/// Whose translations are to be flushed at the next barrier; 0 if nobody's are.
constinit AddressTag pending_flush{};

/// The instruction acts on the tag in the register. Meanwhile that names a root without entries: nothing is fetched.
[[gnu::noinline]] void flush_now(AddressTag tag) {
    const uint64_t root = UserRoot::read();
    const bool switches = RootTag::of(root) != tag.value();
    if (switches) enter_empty_root(tag);
    // The entry must have left memory for good before the TLB forgets it, or it could be fetched again.
    asm volatile("dsb ishst\n\ttlbi vmalls12e1is\n\tdsb ish" : : : "memory");
    if (switches) set_space(root);
    instruction_barrier();
}

}  // namespace

void flush_tag(AddressTag tag) {
    const AddressTag before = std::exchange(pending_flush, tag);
    if (before != tag && before != AddressTag(0)) [[unlikely]]
        flush_now(before);
}

void flush_barrier() {
    if (const AddressTag tag = pending_flush; tag != AddressTag(0)) [[unlikely]] {
        pending_flush = {};
        flush_now(tag);
        return;
    }
    asm volatile("dsb ish\n\tisb" : : : "memory");
}

}  // namespace selene::machine
