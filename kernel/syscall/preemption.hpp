// SPDX-License-Identifier: BSD-2-Clause
// Preemption points of long operations.
#pragma once

#include "base/config.hpp"
#include "machine.hpp"

namespace selene {

/// Counts the steps of an operation and says when it has to make way for an interrupt. At least `steps_between_polls`
/// steps come first, so that whoever is worked against cannot outrun the work by raising interrupts.
class PreemptionPoint {
public:
    /// To be called after each step, or after work worth `steps` of them.
    [[nodiscard]] bool due(unsigned steps = 1) {
        steps_ += steps;
        if (steps_ < config::steps_between_polls) return false;
        steps_ = 0;
        return machine::interrupt_pending();
    }

    /// Steps that may be done until then, at least one.
    [[nodiscard]] unsigned steps_left() const { return config::steps_between_polls - steps_; }

private:
    unsigned steps_ = 0;
};

}  // namespace selene
