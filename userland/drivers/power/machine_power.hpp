// SPDX-License-Identifier: BSD-2-Clause
// Switching the machine off, and starting it anew, by whatever means this machine has.
#pragma once

#include <optional>

#include <sel/environment.hpp>
#include <sel/objects.hpp>

#include "bcm2835_watchdog.hpp"

/// A component's specification gives it
///
///     NAME: power_control              the kernel asks the firmware, where there is one that can be asked
///     watchdog: map FRAME (RW, uncached)   optional: registers of `frame (4k, device: "brcm,bcm2835-pm-wdt", optional: True)`
///
/// Where the machine has the watchdog, that is used: a Raspberry Pi has no firmware to ask, and power control would halt
/// it, still on. `NAME` may be the power server's endpoint as well, which does the same.
class MachinePower {
public:
    /// Errors: unknown_name, if the component has no capability `name`.
    [[nodiscard]] static sel::Result<MachinePower> find(const sel::Environment& environment, std::string_view name) {
        SEL_TRY(control, environment.capability<sel::PowerControl>(name));
        MachinePower power(control);
        const auto watchdog = environment.memory("watchdog");
        if (watchdog && environment.is_model("watchdog", "brcm,bcm2835-pm-wdt")) {
            power.watchdog_.emplace(watchdog->bytes);
        }
        return power;
    }

    /// Returns only if the machine cannot be switched off, with the error.
    sel::Result<void> off() const {
        if (!watchdog_) {
            return control_.off();
        }
        watchdog_->switch_off();
        wait_for_the_end();
    }

    /// Likewise.
    sel::Result<void> reset() const {
        if (!watchdog_) {
            return control_.reset();
        }
        watchdog_->restart();
        wait_for_the_end();
    }

private:
    explicit MachinePower(sel::PowerControl control) : control_(control) {}

    /// The watchdog takes its time. Whoever has switched the machine off does not go on meanwhile.
    [[noreturn]] static void wait_for_the_end() {
        for (;;) {}
    }

    sel::PowerControl control_;
    std::optional<Bcm2835Watchdog> watchdog_;
};
