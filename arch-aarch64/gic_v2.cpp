// SPDX-License-Identifier: BSD-2-Clause
// GICv2: bringing it up.
#include "gic_v2.hpp"

#include "base/field.hpp"
#include "machine.hpp"

#pragma clang section text = ".boot_text"

namespace selene {
namespace {

/// GICD_CTLR, Distributor Control Register, and GICC_CTLR, CPU Interface Control Register. Where there is a
/// secure state and this is not it, the lowest bit enables group 1, otherwise group 0: in both cases the
/// group that all lines are in.
using Enable = Field<0, 0>;

/// GICC_CTLR alone.
namespace interface_control {
using Bypass = Field<8, 5>;  ///< whether interrupts may pass by the interface when it is off: firmware's choice
using SeparateDeactivation = Field<9, 9>;
}  // namespace interface_control

/// GICD_SGIR, Software Generated Interrupt Register: the line is in the lowest bits.
namespace software_interrupt {
using Target = Field<23, 16>;  ///< a bit for each core's interface
using Filter = Field<25, 24>;
constexpr uint64_t to_itself = 2;  ///< whoever raises it, whatever the targets are
}  // namespace software_interrupt

constexpr uint32_t lowest_priority_threshold = 0xff;

/// The interface of this core as the distributor counts them: it reads as the target of the private lines. A
/// machine with one core reads as 0 and ignores targets.
uint32_t own_target(const GicBank& distributor) {
    for (unsigned word = 0; word < gic_private_lines / 4; word++) {
        const uint32_t targets = distributor.read(GicRegister::target, word);
        for (unsigned byte = 0; byte < 4; byte++) {
            if (const uint32_t target = targets >> byte * 8 & 0xff) return target;
        }
    }
    return 0;
}

}  // namespace

void GicV2::start_distributor() const {
    distributor_.write(GicRegister::control, 0);
    const unsigned lines = distributor_.lines();
    distributor_.quiet(gic_private_lines, lines);
    const uint32_t four_targets = own_target(distributor_) * 0x0101'0101;
    for (unsigned word = gic_private_lines / 4; word < lines / 4; word++) {
        distributor_.write(GicRegister::target, word, four_targets);
    }
    distributor_.write(GicRegister::control, static_cast<uint32_t>(Enable::make(1)));
}

uint64_t GicV2::start_core() const {
    distributor_.quiet(0, gic_private_lines);
    interface_.write(GicV2InterfaceRegister::priority_mask, lowest_priority_threshold);
    const uint64_t firmware = interface_.read(GicV2InterfaceRegister::control) & interface_control::Bypass::mask;
    const uint64_t control = firmware | Enable::make(1) | interface_control::SeparateDeactivation::make(1);
    interface_.write(GicV2InterfaceRegister::control, static_cast<uint32_t>(control));
    const uint32_t target = own_target(distributor_);
    return target != 0 ? software_interrupt::Target::make(target)
                       : software_interrupt::Filter::make(software_interrupt::to_itself);
}

#pragma clang section text = ""

void GicV2::forget(unsigned line) const {
    if (line > abi::last_software_line) return distributor_.forget(line);
    distributor_.write(GicRegister::clear_software_interrupt, line / 4, 0xffu << line % 4 * 8);
}

}  // namespace selene
