// SPDX-License-Identifier: BSD-2-Clause
// GICv3: bringing it up, and where a core finds its private lines.
#include "gic_v3.hpp"

#include <algorithm>

#include "base/field.hpp"
#include "core_affinity.hpp"
#include "exception_level.hpp"
#include "gic_redistributors.hpp"
#include "machine.hpp"
#include "system_register.hpp"

namespace selene {
namespace {

/// GICD_CTLR, Distributor Control Register, as it is seen from the non-secure state. With a single security
/// state the same bits enable groups 0 and 1 and routing by affinity.
namespace control {
using EnableGroup1 = Field<0, 0>;
using EnableGroup1Affinity = Field<1, 1>;
using AffinityRouting = Field<4, 4>;
using WritePending = Field<31, 31>;
}  // namespace control

/// GICR_WAKER, Redistributor Wake Register.
namespace waker {
using ProcessorSleep = Field<1, 1>;
using ChildrenAsleep = Field<2, 2>;
}  // namespace waker

SELENE_SYSTEM_REGISTER(GicSystemRegisters, AT_LEVEL_TEXT(icc_sre)) { using Enable = Field<0, 0>; };
SELENE_SYSTEM_REGISTER(GicControl, "icc_ctlr_el1") { using SeparateDeactivation = Field<1, 1>; };
SELENE_SYSTEM_REGISTER(GicPriorityMask, "icc_pmr_el1") { static constexpr uint64_t lowest_threshold = 0xff; };
SELENE_SYSTEM_REGISTER(GicGroup1Enable, "icc_igrpen1_el1") { using Enable = Field<0, 0>; };

}  // namespace

uintptr_t GicV3::own_redistributor() const {
    const auto own = redistributor::find(redistributors_size_, [this](uint64_t offset) {
        return RegisterBlock<redistributor::Register>(redistributors_ + offset).read64(redistributor::Register::type);
    });
    if (own) return redistributors_ + *own;
    machine::panic("no redistributor of the interrupt controller belongs to this core", __FILE__, __LINE__);
}

#pragma clang section text = ".boot_text"

namespace {

void wait_for_writes(const GicBank& distributor) {
    while (control::WritePending::of(distributor.read(GicRegister::control)) != 0) {}
}

void set_group_1(const GicBank& bank, unsigned first, unsigned end) {
    for (unsigned word = first / 32; word < end / 32; word++) bank.write(GicRegister::group, word, 0xffff'ffff);
}

uint64_t own_name() {
    using Name = GicSoftwareInterrupt;
    const uint64_t own = CoreAffinity::own();
    const uint64_t lowest = CoreAffinity::Part0::of(own);
    constexpr uint64_t targets = 16;
    return Name::Targets::make(1u << lowest % targets) | Name::Range::make(lowest / targets) |
           Name::Affinity1::make(CoreAffinity::Part1::of(own)) | Name::Affinity2::make(CoreAffinity::Part2::of(own)) |
           Name::Affinity3::make(CoreAffinity::Part3::of(own));
}

void wake(uintptr_t frames) {
    using Register = redistributor::Register;
    const RegisterBlock<Register> registers(frames);
    const uint32_t value = registers.read(Register::waker);
    registers.write(Register::waker, static_cast<uint32_t>(value & ~waker::ProcessorSleep::mask));
    while (waker::ChildrenAsleep::of(registers.read(Register::waker)) != 0) {}
}

}  // namespace

void GicV3::start_distributor() const {
    using namespace control;
    distributor_.write(GicRegister::control, 0);
    wait_for_writes(distributor_);
    const unsigned lines = distributor_.lines();
    set_group_1(distributor_, gic_private_lines, lines);
    distributor_.quiet(gic_private_lines, lines);
    const uint64_t on = EnableGroup1::make(1) | EnableGroup1Affinity::make(1) | AffinityRouting::make(1);
    distributor_.write(GicRegister::control, static_cast<uint32_t>(on));
    wait_for_writes(distributor_);
    for (unsigned line = gic_private_lines; line < std::min(lines, gic_special_lines); line++) {
        distributor_.write64(GicRegister::route, line, CoreAffinity::own());
    }
}

uint64_t GicV3::start_core() const {
    const uintptr_t frames = own_redistributor();
    wake(frames);
    const GicBank lines(frames + private_frame);
    set_group_1(lines, 0, gic_private_lines);
    lines.quiet(0, gic_private_lines);

    GicSystemRegisters::write(GicSystemRegisters::read() | GicSystemRegisters::Enable::make(1));
    instruction_barrier();  // the other registers exist only now
    GicPriorityMask::write(GicPriorityMask::lowest_threshold);
    GicControl::write(GicControl::read() | GicControl::SeparateDeactivation::make(1));
    GicGroup1Enable::write(GicGroup1Enable::Enable::make(1));
    instruction_barrier();
    return own_name();
}

}  // namespace selene
