// SPDX-License-Identifier: BSD-2-Clause
// The interrupt controller of the machine that runs: both kinds are in the image, the device tree says which
// one it is. Part of the contract in machine.hpp: include that.
#pragma once

#include "abi/types.hpp"
#include "base/units.hpp"
#include "boot/boot_description.hpp"
#include "gic_v2.hpp"
#include "gic_v3.hpp"
#include "system_register.hpp"

namespace selene {

/// Arm Architecture Reference Manual, "ISR_EL1, Interrupt Status Register".
SELENE_SYSTEM_REGISTER(InterruptStatus, "isr_el1") { using Irq = Field<7, 7>; };

/// Constant once core 0 has started it. A test of the kind costs less than an indirect call and can be
/// inlined.
class Gic {
public:
    /// And start what all cores share.
    void find(const BootDescription& description);
    void start(CoreId core);

    [[nodiscard]] unsigned lines() const { return lines_; }
    [[nodiscard]] unsigned timer_line() const { return timer_line_; }
    [[nodiscard]] GicBank bank(unsigned line) const { return is_v3() ? v3_.bank(line) : v2_.bank(line); }

    /// An interrupt, its priority dropped, or a special number.
    [[nodiscard]] uint32_t acknowledge() const { return is_v3() ? v3_.acknowledge() : v2_.acknowledge(); }
    void deactivate(uint32_t interrupt) const { is_v3() ? v3_.deactivate(interrupt) : v2_.deactivate(interrupt); }

    void raise(unsigned line, CoreId core) const;
    void forget(unsigned line) const;

private:
    [[nodiscard]] bool is_v3() const { return kind_ == InterruptControllerKind::gic_v3; }

    InterruptControllerKind kind_ = InterruptControllerKind::gic_v2;
    unsigned lines_ = 0;
    unsigned timer_line_ = 0;
    GicV2 v2_;
    GicV3 v3_;
    /// What names each core to who raises a line there: written by itself, read once it says that it idles.
    uint64_t names_[BootDescription::maximum_cores] = {};
};

extern constinit Gic gic;

namespace machine {

[[gnu::always_inline]] inline unsigned acknowledge_interrupt() {
    const uint32_t interrupt = gic.acknowledge();
    return gic_is_special(interrupt) ? no_interrupt : interrupt;
}

constexpr unsigned line_of(unsigned interrupt) { return static_cast<unsigned>(GicLine::of(interrupt)); }

[[gnu::always_inline]] inline void deactivate_interrupt(unsigned interrupt) { gic.deactivate(interrupt); }

[[gnu::always_inline]] inline bool interrupt_pending() {
    return InterruptStatus::Irq::of(InterruptStatus::read()) != 0;
}

}  // namespace machine
}  // namespace selene
