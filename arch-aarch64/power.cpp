// SPDX-License-Identifier: BSD-2-Clause
// Switching the machine off, resetting it, and sleeping.
#include "machine.hpp"
#include "psci.hpp"
#include "system_register.hpp"

namespace selene {
namespace {

/// Constant after machine::start_power.
constinit PowerConduit conduit = PowerConduit::none;

/// Where the firmware offers nothing, the machine stays as it is: a user-level driver has to know how to
/// switch it off.
[[noreturn]] void halt() {
    while (true) machine::wait_for_interrupt();
}

}  // namespace

namespace machine {

void start_power(const BootDescription& description) { conduit = description.power_conduit; }

void power_off() {
    psci_call(conduit, PsciFunction::system_off);
    halt();
}

void reset() {
    psci_call(conduit, PsciFunction::system_reset);
    halt();
}

}  // namespace machine
}  // namespace selene
